/* SPDX-License-Identifier: Apache-2.0 */
#include "door_talk.h"

#include <st/assert.h>
#include <st/err.h>
#include <st/log.h>
#include <st/subject.h>
#include <st/wire.h>
#include <startrader/v1/chat.pb-c.h>

#include <stdio.h>
#include <string.h>

enum { ZONE_MAX = 255 };

/* --- decoding --- */

static enum answer take_caller(struct request *r, const Startrader__V1__Caller *c)
{
    size_t len = c ? strlen(c->request_id) : 0;
    if (len == 0 || len > PROFILE_REQUEST_ID_MAX)
        return ANSWER_MALFORMED;
    memcpy(r->request_id, c->request_id, len + 1);
    r->player = c->player;
    r->session_epoch = c->session_epoch;
    return player_id_valid(c->player) ? ANSWER_OK : ANSWER_NOT_FOUND;
}

enum answer take_say(struct request *r, const void *message)
{
    const Startrader__V1__ProfileSayRequest *m = message;
    struct talk *t = &r->talk;
    const char *start = NULL;
    size_t len = 0;
    if (!m->say || m->say->zone > ZONE_MAX)
        return ANSWER_MALFORMED;
    t->cell = m->cell;
    t->line.zone = m->say->zone;
    t->text = talk_text_check(m->say->text, &start, &len, &t->limit);
    if (t->text == TALK_TEXT_OK)
        memcpy(t->line.text, start, len);
    enum answer a = take_caller(r, m->caller);
    t->line.player = r->player;
    return a;
}

enum answer take_chat(struct request *r, const void *message)
{
    const Startrader__V1__ProfileChatRequest *m = message;
    if (!m->chat || m->chat->zone == 0 || m->chat->zone > ZONE_MAX)
        return ANSWER_MALFORMED; /* nobody is told what was said to others who were near */
    r->talk.line.zone = m->chat->zone;
    return take_caller(r, m->caller);
}

static bool take_ids(struct talk *t, int which, const uint64_t *ids, size_t count, size_t max)
{
    if (count > max)
        return false;
    for (size_t i = 0; i < count; i++)
        if (ids[i] <= INT64_MAX)
            t->ids[which][t->ids_n[which]++] = ids[i];
    return true;
}

enum answer take_mutes(struct request *r, const void *message)
{
    const Startrader__V1__ProfileMutesRequest *m = message;
    const Startrader__V1__MutesRequest *q = m->mutes;
    if (!q || !take_ids(&r->talk, 0, q->mute, q->n_mute, STORE_MUTES_CHANGE_MAX) ||
        !take_ids(&r->talk, 1, q->unmute, q->n_unmute, STORE_MUTES_CHANGE_MAX))
        return ANSWER_MALFORMED;
    return take_caller(r, m->caller);
}

enum answer take_report(struct request *r, const void *message)
{
    const Startrader__V1__ProfileReportRequest *m = message;
    const Startrader__V1__ReportRequest *q = m->report;
    struct talk *t = &r->talk;
    const char *start = NULL;
    size_t len = 0;
    if (!q || !take_ids(t, 0, q->line, q->n_line, STORE_REPORT_LINES_MAX))
        return ANSWER_MALFORMED;
    enum talk_text text = talk_text_check(q->about, &start, &len, &t->limit);
    if (text == TALK_TEXT_CHARACTERS || text == TALK_TEXT_TOO_LONG)
        return ANSWER_MALFORMED;
    if (len > 0)
        memcpy(t->about, start, len);
    t->line.player = player_id_valid(q->player) ? q->player : 0;
    return take_caller(r, m->caller);
}

/* --- encoding --- */

