/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include <string.h>

#include <st/assert.h>
#include <st/subject.h>
#include <st/wire.h>

#include <startrader/v1/event.pb-c.h>
#include <startrader/v1/trade.pb-c.h>

/* A manifest in the schema's form; lives as long as its struct. */
struct packed_goods {
    Startrader__V1__Goods goods[GOODS_MAX], *pointers[GOODS_MAX];
    size_t n;
};

static void pack_goods(struct packed_goods *p, const struct manifest *m)
{
    p->n = m->n;
    for (uint32_t i = 0; i < m->n; i++) {
        p->goods[i] = (Startrader__V1__Goods)STARTRADER__V1__GOODS__INIT;
        p->goods[i].commodity = m->g[i].commodity;
        p->goods[i].quantity = (uint32_t)m->g[i].quantity;
        p->pointers[i] = &p->goods[i];
    }
}

struct packed_ship {
    Startrader__V1__ShipState state;
    Startrader__V1__Position position;
    struct packed_goods cargo;
};

static void pack_ship(struct packed_ship *p, const struct unit *u, const struct ship *s,
                      bool newcomer)
{
    struct manifest m;
    unit_manifest(u, s->id, &m);
    pack_goods(&p->cargo, &m);
    p->state = (Startrader__V1__ShipState)STARTRADER__V1__SHIP_STATE__INIT;
    p->position = (Startrader__V1__Position)STARTRADER__V1__POSITION__INIT;
    p->position.x = s->x;
    p->position.y = s->y;
    p->state.ship = s->id;
    p->state.version = s->version;
    p->state.player = s->player;
    p->state.class_id = s->class_id;
    p->state.hull = (uint32_t)s->hull;
    p->state.n_cargo = p->cargo.n;
    p->state.cargo = p->cargo.pointers;
    p->state.location = s->appear_at;
    p->state.position = &p->position;
    p->state.newcomer = newcomer;
    p->state.torpedoes = (uint32_t)s->torpedoes;
    p->state.weapon = s->weapon;
    const struct config_guild *guild = catalog_guild_of(u->catalog, s->player);
    p->state.guild = guild ? guild->id : 0;
    p->state.route_to = s->route_to;
    p->state.route_short = s->route_short;
}

struct packed_loot {
    Startrader__V1__LootState state;
    Startrader__V1__Position position;
    struct packed_goods goods;
};

static void pack_loot(struct packed_loot *p, const struct loot *l)
{
    pack_goods(&p->goods, &l->goods);
    p->state = (Startrader__V1__LootState)STARTRADER__V1__LOOT_STATE__INIT;
    p->position = (Startrader__V1__Position)STARTRADER__V1__POSITION__INIT;
    p->position.x = l->x;
    p->position.y = l->y;
    int64_t left = WORLD_LOOT_TICKS - l->age_ms / (1000 / WORLD_TICK_HZ);
    p->state.loot = l->id;
    p->state.n_goods = p->goods.n;
    p->state.goods = p->goods.pointers;
    p->state.expires_tick_left = (uint32_t)ST_MAX(left, (int64_t)1);
    p->state.position = &p->position;
}

static void put_letter(struct unit *u, struct letter *l, const ProtobufCMessage *m)
{
    size_t len = st_wire_size(m);
    struct st_buf b;
    st_buf_init_fixed(&b, unit_letter_bytes(u, l, (uint32_t)len), len);
    st_wire_pack(m, &b);
    st_assert(!b.overflow);
}

