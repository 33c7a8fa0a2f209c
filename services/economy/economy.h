/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The economy: what everybody has. This header holds the limits of the service and the plain
 * structs that travel between its parts: an act (one request or one event, with its answer) and the
 * unit of work (the rows that one database transaction has locked, and what was made of them).
 *
 * The journey of an act: door or events decode it into a `struct act` on the loop thread; acts of a
 * turn become a batch for a worker thread; there store_load locks all rows that the acts name, in
 * one global order; decide runs each act against the unit; store_flush writes what changed and
 * commits; back on the loop thread the answers leave. Rules never see protobuf, SQL or the bus.
 */
#ifndef ECONOMY_H
#define ECONOMY_H

#include <st/base.h>
#include <st/subject.h>
#include <world/config.h>

#include "ledger/book.h"
#include "ledger/order.h"
#include "ledger/rules.h"

enum {
    ECONOMY_BATCH_MAX = 64,     /* acts of one transaction */
    ECONOMY_WAITING_MAX = 4096, /* requests that wait for a batch; beyond: BUSY */
    ECONOMY_ANSWER_MS = 900,    /* a request is answered by then, whatever the database does */
    ECONOMY_EVENT_WINDOW = 64,  /* hard events under way */
    ECONOMY_EVENT_TRIES = 5,    /* of an event that is ahead of its row */
    ECONOMY_RELAY_MAX = 256,    /* outbox rows published at a time */
    ECONOMY_RELAY_MS = 25,
    ECONOMY_RETRY_MAX = 5, /* of a batch after a deadlock or a serialization failure */
    ECONOMY_QUOTE_MS = 5000,
    ECONOMY_SHARD = 0,      /* where ships appear */
    ECONOMY_HAULS_MAX = 16, /* ships of guilds that leave in one step */
    ECONOMY_BOARD_ROWS = 50,
    ECONOMY_BOARD_DAYS = 7,
    ECONOMY_TRADING_DAYS = 30,
    ECONOMY_CREDIT_POINTS = 128,
    ECONOMY_BOARD_KEPT_MS = 10000, /* a reading serves all who ask meanwhile */
    ECONOMY_DRIFT_MS = 10000,
    ECONOMY_DRIFTS_PER_CYCLE = 6, /* treasuries and price history move once per minute */
    ECONOMY_CHECK_MS = 3000,
    ECONOMY_FOLD_MS = 5000,
    ECONOMY_CANDLES_MS = 5000,
    ECONOMY_PRICE_TICK_MS = 2000,
    ECONOMY_PAGE_SHIPS = 256,
    ECONOMY_PAGE_LOOT = 256,
    ECONOMY_PAGE_BYTES = 256 << 10,
    ECONOMY_TOW_HOURS = 24,
    ECONOMY_CANDLES_MAX = 512, /* of one answer */
    ECONOMY_CANDLE_DAYS = 30,

    LIMITS_OPEN_MAX = 16,    /* of a pilot */
    LIMITS_MATCHED_MAX = 32, /* that one order may meet */
    LIMITS_LEVELS = 8,       /* prices of each side that are told */
    LIMITS_MAX = 2048,
    LOCKERS_MAX = 2048,
    LEVELS_MAX = 2 * LIMITS_LEVELS * ECONOMY_BATCH_MAX,

    CONTRACTS_MAX = 1024,
    CONTRACTS_OFFERS_MAX = 6, /* of a station, as told */
    CONTRACTS_TAKEN_MAX = 3,  /* of a pilot, deliveries under way */
    CONTRACTS_HEADS_MAX = 5,  /* of a pilot, open prices on heads */
    CONTRACTS_SHOWN_HEADS = 10,

    GOODS_MAX = 16, /* kinds in one hold or container */
    DROPS_MAX = 6,
    GOOD_ID_MAX = 63,
    KEY_BYTES = 16,
    REQUEST_ID_MAX = 64,
    ASKED_MAX = 96,
    ANSWER_MAX = 1024,

    PILOTS_MAX = 2 * ECONOMY_BATCH_MAX,
    SHIPS_MAX = 2 * PILOTS_MAX,
    FLEET_MAX = 2 * RULES_SHIPS_MAX * ECONOMY_BATCH_MAX,
    LINES_MAX = 512,
    TRADES_MAX = 4 * ECONOMY_BATCH_MAX,
    LOOTS_MAX = DROPS_MAX * ECONOMY_BATCH_MAX,
    TRANSACTIONS_MAX = 12 * ECONOMY_BATCH_MAX,
    LETTERS_MAX = 16 * ECONOMY_BATCH_MAX,
    CHANGES_MAX = 4 * ECONOMY_BATCH_MAX,
    CHANGES_PER_LETTER = 32,
    LETTER_BYTES_MAX = 2 << 20,
    ID_BLOCK = 64 /* as the sequence economy.id_block */
};
_Static_assert(LINES_MAX * 2 * 2 <= BOOK_ENTRIES_MAX, "a drift of all markets fits into the book");
_Static_assert(ECONOMY_PAGE_SHIPS * 380 + ECONOMY_PAGE_LOOT * 260 + (64 << 10) < ECONOMY_PAGE_BYTES,
               "a page of the largest rows and the configuration fit");
