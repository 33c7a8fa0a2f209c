/* SPDX-License-Identifier: Apache-2.0 */
#include "door_presence.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/buf.h>
#include <st/err.h>
#include <st/log.h>
#include <st/map.h>
#include <st/stat.h>
#include <st/subject.h>
#include <st/wire.h>
#include <startrader/v1/account.pb-c.h>

enum { EPOCHS_MAX = 65536 };

struct presence {
    struct st_bus *rpc;
    struct st_map *epochs;
    struct st_counter *notices;
};

struct presence *presence_new(struct st_bus *rpc)
{
    struct presence *p = st_alloc(sizeof(*p));
    p->rpc = rpc;
    p->epochs = st_map_new(EPOCHS_MAX);
    p->notices = st_counter("startrader_session_notices_total", NULL,
                            "session epochs announced to the gateways");
    return p;
}

void presence_free(struct presence **p)
{
    st_assert(p);
    if (!*p)
        return;
    st_map_free(&(*p)->epochs);
    st_free(*p);
    *p = NULL;
}

void presence_raise(struct presence *p, uint64_t player, uint64_t epoch, const char *reason)
{
    st_assert(p && player && epoch && reason);
    if (presence_epoch(p, player) < epoch && st_map_set(p->epochs, player, epoch)) {
        st_map_clear(p->epochs); /* full: what matters is recent */
        int err = st_map_set(p->epochs, player, epoch);
        st_assert(!err);
    }
    Startrader__V1__SessionNotice notice = STARTRADER__V1__SESSION_NOTICE__INIT;
    notice.player = player;
    notice.session_epoch = epoch;
    notice.reason = (char *)(uintptr_t)reason; /* packing only reads it */
    uint8_t memory[256];
    struct st_buf b;
    char subject[ST_SUBJECT_MAX];
    st_buf_init_fixed(&b, memory, sizeof(memory));
    st_wire_pack(&notice.base, &b);
    st_assert(!b.overflow);
    st_subject_session(subject, player);
    int err = st_bus_publish(p->rpc, subject, b.data, b.len);
    if (err)
        st_log(ST_LOG_WARN, "notice_lost", st_log_u("player", player),
               st_log_s("reason", st_err_name(err)));
    else
        st_counter_add(p->notices, 1);
}

uint64_t presence_epoch(const struct presence *p, uint64_t player)
{
    st_assert(p);
    uint64_t epoch = 0;
    (void)st_map_get(p->epochs, player, &epoch);
    return epoch;
}
