/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge.h"

#include <st/assert.h>

#include "wire_event.h"

void bridge_event(const struct world_hard *h, uint32_t shard, uint32_t epoch, struct st_buf *out)
{
    event_encode(h, shard, epoch, out);
}

bool bridge_baton(struct world *w, const uint8_t *data, size_t len, struct st_arena *arena,
                  struct world_baton *held)
{
    struct baton b;
    int err = baton_decode(data, len, arena, &b);
    st_assert(err == 0 && !b.config);
    for (uint32_t i = 0; i < b.loot_n; i++) {
        const struct baton_loot *l = &b.loot[i];
        if (l->placed && l->quantity > 0)
            (void)world_loot_put(w, l->loot, l->good, l->quantity, l->x, l->y);
        else
            (void)world_loot_correct(w, l->loot, l->good, l->quantity);
    }
    *held = b.ship;
    return b.moves && world_apply(w, &b.ship) == WORLD_FULL;
}