_Static_assert(ECONOMY_PAGE_SHIPS <= SHIPS_MAX && ECONOMY_PAGE_LOOT <= LOOTS_MAX, "");
_Static_assert(ECONOMY_PAGE_SHIPS *GOODS_MAX < BOOK_BALANCES_MAX * 3 / 4, "");

struct goods {
    uint32_t commodity;
    int64_t quantity;
};
struct manifest {
    struct goods g[GOODS_MAX];
    uint32_t n;
};

/* Numbers of enum Code and enum ActionResult of the schema, as far as they are used here. */
enum code {
    CODE_OK = 1,
    CODE_MALFORMED = 2,
    CODE_UNAVAILABLE = 3,
    CODE_BUSY = 4,
    CODE_FENCED = 7,
    CODE_NOT_FOUND = 8,
    CODE_CONFLICT = 12,
    CODE_TIMEOUT = 14
};
enum action_result { ACTION_OK = 1, ACTION_NOT_POSSIBLE = 9 };
enum holder { HOLDER_SHARD = 1, HOLDER_STATION = 2, HOLDER_PARKED = 3, HOLDER_SOLD = 4 };

enum act_kind {
    ACT_PROVISION = 1,
    ACT_WHERE,
    ACT_UNDOCK,
    ACT_ORDER,
    ACT_QUOTE,
    ACT_ACCOUNT,
    ACT_SHIP,
    ACT_GRANT,
    ACT_CONTRACTS,
    ACT_CONTRACT,
    ACT_HEAD_END,
    ACT_BOOK,
    ACT_LIMIT,
    ACT_LIMIT_END,
    ACT_EVENT,
    ACT_DRIFT,
    ACT_TOW
};

enum event_kind {
    EVENT_DOCKED = 1,
    EVENT_DESTROYED,
    EVENT_PICKED_UP,
    EVENT_LOOT_EXPIRED,
    EVENT_PARKED,
    EVENT_JETTISONED
};

struct container {
    uint64_t loot;
    struct manifest goods;
    int32_t x, y;
};

struct event {
    uint64_t id;
    uint64_t hash; /* of the content */
    uint32_t shard;
    uint64_t world_epoch;
    enum event_kind kind;
    uint32_t ship; /* 0: flown by nobody who has a row */
    uint64_t version;
    uint64_t player;
    uint32_t location;
    int64_t hull, torpedoes, flown_ticks;
    int32_t x, y;
    uint32_t class_id, level, zone; /* destroyed: of the victim, and where */
    uint64_t killer_player;
    bool victim_wanted, newcomer, crime;
    struct container drops[DROPS_MAX];
    uint32_t drops_n;
    uint64_t loot; /* picked_up, loot_expired */
    struct manifest goods;
    uint32_t deliveries; /* how often the bus has brought it */
};

/* What became of an event; none of the others is acknowledged to the bus but as said. */
enum event_verdict {
    VERDICT_NONE = 0,
    VERDICT_APPLIED,
    VERDICT_REFUSED,
    VERDICT_AGAIN,       /* known: answered again */
    VERDICT_FORGED,      /* known id, other content: alarm, no effect */
    VERDICT_OLD_EPOCH,   /* no effect */
    VERDICT_AHEAD,       /* not yet: to be delivered again */
    VERDICT_QUARANTINED, /* ahead for too long: alarm, ship locked */
    VERDICT_COUNT
};

struct order_reply {
    struct order_outcome outcome;
    int64_t balance, in_hold, cargo_mass, transaction;
    uint64_t rev;
};

struct quote_reply {
    enum order_result result;
    uint8_t id[KEY_BYTES];
    int64_t total, tax, usual, limit;
    int64_t stock_effect_pm, zone_effect_pm, order_effect_pm;
};

/* Numbers of the enum of trade.proto, and of the table. */
enum insurance { INSURANCE_UNASKED = 0, INSURANCE_NONE, INSURANCE_WANTED, INSURANCE_HELD };

struct ship_reply {
    enum order_result result;
    int64_t total, limit, balance;
    uint32_t ship, class_id, weapon;
    enum insurance insurance;
    uint64_t rev;
};

