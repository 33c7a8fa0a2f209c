/* SPDX-License-Identifier: Apache-2.0 */
#include "asks.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

const char *asks_from = "203.0.113.7";

static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void take_profile(struct pilot *p, const Startrader__V1__Profile *m)
{
    p->player = m->player;
    snprintf(p->name, sizeof(p->name), "%s", m->name);
    p->guest = m->guest;
    p->ship = m->ship;
    p->kills = m->kills;
    p->deaths = m->deaths;
    p->credits = m->credits;
    p->rev = m->rev;
}

static int sign_in(struct stack *s, struct pilot *p, const char *verb, const ProtobufCMessage *m)
{
    size_t len = 0;
    const uint8_t *data = stack_ask(s, verb, m, &len);
    Startrader__V1__SignInReply *r = startrader__v1__sign_in_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    memset(p, 0, sizeof(*p));
    p->code = (int)r->code;
    p->retry_after_ms = r->retry_after_ms;
    p->epoch = r->session_epoch;
    p->expires_at = r->ticket_expires_at;
    p->source = (int)r->source;
    snprintf(p->ticket, sizeof(p->ticket), "%s", r->ticket);
    snprintf(p->secret, sizeof(p->secret), "%s", r->refresh_secret);
    ck_assert_int_eq(p->code == OK, r->profile != NULL);
    if (r->profile) {
        take_profile(p, r->profile);
        ck_assert_uint_eq(p->player, r->player);
    }
    startrader__v1__sign_in_reply__free_unpacked(r, NULL);
    return p->code;
}

int ask_register(struct stack *s, struct pilot *p, const char *name, const char *password)
{
    Startrader__V1__RegisterRequest m = STARTRADER__V1__REGISTER_REQUEST__INIT;
    m.request_id = lend("test-register");
    m.name = lend(name);
    m.password = lend(password);
    m.address = lend(asks_from);
    return sign_in(s, p, "register", &m.base);
}

int ask_login(struct stack *s, struct pilot *p, const char *name, const char *password)
{
    Startrader__V1__LoginRequest m = STARTRADER__V1__LOGIN_REQUEST__INIT;
    m.request_id = lend("test-login");
    m.name = lend(name);
    m.password = lend(password);
    m.address = lend(asks_from);
    return sign_in(s, p, "login", &m.base);
}

int ask_guest(struct stack *s, struct pilot *p)
{
    Startrader__V1__GuestRequest m = STARTRADER__V1__GUEST_REQUEST__INIT;
    m.request_id = lend("test-guest");
    m.address = lend(asks_from);
    return sign_in(s, p, "guest", &m.base);
}

int ask_claim(struct stack *s, struct pilot *p, const char *ticket, const char *name,
              const char *password)
{
    Startrader__V1__ClaimRequest m = STARTRADER__V1__CLAIM_REQUEST__INIT;
    m.request_id = lend("test-claim");
    m.ticket = lend(ticket);
    m.name = lend(name);
    m.password = lend(password);
    m.address = lend(asks_from);
    return sign_in(s, p, "claim", &m.base);
}

int ask_refresh(struct stack *s, struct pilot *p, const char *secret)
{
    Startrader__V1__RefreshRequest m = STARTRADER__V1__REFRESH_REQUEST__INIT;
    m.request_id = lend("test-refresh");
    m.refresh_secret = lend(secret);
    m.address = lend(asks_from);
    return sign_in(s, p, "refresh", &m.base);
}

int ask_logout(struct stack *s, const char *ticket)
{
    Startrader__V1__LogoutRequest m = STARTRADER__V1__LOGOUT_REQUEST__INIT;
    size_t len = 0;
    m.ticket = lend(ticket);
    const uint8_t *data = stack_ask(s, "logout", &m.base, &len);
    Startrader__V1__LogoutReply *r = startrader__v1__logout_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    int code = (int)r->code;
    startrader__v1__logout_reply__free_unpacked(r, NULL);
    return code;
}

