/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "door_presence.h"

#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>

enum { RENEW_WAIT_MS = 300 }; /* for the database's word on the session epoch */

static void run_session(struct store *s, struct request *r)
{
    r->err = store_session(s, r->player, &r->epoch, r->pilot);
}

static void issue_again(struct request *r)
{
    request_issue(r, r->ticket.player, r->ticket.session_epoch);
    request_answer(r, ANSWER_OK);
}

static void after_renew(struct request *r)
{
    if (r->err == ST_ENOTFOUND)
        request_answer(r, ANSWER_UNAUTHENTICATED);
    else if (!r->err && r->epoch > r->ticket.session_epoch)
        request_answer(r, ANSWER_FENCED);
    else
        issue_again(r); /* an error too: renewing works without the database */
}

void session_renew(struct request *r)
{
    if (presence_epoch(r->p->presence, r->ticket.player) > r->ticket.session_epoch) {
        request_answer(r, ANSWER_FENCED);
        return;
    }
    r->player = r->ticket.player;
    r->within_ms = RENEW_WAIT_MS;
    r->late = issue_again;
    request_store(r, run_session, after_renew);
}

static void after_confirm(struct request *r)
{
    if (r->err)
        request_fail(r, r->err);
    else
        request_answer(r, r->epoch > r->session_epoch ? ANSWER_FENCED : ANSWER_OK);
}

void session_confirm(struct request *r)
{
    request_store(r, run_session, after_confirm);
}

static void run_logout(struct store *s, struct request *r)
{
    r->epoch = r->ticket.session_epoch;
    r->err = store_logout(s, r->ticket.player, &r->epoch);
}

static void after_logout(struct request *r)
{
    if (r->err) {
        request_fail(r, r->err);
        return;
    }
    if (r->epoch == r->ticket.session_epoch + 1)
        presence_raise(r->p->presence, r->ticket.player, r->epoch, "");
    request_answer(r, ANSWER_OK);
}

void session_logout(struct request *r)
{
    r->player = r->ticket.player;
    request_store(r, run_logout, after_logout);
}

static void run_kick(struct store *s, struct request *r)
{
    r->err = store_kick(s, r->player, &r->epoch);
}

static void after_kick(struct request *r)
{
    if (r->err) {
        request_fail(r, r->err);
        return;
    }
    presence_raise(r->p->presence, r->player, r->epoch, r->reason);
    request_answer(r, ANSWER_OK);
}

void session_kick(struct request *r)
{
    request_store(r, run_kick, after_kick);
}

static void after_hydrate(struct request *r)
{
    if (r->err)
        request_fail(r, r->err);
    else
        request_answer(r, ANSWER_OK);
}

void session_hydrate(struct request *r)
{
    request_hydrate(r, r->player, after_hydrate);
}

static void run_names(struct store *s, struct request *r)
{
    r->err = store_names(s, r->asked, r->asked_count, r->names, &r->names_count);
}

void session_names(struct request *r)
{
    if (r->asked_count == 0)
        request_answer(r, ANSWER_OK);
    else
        request_store(r, run_names, after_hydrate);
}

static void run_fights(struct store *s, struct request *r)
{
    r->err = store_fights(s, r->player, r->fights, &r->fights_n);
}

static void after_profile(struct request *r)
{
    if (r->err)
        request_fail(r, r->err);
    else
        request_store(r, run_fights, after_hydrate);
}

void session_record(struct request *r)
{
    request_hydrate(r, r->player, after_profile);
}
