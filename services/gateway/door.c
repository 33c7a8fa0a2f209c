/* SPDX-License-Identifier: Apache-2.0 */
#include "door.h"

#include "gateway.h"

#include <startrader/v1/account.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/json.h>
#include <st/log.h>
#include <st/secret.h>
#include <st/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ANSWER_MAX = 8192, RETRY_MS = 1000 };

struct door {
    struct caller *caller;
    const char *operator_token;
    struct st_buf out;
    struct st_counter *by_result[2];
};

/* What an HTTP request waits for. */
struct visit {
    struct door *d;
    struct st_http_request *req;
    int status; /* of success */
};

static const struct {
    int status;
    const char *code, *text;
} problems[] = {
    [STARTRADER__V1__CODE__CODE_UNSPECIFIED] = {503, "unavailable", "No answer that makes sense"},
    [STARTRADER__V1__CODE__CODE_OK] = {500, "ok", "This is not a problem"},
    [STARTRADER__V1__CODE__CODE_MALFORMED] = {400, "malformed", "The request cannot be understood"},
    [STARTRADER__V1__CODE__CODE_UNAVAILABLE] = {503, "unavailable",
                                                "The records do not answer; try again"},
    [STARTRADER__V1__CODE__CODE_BUSY] = {503, "busy", "Too much at once; try again"},
    [STARTRADER__V1__CODE__CODE_RATE_LIMITED] = {429, "rate_limited", "Too many tries; wait"},
    [STARTRADER__V1__CODE__CODE_UNAUTHENTICATED] = {401, "unauthenticated",
                                                    "Name, password, ticket or secret not valid"},
    [STARTRADER__V1__CODE__CODE_FENCED] = {401, "fenced", "A newer sign-in took over"},
    [STARTRADER__V1__CODE__CODE_NOT_FOUND] = {404, "not_found", "There is no such thing"},
    [STARTRADER__V1__CODE__CODE_NAME_TAKEN] = {409, "name_taken", "Another pilot has this name"},
    [STARTRADER__V1__CODE__CODE_NAME_INVALID] = {422, "name_invalid",
                                                 "3 to 20 letters, digits, spaces or hyphens"},
    [STARTRADER__V1__CODE__CODE_PASSWORD_WEAK] = {422, "password_weak",
                                                  "10 to 128 characters are required"},
    [STARTRADER__V1__CODE__CODE_CONFLICT] = {409, "conflict", "The present state forbids it"},
    [STARTRADER__V1__CODE__CODE_EXPIRED] = {401, "expired", "Out of date; sign in again"},
    [STARTRADER__V1__CODE__CODE_TIMEOUT] = {503, "timeout",
                                            "No answer in time; done once or not at all"},
};

void door_problem(struct st_http_request *req, Startrader__V1__Code code, uint32_t retry_after_ms)
{
    size_t at = (size_t)code < ST_ARRAY_LEN(problems) ? (size_t)code : 0;
    bool again = problems[at].status == 503 || problems[at].status == 429;
    if (again && retry_after_ms == 0)
        retry_after_ms = RETRY_MS;
    st_http_problem(req, problems[at].status, problems[at].code, problems[at].text,
                    again ? retry_after_ms : 0);
}

static struct visit *visit_new(struct door *d, struct st_http_request *req, int status)
{
    struct visit *v;
    st_alloc_cold_begin();
    v = st_alloc(sizeof *v);
    st_alloc_cold_end();
    *v = (struct visit){d, req, status};
    return v;
}

static struct visit visit_end(void *ctx)
{
    struct visit v = *(struct visit *)ctx;
    st_alloc_cold_begin();
    st_free(ctx);
    st_alloc_cold_end();
    return v;
}

static void answer_json(struct visit *v, int status)
{
    static const char *const headers[] = {"Cache-Control", "no-store", NULL};
    st_assert(!v->d->out.overflow);
    st_counter_add(v->d->by_result[0], 1);
    st_http_answer(v->req, &(struct st_http_answer){.status = status,
                                                    .content_type = "application/json",
                                                    .body = v->d->out.data,
                                                    .body_len = v->d->out.len,
                                                    .headers = headers});
    st_secret_wipe(v->d->out.data, v->d->out.len);
    st_buf_clear(&v->d->out);
}

