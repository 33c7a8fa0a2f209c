/* SPDX-License-Identifier: Apache-2.0 */
#include "login.h"

#include "door.h"
#include "door_presence.h"

#include <st/assert.h>
#include <st/err.h>
#include <st/rng.h>

#include <string.h>

enum { GUEST_NAME_TRIES = 3 };

int login_secret_hash(uint8_t hash[ST_SECRET_HASH_LEN], const char *text, size_t len)
{
    st_assert(hash && text);
    uint8_t raw[REQUEST_SECRET_BYTES];
    size_t raw_len = 0;
    if (st_base64url_decode(text, len, raw, sizeof(raw), &raw_len) || raw_len != sizeof(raw))
        return ST_EINVAL;
    st_secret_hash(hash, raw, sizeof(raw), NULL, 0);
    st_secret_wipe(raw, sizeof(raw));
    return 0;
}

static void make_secret(struct request *r)
{
    uint8_t raw[REQUEST_SECRET_BYTES];
    st_random(raw, sizeof(raw));
    st_secret_hash(r->secret_hash, raw, sizeof(raw), NULL, 0);
    size_t len = st_base64url_encode(raw, sizeof(raw), r->secret, sizeof(r->secret));
    st_assert(len == REQUEST_SECRET_TEXT_MAX - 1);
    st_secret_wipe(raw, sizeof(raw));
}

/* --- limits --- */

static void run_try_begin(struct cache *c, struct request *r)
{
    cache_try_begin(c, &r->attempt);
}

static void run_try_lost(struct cache *c, struct request *r)
{
    cache_try_end(c, &r->attempt, CACHE_LOST);
}

static void run_try_won(struct cache *c, struct request *r)
{
    cache_try_end(c, &r->attempt, CACHE_WON);
}

static void after_refusal(struct request *r)
{
    request_answer(r, r->answer);
}

/* A wrong password or secret: it counts before it is answered. */
static void refuse(struct request *r, enum answer answer)
{
    r->answer = answer;
    r->attempt_open = false;
    request_cache(r, run_try_lost, after_refusal);
}

static bool over_limit(struct request *r)
{
    if (r->err) {
        request_fail(r, r->err);
        return true;
    }
    r->attempt_open = r->attempt.retry_after_ms == 0;
    if (r->attempt_open)
        return false;
    r->retry_after_ms = (uint32_t)ST_MIN(r->attempt.retry_after_ms, UINT32_MAX);
    request_answer(r, ANSWER_RATE_LIMITED);
    return true;
}

static void set_account(struct request *r)
{
    char folded[PLAYER_NAME_MAX + 1];
    player_name_fold(folded, r->name);
    r->attempt.account = st_hash64(folded, strlen(folded), 0) | 1;
    r->attempt.makes_pilot = false;
}

/* --- the common end: sign in, profile, answer --- */

static void after_profile(struct request *r)
{
    if (r->err)
        request_fail(r, r->err == ST_ENOTFOUND ? ST_EUNAVAILABLE : r->err);
    else
        request_answer(r, ANSWER_OK);
}

static void after_won(struct request *r)
{
    request_hydrate(r, r->player, after_profile);
}

/* The sign-in is committed: the other sessions of this player end now. */
static void signed_in(struct request *r)
{
    presence_raise(r->p->presence, r->player, r->epoch, "");
    request_issue(r, r->player, r->epoch);
    r->attempt_open = false;
    if (r->attempt.account)
        request_cache(r, run_try_won, after_won);
    else
        after_won(r);
}

static void run_sign_in(struct store *s, struct request *r)
{
    const char *phc = r->password.rehashed ? r->password.phc : NULL;
    r->err = store_sign_in(s, r->player, r->secret_hash, phc, &r->epoch);
}

static void after_sign_in(struct request *r)
{
    if (r->err)
        request_fail(r, ST_EUNAVAILABLE);
    else
        signed_in(r);
}

static void sign_in(struct request *r)
{
    make_secret(r);
    request_store(r, run_sign_in, after_sign_in);
}

static void after_provision(struct request *r)
{
    if (r->err)
        request_fail(r, ST_EUNAVAILABLE);
    else
        sign_in(r);
}

static void provision(struct request *r)
{
    if (r->attempt.makes_pilot) /* made: it counts */
        r->attempt_open = false;
    door_provision(r, after_provision);
}

/* --- login --- */

static void after_verify(struct request *r)
{
    if (r->err) {
        request_fail(r, r->err);
        return;
    }
    if (!r->password.ok) {
        refuse(r, r->second_chance ? ANSWER_NAME_TAKEN : ANSWER_UNAUTHENTICATED);
        return;
    }
    r->player = r->account.player;
    if (r->account.provisioned)
        sign_in(r);
    else
        provision(r);
}

static void verify(struct request *r)
{
    r->password.hash = false;
    memcpy(r->password.phc, r->account.phc, sizeof(r->password.phc));
    request_hash(r, after_verify);
}