/* Numbers of the enums of contract.proto, and of the table. */
enum contract_kind { CONTRACT_DELIVERY = 1, CONTRACT_HEAD };
enum contract_state {
    CONTRACT_OPEN = 1,
    CONTRACT_TAKEN,
    CONTRACT_EARNED,
    CONTRACT_FAILED,
    CONTRACT_ENDED
};
enum contract_action { CONTRACT_TAKE = 1, CONTRACT_DROP, CONTRACT_PUT_HEAD };

struct contract {
    int64_t id;
    enum contract_kind kind;
    enum contract_state state;
    uint32_t origin, destination, commodity; /* of a delivery */
    int64_t quantity;
    int64_t fee, collateral;         /* credits */
    uint64_t issuer, player, target; /* who put it up, took or earned it, whose head */
    uint64_t ends_ms;                /* Unix time */
    bool created, changed;
};

struct contract_reply {
    enum order_result result;
    int64_t limit, balance;
    const struct contract *contract;
    uint64_t rev;
};

/* Numbers of the enums of limit.proto, and of the table. */
enum limit_action { LIMIT_PLACE = 1, LIMIT_CANCEL, LIMIT_COLLECT };
enum limit_state { LIMIT_WAITS = 1, LIMIT_FILLED, LIMIT_CANCELLED, LIMIT_ENDED };

struct limit_order {
    int64_t id;
    uint64_t player;
    uint32_t location, commodity;
    int side;
    int64_t price, quantity, remains; /* credits per unit, units */
    enum limit_state state;
    uint64_t ends_ms; /* Unix time */
    bool created, changed;
};

/* Goods of a pilot in escrow at a station, and by how much they change. */
struct locker {
    uint64_t player;
    uint32_t location, commodity;
    int64_t quantity, change;
};

struct book_level {
    uint32_t location, commodity;
    int side;
    int64_t price, quantity;
};

struct limit_reply {
    enum order_result result;
    int64_t limit, filled, total, collected, balance;
    const struct limit_order *order;
    uint64_t rev;
};

struct job {
    uint32_t number, commodity, quantity, origin, destination, fee;
};

struct act {
    enum act_kind kind;
    uint64_t player;
    uint64_t session_epoch; /* 0: no caller has to be fenced */
    char request_id[REQUEST_ID_MAX + 1];
    uint8_t key[KEY_BYTES]; /* idempotency key, where the kind has one */
    uint64_t hash;          /* of kind and content */
    uint8_t asked[ASKED_MAX];
    uint32_t asked_len;

    /* order, quote */
    uint32_t location, commodity;
    int side;
    int64_t quantity, worst_total;
    bool has_quote;
    uint8_t quote_id[KEY_BYTES];

    uint32_t ship;            /* undock: 0 = the current one; ship: to take over */
    uint32_t class_id;        /* grant, ship */
    bool trade_in;            /* ship */
    uint32_t weapon;          /* ship */
    enum insurance insurance; /* ship */
    uint64_t min_rev;         /* account */
    bool cycle;               /* drift: treasuries and price history too */
    struct event event;
    enum contract_action contract_action;
    struct contract contract; /* contract: what names it; a head's price is its fee */
    enum limit_action limit_action;
    struct limit_order limit;

    /* The answer: a code, and the reply packed as the schema says. */
    enum code code;
    enum event_verdict verdict;
    bool must_lock; /* not decided: see store_look */
    uint8_t answer[ANSWER_MAX];
    uint32_t answer_len;
};

/* --- rows of a unit of work --- */

struct pilot {
    uint64_t player;
    uint32_t ship;
    uint64_t session_epoch, rev;
    uint32_t last_location;
    uint32_t job_step;
    int64_t flown_ticks;
    uint32_t losses, deliveries;
    bool aggressor;
    bool traded;                    /* done an order in this batch */
    bool created, changed, touched; /* touched: by the act under way, so its rev rises */
    int64_t credits_before;         /* at the begin of the act under way */
};

struct ship {
    uint32_t id;
    uint64_t player;
    uint32_t class_id;
    enum holder holder;
    uint32_t holder_id;
    uint64_t version;
    int64_t hull, torpedoes;
    uint32_t weapon;
    enum insurance insurance;
    int32_t x, y;
    uint32_t appear_at;
    int64_t flown_due;
    bool locked;
    uint32_t route_to; /* of a guild's ship */
    bool route_short;
    uint64_t ready_ms; /* of a guild's ship at a station: leaves from then on, Unix time */
    bool created, changed;
};

/* A ship that is not sold, of a pilot whose fleet counts. */
struct berth {
    uint64_t player;
    uint32_t ship, class_id;
    enum holder holder;
    uint32_t holder_id;
    int64_t hull;
    uint32_t weapon;
    enum insurance insurance;
};

struct line {
    uint32_t location, commodity;
    struct price_line price; /* tax of the zone included */
    int64_t bias_pm;
    int64_t inbound;      /* units that guilds' ships bring */
    int32_t carry;        /* millionths of a unit */
    bool changed, biased; /* biased: the price of the zone's risk is another one from now on */
};

