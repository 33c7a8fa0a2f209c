/* SPDX-License-Identifier: Apache-2.0 */
#include "crowd.h"
#include "field.h"

#include <stdlib.h>
#include <world/entity.h>
#include <world/grid.h>

#define PILOTS 160
#define TICKS  1500
#define BOXES  300

static struct crowd crowd;

/* A crowd that has fought, docked, died and lost its links for a while. */
static void run(struct field *f, uint32_t ticks)
{
    field_open(f, 0);
    crowd_init(&crowd, f->w, PILOTS, 7);
    while (ticks-- > 0)
        crowd_tick(&crowd);
}

static uint32_t given(const struct fine *g, struct fine_box b, uint32_t id)
{
    uint32_t n = 0, at, end;

    while (grid_run(g, &b, &at, &end)) {
        for (; at < end; at++)
            n += g->bodies[at].id == id;
    }
    return n;
}

/* True when the way of the body in this tick touches the box, corners of ways apart. */
static bool was_in(const struct body *o, const int32_t box[4])
{
    int32_t x = o->x - o->vx, y = o->y - o->vy;

    return (o->x >= box[0] && o->x <= box[2] && o->y >= box[1] && o->y <= box[3]) ||
           (x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]);
}

START_TEST(a_box_gives_each_body_in_it_once)
{
    struct field f;
    uint32_t met = 0;

    run(&f, TICKS);
    ck_assert_uint_lt(f.w->fine.side, 512); /* the cells repeat in space */
    ck_assert_uint_gt(f.w->fine.n, PILOTS / 2);
    for (uint32_t i = 0; i < BOXES; i++) {
        const struct body *near = &f.w->fine.bodies[flight_hash(i, 1, 1) % f.w->fine.n];
        int32_t wide = (int32_t)(flight_hash(i, 2, 2) % (i % 4 ? 400000 : 20000000));
        int32_t x = near->x - (int32_t)(flight_hash(i, 3, 3) % 400000);
        int32_t y = near->y - (int32_t)(flight_hash(i, 4, 4) % 400000);
        int32_t box[4] = {x, y, x + wide, y + 300000};
        struct fine_box b = grid_box(&f.w->fine, box[0], box[1], box[2], box[3]);

        for (uint32_t k = 0; k < f.w->fine.n; k++) {
            const struct body *o = &f.w->fine.bodies[k];
            uint32_t n = given(&f.w->fine, b, o->id);

            ck_assert_uint_le(n, 1);
            if (was_in(o, box))
                ck_assert_uint_eq(n, 1);
            met += was_in(o, box);
        }
    }
    ck_assert_uint_gt(met, BOXES / 2);
    field_close(&f);
}
END_TEST

START_TEST(cells_hold_their_members_in_order)
{
    struct field f;
    uint32_t n = 0;

    run(&f, TICKS);
    for (uint32_t cell = 0; cell < WORLD_CELLS; cell++) {
        for (uint32_t i = f.w->cell_start[cell]; i < f.w->cell_start[cell + 1]; i++, n++) {
            ck_assert_uint_eq(f.w->units[f.w->cell_slots[i]].cell, cell);
            if (i > f.w->cell_start[cell])
                ck_assert_uint_gt(f.w->cell_slots[i], f.w->cell_slots[i - 1]);
        }
    }
    for (uint32_t slot = 0; slot < f.w->first[3]; slot++)
        n -= f.w->units[slot].type != UNIT_FREE;
    ck_assert_uint_eq(n, 0);
    field_close(&f);
}
END_TEST

/* A trait may be left over, but none may be missing: after each tick, and in a loaded world. */
START_TEST(no_trait_is_missing)
{
    struct field f;
    uint8_t *saved, all = 0;
    size_t size;

    run(&f, 1);
    for (uint32_t tick = 0; tick < TICKS; tick++) {
        crowd_tick(&crowd);
        for (uint32_t slot = 0; slot < f.w->first[1]; slot++) {
            const struct ship *s = &f.w->ships[slot];
            bool immune = (int32_t)(s->immune_until - f.w->head.tick) > 0;
            uint8_t had = f.w->traits[slot], now;

            ship_traits(f.w, slot);
            now = f.w->traits[slot];
            f.w->traits[slot] = had;
            all |= now;
            /* What has run out need not be there. */
            if (!immune)
                now &= (uint8_t)~TRAIT_IMMUNE;
            if (s->wanted_until <= f.w->head.tick)
                now &= (uint8_t)~TRAIT_WANTED;
            if (s->ship == 0)
                now &= (uint8_t)~TRAIT_DOCK;
            ck_assert_uint_eq(now & ~had, 0);
        }
    }
    ck_assert_uint_eq(all & (TRAIT_LINKDEAD | TRAIT_IMMUNE | TRAIT_WANTED | TRAIT_DOCK),
                      TRAIT_LINKDEAD | TRAIT_IMMUNE | TRAIT_WANTED | TRAIT_DOCK);
    size = world_save_size(f.w);
    saved = malloc(size);
    ck_assert_ptr_nonnull(saved);
    ck_assert_uint_eq(world_save(f.w, saved, size), size);
    ck_assert(world_load(f.w, saved, size));
    for (uint32_t slot = 0; slot < f.w->first[1]; slot++) {
        uint8_t loaded = f.w->traits[slot];

        ship_traits(f.w, slot);
        ck_assert_uint_eq(f.w->traits[slot], loaded);
    }
    free(saved);
    field_close(&f);
}
END_TEST

START_TEST(roots_are_exact)
{
    for (uint64_t r = 1; r < 70000; r++) {
        ck_assert_uint_eq(flight_isqrt(r * r - 1), r - 1);
        ck_assert_uint_eq(flight_isqrt(r * r), r);
        ck_assert_uint_eq(flight_isqrt(r * r + 2 * r), r);
    }
    for (uint64_t r = 65536; r < UINT32_MAX; r += 65521) {
        ck_assert_uint_eq(flight_isqrt(r * r - 1), r - 1);
        ck_assert_uint_eq(flight_isqrt(r * r), r);
        ck_assert_uint_eq(flight_isqrt(r * r + 2 * r), r);
    }
    ck_assert_uint_eq(flight_isqrt(0), 0);
    ck_assert_uint_eq(flight_isqrt(UINT64_MAX), UINT32_MAX);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_box_gives_each_body_in_it_once,
                                  cells_hold_their_members_in_order, no_trait_is_missing,
                                  roots_are_exact};

    return field_main("grid", tests, sizeof tests / sizeof tests[0]);
}