void wire_letter_baton(struct unit *u, const struct baton *in)
{
    struct letter *l = unit_letter(u);
    st_subject_baton(l->subject, u->catalog->system, in->shard);
    l->is_baton = true;
    struct packed_ship state;
    struct packed_loot loot[DROPS_MAX];
    Startrader__V1__LootState *loot_p[DROPS_MAX];
    Startrader__V1__Baton b = STARTRADER__V1__BATON__INIT;
    b.id = (uint64_t)l->id;
    b.shard = in->shard;
    b.world_epoch = (uint32_t)in->world_epoch;
    b.kind = (Startrader__V1__BatonKind)in->kind;
    b.event_id = in->event_id;
    b.ship = in->ship;
    b.version = in->version;
    b.player = in->player;
    b.location = in->location;
    b.credits = in->credits;
    b.balance = in->balance;
    b.notice = (char *)(uintptr_t)(in->notice ? in->notice : "");
    b.reason = (char *)(uintptr_t)(in->reason ? in->reason : "");
    if (in->state) {
        pack_ship(&state, u, in->state, in->newcomer);
        b.state = &state.state;
    }
    for (uint32_t i = 0; i < in->loot_n; i++) {
        pack_loot(&loot[i], in->loot[i]);
        loot_p[i] = &loot[i].state;
    }
    b.n_loot = in->loot_n;
    b.loot = loot_p;
    put_letter(u, l, &b.base);
}

void wire_letter_again(struct unit *u, const struct event *e)
{
    struct letter *l = unit_letter(u);
    st_subject_baton(l->subject, u->catalog->system, e->shard);
    l->again_event = e->id;
    /* Each repeated baton takes a number of its own. */
    for (uint32_t i = 1; i < BATONS_PER_EVENT_MAX; i++)
        (void)unit_next_id(u);
}

static void letter_trades(struct unit *u, uint32_t location)
{
    Startrader__V1__TradeBooked packed[TRADES_MAX], *pointers[TRADES_MAX];
    Startrader__V1__TradesBooked m = STARTRADER__V1__TRADES_BOOKED__INIT;
    for (uint32_t i = 0; i < u->trades_n; i++) {
        const struct trade_news *n = &u->trades[i];
        if (n->location != location)
            continue;
        Startrader__V1__TradeBooked *t = pointers[m.n_trade] = &packed[m.n_trade];
        *t = (Startrader__V1__TradeBooked)STARTRADER__V1__TRADE_BOOKED__INIT;
        t->transaction = (uint64_t)n->transaction;
        t->player = n->player;
        t->location = location;
        t->commodity = n->commodity;
        t->side = (Startrader__V1__Side)n->side;
        t->quantity = (uint32_t)n->quantity;
        t->total = (uint64_t)n->total;
        t->stock = (uint32_t)n->stock;
        t->at_ms = u->now_ms;
        m.n_trade++;
    }
    m.trade = pointers;
    struct letter *l = unit_letter(u);
    st_subject_econ(l->subject, "trade", location);
    put_letter(u, l, &m.base);
}

static bool is_first_at(const struct unit *u, uint32_t trade)
{
    for (uint32_t i = 0; i < trade; i++)
        if (u->trades[i].location == u->trades[trade].location)
            return false;
    return true;
}

static void letter_players(struct unit *u, uint32_t from, uint32_t to)
{
    Startrader__V1__PlayerChanged packed[CHANGES_PER_LETTER], *pointers[CHANGES_PER_LETTER];
    struct packed_goods cargo[CHANGES_PER_LETTER];
    Startrader__V1__PlayersChanged m = STARTRADER__V1__PLAYERS_CHANGED__INIT;
    for (uint32_t i = from; i < to; i++) {
        const struct player_news *n = &u->changes[i];
        struct packed_goods *goods = &cargo[m.n_change];
        Startrader__V1__PlayerChanged *c = pointers[m.n_change] = &packed[m.n_change];
        struct manifest manifest;
        unit_manifest(u, n->ship, &manifest);
        pack_goods(goods, &manifest);
        *c = (Startrader__V1__PlayerChanged)STARTRADER__V1__PLAYER_CHANGED__INIT;
        c->player = n->player;
        c->rev = n->rev;
        c->credits = n->credits;
        c->delta = n->delta;
        c->kind = (char *)(uintptr_t)n->kind;
        c->n_cargo = goods->n;
        c->cargo = goods->pointers;
        m.n_change++;
    }
    m.change = pointers;
    struct letter *l = unit_letter(u);
    st_assert(sizeof ST_PLAYERS_CHANGED <= sizeof l->subject);
    memcpy(l->subject, ST_PLAYERS_CHANGED, sizeof ST_PLAYERS_CHANGED);
    put_letter(u, l, &m.base);
}

