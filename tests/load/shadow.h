/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one client knows of the world: entities of the visible cells, rebuilt from frames and flown
 * on by the kernel between records. Counts holes and predictions that were wrong. Owned by the main
 * thread.
 */
#ifndef LOAD_SHADOW_H
#define LOAD_SHADOW_H

#include <startrader/v1/client.pb-c.h>
#include <world/config.h>

#include "report.h"

enum { SHADOW_ENTITIES_MAX = 8192, SHADOW_GAPS_MAX = 64 };

struct shadow_entity {
    uint32_t id, cell, tick, player, probe;
    uint16_t class_id;
    uint8_t faction, flags;
    bool known;           /* an enter record was seen */
    struct flight flight; /* after `tick` */
};

struct shadow {
    const struct world_config *config;
    struct shadow_entity *entities;
    uint32_t count, cap;
    uint32_t *index; /* open addressing: position in entities + 1, or 0 */
    uint32_t index_mask;
    bool checks; /* compares predictions with snapshots: costs a flight of everything in view */
    uint32_t view[64], view_n;
    uint32_t world_epoch;
    struct {
        uint32_t cell;
        uint64_t since_ms;
    } gaps[SHADOW_GAPS_MAX];
    uint32_t gaps_n;
};

void shadow_init(struct shadow *s, const struct world_config *config, bool checks);
void shadow_fini(struct shadow *s);
/* Forgets everything: a new session, or a new world epoch. */
void shadow_clear(struct shadow *s);
/* Takes the deltas, snapshots and view of a frame. */
void shadow_frame(struct shadow *s, const Startrader__V1__ServerFrame *f, uint64_t now_ms,
                  struct report *r);
/* Reports gaps older than a second and forgets them. */
void shadow_check(struct shadow *s, uint64_t now_ms, struct report *r);
/* Flies an entity on to a tick. */
void shadow_advance(const struct shadow *s, struct shadow_entity *e, uint32_t tick);
/* Ships in the 3x3 cells around a position, in the 5x5 beyond those, and in the rest of the view.
 */
struct shadow_rings {
    uint32_t near, middle, far;
};
void shadow_rings(const struct shadow *s, int32_t x, int32_t y, struct shadow_rings *out);
struct shadow_entity *shadow_find(const struct shadow *s, uint32_t id);

#endif
