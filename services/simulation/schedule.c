/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <st/alloc.h>
#include <st/assert.h>

/* Inputs stay where they are; what is sorted and cut in two are their numbers. */

struct order {
    uint64_t key; /* pilot << 32 | seq */
    uint32_t at;
};

struct schedule {
    uint32_t max, n, due_n;
    struct scheduled *inputs;
    struct order *orders; /* of the n inputs; the due ones first, after schedule_begin */
    struct order *later;  /* scratch */
    uint32_t *spare;      /* numbers of free places */
};

size_t schedule_size(uint32_t inputs_max)
{
    return sizeof(struct schedule) +
           inputs_max * (sizeof(struct scheduled) + 2 * sizeof(struct order) + sizeof(uint32_t));
}

struct schedule *schedule_new(uint32_t inputs_max)
{
    st_assert(inputs_max > 0);
    struct schedule *s = st_alloc(sizeof(*s));
    s->max = inputs_max;
    s->inputs = st_alloc_array(inputs_max, sizeof(*s->inputs));
    s->orders = st_alloc_array(inputs_max, sizeof(*s->orders));
    s->later = st_alloc_array(inputs_max, sizeof(*s->later));
    s->spare = st_alloc_array(inputs_max, sizeof(*s->spare));
    schedule_clear(s);
    return s;
}

void schedule_free(struct schedule **s)
{
    if (*s == NULL)
        return;
    st_free((*s)->inputs);
    st_free((*s)->orders);
    st_free((*s)->later);
    st_free((*s)->spare);
    st_free(*s);
    *s = NULL;
}

void schedule_clear(struct schedule *s)
{
    s->n = s->due_n = 0;
    for (uint32_t i = 0; i < s->max; i++)
        s->spare[i] = i;
}

uint32_t schedule_room(const struct schedule *s)
{
    return s->max - s->n;
}

void schedule_add(struct schedule *s, uint32_t next, const struct scheduled *in)
{
    st_assert(s && in && s->n < s->max && s->due_n == 0);
    uint32_t at = s->spare[s->max - 1 - s->n];
    struct scheduled *to = &s->inputs[at];
    *to = *in;
    if (to->tick < next)
        to->tick = next;
    else if (to->tick - next > SCHEDULE_AHEAD_TICKS)
        to->tick = next + SCHEDULE_AHEAD_TICKS;
    s->orders[s->n++] = (struct order){(uint64_t)in->pilot << 32 | in->in.input.seq, at};
}

static void sort(struct order *o, uint32_t n)
{
    uint32_t gap = 1;
    while (gap < n / 3)
        gap = gap * 3 + 1;
    for (; gap > 0; gap /= 3) {
        for (uint32_t i = gap; i < n; i++) {
            struct order one = o[i];
            uint32_t k = i;
            for (; k >= gap && o[k - gap].key > one.key; k -= gap)
                o[k] = o[k - gap];
            o[k] = one;
        }
    }
}

/* Of the inputs of one pilot, from..to, how many must act: up to the last that is due. */
static uint32_t due_of(const struct schedule *s, uint32_t from, uint32_t to, uint32_t next)
{
    while (to > from && s->inputs[s->orders[to - 1].at].tick > next)
        to--;
    return to - from;
}

uint32_t schedule_begin(struct schedule *s, uint32_t next)
{
    uint32_t later_n = 0, due_n = 0;
    st_assert(s && s->due_n == 0);
    sort(s->orders, s->n);
    for (uint32_t from = 0, to; from < s->n; from = to) {
        for (to = from + 1; to < s->n && s->orders[to].key >> 32 == s->orders[from].key >> 32;)
            to++;
        uint32_t due = due_of(s, from, to, next);
        for (uint32_t i = from; i < from + due; i++)
            s->orders[due_n++] = s->orders[i]; /* never ahead of what is read */
        for (uint32_t i = from + due; i < to; i++)
            s->later[later_n++] = s->orders[i];
    }
    for (uint32_t i = 0; i < later_n; i++)
        s->orders[due_n + i] = s->later[i];
    return s->due_n = due_n;
}

const struct scheduled *schedule_at(const struct schedule *s, uint32_t i)
{
    st_assert(i < s->due_n);
    return &s->inputs[s->orders[i].at];
}

void schedule_end(struct schedule *s)
{
    uint32_t due_n = s->due_n;
    for (uint32_t i = 0; i < due_n; i++)
        s->spare[s->max - s->n + i] = s->orders[i].at;
    for (uint32_t i = due_n; i < s->n; i++)
        s->orders[i - due_n] = s->orders[i];
    s->n -= due_n;
    s->due_n = 0;
}
