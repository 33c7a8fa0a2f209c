/* SPDX-License-Identifier: Apache-2.0 */
/* Saved worlds: the same future, and bytes that somebody has cut or changed. */
#include <stdlib.h>
#include <string.h>

#include "world_main.h"

#define FLIPS 2000

static uint8_t *bytes;
static size_t length;

/* NPCs, a fight, a dock, a linkdead ship, loot, torpedoes: something of everything; then saved. */
static void lively(void)
{
    struct world_baton b;

    world_flags_set(kit->w, 0);
    kit_run(kit, 40);
    kit_pilot(kit, SOL1_FIGHTER, KIT_DEEP_X, KIT_DEEP_Y);
    kit_pilot(kit, SOL1_HEAVY, KIT_DEEP_X + 600, KIT_DEEP_Y);
    kit_pilot(kit, SOL1_SHUTTLE, 41500, -9500);
    kit_pilot(kit, SOL1_SCOUT, KIT_HOME_X, KIT_HOME_Y);
    b = kit_baton(kit, SOL1_HAULER, KIT_BELT_X, KIT_BELT_Y);
    kit_load(&b, SOL1_ICE, 40);
    kit_enter(kit, &b);
    kit_steer(kit, 0, 0, FLIGHT_COAST, false);
    kit_settle(kit);
    kit->pilots[0].wish.target = kit->pilots[1].id;
    kit->pilots[0].wish.fire = 3;
    (void)kit_jettison(kit, 4, SOL1_ICE, 5);
    (void)kit_dock(kit, 2, 0);
    world_unbind(kit->w, kit->pilots[3].handle);
    kit->pilots[3].silent = true;
    kit_run(kit, 20);
    length = world_save_size(kit->w);
    bytes = malloc(length);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(world_save(kit->w, bytes, length), length);
}

static struct world *another(void *memory)
{
    struct world_limits limits = kit_limits();

    return world_init(memory, &limits, &kit->config, 99, 3, 7);
}

START_TEST(the_same_future_for_500_ticks)
{
    void *memory = kit_memory();
    struct world *w = another(memory), *own = kit->w;
    struct world_input in;

    lively();
    ck_assert(world_load(w, bytes, length));
    ck_assert_uint_eq(world_hash(w), world_hash(own));
    for (uint32_t t = 0; t < 500; t++) {
        in = kit->pilots[0].wish;
        in.seq++;
        ck_assert_int_eq(world_input(w, kit->pilots[0].handle, &in), WORLD_OK);
        for (uint32_t i = 1; i < kit->pilots_n; i++) {
            in = kit->pilots[i].wish;
            in.seq++;
            if (!kit->pilots[i].silent)
                ck_assert_int_eq(world_input(w, kit->pilots[i].handle, &in), WORLD_OK);
        }
        world_step(w);
        kit_run(kit, 1);
        ck_assert_uint_eq(world_hash(w), world_hash(own));
    }
    ck_assert_uint_gt(kit_lost(kit, 1), 100);
    free(bytes);
    free(memory);
}
END_TEST

START_TEST(too_little_room_saves_nothing)
{
    uint8_t *less;

    lively();
    less = malloc(length - 1);
    ck_assert_ptr_nonnull(less);
    ck_assert_uint_eq(world_save(kit->w, less, length - 1), 0);
    free(less);
    free(bytes);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    void *memory = kit_memory();
    struct world *w = another(memory);

    lively();
    for (size_t n = 0; n < length; n++) {
        /* All cuts near both ends and at each word between them. */
        if (n > 1024 && n + 1024 < length && n % 4 != 0)
            continue;
        ck_assert(!world_load(w, bytes, n));
    }
    ck_assert_uint_eq(world_tick(w), 0);
    world_step(w);
    ck_assert(world_load(w, bytes, length));
    free(bytes);
    free(memory);
}
END_TEST

START_TEST(changed_bytes_are_refused_or_make_a_valid_world)
{
    void *memory = kit_memory();
    struct world *w = another(memory);
    uint32_t loaded = 0, refused = 0;

    lively();
    srand(7);
    for (uint32_t i = 0; i < FLIPS; i++) {
        size_t at = ((size_t)rand() << 8 ^ (size_t)rand()) % length;
        uint8_t old = bytes[at];

        bytes[at] = (uint8_t)(old ^ (1u + (uint32_t)rand() % 255u));
        if (world_load(w, bytes, length)) {
            loaded++;
            for (uint32_t t = 0; t < 5; t++)
                world_step(w);
            (void)world_hash(w);
        } else {
            refused++;
        }
        bytes[at] = old;
    }
    ck_assert_uint_gt(loaded, 0);
    ck_assert_uint_gt(refused, 0);
    free(bytes);
    free(memory);
}
END_TEST

int main(void)
{
    const world_test tests[] = {
        the_same_future_for_500_ticks,
        too_little_room_saves_nothing,
        every_truncation_is_refused,
        changed_bytes_are_refused_or_make_a_valid_world,
    };

    return world_main("state", tests, sizeof tests / sizeof tests[0]);
}
