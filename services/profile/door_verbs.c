/* SPDX-License-Identifier: Apache-2.0 */
#include "door_verbs.h"

#include "door_talk.h"
#include "login.h"
#include "session.h"
#include "store_value.h"
#include "talk.h"

#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/rng.h>
#include <st/wire.h>
#include <startrader/v1/account.pb-c.h>
#include <startrader/v1/chat.pb-c.h>
#include <startrader/v1/record.pb-c.h>

#include <stdio.h>
#include <string.h>

#define SAME(answer, code)                                                                         \
    _Static_assert((int)(answer) == (int)STARTRADER__V1__CODE__CODE_##code, "as in types.proto")
SAME(ANSWER_OK, OK);
SAME(ANSWER_MALFORMED, MALFORMED);
SAME(ANSWER_UNAVAILABLE, UNAVAILABLE);
SAME(ANSWER_BUSY, BUSY);
SAME(ANSWER_RATE_LIMITED, RATE_LIMITED);
SAME(ANSWER_UNAUTHENTICATED, UNAUTHENTICATED);
SAME(ANSWER_FENCED, FENCED);
SAME(ANSWER_NOT_FOUND, NOT_FOUND);
SAME(ANSWER_NAME_TAKEN, NAME_TAKEN);
SAME(ANSWER_NAME_INVALID, NAME_INVALID);
SAME(ANSWER_PASSWORD_WEAK, PASSWORD_WEAK);
SAME(ANSWER_CONFLICT, CONFLICT);
SAME(ANSWER_EXPIRED, EXPIRED);

_Static_assert((int)HYDRATE_CACHE == (int)STARTRADER__V1__HYDRATE_SOURCE__HYDRATE_SOURCE_CACHE &&
                   (int)HYDRATE_DATABASE ==
                       (int)STARTRADER__V1__HYDRATE_SOURCE__HYDRATE_SOURCE_DATABASE,
               "as in account.proto");

/* --- decoding --- */

static void take_request_id(struct request *r, const char *id)
{
    size_t len = strlen(id);
    if (len == 0 || len > PROFILE_REQUEST_ID_MAX)
        snprintf(r->request_id, sizeof(r->request_id), "profile-%016llx",
                 (unsigned long long)st_random_u64());
    else
        memcpy(r->request_id, id, len + 1);
}

static enum answer take_name(struct request *r, const char *name)
{
    size_t len = strlen(name);
    if (!player_name_valid(name, len))
        return ANSWER_NAME_INVALID;
    memcpy(r->name, name, len + 1);
    return ANSWER_OK;
}

static enum answer take_password(struct request *r, const char *password)
{
    size_t len = strlen(password);
    if (len > PLAYER_PASSWORD_BYTES_MAX)
        return ANSWER_PASSWORD_WEAK;
    memcpy(r->password.text, password, len + 1);
    return ANSWER_OK;
}

static enum answer take_ticket(struct request *r, const char *text)
{
    int err =
        st_ticket_verify(&r->ticket, text, strlen(text), &r->p->ticket_keys, st_wall_ms() / 1000);
    return err == ST_ETIMEOUT ? ANSWER_EXPIRED : err ? ANSWER_UNAUTHENTICATED : ANSWER_OK;
}

static enum answer take_new_account(struct request *r, const char *name, const char *password)
{
    enum answer a = take_name(r, name);
    if (a == ANSWER_OK)
        a = take_password(r, password);
    if (a == ANSWER_OK && !player_password_acceptable(password, strlen(password)))
        a = ANSWER_PASSWORD_WEAK;
    return a;
}

static enum answer take_register(struct request *r, const void *message)
{
    const Startrader__V1__RegisterRequest *m = message;
    take_request_id(r, m->request_id);
    throttle_address_key(r->attempt.address, m->address);
    return take_new_account(r, m->name, m->password);
}

static enum answer take_login(struct request *r, const void *message)
{
    const Startrader__V1__LoginRequest *m = message;
    take_request_id(r, m->request_id);
    throttle_address_key(r->attempt.address, m->address);
    /* Nobody can have such a name or password: not worth a hash, and no news to anybody. */
    if (take_name(r, m->name) != ANSWER_OK || take_password(r, m->password) != ANSWER_OK)
        return ANSWER_UNAUTHENTICATED;
    return ANSWER_OK;
}

static enum answer take_guest(struct request *r, const void *message)
{
    const Startrader__V1__GuestRequest *m = message;
    take_request_id(r, m->request_id);
    throttle_address_key(r->attempt.address, m->address);
    return ANSWER_OK;
}

static enum answer take_claim(struct request *r, const void *message)
{
    const Startrader__V1__ClaimRequest *m = message;
    take_request_id(r, m->request_id);
    throttle_address_key(r->attempt.address, m->address);
    enum answer a = take_ticket(r, m->ticket);
    return a == ANSWER_OK ? take_new_account(r, m->name, m->password) : a;
}

static enum answer take_refresh(struct request *r, const void *message)
{
    const Startrader__V1__RefreshRequest *m = message;
    take_request_id(r, m->request_id);
    throttle_address_key(r->attempt.address, m->address);
    return login_secret_hash(r->old_secret_hash, m->refresh_secret, strlen(m->refresh_secret))
               ? ANSWER_UNAUTHENTICATED
               : ANSWER_OK;
}

static enum answer take_logout(struct request *r, const void *message)
{
    const Startrader__V1__LogoutRequest *m = message;
    take_request_id(r, m->request_id);
    return take_ticket(r, m->ticket);
}

static enum answer take_renew(struct request *r, const void *message)
{
    const Startrader__V1__RenewRequest *m = message;
    take_request_id(r, m->request_id);
    return take_ticket(r, m->ticket);
}

static enum answer take_player(struct request *r, uint64_t player)
{
    r->player = player;
    return player_id_valid(player) ? ANSWER_OK : ANSWER_NOT_FOUND;
}

static enum answer take_confirm(struct request *r, const void *message)
{
    const Startrader__V1__ConfirmRequest *m = message;
    take_request_id(r, "");
    r->session_epoch = m->session_epoch;
    return take_player(r, m->player);
}

static enum answer take_hydrate(struct request *r, const void *message)
{
    const Startrader__V1__HydrateRequest *m = message;
    take_request_id(r, m->request_id);
    r->min_rev = m->min_rev;
    if (m->ticket[0] == '\0')
        return take_player(r, m->player);
    enum answer a = take_ticket(r, m->ticket);
    return a == ANSWER_OK ? take_player(r, r->ticket.player) : a;
}

static enum answer take_names(struct request *r, const void *message)
{
    const Startrader__V1__ProfileNamesRequest *m = message;
    take_request_id(r, "");
    if (m->n_player > STORE_NAMES_MAX)
        return ANSWER_MALFORMED;
    for (size_t i = 0; i < m->n_player; i++)
        if (player_id_valid(m->player[i]))
            r->asked[r->asked_count++] = m->player[i];
    return ANSWER_OK;
}

static enum answer take_record(struct request *r, const void *message)
{
    const Startrader__V1__ProfileRecordRequest *m = message;
    take_request_id(r, "");
    return take_player(r, m->player);
}

static enum answer take_kick(struct request *r, const void *message)
{
    const Startrader__V1__KickRequest *m = message;
    take_request_id(r, m->request_id);
    if (strlen(m->reason) > REQUEST_REASON_MAX)
        return ANSWER_MALFORMED;
    snprintf(r->reason, sizeof(r->reason), "%s", m->reason[0] ? m->reason : "signed out");
    return take_player(r, m->player);
}

/* --- encoding --- */

/* Packing only reads the text. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static Startrader__V1__Code code_of(const struct request *r)
{
    return (Startrader__V1__Code)r->answer;
}

static Startrader__V1__HydrateSource source_of(const struct request *r)
{
    return (Startrader__V1__HydrateSource)r->source;
}

static void pack_sign_in(const struct request *r, struct st_buf *out)
{
    Startrader__V1__SignInReply m = STARTRADER__V1__SIGN_IN_REPLY__INIT;
    Startrader__V1__Profile profile;
    m.code = code_of(r);
    m.retry_after_ms = r->retry_after_ms;
    if (r->answer == ANSWER_OK) {
        store_value_fill(&profile, &r->profile);
        m.player = r->player;
        m.session_epoch = r->epoch;
        m.ticket = lend(r->ticket_text);
        m.ticket_expires_at = r->ticket_expires_s;
        m.refresh_secret = lend(r->secret);
        m.profile = &profile;
        m.source = source_of(r);
    }
    st_wire_pack(&m.base, out);
}

static void pack_logout(const struct request *r, struct st_buf *out)
{
    Startrader__V1__LogoutReply m = STARTRADER__V1__LOGOUT_REPLY__INIT;
    m.code = code_of(r);
    st_wire_pack(&m.base, out);
}

static void pack_renew(const struct request *r, struct st_buf *out)
{
    Startrader__V1__RenewReply m = STARTRADER__V1__RENEW_REPLY__INIT;
    m.code = code_of(r);
    if (r->answer == ANSWER_OK) {
        m.ticket = lend(r->ticket_text);
        m.ticket_expires_at = r->ticket_expires_s;
    }
    st_wire_pack(&m.base, out);
}

static void pack_confirm(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ConfirmReply m = STARTRADER__V1__CONFIRM_REPLY__INIT;
    m.code = code_of(r);
    if (r->answer == ANSWER_OK || r->answer == ANSWER_FENCED) {
        m.session_epoch = r->epoch;
        m.name = lend(r->pilot);
    }
    st_wire_pack(&m.base, out);
}

static void pack_hydrate(const struct request *r, struct st_buf *out)
{
    Startrader__V1__HydrateReply m = STARTRADER__V1__HYDRATE_REPLY__INIT;
    Startrader__V1__Profile profile;
    m.code = code_of(r);
    m.retry_after_ms = r->retry_after_ms;
    if (r->answer == ANSWER_OK) {
        store_value_fill(&profile, &r->profile);
        m.profile = &profile;
        m.source = source_of(r);
    }
    st_wire_pack(&m.base, out);
}

static void pack_names(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ProfileNamesReply m = STARTRADER__V1__PROFILE_NAMES_REPLY__INIT;
    uint64_t players[STORE_NAMES_MAX];
    char *names[STORE_NAMES_MAX];
    m.code = code_of(r);
    if (r->answer == ANSWER_OK) {
        for (size_t i = 0; i < r->names_count; i++) {
            players[i] = r->names[i].player;
            names[i] = lend(r->names[i].name);
        }
        m.n_player = m.n_name = r->names_count;
        m.player = players;
        m.name = names;
    }
    st_wire_pack(&m.base, out);
}

static void pack_record(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ProfileRecordReply m = STARTRADER__V1__PROFILE_RECORD_REPLY__INIT;
    Startrader__V1__RecordReply record = STARTRADER__V1__RECORD_REPLY__INIT;
    Startrader__V1__CombatRow rows[STORE_FIGHTS_MAX], *list[STORE_FIGHTS_MAX];
    m.code = code_of(r);
    if (r->answer == ANSWER_OK) {
        for (size_t i = 0; i < r->fights_n; i++) {
            const struct store_fight *f = &r->fights[i];
            startrader__v1__combat_row__init(&rows[i]);
            rows[i].at_ms = f->at_ms;
            rows[i].zone = f->zone;
            rows[i].victim_player = f->victim_player;
            rows[i].victim_class = f->victim_class;
            rows[i].killer_player = f->killer_player;
            rows[i].killer_class = f->killer_class;
            list[i] = &rows[i];
        }
        record.player = r->player;
        record.name = lend(r->profile.name);
        record.created_at = r->profile.created_at;
        record.guest = r->profile.guest;
        record.kills = r->profile.kills;
        record.deaths = r->profile.deaths;
        record.n_row = r->fights_n;
        record.row = list;
        m.record = &record;
    }
    st_wire_pack(&m.base, out);
}

static void pack_kick(const struct request *r, struct st_buf *out)
{
    Startrader__V1__KickReply m = STARTRADER__V1__KICK_REPLY__INIT;
    m.code = code_of(r);
    if (r->answer == ANSWER_OK)
        m.session_epoch = r->epoch;
    st_wire_pack(&m.base, out);
}

#define ASKED(type) &startrader__v1__##type##_request__descriptor

const struct door_verb door_verbs[] = {
    {"register", ASKED(register), take_register, login_register, pack_sign_in, true, true},
    {"login", ASKED(login), take_login, login_login, pack_sign_in, true, true},
    {"guest", ASKED(guest), take_guest, login_guest, pack_sign_in, true, true},
    {"claim", ASKED(claim), take_claim, login_claim, pack_sign_in, true, true},
    {"refresh", ASKED(refresh), take_refresh, login_refresh, pack_sign_in, true, true},
    {"logout", ASKED(logout), take_logout, session_logout, pack_logout, false, true},
    {"renew", ASKED(renew), take_renew, session_renew, pack_renew, false, false},
    {"confirm", ASKED(confirm), take_confirm, session_confirm, pack_confirm, false, false},
    {"hydrate", ASKED(hydrate), take_hydrate, session_hydrate, pack_hydrate, false, false},
    {"record", ASKED(profile_record), take_record, session_record, pack_record, false, false},
    {"names", ASKED(profile_names), take_names, session_names, pack_names, false, false},
    {"kick", ASKED(kick), take_kick, session_kick, pack_kick, false, true},
    {"say", ASKED(profile_say), take_say, talk_say, pack_say, false, false},
    {"chat", ASKED(profile_chat), take_chat, talk_lines, pack_chat, false, false},
    {"mutes", ASKED(profile_mutes), take_mutes, talk_mutes, pack_mutes, false, false},
    {"report", ASKED(profile_report), take_report, talk_report, pack_report, false, true},
};
const size_t door_verbs_count = ST_ARRAY_LEN(door_verbs);
