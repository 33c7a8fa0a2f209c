/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of a view: what view_plan.c decides and view_build.c writes; included by nobody else.
 */
#ifndef GATEWAY_VIEW_PRIVATE_H
#define GATEWAY_VIEW_PRIVATE_H

#include "view.h"

enum {
    VIEW_WHOLE_MAX = GATEWAY_TELL_MAX / 2, /* bytes of snapshots that are not rolling ones */
    VIEW_RUNS_MAX = GATEWAY_VIEW_CELLS * (1 + GATEWAY_LEAVES), /* lists that a frame tells from */
};

enum telling {
    TELL_DELTAS,
    TELL_EMPTY,    /* the cell is empty, and the client may think otherwise */
    TELL_SNAPSHOT, /* by its snapshot */
};

/* What is told of one list of a cell. */
struct run {
    const struct ring_slice *next; /* deltas from here on up to `part` ... */
    const struct ring_slice *then; /* ... and those of another tier up to `until` */
    uint32_t part, until;
    uint8_t plan; /* its cell */
};

/* What is told of one cell besides. */
struct plan {
    const struct ring *ring;
    uint32_t cursor; /* the client's afterwards */
    uint32_t base;   /* tick of the snapshot or emptiness */
    uint32_t until;  /* its own list is told to here */
    uint16_t run;    /* its first; those behind it up to the next plan's are its own, too */
    enum telling telling;
    uint8_t told; /* tier in force afterwards */
    bool fresh;   /* its deltas before `base` are not told */
    bool tail;    /* there are deltas behind the base: it is told in a frame before them */
};

struct build {
    struct view *v;
    const struct cells *cells;
    const struct view_frame *f;
    struct view_wanted *wanted;
    struct st_buf *out;
    size_t limit, whole; /* out->len at most; bytes of snapshots planned */
    uint32_t split;      /* the first of two frames tells up to this tick; 0 = there is one */
    bool any;
    uint32_t runs_n;
    struct plan plan[GATEWAY_VIEW_CELLS];
    struct run run[VIEW_RUNS_MAX];
};

/* Decides for each cell what is told of it. */
void view_plan(struct build *b);
/* The slice of a run to be told next, if it is not behind `until`. */
const struct ring_slice *run_slice(struct run *r, uint32_t until);

/* The crowd of a cell in the view; NULL = its leaves are told as the cell is. */
struct view_crowd *view_crowd_find(struct view *v, uint32_t cell);
/* Tiers of all leaves are this one. */
struct view_leaves view_leaves_all(uint32_t tier);
/* The leaves of a tier. */
uint64_t view_leaves_in(const struct view_leaves *l, uint32_t tier);
void view_leaves_put(struct view_leaves *l, uint64_t leaves, uint32_t tier);

#endif
