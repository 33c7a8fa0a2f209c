/* SPDX-License-Identifier: Apache-2.0 */
#include "crowd.h"
#include "sol1_fixture.h"

#include <check.h>
#include <stdlib.h>

#define PILOTS  208
#define TICKS   5000
#define SHIPS   1024
#define BODIES  256
#define BOXES   1024
#define SEEN    (SHIPS + BODIES + BOXES)

/* What a client knows of one entity: only what records have told it. */
struct seen {
    struct flight flight;
    uint32_t id;
    uint16_t class_id;
};

static struct seen seen[SEEN]; /* by slot */
static struct flight_class classes[WORLD_CLASS_DRONE + 1];

static void from_record(struct seen *s, const struct world_entity *e)
{
    /* Only the fields that are on the wire, in the widths that they have there. */
    s->flight.x = e->flight.x;
    s->flight.y = e->flight.y;
    s->flight.vx = (int16_t)e->flight.vx;
    s->flight.vy = (int16_t)e->flight.vy;
    flight_ctl_unpack(&s->flight, flight_ctl_pack(&e->flight));
}

static void apply_cell(const struct world *w, const struct world_cell *cell)
{
    struct world_entity e;

    for (uint32_t i = 0; i < cell->gone_n; i++) {
        struct seen *s = &seen[cell->gone[i].id & WORLD_SLOT_MASK];

        if (cell->gone[i].reason != WORLD_GONE_MOVED && s->id == cell->gone[i].id)
            s->id = 0;
    }
    for (uint32_t i = 0; i < cell->entered_n; i++) {
        struct seen *s = &seen[cell->entered[i] & WORLD_SLOT_MASK];

        if (!world_entity_get(w, cell->entered[i], &e))
            ck_abort_msg("tick %u: entered, but not there", world_tick(w));
        s->id = e.id;
        s->class_id = e.class_id;
        s->flight.load = e.flight.load & 15;
        from_record(s, &e);
    }
    for (uint32_t i = 0; i < cell->changed_n; i++) {
        struct seen *s = &seen[cell->changed[i] & WORLD_SLOT_MASK];

        if (s->id != cell->changed[i] || !world_entity_get(w, cell->changed[i], &e))
            ck_abort_msg("tick %u: a change of what never entered", world_tick(w));
        from_record(s, &e);
    }
}

static void compare_cell(const struct world *w, uint32_t cell, uint32_t *alive)
{
    static uint32_t ids[8192];
    uint32_t n = world_cell_entities(w, cell, ids, 8192);

    for (uint32_t i = 0; i < n; i++) {
        const struct seen *s = &seen[ids[i] & WORLD_SLOT_MASK];
        struct world_entity e;

        /* An assertion of the library writes to a file each time: only what fails gets there. */
        if (!world_entity_get(w, ids[i], &e) || s->id != ids[i] || s->flight.x != e.flight.x ||
            s->flight.y != e.flight.y || s->flight.vx != e.flight.vx ||
            s->flight.vy != e.flight.vy || s->flight.load != e.flight.load ||
            flight_ctl_pack(&s->flight) != flight_ctl_pack(&e.flight) ||
            s->class_id != e.class_id)
            ck_abort_msg("tick %u: entity %x of class %u differs", world_tick(w), ids[i],
                         e.class_id);
        (*alive)++;
    }
}

static void compare_all(const struct world *w)
{
    uint32_t alive = 0, known = 0;

    for (uint32_t cy = 0; cy < WORLD_CELLS_SIDE; cy++) {
        for (uint32_t cx = 0; cx < WORLD_CELLS_SIDE; cx++)
            compare_cell(w, (cx + WORLD_CELL_FIRST) | (cy + WORLD_CELL_FIRST) << WORLD_CELL_BITS,
                         &alive);
    }
    for (uint32_t i = 0; i < SEEN; i++)
        known += seen[i].id != 0;
    if (known != alive)
        ck_abort_msg("tick %u: %u known, %u alive", world_tick(w), known, alive);
}

START_TEST(client_is_right_to_the_bit)
{
    static struct world_config config;
    static struct crowd crowd;
    struct world_limits limits = {SHIPS, BODIES, BOXES, 4096, 512};
    void *memory = aligned_alloc(64, world_size(&limits));
    struct world *w;

    sol1_config(&config);
    w = world_init(memory, &limits, &config, 7, 0, 1);
    for (uint32_t id = 1; id <= WORLD_CLASS_DRONE; id++)
        (void)config_flight_class(&config, id, &classes[id]);
    crowd_init(&crowd, w, PILOTS, 99);
    for (uint32_t t = 0; t < TICKS; t++) {
        crowd_tick(&crowd);
        for (uint32_t i = 0; i < SEEN; i++) {
            if (seen[i].id)
                flight_step(&seen[i].flight, &classes[seen[i].class_id]);
        }
        for (uint32_t i = 0; i < world_dirty_cells(w); i++) {
            struct world_cell cell;

            world_dirty_cell(w, i, &cell);
            apply_cell(w, &cell);
        }
        compare_all(w);
    }
    /* It was a fight, and records were much rarer than positions. */
    ck_assert_uint_gt(crowd.count.destroyed, 50);
    ck_assert_uint_gt(crowd.count.hits, 2000);
    ck_assert_uint_gt(crowd.count.docked, 10);
    ck_assert_uint_lt(crowd.count.changed, TICKS * (uint32_t)PILOTS / 2);
    free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predict");
    TCase *tc = tcase_create("predict");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 110);
    tcase_add_test(tc, client_is_right_to_the_bit);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