static void fail(struct visit *v, Startrader__V1__Code code, uint32_t retry_after_ms)
{
    st_counter_add(v->d->by_result[1], 1);
    st_log(ST_LOG_INFO, "door_refused", st_log_s("request_id", st_http_request_id(v->req)),
           st_log_s("path", st_http_path(v->req)), st_log_i("code", code));
    door_problem(v->req, code, retry_after_ms);
}

/* --- answers --- */

static const char *holder_name(Startrader__V1__HolderKind holder)
{
    switch (holder) {
    case STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_SHARD:
        return "space";
    case STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_STATION:
        return "station";
    case STARTRADER__V1__HOLDER_KIND__HOLDER_KIND_PARKED:
        return "parked";
    default:
        return "unknown";
    }
}

static void put_profile(struct st_json *j, const char *key, const Startrader__V1__Profile *p,
                        Startrader__V1__HydrateSource source)
{
    st_json_object(j, key);
    st_json_id(j, "player_id", p->player);
    st_json_str(j, "name", p->name);
    st_json_uint(j, "created_at", p->created_at);
    st_json_bool(j, "guest", p->guest);
    st_json_uint(j, "kills", p->kills);
    st_json_uint(j, "deaths", p->deaths);
    st_json_uint(j, "credits", p->credits);
    st_json_object(j, "ship");
    st_json_id(j, "id", p->ship);
    st_json_uint(j, "class_id", p->class_id);
    st_json_object(j, "place");
    st_json_str(j, "kind", holder_name(p->holder));
    st_json_uint(j, "location", p->location);
    st_json_object_end(j);
    st_json_object_end(j);
    st_json_uint(j, "cargo_units", p->cargo_units);
    st_json_uint(j, "as_of", p->as_of);
    st_json_str(j, "source",
                source == STARTRADER__V1__HYDRATE_SOURCE__HYDRATE_SOURCE_CACHE ? "cache"
                                                                               : "database");
    st_json_object_end(j);
}

static void on_signed_in(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct visit v = visit_end(ctx);
    const Startrader__V1__SignInReply *r = reply;
    struct st_json j;
    (void)key;
    if (code != STARTRADER__V1__CODE__CODE_OK || !r) {
        fail(&v, code, r ? r->retry_after_ms : 0);
        return;
    }
    st_log(ST_LOG_INFO, "signed_in", st_log_s("request_id", st_http_request_id(v.req)),
           st_log_u("player", r->player), st_log_u("session_epoch", r->session_epoch));
    st_json_begin(&j, &v.d->out);
    st_json_object(&j, NULL);
    st_json_id(&j, "player_id", r->player);
    st_json_str(&j, "name", r->profile ? r->profile->name : "");
    st_json_str(&j, "ticket", r->ticket);
    st_json_uint(&j, "ticket_expires_at", r->ticket_expires_at);
    st_json_str(&j, "refresh_secret", r->refresh_secret);
    if (r->profile)
        put_profile(&j, "profile", r->profile, r->source);
    else
        st_json_null(&j, "profile");
    st_json_object_end(&j);
    answer_json(&v, v.status);
}

static void on_hydrated(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct visit v = visit_end(ctx);
    const Startrader__V1__HydrateReply *r = reply;
    struct st_json j;
    (void)key;
    if (code != STARTRADER__V1__CODE__CODE_OK || !r || !r->profile) {
        fail(&v,
             code == STARTRADER__V1__CODE__CODE_OK ? STARTRADER__V1__CODE__CODE_UNAVAILABLE : code,
             r ? r->retry_after_ms : 0);
        return;
    }
    st_json_begin(&j, &v.d->out);
    put_profile(&j, NULL, r->profile, r->source);
    answer_json(&v, 200);
}

static void on_logged_out(void *ctx, uint64_t key, Startrader__V1__Code code, const void *reply)
{
    struct visit v = visit_end(ctx);
    (void)key;
    (void)reply;
    if (code != STARTRADER__V1__CODE__CODE_OK)
        fail(&v, code, 0);
    else
        st_http_answer(v.req, &(struct st_http_answer){.status = 204});
}