void wire_letters_news(struct unit *u)
{
    for (uint32_t i = 0; i < u->trades_n; i++)
        if (is_first_at(u, i))
            letter_trades(u, u->trades[i].location);
    for (uint32_t i = 0; i < u->changes_n; i += CHANGES_PER_LETTER)
        letter_players(u, i, ST_MIN(i + CHANGES_PER_LETTER, u->changes_n));
}

static int32_t change_pm(int64_t now, int64_t before)
{
    return before > 0 ? (int32_t)((now - before) * 1000 / before) : 0;
}

static void set_line(Startrader__V1__MarketLine *m, const struct market_line *l)
{
    const struct price_line *p = &l->line.price;
    *m = (Startrader__V1__MarketLine)STARTRADER__V1__MARKET_LINE__INIT;
    int64_t room = price_stock_max(p) - l->stock;
    int64_t gross = room > 0 ? price_sell(p, l->stock, 1) : 0;
    m->location = l->line.location;
    m->commodity = l->line.commodity;
    m->buy = (uint32_t)(l->stock > 0 ? price_buy(p, l->stock, 1) : 0);
    m->sell = (uint32_t)(gross - price_tax(p, gross));
    m->stock = (uint32_t)l->stock;
    m->target = (uint32_t)p->target;
    m->usual = (uint32_t)p->base;
    m->change_pm = change_pm(price_mid_milli(p, l->stock), l->before_milli);
    m->sells = l->stock > 0;
    m->buys = room > 0 && gross <= l->treasury;
    m->version = l->version;
    m->restricted = l->restricted;
    m->event = (Startrader__V1__MarketEvent)l->event;
    m->event_until_ms = l->event_until_ms;
    m->lost = (uint32_t)l->lost;
    m->coming = (uint32_t)l->coming;
}

void wire_market_reply(const struct market_line *lines, size_t count, uint32_t location,
                       uint64_t as_of_ms, struct blockade blockade, struct st_buf *out)
{
    Startrader__V1__MarketLine packed[LINES_MAX], *pointers[LINES_MAX];
    Startrader__V1__MarketReply reply = STARTRADER__V1__MARKET_REPLY__INIT;
    for (size_t i = 0; i < count; i++) {
        if (location != 0 && lines[i].line.location != location)
            continue;
        set_line(&packed[reply.n_line], &lines[i]);
        pointers[reply.n_line] = &packed[reply.n_line];
        reply.n_line++;
    }
    reply.line = pointers;
    reply.as_of_ms = as_of_ms;
    reply.blockaded = blockade.station;
    reply.blockade_until_ms = blockade.until_ms;
    Startrader__V1__EconMarketReply r = STARTRADER__V1__ECON_MARKET_REPLY__INIT;
    r.code =
        reply.n_line > 0 ? STARTRADER__V1__CODE__CODE_OK : STARTRADER__V1__CODE__CODE_NOT_FOUND;
    r.market = reply.n_line > 0 ? &reply : NULL;
    st_wire_pack(&r.base, out);
}

void wire_history_reply(const struct candle *candles, size_t count, uint32_t step_min,
                        struct st_buf *out)
{
    Startrader__V1__Candle packed[ECONOMY_CANDLES_MAX], *pointers[ECONOMY_CANDLES_MAX];
    Startrader__V1__HistoryReply history = STARTRADER__V1__HISTORY_REPLY__INIT;
    Startrader__V1__EconHistoryReply r = STARTRADER__V1__ECON_HISTORY_REPLY__INIT;
    st_assert(count <= ECONOMY_CANDLES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct candle *c = &candles[i];
        Startrader__V1__Candle *p = pointers[i] = &packed[i];
        *p = (Startrader__V1__Candle)STARTRADER__V1__CANDLE__INIT;
        p->at_s = c->at_s;
        p->open_milli = (uint64_t)c->open_milli;
        p->high_milli = (uint64_t)c->high_milli;
        p->low_milli = (uint64_t)c->low_milli;
        p->close_milli = (uint64_t)c->close_milli;
        p->bought = (uint64_t)c->bought;
        p->sold = (uint64_t)c->sold;
        p->trades = (uint32_t)c->trades;
    }
    history.n_candle = count;
    history.candle = pointers;
    history.step_min = step_min;
    r.code = STARTRADER__V1__CODE__CODE_OK;
    r.history = &history;
    st_wire_pack(&r.base, out);
}

