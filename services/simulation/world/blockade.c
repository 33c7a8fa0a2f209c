/* SPDX-License-Identifier: Apache-2.0 */
#include "blockade.h"
#include "base.h"

#define HOURS 3 /* of a slot, in one of which it falls */

static uint64_t draw(const char *system, uint64_t slot)
{
    size_t length = 0;

    while (system[length])
        length++;
    return mix64(fold64(fold_bytes(0x626c6f63, system, length), slot));
}

static bool may_befall(const struct world_config *c, const struct config_station *s)
{
    const struct config_zone *z = world_config_zone(c, s->zone);

    return z && z->risk >= 1 && z->risk <= 3;
}

struct blockade blockade_at(const struct world_config *c, const char *system, uint64_t now_ms)
{
    uint64_t luck, hour = now_ms % BLOCKADE_SLOT_MS / BLOCKADE_MS;
    uint32_t count = 0, pick;

    world_assert(c != NULL && system != NULL);
    luck = draw(system, now_ms / BLOCKADE_SLOT_MS);
    for (uint32_t i = 0; i < c->stations_n; i++)
        count += may_befall(c, &c->stations[i]);
    if (count == 0 || hour != luck % HOURS)
        return (struct blockade){0};
    pick = (uint32_t)(luck >> 32) % count;
    for (uint32_t i = 0; i < c->stations_n; i++) {
        if (may_befall(c, &c->stations[i]) && pick-- == 0)
            return (struct blockade){c->stations[i].id, (now_ms / BLOCKADE_MS + 1) * BLOCKADE_MS};
    }
    return (struct blockade){0};
}
