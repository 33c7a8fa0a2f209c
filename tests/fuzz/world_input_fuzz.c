/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways into the kernel for bytes from outside: configurations, saved states, batons, binds and
 * inputs. The first byte chooses: a configuration, a state, or a small world that is driven by the
 * rest. What is taken must have one form; nothing may trap.
 */
#include <stdlib.h>
#include <string.h>

#include <world/world.h>

#include "sol1_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(64) uint8_t memory[8u << 20];
static struct world_config config;

static struct world *small_world(void)
{
    static const struct world_limits limits = {48, 4, 16, 32, 16};

    sol1_config(&config);
    if (world_size(&limits) > sizeof memory)
        abort();
    return world_init(memory, &limits, &config, 1, 0, 1);
}

static void decode(const uint8_t *data, size_t size)
{
    static struct world_config decoded;
    static uint8_t again[CONFIG_BYTES_MAX];

    if (world_config_decode(&decoded, data, size) != 0)
        return;
    if (world_config_encode(&decoded, again, sizeof again) != size ||
        memcmp(again, data, size) != 0)
        abort();
}

static void load(const uint8_t *data, size_t size)
{
    struct world *w = small_world();

    if (!world_load(w, data, size))
        return;
    for (int i = 0; i < 5; i++)
        world_step(w);
}

/* Takes bytes for a plain struct; zeros when they have run out. */
static void take(const uint8_t **data, size_t *size, void *out, size_t n)
{
    size_t have = n < *size ? n : *size;

    memset(out, 0, n);
    memcpy(out, *data, have);
    *data += have;
    *size -= have;
}

static void give_baton(struct world *w, const uint8_t **data, size_t *size)
{
    struct world_baton b;

    take(data, size, &b, sizeof b);
    b.kind &= 3;
    b.epoch = 1;
    b.ship &= 15;
    b.player &= 15;
    b.class_id &= 15;
    b.station &= 15;
    b.cargo_n &= 31;
    (void)world_apply(w, &b);
}

static void give_input(struct world *w, const uint8_t **data, size_t *size)
{
    struct world_input in;
    uint8_t pilot;

    take(data, size, &pilot, 1);
    take(data, size, &in, sizeof in);
    in.seq &= 0x3ff;
    in.fire &= 3;
    in.actions_n &= 7;
    (void)world_input(w, pilot & 15, &in);
}

static void drive(const uint8_t *data, size_t size)
{
    struct world *w = small_world();
    uint32_t pilot;
    uint8_t op, more;

    for (uint32_t steps = 0; size > 0 && steps < 400;) {
        take(&data, &size, &op, 1);
        take(&data, &size, &more, 1);
        switch (op & 7) {
        case 0:
            give_baton(w, &data, &size);
            break;
        case 1:
            (void)world_bind(w, more & 15, more >> 4, 0, &pilot);
            break;
        case 2:
            world_unbind(w, more & 15);
            break;
        case 3:
            (void)world_loot_put(w, more & 3, more & 15, more, (int32_t)more << 21, 1 << 28);
            break;
        case 4:
            world_flags_set(w, more & 7);
            break;
        case 5:
            give_input(w, &data, &size);
            break;
        default:
            for (uint32_t i = 0; i <= (more & 31u); i++, steps++)
                world_step(w);
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 3 == 0)
        decode(data + 1, size - 1);
    else if (data[0] % 3 == 1)
        load(data + 1, size - 1);
    else
        drive(data + 1, size - 1);
    return 0;
}
