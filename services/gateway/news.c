/* SPDX-License-Identifier: Apache-2.0 */
#include "news.h"

#include "gateway.h"

#include <startrader/v1/chat.pb-c.h>
#include <startrader/v1/client.pb-c.h>
#include <startrader/v1/event.pb-c.h>
#include <st/alloc.h>
#include <st/assert.h>
#include <st/wire.h>

#include <string.h>

enum {
    RECENT = 1024,
    EVENT_MAX = 16 * 1024,
    NEWS_MAX = 1024, /* of the longest line of chat and its header */
    FIELD_PUBLIC = 14,
    WIRE_BYTES = 2,
    CELL_SHIFT = 20, /* from 1/512 unit to cells of 2,048 units */
};

struct news {
    struct plane *plane;
    const struct board *board;
    struct st_arena arena;
    uint64_t recent[RECENT];
    uint32_t next;
};

/* With the event as a field of ServerFrame. */
static struct plane_order *order(enum plane_order_kind kind, const Startrader__V1__PublicEvent *e)
{
    uint8_t memory[NEWS_MAX];
    struct st_buf b;
    st_buf_init_fixed(&b, memory, sizeof memory);
    st_wire_put_tag(&b, FIELD_PUBLIC, WIRE_BYTES);
    st_buf_put_varint(&b, st_wire_size(&e->base));
    st_wire_pack(&e->base, &b);
    return b.overflow ? NULL : plane_order_new(kind, 0, b.data, b.len);
}

static void publish(struct news *n, uint32_t cell, const Startrader__V1__PublicEvent *e)
{
    struct plane_order *o = order(ORDER_NEWS, e);
    if (!o)
        return;
    o->cell = cell;
    plane_order(n->plane, o);
}

static bool is_new(struct news *n, uint64_t event_id)
{
    for (uint32_t i = 0; i < RECENT; i++)
        if (n->recent[i] == event_id)
            return false;
    n->recent[n->next++ % RECENT] = event_id;
    return true;
}

void news_kill(struct news *n, const void *data, size_t len)
{
    Startrader__V1__PublicEvent e = STARTRADER__V1__PUBLIC_EVENT__INIT;
    Startrader__V1__KillNews k = STARTRADER__V1__KILL_NEWS__INIT;
    const Startrader__V1__WorldEvent *w;
    const Startrader__V1__ShipDestroyed *d;
    uint32_t cell;
    st_arena_reset(&n->arena);
    w = st_wire_unpack(&startrader__v1__world_event__descriptor, data, len, EVENT_MAX, &n->arena);
    if (!w || w->event_case != STARTRADER__V1__WORLD_EVENT__EVENT_DESTROYED ||
        !w->destroyed->position || !is_new(n, w->event_id))
        return;
    d = w->destroyed;
    if (d->position->x < 0 || d->position->y < 0)
        return;
    cell = (uint32_t)(d->position->x >> CELL_SHIFT) +
           (uint32_t)(d->position->y >> CELL_SHIFT) * (uint32_t)GATEWAY_CELLS_SIDE;
    k.killer_player = d->killer_player;
    k.killer_class = d->killer_class;
    k.victim_player = d->player;
    k.victim_class = d->class_id;
    k.zone = d->zone;
    e.tick = w->tick;
    e.event_case = STARTRADER__V1__PUBLIC_EVENT__EVENT_KILL;
    e.kill = &k;
    if (cell < GATEWAY_CELLS)
        publish(n, cell, &e);
}

static void publish_trade(struct news *n, const Startrader__V1__TradeBooked *b)
{
    Startrader__V1__PublicEvent e = STARTRADER__V1__PUBLIC_EVENT__INIT;
    Startrader__V1__TradeNews t = STARTRADER__V1__TRADE_NEWS__INIT;
    uint32_t cell;
    if (!board_station_cell(n->board, b->location, &cell))
        return;
    t.location = b->location;
    t.commodity = b->commodity;
    t.side = b->side;
    t.quantity = b->quantity;
    t.total = b->total;
    e.event_case = STARTRADER__V1__PUBLIC_EVENT__EVENT_TRADE;
    e.trade = &t;
    publish(n, cell, &e);
}

void news_trade(struct news *n, const void *data, size_t len)
{
    const Startrader__V1__TradesBooked *m;
    st_arena_reset(&n->arena);
    m = st_wire_unpack(&startrader__v1__trades_booked__descriptor, data, len, EVENT_MAX, &n->arena);
    for (size_t i = 0; m && i < m->n_trade; i++)
        publish_trade(n, m->trade[i]);
}

void news_chat(struct news *n, const void *data, size_t len)
{
    Startrader__V1__PublicEvent e = STARTRADER__V1__PUBLIC_EVENT__INIT;
    const Startrader__V1__ChatSaid *said;
    struct plane_order *o;
    st_arena_reset(&n->arena);
    said = st_wire_unpack(&startrader__v1__chat_said__descriptor, data, len, NEWS_MAX, &n->arena);
    if (!said || !said->line)
        return;
    e.event_case = STARTRADER__V1__PUBLIC_EVENT__EVENT_CHAT;
    e.chat = said->line;
    if (said->line->zone == 0) {
        publish(n, said->cell, &e);
        return;
    }
    o = order(ORDER_CHAT, &e);
    if (!o)
        return;
    o->zone = said->line->zone;
    plane_order(n->plane, o);
}

struct news *news_new(struct plane *plane, const struct board *board)
{
    struct news *n = st_alloc(sizeof *n);
    size_t arena = st_wire_arena_size(EVENT_MAX);
    n->plane = plane;
    n->board = board;
    st_arena_init(&n->arena, st_alloc(arena), arena);
    return n;
}

void news_free(struct news **out)
{
    struct news *n = *out;
    if (!n)
        return;
    st_free(n->arena.mem);
    st_free(n);
    *out = NULL;
}
