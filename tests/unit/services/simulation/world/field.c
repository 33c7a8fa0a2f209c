/* SPDX-License-Identifier: Apache-2.0 */
#include "field.h"

#include <stdlib.h>

void field_open(struct field *f, uint32_t flags)
{
    struct world_limits limits = {512, 64, 512, 1024, 512};

    sol1_config(&f->config);
    f->memory = aligned_alloc(64, world_size(&limits));
    ck_assert_ptr_nonnull(f->memory);
    f->w = world_init(f->memory, &limits, &f->config, 1, 0, 1);
    world_flags_set(f->w, flags);
    f->seq = 0;
}

void field_close(struct field *f)
{
    free(f->memory);
}

struct world_baton field_baton(const struct field *f, uint32_t n, uint32_t class_id, int32_t x,
                               int32_t y)
{
    return (struct world_baton){.kind = WORLD_BATON_APPEAR,
                                .flags = WORLD_BATON_WHOLE,
                                .epoch = world_epoch(f->w),
                                .ship = n,
                                .player = 1000 + n,
                                .version = 1,
                                .class_id = (uint16_t)class_id,
                                .home = SOL1_TER,
                                .x = sol1_k(x),
                                .y = sol1_k(y)};
}

uint32_t field_ship(struct field *f, uint32_t n, uint32_t class_id, int32_t x, int32_t y)
{
    struct world_baton b = field_baton(f, n, class_id, x, y);
    uint32_t pilot;

    ck_assert_int_eq(world_apply(f->w, &b), WORLD_OK);
    ck_assert_int_eq(world_bind(f->w, 1000 + n, 1, 0, &pilot), WORLD_OK);
    field_steps(f, WORLD_IMMUNE_TICKS + 1);
    return pilot;
}

struct world_own field_own(const struct field *f, uint32_t pilot)
{
    struct world_own own;

    ck_assert(world_own_get(f->w, pilot, &own));
    return own;
}

void field_input(struct field *f, uint32_t pilot, uint32_t heading, uint32_t thrust, uint32_t fire,
                 uint32_t target)
{
    struct flight wish = {.target = (uint16_t)heading, .thrust = (uint8_t)thrust};
    struct world_input in = {.ctl = flight_ctl_pack(&wish), .fire = (uint8_t)fire};

    in.seq = field_own(f, pilot).seq + 1;
    in.target = target;
    ck_assert_int_eq(world_input(f->w, pilot, &in), WORLD_OK);
}

void field_dock(struct field *f, uint32_t pilot, uint32_t request)
{
    struct world_input in = {.seq = field_own(f, pilot).seq + 1, .actions_n = 1};

    in.actions[0] = (struct world_action){.request = request, .kind = WORLD_ACT_DOCK};
    ck_assert_int_eq(world_input(f->w, pilot, &in), WORLD_OK);
}

void field_steps(struct field *f, uint32_t n)
{
    while (n-- > 0)
        world_step(f->w);
}

const struct world_hard *field_wait(struct field *f, enum world_hard_kind kind, uint32_t n)
{
    while (n-- > 0) {
        const struct world_hard *h;
        uint32_t count;

        world_step(f->w);
        count = world_hards(f->w, &h);
        for (uint32_t i = 0; i < count; i++) {
            if (h[i].kind == kind)
                return &h[i];
        }
    }
    return NULL;
}

int field_answer(const struct field *f, uint32_t request)
{
    const struct world_note *notes;
    uint32_t n = world_notes(f->w, &notes);
    int answer = -1;

    for (uint32_t i = 0; i < n; i++) {
        if (notes[i].kind == WORLD_NOTE_ANSWER && notes[i].a == request)
            answer = notes[i].code;
    }
    return answer;
}

int field_main(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tc = tcase_create(name);
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 100);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