struct loot {
    uint64_t id;
    uint32_t shard;
    int32_t x, y;
    int64_t age_ms;
    struct manifest goods;
    bool created, changed; /* changed to nothing: gone */
};

struct quote {
    uint8_t id[KEY_BYTES];
    uint64_t player;
    uint32_t location, commodity;
    int side;
    int64_t quantity, credits;
    bool valid; /* not yet expired */
    bool created, used;
};

struct shard {
    uint32_t id;
    uint64_t world_epoch;
};

/* A transaction of this batch, or one that the database knows by its key. */
struct transaction {
    int64_t id;
    const char *kind;
    uint64_t player;
    bool has_key, known;
    uint8_t key[KEY_BYTES];
    uint64_t hash;
    uint8_t asked[ASKED_MAX];
    uint32_t asked_len;
    int result;
    uint8_t answer[ANSWER_MAX];
    uint32_t answer_len;
    const char *request_id;
};

/* An outbox row. */
struct letter {
    int64_t id;
    char subject[ST_SUBJECT_MAX];
    uint32_t offset, len; /* within the unit's bytes */
    bool is_baton;
    uint64_t again_event; /* not 0: repeats the batons that answered this event */
};

/* News of a batch; they become letters at its end, many in one. */
struct trade_news {
    int64_t transaction;
    uint64_t player;
    uint32_t location, commodity;
    int side;
    int64_t quantity, total, stock;
};
struct player_news {
    uint64_t player, rev;
    int64_t credits, delta;
    const char *kind;
    uint32_t ship;
};

struct inbox_row {
    uint64_t event_id, hash;
    bool known; /* else it is new */
    const char *kind, *verdict;
    uint32_t shard;
    uint64_t world_epoch;
    uint32_t first_letter, letters; /* new: answers of this batch */
};

struct price_point {
    uint32_t location, commodity;
    int64_t mid_milli;
};

/* What did not arrive. */
struct haul_loss {
    int64_t transaction;
    uint32_t location, commodity;
    int64_t quantity;
};

/* A zone as the guilds know it. */
struct zone_note {
    uint32_t zone;
    int64_t factor_pm;               /* of what its profile pays beyond the usual */
    int64_t loss_ppm;                /* per minute, measured */
    int64_t flown_s, losses;         /* to be added to the day */
    int64_t day_flown_s, day_losses; /* of the day before */
    bool day_over;                   /* that day is to be learnt from */
    bool learnt;                     /* loss_ppm is of that day now */
};

struct catalog;

struct unit {
    const struct catalog *catalog;
    struct book book;
    struct pilot pilots[PILOTS_MAX];
    struct ship ships[SHIPS_MAX];
    struct berth fleet[FLEET_MAX];
    struct line lines[LINES_MAX];
    struct loot loots[LOOTS_MAX];
    struct quote quotes[2 * ECONOMY_BATCH_MAX];
    struct shard shards[ECONOMY_BATCH_MAX];
    struct transaction transactions[TRANSACTIONS_MAX];
    struct letter letters[LETTERS_MAX];
    struct trade_news trades[TRADES_MAX];
    struct player_news changes[CHANGES_MAX];
    struct inbox_row inbox[ECONOMY_BATCH_MAX * 2];
    struct price_point points[LINES_MAX];
    struct contract contracts[CONTRACTS_MAX];
    uint32_t offers_n[CONFIG_STATIONS_MAX]; /* open at each station of the catalog */
    uint32_t modest_n[CONFIG_STATIONS_MAX]; /* those of them that a new pilot can take */
    struct limit_order limits[LIMITS_MAX];
    struct locker lockers[LOCKERS_MAX];
    struct book_level levels[LEVELS_MAX];
    struct haul_loss losses[GOODS_MAX * ECONOMY_BATCH_MAX];
    struct zone_note zones[CONFIG_ZONES_MAX];
    int64_t traders; /* pilots who traded of late */
    uint32_t pilots_n, ships_n, fleet_n, lines_n, loots_n, quotes_n, shards_n, transactions_n,
        letters_n, trades_n, changes_n, inbox_n, points_n, losses_n, zones_n, contracts_n, limits_n,
        lockers_n, levels_n;
    uint8_t bytes[LETTER_BYTES_MAX];
    uint32_t bytes_n;
    int64_t ids[64]; /* first number of each block */
    uint32_t ids_n, id_block, id_next;
    uint32_t ship_ids[ECONOMY_BATCH_MAX];
    uint32_t ship_ids_n, ship_next;
    uint64_t now_ms; /* wall, for time stamps and the calendar */
    bool looks;      /* rows are not locked: nothing of them may change */
};

#endif