int ask_renew(struct stack *s, const char *ticket, char out[256])
{
    Startrader__V1__RenewRequest m = STARTRADER__V1__RENEW_REQUEST__INIT;
    size_t len = 0;
    m.ticket = lend(ticket);
    const uint8_t *data = stack_ask(s, "renew", &m.base, &len);
    Startrader__V1__RenewReply *r = startrader__v1__renew_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    int code = (int)r->code;
    snprintf(out, 256, "%s", r->ticket);
    startrader__v1__renew_reply__free_unpacked(r, NULL);
    return code;
}

int ask_confirm(struct stack *s, uint64_t player, uint64_t epoch, uint64_t *newest)
{
    Startrader__V1__ConfirmRequest m = STARTRADER__V1__CONFIRM_REQUEST__INIT;
    size_t len = 0;
    m.player = player;
    m.session_epoch = epoch;
    const uint8_t *data = stack_ask(s, "confirm", &m.base, &len);
    Startrader__V1__ConfirmReply *r = startrader__v1__confirm_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    int code = (int)r->code;
    if (newest)
        *newest = r->session_epoch;
    startrader__v1__confirm_reply__free_unpacked(r, NULL);
    return code;
}

static int hydrate(struct stack *s, struct pilot *p, const Startrader__V1__HydrateRequest *m)
{
    size_t len = 0;
    const uint8_t *data = stack_ask(s, "hydrate", &m->base, &len);
    Startrader__V1__HydrateReply *r = startrader__v1__hydrate_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    memset(p, 0, sizeof(*p));
    p->code = (int)r->code;
    p->source = (int)r->source;
    p->retry_after_ms = r->retry_after_ms;
    if (r->profile)
        take_profile(p, r->profile);
    startrader__v1__hydrate_reply__free_unpacked(r, NULL);
    return p->code;
}

int ask_hydrate(struct stack *s, struct pilot *p, uint64_t player, uint64_t min_rev)
{
    Startrader__V1__HydrateRequest m = STARTRADER__V1__HYDRATE_REQUEST__INIT;
    m.player = player;
    m.request_id = lend("test-hydrate");
    m.min_rev = min_rev;
    return hydrate(s, p, &m);
}

int ask_me(struct stack *s, struct pilot *p, const char *ticket)
{
    Startrader__V1__HydrateRequest m = STARTRADER__V1__HYDRATE_REQUEST__INIT;
    m.ticket = lend(ticket);
    return hydrate(s, p, &m);
}

int ask_kick(struct stack *s, uint64_t player, const char *reason)
{
    Startrader__V1__KickRequest m = STARTRADER__V1__KICK_REQUEST__INIT;
    size_t len = 0;
    m.player = player;
    m.reason = lend(reason);
    const uint8_t *data = stack_ask(s, "kick", &m.base, &len);
    Startrader__V1__KickReply *r = startrader__v1__kick_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    int code = (int)r->code;
    startrader__v1__kick_reply__free_unpacked(r, NULL);
    return code;
}

int ask_names(struct stack *s, const uint64_t *players, size_t count, char *out, size_t cap)
{
    Startrader__V1__ProfileNamesRequest m = STARTRADER__V1__PROFILE_NAMES_REQUEST__INIT;
    size_t len = 0, used = 0;
    m.player = (uint64_t *)(uintptr_t)players;
    m.n_player = count;
    const uint8_t *data = stack_ask(s, "names", &m.base, &len);
    Startrader__V1__ProfileNamesReply *r =
        startrader__v1__profile_names_reply__unpack(NULL, len, data);
    ck_assert_ptr_nonnull(r);
    ck_assert_uint_eq(r->n_name, r->n_player);
    int code = (int)r->code;
    out[0] = '\0';
    for (size_t i = 0; i < r->n_name && used < cap; i++)
        used += (size_t)snprintf(out + used, cap - used, "%llu=%s,",
                                 (unsigned long long)r->player[i], r->name[i]);
    startrader__v1__profile_names_reply__free_unpacked(r, NULL);
    return code;
}