/* --- requests --- */

static const char *bearer(const struct st_http_request *req)
{
    const char *h = st_http_header(req, "Authorization");
    if (!h || strncasecmp(h, "Bearer ", 7) != 0)
        return NULL;
    h += 7 + strspn(h + 7, " ");
    return strlen(h) > 0 && strlen(h) <= 512 ? h : NULL;
}

/* The members that a route needs; NULL when the body is not such an object (answered then). */
static struct st_json_doc *body_of(struct st_http_request *req, const char *a, const char *b)
{
    struct st_slice body = st_http_body(req);
    struct st_json_doc *doc;
    const char *type = st_http_header(req, "Content-Type");
    if (!type || strncasecmp(type, "application/json", 16) != 0) {
        st_http_problem(req, 415, "json_required", "The body must be application/json", 0);
        return NULL;
    }
    st_alloc_cold_begin();
    doc = body.len ? st_json_parse(body.data, body.len) : NULL;
    if (!doc || !st_json_get_str(doc, a) || (b && !st_json_get_str(doc, b))) {
        if (doc)
            st_json_doc_free(&doc);
        door_problem(req, STARTRADER__V1__CODE__CODE_MALFORMED, 0);
    }
    st_alloc_cold_end();
    return doc;
}

static void done_with(struct st_json_doc **doc)
{
    st_alloc_cold_begin();
    st_json_doc_free(doc);
    st_alloc_cold_end();
}