/* Packing only reads the text. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void fill_line(Startrader__V1__ChatLine *m, const struct store_line *line)
{
    startrader__v1__chat_line__init(m);
    m->line = line->line;
    m->player = line->player;
    m->name = lend(line->name);
    m->at_ms = line->at_ms;
    m->zone = line->zone;
    m->text = lend(line->text);
}

static Startrader__V1__SayResult say_result(const struct talk *t)
{
    static const Startrader__V1__SayResult by_text[] = {
        [TALK_TEXT_EMPTY] = STARTRADER__V1__SAY_RESULT__SAY_RESULT_EMPTY,
        [TALK_TEXT_TOO_LONG] = STARTRADER__V1__SAY_RESULT__SAY_RESULT_TOO_LONG,
        [TALK_TEXT_CHARACTERS] = STARTRADER__V1__SAY_RESULT__SAY_RESULT_CHARACTERS,
    };
    if (t->text != TALK_TEXT_OK)
        return by_text[t->text];
    return t->said == SAID_DONE    ? STARTRADER__V1__SAY_RESULT__SAY_RESULT_DONE
           : t->said == SAID_MUTED ? STARTRADER__V1__SAY_RESULT__SAY_RESULT_MUTED
                                   : STARTRADER__V1__SAY_RESULT__SAY_RESULT_TOO_FAST;
}

void pack_say(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ProfileSayReply m = STARTRADER__V1__PROFILE_SAY_REPLY__INIT;
    Startrader__V1__SayReply say = STARTRADER__V1__SAY_REPLY__INIT;
    Startrader__V1__ChatLine line;
    m.code = (Startrader__V1__Code)r->answer;
    if (r->answer == ANSWER_OK) {
        say.result = say_result(&r->talk);
        say.limit = r->talk.limit;
        if (say.result == STARTRADER__V1__SAY_RESULT__SAY_RESULT_DONE) {
            fill_line(&line, &r->talk.line);
            say.line = &line;
        }
        m.say = &say;
    }
    st_wire_pack(&m.base, out);
}

void pack_chat(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ProfileChatReply m = STARTRADER__V1__PROFILE_CHAT_REPLY__INIT;
    Startrader__V1__ChatReply chat = STARTRADER__V1__CHAT_REPLY__INIT;
    Startrader__V1__ChatLine lines[STORE_LINES_MAX], *list[STORE_LINES_MAX];
    size_t bytes = 0, n = 0, at = STORE_LINES_MAX;
    m.code = (Startrader__V1__Code)r->answer;
    if (r->answer == ANSWER_OK) {
        for (; n < r->talk.found; n++) {
            fill_line(&lines[n], &r->talk.lines[n]);
            bytes += st_wire_size(&lines[n].base) + 4;
            if (bytes > DOOR_LINES_BYTES)
                break;
            list[--at] = &lines[n]; /* the newest comes last */
        }
        chat.n_line = n;
        chat.line = &list[at];
        m.chat = &chat;
    }
    st_wire_pack(&m.base, out);
}

static bool is_muted(const struct talk *t, uint64_t player)
{
    for (size_t i = 0; i < t->found; i++)
        if (t->muted[i].player == player)
            return true;
    return false;
}

void pack_mutes(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ProfileMutesReply m = STARTRADER__V1__PROFILE_MUTES_REPLY__INIT;
    Startrader__V1__MutesReply mutes = STARTRADER__V1__MUTES_REPLY__INIT;
    const struct talk *t = &r->talk;
    uint64_t players[STORE_MUTES_MAX];
    char *names[STORE_MUTES_MAX];
    m.code = (Startrader__V1__Code)r->answer;
    if (r->answer == ANSWER_OK) {
        for (size_t i = 0; i < t->found; i++) {
            players[i] = t->muted[i].player;
            names[i] = lend(t->muted[i].name);
        }
        for (size_t i = 0; i < t->ids_n[0]; i++)
            mutes.full |= !is_muted(t, t->ids[0][i]);
        mutes.n_player = mutes.n_name = t->found;
        mutes.player = players;
        mutes.name = names;
        m.mutes = &mutes;
    }
    st_wire_pack(&m.base, out);
}

void pack_report(const struct request *r, struct st_buf *out)
{
    Startrader__V1__ProfileReportReply m = STARTRADER__V1__PROFILE_REPORT_REPLY__INIT;
    Startrader__V1__ReportReply report = STARTRADER__V1__REPORT_REPLY__INIT;
    enum store_reported done = r->talk.reported;
    m.code = (Startrader__V1__Code)r->answer;
    if (r->answer == ANSWER_OK) {
        report.result = done == REPORTED_DONE ? STARTRADER__V1__REPORT_RESULT__REPORT_RESULT_DONE
                        : done == REPORTED_TOO_MANY
                            ? STARTRADER__V1__REPORT_RESULT__REPORT_RESULT_TOO_MANY
                            : STARTRADER__V1__REPORT_RESULT__REPORT_RESULT_NOBODY;
        report.lines = r->talk.limit;
        m.report = &report;
    }
    st_wire_pack(&m.base, out);
}

void door_talk_publish(const struct request *r)
{
    Startrader__V1__ChatSaid said = STARTRADER__V1__CHAT_SAID__INIT;
    Startrader__V1__ChatLine line;
    uint8_t memory[TALK_TEXT_BYTES_MAX + 128];
    char subject[ST_SUBJECT_MAX];
    struct st_buf b;
    fill_line(&line, &r->talk.line);
    said.line = &line;
    said.cell = r->talk.cell;
    st_buf_init_fixed(&b, memory, sizeof(memory));
    st_wire_pack(&said.base, &b);
    st_assert(!b.overflow);
    st_subject_chat(subject, st_daemon_system(r->p->daemon), r->talk.line.zone);
    int err = st_bus_publish(r->p->rpc, subject, b.data, b.len);
    if (err)
        st_log(ST_LOG_WARN, "line_lost", st_log_s("request_id", r->request_id),
               st_log_s("reason", st_err_name(err)));
}
