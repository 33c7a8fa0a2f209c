/* SPDX-License-Identifier: Apache-2.0 */
#include "crowd.h"
#include "field.h"

#include <stdlib.h>
#include <string.h>

static const struct world_limits limits = {512, 64, 512, 1024, 256};
static struct world_config config;
static struct crowd crowd;
static uint8_t *bytes;
static size_t length;

static struct world *fresh(uint64_t seed)
{
    void *memory = aligned_alloc(64, world_size(&limits));

    ck_assert_ptr_nonnull(memory);
    sol1_config(&config);
    return world_init(memory, &limits, &config, seed, 0, 1);
}

/* A busy world, and its bytes. */
static struct world *busy(void)
{
    struct world *w = fresh(3);
    size_t size;

    crowd_init(&crowd, w, 64, 5);
    for (uint32_t t = 0; t < 900; t++)
        crowd_tick(&crowd);
    size = world_save_size(w);
    bytes = malloc(size);
    length = world_save(w, bytes, size);
    ck_assert_uint_eq(length, size);
    ck_assert_uint_eq(world_save(w, bytes, size - 1), 0);
    length = world_save(w, bytes, size);
    return w;
}

START_TEST(a_loaded_world_goes_on_the_same)
{
    struct world *a = busy(), *b = fresh(99);

    ck_assert(world_load(b, bytes, length));
    ck_assert_uint_eq(world_hash(a), world_hash(b));
    for (uint32_t t = 0; t < 400; t++) {
        world_step(a);
        world_step(b);
        if (world_hash(a) != world_hash(b))
            ck_abort_msg("they part at tick %u", world_tick(a));
    }
    free(bytes);
    free(a);
    free(b);
}
END_TEST

START_TEST(the_same_calls_give_the_same_world)
{
    struct world *a = busy();
    uint64_t hash = world_hash(a);
    struct world *b;

    free(bytes);
    b = busy();
    ck_assert_uint_eq(world_hash(b), hash);
    free(bytes);
    free(a);
    free(b);
}
END_TEST

START_TEST(damaged_bytes_do_no_harm)
{
    struct world *a = busy(), *b = fresh(3);
    uint64_t empty = world_hash(b);
    uint32_t loaded = 0;

    for (size_t cut = 0; cut < length; cut += 1 + length / 300) {
        ck_assert(!world_load(b, bytes, cut));
        ck_assert_uint_eq(world_hash(b), empty);
    }
    for (size_t at = 0; at < length; at += 1 + length / 1500) {
        bytes[at] ^= 0xff;
        if (world_load(b, bytes, length)) {
            loaded++;
            for (uint32_t t = 0; t < 3; t++)
                world_step(b);
        }
        bytes[at] ^= 0xff;
    }
    ck_assert_uint_gt(loaded, 0); /* a changed point of hull is not to be noticed here */
    free(bytes);
    free(a);
    free(b);
}
END_TEST

START_TEST(another_configuration_is_refused)
{
    struct world *a = busy(), *b = fresh(3);

    config.weapons[0].damage++;
    ck_assert(world_config_set(b, &config));
    ck_assert(!world_load(b, bytes, length));
    free(bytes);
    free(a);
    free(b);
}
END_TEST

START_TEST(configuration_changes_while_it_runs)
{
    struct world *a = busy();

    config.classes[0].cruise = 5000;
    config.zones[6].packs = 1; /* another roster of NPCs */
    ck_assert(world_config_set(a, &config));
    for (uint32_t t = 0; t < 300; t++)
        crowd_tick(&crowd);
    config.classes_n--;
    ck_assert(!world_config_set(a, &config)); /* ships of that class may fly */
    free(bytes);
    free(a);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_loaded_world_goes_on_the_same,
                                  the_same_calls_give_the_same_world, damaged_bytes_do_no_harm,
                                  another_configuration_is_refused,
                                  configuration_changes_while_it_runs};

    return field_main("save", tests, sizeof tests / sizeof tests[0]);
}
