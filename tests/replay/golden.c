/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"

#include "crowd.h"
#include "sol1_fixture.h"

#define PILOTS      208
#define CHANGE_TICK 10000
#define BLOCKADE    8000 /* tick at which one begins */
#define BLOCKADE_ENDS 12000
#define MEMORY      (16u << 20)

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name)
#endif

static _Alignas(64) uint8_t memory[MEMORY];
static struct world_config config;
static struct crowd crowd;

EXPORT(start) int golden_start(void)
{
    struct world_limits limits = {1024, 256, 1024, 4096, 512};

    sol1_config(&config);
    if (world_config_check(&config) != 0)
        return 1;
    if (world_size(&limits) > MEMORY)
        return 2;
    crowd_init(&crowd, world_init(memory, &limits, &config, 0x5eed, 0, 1), PILOTS, 20);
    return 0;
}

/* Half-way the world is tuned: slower shuttles, stronger shots, more loot. */
static void change(void)
{
    config.revision = 2;
    config.classes[0].cruise = 5800;
    config.weapons[0].damage = 64;
    config.zones[6].loot_pm = 800;
    (void)world_config_set(crowd.world, &config);
}

EXPORT(next) uint64_t golden_next(void)
{
    for (uint32_t i = 0; i < GOLDEN_PERIOD; i++) {
        if (world_tick(crowd.world) == CHANGE_TICK)
            change();
        if (world_tick(crowd.world) == BLOCKADE)
            (void)world_blockade(crowd.world, SOL1_MAR, BLOCKADE_ENDS);
        crowd_tick(&crowd);
    }
    return world_hash(crowd.world);
}

EXPORT(count) uint32_t golden_count(uint32_t i)
{
    const struct crowd_count *c = &crowd.count;
    const uint32_t counts[GOLDEN_COUNTS] = {c->docked,  c->destroyed,  c->picked_up, c->expired,
                                            c->parked,  c->jettisoned, c->undocked,  c->binds,
                                            c->shots,   c->hits};

    return i < GOLDEN_COUNTS ? counts[i] : 0;
}