void wire_board_reply(const struct rank *ranks, size_t count, uint64_t as_of_ms, struct st_buf *out)
{
    Startrader__V1__Leader packed[ECONOMY_BOARD_ROWS], *pointers[ECONOMY_BOARD_ROWS];
    Startrader__V1__LeaderboardReply board = STARTRADER__V1__LEADERBOARD_REPLY__INIT;
    Startrader__V1__EconLeaderboardReply r = STARTRADER__V1__ECON_LEADERBOARD_REPLY__INIT;
    st_assert(count <= ECONOMY_BOARD_ROWS);
    for (size_t i = 0; i < count; i++) {
        Startrader__V1__Leader *p = pointers[i] = &packed[i];
        *p = (Startrader__V1__Leader)STARTRADER__V1__LEADER__INIT;
        p->player = ranks[i].player;
        p->value = (uint64_t)ranks[i].value;
        p->count = ranks[i].count;
    }
    board.n_leader = count;
    board.leader = pointers;
    board.as_of_ms = as_of_ms;
    r.code = STARTRADER__V1__CODE__CODE_OK;
    r.leaderboard = &board;
    st_wire_pack(&r.base, out);
}

void wire_price_tick(const struct market_line *lines, size_t count, uint64_t now_ms,
                     struct st_buf *out)
{
    Startrader__V1__MarketLine packed[GOOD_ID_MAX], *pointers[GOOD_ID_MAX];
    st_assert(count > 0 && count <= GOOD_ID_MAX);
    for (size_t i = 0; i < count; i++) {
        set_line(&packed[i], &lines[i]);
        pointers[i] = &packed[i];
    }
    Startrader__V1__PriceTick t = STARTRADER__V1__PRICE_TICK__INIT;
    t.location = lines[0].line.location;
    t.n_line = count;
    t.line = pointers;
    t.at_ms = now_ms;
    st_wire_pack(&t.base, out);
}

/* Written field by field: a page of ships is too large for a message's structs on a stack. */
void wire_open_reply(const struct open_page *p, struct st_buf *out)
{
    Startrader__V1__OpenReply head = STARTRADER__V1__OPEN_REPLY__INIT;
    head.code = STARTRADER__V1__CODE__CODE_OK;
    head.world_epoch = (uint32_t)p->world_epoch;
    head.page = p->page;
    head.last = p->last;
    if (p->with_config)
        head.config = (ProtobufCBinaryData){p->unit->catalog->bytes_n,
                                            (uint8_t *)(uintptr_t)p->unit->catalog->bytes};
    st_wire_pack(&head.base, out);
    for (uint32_t i = 0; i < p->unit->ships_n; i++) {
        struct packed_ship s;
        pack_ship(&s, p->unit, &p->unit->ships[i], p->newcomer[i] != 0);
        st_wire_put_tag(out, 6, 2);
        st_buf_put_varint(out, st_wire_size(&s.state.base));
        st_wire_pack(&s.state.base, out);
    }
    for (uint32_t i = 0; i < p->unit->loots_n; i++) {
        struct packed_loot l;
        pack_loot(&l, &p->unit->loots[i]);
        st_wire_put_tag(out, 7, 2);
        st_buf_put_varint(out, st_wire_size(&l.state.base));
        st_wire_pack(&l.state.base, out);
    }
}
