/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated player: its connection, what it knows, what it wants. Owned by the main thread.
 * fly.c decides controls, trade.c what happens at stations, pilot.c the life of the connection.
 */
#ifndef LOAD_PILOT_H
#define LOAD_PILOT_H

#include "link.h"
#include "shadow.h"
#include "signin.h"

#include <st/buf.h>

enum { INPUTS_KEPT = 64, ORDERS_KEPT = 4, GOODS_KEPT = 32, PROBE_SLOTS = 1 << 17 };

struct world {
    const struct options *options;
    struct report *report;
    const struct world_config *config;
    struct st_arena *arena; /* for decoding, reset per frame */
    struct st_buf trimmed;  /* a frame without its cells */
    int epoll;
    FILE *history, *digests;
    uint64_t start_ms, turn_us; /* turn_us: when the next turn is due */
    uint32_t turn;
    struct pilot *pilots;
    uint32_t *owner;                 /* pilot + 1 by slot of its entity */
    int64_t base_us, base_before_us; /* see probe.c */
    uint64_t base_since_us;
    bool ending;
};

struct controls {
    uint16_t heading;
    uint8_t thrust, boost, fire;
    bool dock; /* ask for docking once */
};

struct own {
    uint32_t phase, entity, location, zone_pvp, combat_until, dock_ready, respawn_tick, class_id;
    struct flight flight;
    uint32_t tick;
    uint32_t cargo_n;
    struct {
        uint32_t good, quantity;
    } cargo[16];
    uint32_t cargo_mass;
};

struct order {
    bool used;
    uint8_t id[16];
    uint32_t location, commodity, side, quantity;
    uint64_t worst_total;
    uint64_t first_ms, sent_ms;
};

struct market_line {
    uint32_t commodity, buy, sell, stock;
    bool sells, buys;
};

struct pilot {
    uint32_t index;
    enum behaviour behaviour;
    bool watches; /* keeps a shadow of the world */
    struct account account;
    struct link link;
    struct shadow shadow;
    struct own own;
    bool welcomed;
    uint32_t rng;
    /* connection */
    uint64_t retry_at_ms, lost_at_ms, opened_at_ms;
    uint32_t attempts;
    /* inputs */
    uint32_t seq, acked;
    uint64_t input_sent_us[INPUTS_KEPT];
    struct controls sent;
    uint64_t sent_ms, think_ms;
    uint32_t action_id;
    uint32_t leg;      /* of the circle that it flies */
    uint64_t probe_us; /* when the course was last changed, to what, and how often it was */
    uint32_t probe_heading, probe_n;
    bool stalled;
    uint64_t dropped_us; /* by command; 0 once it has its view again */
    bool view_seen, cells_seen;
    /* frames */
    uint64_t frame_us;
    uint64_t flying_since_us;
    /* plan */
    const struct config_station *goal;
    uint32_t goal_index;
    uint32_t whim_until_tick;
    struct controls whim;
    uint32_t target;
    uint64_t whim_until_ms;
    bool settled; /* home is known */
    int32_t home_x, home_y;
    /* station */
    uint64_t docked_since_ms, asked_ms;
    bool market_known, account_known, buying, undock_asked;
    uint8_t undock_id[16];
    uint64_t undock_ms;
    int64_t credits;
    uint32_t hold;
    struct market_line market[GOODS_KEPT], there[GOODS_KEPT]; /* here, and at the next goal */
    uint32_t market_n, there_n, steps_done;
    struct order orders[ORDERS_KEPT];
};

void pilot_init(struct pilot *p, struct world *w, uint32_t index, const struct account *account);
void pilot_fini(struct pilot *p);
/* An event of epoll on its socket. */
void pilot_event(struct pilot *p, struct world *w);
/* Called every few milliseconds. */
void pilot_turn(struct pilot *p, struct world *w, uint64_t now_ms);
/* Loses its socket, without a word, and connects again at once. */
void pilot_drop(struct pilot *p, struct world *w);
bool pilot_pending(const struct pilot *p);
void pilot_send_frame(struct pilot *p, struct world *w, const Startrader__V1__ClientFrame *f);
uint32_t pilot_random(struct pilot *p, uint32_t below);
void pilot_random_id(uint8_t id[16]);
/* The next of the run's stations. */
void pilot_next_goal(struct pilot *p, const struct world *w);

/* fly.c: what the pilot does with its controls now. */
struct controls fly_decide(struct pilot *p, struct world *w, uint64_t now_ms);

/* trade.c: acts at a station; answers of the economy. */
void trade_turn(struct pilot *p, struct world *w, uint64_t now_ms);
void trade_reply(struct pilot *p, struct world *w, const Startrader__V1__Reply *r, uint64_t now_ms);
/* Sends open orders again until they are definite. */
void trade_retry(struct pilot *p, struct world *w, uint64_t now_ms);

#endif
