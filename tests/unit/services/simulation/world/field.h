/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_TEST_FIELD_H
#define WORLD_TEST_FIELD_H

/*
 * A small world for a test: sol-1 without NPCs unless asked for, ships put where they are needed,
 * one line per input. Positions are in u relative to the Sun. Single thread.
 */
#include <check.h>
#include <world/world.h>

#include "sol1_fixture.h"

struct field {
    struct world *w;
    void *memory;
    struct world_config config;
    uint32_t seq;
};

/* Flags of world_flags_set; 0 lets NPCs live. */
void field_open(struct field *f, uint32_t flags);
void field_close(struct field *f);

/* A baton for ship and player `n` that appears at a place; change what the test needs. */
struct world_baton field_baton(const struct field *f, uint32_t n, uint32_t class_id, int32_t x,
                               int32_t y);

/* Applies it and binds its pilot; the handle. Steps until its protection has ended. */
uint32_t field_ship(struct field *f, uint32_t n, uint32_t class_id, int32_t x, int32_t y);

struct world_own field_own(const struct field *f, uint32_t pilot);

/* One input: heading, thrust, fire mask, target entity. */
void field_input(struct field *f, uint32_t pilot, uint32_t heading, uint32_t thrust, uint32_t fire,
                 uint32_t target);

void field_dock(struct field *f, uint32_t pilot, uint32_t request);

void field_steps(struct field *f, uint32_t n);

/* Steps until a hard event of the kind comes, at most n ticks; NULL when none does. */
const struct world_hard *field_wait(struct field *f, enum world_hard_kind kind, uint32_t n);

/* The answer that the last step gave to a request, or -1. */
int field_answer(const struct field *f, uint32_t request);

/* Runs one test case as a program. */
int field_main(const char *name, const TTest *const *tests, size_t n);

#endif
