/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which voyage is worth it for a hauler of a guild: over all goods, destinations and ways, the
 * expected profit per minute. A pure function of a unit with all lines, the zones' measured risks
 * and the time, which tells who is blockaded; moves nothing. Any thread.
 */
#ifndef ECONOMY_HAUL_H
#define ECONOMY_HAUL_H

#include "unit.h"

enum { HAUL_KINDS = 3, HAUL_OVERHEAD_S = 8 /* undocking, braking, the hold at the dock */ };

/* Who would fly. */
struct haul_ship {
    const struct config_guild *guild;
    const struct config_class *class_;
    struct manifest aboard; /* what it still carries */
    int64_t wallet;         /* credits that it may spend */
    bool smuggles;          /* carries what customs look for */
};

struct haul_plan {
    uint32_t to; /* station id, 0 = no voyage is worth it */
    enum route_way way;
    struct manifest buy;
    int64_t seconds;       /* of flight */
    int64_t cost, revenue; /* credits, of everything aboard then; fees included */
    int64_t loss_ppm;      /* chance to be lost */
    int64_t per_min;       /* expected credits a minute, losses deducted */
    int64_t hazard_pm;     /* so much more than its floor the guild wants for it */
};

/* Flight of so many u at cruise. */
int64_t haul_seconds(const struct config_class *k, int64_t length_u);
/* What a voyage earns a minute when danger is paid for: to be compared with the guild's floor. */
int64_t haul_worth(const struct haul_plan *p);
/* The best load and way to one destination; to = 0 when there is none that earns. */
struct haul_plan haul_to(const struct unit *u, const struct haul_ship *s, uint32_t from,
                         uint32_t to);
/* The best voyage from a station; its worth may be below the guild's floor. */
struct haul_plan haul_choose(const struct unit *u, const struct haul_ship *s, uint32_t from);
/* Flight to a station without buying: time and ways are filled in. */
struct haul_plan haul_empty(const struct unit *u, const struct haul_ship *s, uint32_t from,
                            uint32_t to);

#endif
