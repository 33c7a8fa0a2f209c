/* SPDX-License-Identifier: Apache-2.0 */
#include "owns.h"

#include <st/assert.h>

#include <string.h>

void owns_init(struct owns *o)
{
    memset(o, 0, sizeof *o);
    o->next = o->oldest = 1;
}

void owns_fini(struct owns *o)
{
    owns_clear(o);
}

static struct own_entry *at(struct owns *o, uint32_t number)
{
    return &o->entry[number % OWNS_MAX];
}

static void give_back(struct own_entry *e)
{
    if (e->msg)
        st_bus_msg_free(e->msg);
    *e = (struct own_entry){0};
}

static void drop_oldest(struct owns *o)
{
    give_back(at(o, o->oldest));
    o->oldest++;
}

uint32_t owns_add(struct owns *o, struct st_bus_msg *msg, uint32_t tick)
{
    st_assert(msg);
    if (o->next - o->oldest == OWNS_MAX)
        drop_oldest(o);
    *at(o, o->next) = (struct own_entry){.msg = msg, .refs = 1, .tick = tick};
    return o->next++;
}

/* A number within the window belongs to the entry in its place. */
bool owns_has(const struct owns *o, uint32_t number)
{
    return number - o->oldest < o->next - o->oldest && o->entry[number % OWNS_MAX].msg != NULL;
}

void owns_ref(struct owns *o, uint32_t number)
{
    st_assert(owns_has(o, number));
    at(o, number)->refs++;
}

void owns_put(struct owns *o, uint32_t number)
{
    if (owns_has(o, number) && --at(o, number)->refs == 0)
        give_back(at(o, number));
}

void owns_age(struct owns *o, uint32_t tick)
{
    while (o->oldest != o->next &&
           (!at(o, o->oldest)->msg || at(o, o->oldest)->tick + OWNS_TICKS < tick))
        drop_oldest(o);
}

void owns_clear(struct owns *o)
{
    while (o->oldest != o->next)
        drop_oldest(o);
}
