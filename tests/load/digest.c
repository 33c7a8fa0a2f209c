/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MEMBERS_MAX = 1024 };

int32_t digest_corner(int32_t at)
{
    return (at + (1 << (WORLD_CELL_SHIFT - 1))) & -(1 << WORLD_CELL_SHIFT);
}

static uint32_t fnv(uint32_t digest, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        digest = (digest ^ (value >> (8 * i) & 0xff)) * 16777619u;
    return digest;
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = (*(struct shadow_entity *const *)a)->id;
    uint32_t y = (*(struct shadow_entity *const *)b)->id;
    return x < y ? -1 : x > y;
}

static uint32_t digest_of(struct shadow *s, uint32_t cell, uint32_t tick)
{
    struct shadow_entity *members[MEMBERS_MAX];
    uint32_t n = 0, digest = 2166136261u;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->entities[i].cell == cell && n < MEMBERS_MAX)
            members[n++] = &s->entities[i];
    qsort(members, n, sizeof members[0], by_id);
    for (uint32_t i = 0; i < n; i++) {
        const struct flight *f = &members[i]->flight;
        shadow_advance(s, members[i], tick);
        digest = fnv(digest, members[i]->id, 4);
        digest = fnv(digest, (uint32_t)f->x, 4);
        digest = fnv(digest, (uint32_t)f->y, 4);
        digest = fnv(digest, (uint32_t)f->vx, 2);
        digest = fnv(digest, (uint32_t)f->vy, 2);
        digest = fnv(digest, f->heading, 2);
    }
    return digest;
}

void digest_write(struct pilot *p, struct world *w, uint32_t tick)
{
    uint32_t x = (uint32_t)digest_corner(p->own.flight.x) >> WORLD_CELL_SHIFT;
    uint32_t y = (uint32_t)digest_corner(p->own.flight.y) >> WORLD_CELL_SHIFT;
    if (p->own.phase != STARTRADER__V1__PHASE__PHASE_FLYING || x == 0 || y == 0)
        return;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t cell = (x - i % 2) | (y - i / 2) << WORLD_CELL_BITS;
        fprintf(w->digests, "%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", p->index, tick,
                cell, digest_of(&p->shadow, cell, tick));
    }
}