static void run_account(struct store *s, struct request *r)
{
    char folded[PLAYER_NAME_MAX + 1];
    player_name_fold(folded, r->name);
    r->err = store_account(s, folded, &r->account);
}

static void after_account(struct request *r)
{
    if (r->err == ST_ENOTFOUND)
        r->account.phc[0] = '\0'; /* the same work as for one that exists */
    else if (r->err) {
        request_fail(r, r->err);
        return;
    }
    verify(r);
}

static void after_login_limits(struct request *r)
{
    if (!over_limit(r))
        request_store(r, run_account, after_account);
}

void login_login(struct request *r)
{
    set_account(r);
    request_cache(r, run_try_begin, after_login_limits);
}

/* --- register --- */

static void after_second_limits(struct request *r)
{
    if (!over_limit(r))
        verify(r);
}

/* The name exists. If its first registration never got as far as a ship, and this is the same
 * password, it is that registration again. */
static void after_taken(struct request *r)
{
    if (r->err && r->err != ST_ENOTFOUND) {
        request_fail(r, r->err);
    } else if (r->err == ST_ENOTFOUND || r->account.provisioned) {
        request_answer(r, ANSWER_NAME_TAKEN);
    } else {
        r->second_chance = true;
        set_account(r);
        request_cache(r, run_try_begin, after_second_limits);
    }
}

static void run_create(struct store *s, struct request *r)
{
    r->err = store_create(s, r->name, r->password.phc, &r->player);
}

static void after_create(struct request *r)
{
    if (r->err == ST_EEXIST)
        request_store(r, run_account, after_taken);
    else if (r->err)
        request_fail(r, r->err);
    else
        provision(r);
}

static void after_register_hash(struct request *r)
{
    if (r->err || !r->password.ok)
        request_fail(r, r->err ? r->err : ST_EFULL);
    else
        request_store(r, run_create, after_create);
}

static void after_register_limits(struct request *r)
{
    if (over_limit(r))
        return;
    r->password.hash = true;
    request_hash(r, after_register_hash);
}

void login_register(struct request *r)
{
    r->attempt.makes_pilot = true;
    request_cache(r, run_try_begin, after_register_limits);
}

/* --- guest --- */

static void run_guest(struct store *s, struct request *r)
{
    for (int i = 0; i < GUEST_NAME_TRIES; i++) {
        player_guest_name(r->name, (uint32_t)st_random_u64());
        r->err = store_create(s, r->name, NULL, &r->player);
        if (r->err != ST_EEXIST)
            return;
    }
}

static void after_guest(struct request *r)
{
    if (r->err)
        request_fail(r, r->err);
    else
        provision(r);
}

static void after_guest_limits(struct request *r)
{
    if (!over_limit(r))
        request_store(r, run_guest, after_guest);
}

void login_guest(struct request *r)
{
    r->attempt.makes_pilot = true;
    request_cache(r, run_try_begin, after_guest_limits);
}

/* --- claim --- */

static void run_claim(struct store *s, struct request *r)
{
    r->err = store_claim(s, r->ticket.player, r->ticket.session_epoch, r->name, r->password.phc);
}

static void after_claim(struct request *r)
{
    switch (r->err) {
    case 0:
        r->player = r->ticket.player;
        hydrate_drop(r->p->hydrate, r->player, NULL, NULL);
        sign_in(r);
        break;
    case ST_EEXIST:
        request_answer(r, ANSWER_NAME_TAKEN);
        break;
    case ST_ECONFLICT:
        request_answer(r, ANSWER_CONFLICT);
        break;
    case ST_EDENIED:
        request_answer(r, ANSWER_FENCED);
        break;
    default:
        request_fail(r, r->err);
    }
}

static void after_claim_hash(struct request *r)
{
    if (r->err || !r->password.ok)
        request_fail(r, r->err ? r->err : ST_EFULL);
    else
        request_store(r, run_claim, after_claim);
}

static void after_claim_limits(struct request *r)
{
    if (over_limit(r))
        return;
    r->password.hash = true;
    request_hash(r, after_claim_hash);
}

void login_claim(struct request *r)
{
    r->attempt.makes_pilot = true;
    request_cache(r, run_try_begin, after_claim_limits);
}

/* --- refresh --- */

static void run_refresh(struct store *s, struct request *r)
{
    r->err = store_refresh(s, r->old_secret_hash, r->secret_hash, &r->player, &r->epoch);
}

static void after_refresh(struct request *r)
{
    if (r->err == ST_ENOTFOUND)
        refuse(r, ANSWER_UNAUTHENTICATED);
    else if (r->err == ST_ELIMIT)
        refuse(r, ANSWER_EXPIRED);
    else if (r->err)
        request_fail(r, r->err);
    else
        signed_in(r);
}

static void after_refresh_limits(struct request *r)
{
    if (over_limit(r))
        return;
    make_secret(r);
    request_store(r, run_refresh, after_refresh);
}

void login_refresh(struct request *r)
{
    request_cache(r, run_try_begin, after_refresh_limits);
}