static char *lent(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void ask_sign_in(struct door *d, struct st_http_request *req, const char *verb,
                        const ProtobufCMessage *msg, int status)
{
    caller_ask_profile(d->caller, verb, msg, &startrader__v1__sign_in_reply__descriptor,
                       GATEWAY_SIGN_IN_MS, on_signed_in, visit_new(d, req, status), 0);
}

void door_register(struct door *d, struct st_http_request *req)
{
    Startrader__V1__RegisterRequest m = STARTRADER__V1__REGISTER_REQUEST__INIT;
    struct st_json_doc *doc = body_of(req, "name", "password");
    if (!doc)
        return;
    m.request_id = lent(st_http_request_id(req));
    m.name = lent(st_json_get_str(doc, "name"));
    m.password = lent(st_json_get_str(doc, "password"));
    m.address = lent(st_http_address(req));
    ask_sign_in(d, req, "register", &m.base, 201);
    done_with(&doc);
}

void door_login(struct door *d, struct st_http_request *req)
{
    Startrader__V1__LoginRequest m = STARTRADER__V1__LOGIN_REQUEST__INIT;
    struct st_json_doc *doc = body_of(req, "name", "password");
    if (!doc)
        return;
    m.request_id = lent(st_http_request_id(req));
    m.name = lent(st_json_get_str(doc, "name"));
    m.password = lent(st_json_get_str(doc, "password"));
    m.address = lent(st_http_address(req));
    ask_sign_in(d, req, "login", &m.base, 200);
    done_with(&doc);
}

void door_guest(struct door *d, struct st_http_request *req)
{
    Startrader__V1__GuestRequest m = STARTRADER__V1__GUEST_REQUEST__INIT;
    m.request_id = lent(st_http_request_id(req));
    m.address = lent(st_http_address(req));
    ask_sign_in(d, req, "guest", &m.base, 201);
}

void door_claim(struct door *d, struct st_http_request *req)
{
    Startrader__V1__ClaimRequest m = STARTRADER__V1__CLAIM_REQUEST__INIT;
    const char *ticket = bearer(req);
    struct st_json_doc *doc;
    if (!ticket) {
        door_problem(req, STARTRADER__V1__CODE__CODE_UNAUTHENTICATED, 0);
        return;
    }
    doc = body_of(req, "name", "password");
    if (!doc)
        return;
    m.request_id = lent(st_http_request_id(req));
    m.ticket = lent(ticket);
    m.name = lent(st_json_get_str(doc, "name"));
    m.password = lent(st_json_get_str(doc, "password"));
    m.address = lent(st_http_address(req));
    ask_sign_in(d, req, "claim", &m.base, 200);
    done_with(&doc);
}

void door_refresh(struct door *d, struct st_http_request *req)
{
    Startrader__V1__RefreshRequest m = STARTRADER__V1__REFRESH_REQUEST__INIT;
    struct st_json_doc *doc = body_of(req, "refresh_secret", NULL);
    if (!doc)
        return;
    m.request_id = lent(st_http_request_id(req));
    m.refresh_secret = lent(st_json_get_str(doc, "refresh_secret"));
    m.address = lent(st_http_address(req));
    ask_sign_in(d, req, "refresh", &m.base, 200);
    done_with(&doc);
}

void door_logout(struct door *d, struct st_http_request *req)
{
    Startrader__V1__LogoutRequest m = STARTRADER__V1__LOGOUT_REQUEST__INIT;
    const char *ticket = bearer(req);
    if (!ticket) {
        door_problem(req, STARTRADER__V1__CODE__CODE_UNAUTHENTICATED, 0);
        return;
    }
    m.request_id = lent(st_http_request_id(req));
    m.ticket = lent(ticket);
    caller_ask_profile(d->caller, "logout", &m.base, &startrader__v1__logout_reply__descriptor,
                       GATEWAY_SIGN_IN_MS, on_logged_out, visit_new(d, req, 204), 0);
}

static void ask_hydrate(struct door *d, struct st_http_request *req, uint64_t player,
                        const char *ticket)
{
    Startrader__V1__HydrateRequest m = STARTRADER__V1__HYDRATE_REQUEST__INIT;
    m.player = player;
    m.request_id = lent(st_http_request_id(req));
    if (ticket)
        m.ticket = lent(ticket);
    caller_ask_profile(d->caller, "hydrate", &m.base, &startrader__v1__hydrate_reply__descriptor,
                       GATEWAY_REQUEST_MS, on_hydrated, visit_new(d, req, 200), 0);
}

void door_me(struct door *d, struct st_http_request *req)
{
    const char *ticket = bearer(req);
    if (ticket)
        ask_hydrate(d, req, 0, ticket);
    else
        door_problem(req, STARTRADER__V1__CODE__CODE_UNAUTHENTICATED, 0);
}

static bool operator_ok(const struct door *d, const char *token)
{
    uint8_t a[ST_SECRET_HASH_LEN], b[ST_SECRET_HASH_LEN];
    if (!token)
        return false;
    /* Hashes have one length: how long the token is does not show in the time. */
    st_secret_hash(a, token, strlen(token), NULL, 0);
    st_secret_hash(b, d->operator_token, strlen(d->operator_token), NULL, 0);
    return st_secret_equal(a, b, sizeof a);
}

void door_hydrate(struct door *d, struct st_http_request *req)
{
    const char *text = st_http_path_rest(req);
    char *end = NULL;
    unsigned long long player;
    if (!operator_ok(d, bearer(req))) {
        door_problem(req, STARTRADER__V1__CODE__CODE_UNAUTHENTICATED, 0);
        return;
    }
    errno = 0;
    player = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || player == 0)
        door_problem(req, STARTRADER__V1__CODE__CODE_MALFORMED, 0);
    else
        ask_hydrate(d, req, player, NULL);
}

struct door *door_new(struct caller *caller, const char *operator_token)
{
    struct door *d = st_alloc(sizeof *d);
    d->caller = caller;
    d->operator_token = operator_token;
    st_buf_init_fixed(&d->out, st_alloc(ANSWER_MAX), ANSWER_MAX);
    d->by_result[0] = st_counter("startrader_gateway_sign_ins_total", "result=\"ok\"",
                                 "sign-ins and profile readings over HTTP");
    d->by_result[1] = st_counter("startrader_gateway_sign_ins_total", "result=\"refused\"",
                                 "sign-ins and profile readings over HTTP");
    return d;
}

void door_free(struct door **out)
{
    struct door *d = *out;
    if (!d)
        return;
    st_free(d->out.data);
    st_free(d);
    *out = NULL;
}
