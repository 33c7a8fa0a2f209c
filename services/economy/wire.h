/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edge to the schemas: requests and events from the bus into acts, answers and letters from
 * plain structs into bytes. Any thread, no state. Decides nothing.
 */
#ifndef ECONOMY_WIRE_H
#define ECONOMY_WIRE_H

#include <st/arena.h>
#include <st/buf.h>

#include "calendar.h"
#include "unit.h"

enum { WIRE_REQUEST_MAX = 2048, WIRE_EVENT_MAX = 16 << 10 };

/* Fill an act; false when the bytes are no such request. */
bool wire_provision(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_where(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_undock(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_order(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_quote(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_account(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_ship(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_contract(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_limit(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_book(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_contracts(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_grant(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
bool wire_event(struct act *a, const uint8_t *data, size_t len, struct st_arena *arena);
/* Market and opening requests are no acts. location 0 = all. */
bool wire_market(const uint8_t *data, size_t len, struct st_arena *arena, uint32_t *location);
struct open_ask {
    uint32_t shard, page;
    uint64_t world_epoch;
    char instance[33];
};
struct history_ask {
    uint32_t location, commodity;
    uint32_t step_min, count; /* of each candle; how many at most */
};
/* False also for a step that is none of 1, 5, 15, 60, 240 minutes. */
bool wire_history(const uint8_t *data, size_t len, struct st_arena *arena, struct history_ask *out);
enum board {                   /* as Leaderboard in trade.proto */
             BOARD_WEALTH = 1, /* credits in the wallet */
             BOARD_TRADE,      /* earned by orders in the last days, and their number */
             BOARD_HUNT,       /* bounties, and their number */
};
bool wire_board(const uint8_t *data, size_t len, struct st_arena *arena, enum board *out);
/* Of whom the trade is asked. */
bool wire_trading(const uint8_t *data, size_t len, struct st_arena *arena, uint64_t *player);
bool wire_open(const uint8_t *data, size_t len, struct st_arena *arena, struct open_ask *out);

/* The reply message of an act's kind around its code and packed answer. */
void wire_reply(const struct act *a, struct st_buf *out);
/* A reply that is only a code, for any kind. */
void wire_reply_code(enum code code, struct st_buf *out);

/* Pack the answer of one kind into act->answer. */
struct where_reply {
    const struct ship *ship;
    int32_t x, y;
};
struct account_reply {
    const struct pilot *pilot;
    const struct ship *ship;
    int64_t credits, hold;
    struct manifest cargo;
    struct job jobs[2];
    uint32_t jobs_n;
    const struct berth *fleet[2 * RULES_SHIPS_MAX];
    uint32_t fleet_n;
    const struct catalog *catalog;
};
void wire_answer_provision(struct act *a, uint32_t ship, uint64_t rev);
void wire_answer_where(struct act *a, const struct where_reply *r);
void wire_answer_undock(struct act *a, enum action_result result, uint64_t version,
                        uint32_t location);
void wire_answer_order(struct act *a, const struct order_reply *r);
void wire_answer_quote(struct act *a, const struct quote_reply *r);
void wire_answer_account(struct act *a, const struct account_reply *r);
void wire_answer_ship(struct act *a, const struct ship_reply *r);
void wire_answer_contract(struct act *a, const struct contract_reply *r);
void wire_answer_limit(struct act *a, const struct limit_reply *r);
/* Of the unit's orders, lockers and levels, and of its contracts, what the act asks for. */
void wire_answer_book(struct act *a, const struct unit *u);
void wire_answer_contracts(struct act *a, const struct unit *u);
void wire_answer_grant(struct act *a, uint32_t ship, uint64_t version);

/* --- letters --- */
enum { BATONS_PER_EVENT_MAX = 12 };
enum baton_kind { BATON_APPEAR = 1, BATON_TAKEN, BATON_REFUSED, BATON_BOOKED, BATON_NOTICE = 6 };

struct baton {
    uint32_t shard;
    uint64_t world_epoch;
    enum baton_kind kind;
    uint64_t event_id;
    uint32_t ship;
    uint64_t version, player;
    const struct ship *state; /* APPEAR, REFUSED: what holds now */
    bool newcomer;
    uint32_t location;
    const struct loot *loot[DROPS_MAX]; /* corrected */
    uint32_t loot_n;
    int64_t credits, balance;
    const char *notice, *reason;
};
/* Each appends one outbox row. */
void wire_letter_baton(struct unit *u, const struct baton *b);
/* Repeats all batons that answered an event of the inbox. */
void wire_letter_again(struct unit *u, const struct event *e);
/* At the end of a batch: its news, one letter for the trades of a station, few for all players. */
void wire_letters_news(struct unit *u);

/* --- messages of their own --- */
struct market_line {
    struct line line;
    int64_t stock, treasury;
    int64_t before_milli; /* mid price an hour ago, 0 = unknown */
    int64_t lost, coming; /* units: by guilds' haulers, lost in an hour and under way */
    uint64_t version;
    bool restricted;
    enum market_event event;
    uint64_t event_until_ms; /* Unix time, 0 = no event */
};
/* Lines of one location, 0 = of all, with the blockade at the time of the reading. */
void wire_market_reply(const struct market_line *lines, size_t count, uint32_t location,
                       uint64_t as_of_ms, struct blockade blockade, struct st_buf *out);
struct candle {
    uint64_t at_s; /* begin, Unix time */
    int64_t open_milli, high_milli, low_milli, close_milli;
    int64_t bought, sold, trades;
};
void wire_history_reply(const struct candle *candles, size_t count, uint32_t step_min,
                        struct st_buf *out);
struct rank {
    uint64_t player;
    int64_t value; /* credits */
    uint32_t count;
};
void wire_board_reply(const struct rank *ranks, size_t count, uint64_t as_of_ms,
                      struct st_buf *out);
struct trading_day {
    uint32_t day;             /* since 1970-01-01 */
    int64_t traded, bounties; /* credits */
    uint32_t trades, kills;
};
struct credit_point {
    uint64_t at_ms;  /* Unix time */
    int64_t credits; /* after the booking */
};
/* What a pilot earned lately, the oldest day and point first. */
struct trading {
    struct trading_day days[ECONOMY_TRADING_DAYS];
    struct credit_point points[ECONOMY_CREDIT_POINTS];
    size_t days_n, points_n;
    uint32_t deliveries;
};
void wire_trading_reply(const struct trading *t, struct st_buf *out);
/* Lines of one location. */
void wire_price_tick(const struct market_line *lines, size_t count, uint64_t now_ms,
                     struct st_buf *out);

struct open_page {
    uint32_t page;
    uint64_t world_epoch;
    bool last;
    const struct unit *unit; /* its ships and loots, and cargo in its book */
    const uint8_t *newcomer; /* parallel to the unit's ships */
    bool with_config;
};
void wire_open_reply(const struct open_page *p, struct st_buf *out);

#endif
