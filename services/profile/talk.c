/* SPDX-License-Identifier: Apache-2.0 */
#include "talk.h"

#include "door_talk.h"

#include <st/alloc.h>
#include <st/err.h>

static void run_say(struct store *s, struct request *r)
{
    struct talk *t = &r->talk;
    r->err = store_say(s, r->session_epoch, r->request_id, &t->line, &t->said, &t->limit);
}

static void after(struct request *r)
{
    if (r->err)
        request_fail(r, r->err);
    else
        request_answer(r, ANSWER_OK);
}

static void after_say(struct request *r)
{
    if (!r->err && r->talk.said == SAID_FENCED) {
        request_answer(r, ANSWER_FENCED);
        return;
    }
    if (!r->err && r->talk.said == SAID_DONE)
        door_talk_publish(r);
    after(r);
}

void talk_say(struct request *r)
{
    if (r->talk.text == TALK_TEXT_OK)
        request_store(r, run_say, after_say);
    else
        request_answer(r, ANSWER_OK);
}

static void run_lines(struct store *s, struct request *r)
{
    struct talk *t = &r->talk;
    r->err = store_lines(s, t->line.zone, t->lines, &t->found);
}

void talk_lines(struct request *r)
{
    r->talk.lines = st_alloc_array(STORE_LINES_MAX, sizeof(*r->talk.lines));
    request_store(r, run_lines, after);
}

static void run_mutes(struct store *s, struct request *r)
{
    struct talk *t = &r->talk;
    r->err = store_mutes(s, r->player, t->ids[0], t->ids_n[0], t->ids[1], t->ids_n[1], t->muted,
                         &t->found);
}

void talk_mutes(struct request *r)
{
    r->talk.muted = st_alloc_array(STORE_MUTES_MAX, sizeof(*r->talk.muted));
    request_store(r, run_mutes, after);
}

static void run_report(struct store *s, struct request *r)
{
    struct talk *t = &r->talk;
    r->err = store_report(s, r->player, r->request_id, t->line.player, t->about, t->ids[0],
                          t->ids_n[0], &t->reported, &t->limit);
}

void talk_report(struct request *r)
{
    request_store(r, run_report, after);
}
