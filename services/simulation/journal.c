/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <st/alloc.h>
#include <st/assert.h>
#include <st/list.h>
#include <st/map.h>

struct entry {
    struct st_list node; /* in order of age, or free */
    struct world_hard event;
    uint64_t number; /* rises; 0 = free */
    uint64_t added_ms;
    uint64_t sent_ms, before_ms; /* last publication and the one before; 0 = none */
    uint64_t first_ms;           /* first publication; 0 = none */
    struct entry *after[2];      /* what must be answered first: of its ship, of its container */
    uint64_t after_number[2];
};

struct journal {
    struct st_list waiting, free;
    struct st_list *cursor;
    struct entry *taken;
    struct st_map *by_event;
    uint64_t numbers;
    uint64_t answered_first_ms; /* latest first publication of all that were answered */
    uint32_t count;
    struct entry entries[JOURNAL_STORED];
};

size_t journal_size(void)
{
    return sizeof(struct journal);
}

struct journal *journal_new(void)
{
    struct journal *j = st_alloc(sizeof(*j));
    st_list_init(&j->waiting);
    st_list_init(&j->free);
    for (uint32_t i = 0; i < JOURNAL_STORED; i++)
        st_list_push(&j->free, &j->entries[i].node);
    j->by_event = st_map_new(JOURNAL_STORED);
    return j;
}

void journal_free(struct journal **j)
{
    if (*j == NULL)
        return;
    st_map_free(&(*j)->by_event);
    st_free(*j);
    *j = NULL;
}

static struct entry *entry_of(struct st_list *node)
{
    return st_list_entry(node, struct entry, node);
}

bool journal_has_room(const struct journal *j)
{
    return JOURNAL_STORED - j->count >= WORLD_HARD_MAX;
}

static bool same_container(const struct world_hard *a, const struct world_hard *b)
{
    for (uint32_t i = 0; i < a->drops_n; i++)
        for (uint32_t k = 0; k < b->drops_n; k++)
            if (a->drops[i].loot == b->drops[k].loot)
                return true;
    return false;
}

/* The newest entry before `e` that concerns its ship, and that concerns its container. */
static void find_before(struct journal *j, struct entry *e)
{
    e->after[0] = e->after[1] = NULL;
    for (struct st_list *it = j->waiting.prev; it != &j->waiting; it = it->prev) {
        struct entry *o = entry_of(it);
        if (e->after[0] == NULL && e->event.ship != 0 && o->event.ship == e->event.ship)
            e->after[0] = o;
        if (e->after[1] == NULL && same_container(&o->event, &e->event))
            e->after[1] = o;
    }
    for (int i = 0; i < 2; i++)
        e->after_number[i] = e->after[i] != NULL ? e->after[i]->number : 0;
}

void journal_add(struct journal *j, const struct world_hard *event, uint64_t now_ms)
{
    st_assert(event->event != 0);
    st_assert(!st_list_empty(&j->free)); /* the step asks journal_has_room first */
    struct entry *e = entry_of(j->free.next);
    e->event = *event;
    e->number = ++j->numbers;
    e->added_ms = now_ms;
    e->sent_ms = e->before_ms = e->first_ms = 0;
    find_before(j, e);
    st_list_remove(&e->node);
    st_list_push(&j->waiting, &e->node);
    int err = st_map_set(j->by_event, event->event, (uint64_t)(e - j->entries));
    st_assert(err == 0);
    j->count++;
}

bool journal_answer(struct journal *j, uint64_t event)
{
    uint64_t index;
    if (!st_map_get(j->by_event, event, &index))
        return false;
    struct entry *e = &j->entries[index];
    st_assert(e->number != 0);
    st_map_remove(j->by_event, event);
    j->answered_first_ms = ST_MAX(j->answered_first_ms, e->first_ms);
    e->number = 0;
    st_list_remove(&e->node);
    st_list_push(&j->free, &e->node);
    j->count--;
    return true;
}

void journal_due_begin(struct journal *j)
{
    j->cursor = j->waiting.next;
    j->taken = NULL;
}

static bool blocked(const struct entry *e)
{
    for (int i = 0; i < 2; i++)
        if (e->after[i] != NULL && e->after[i]->number == e->after_number[i])
            return true;
    return false;
}

const struct world_hard *journal_due(struct journal *j, uint64_t now_ms)
{
    while (j->cursor != &j->waiting) {
        struct entry *e = entry_of(j->cursor);
        j->cursor = j->cursor->next;
        if ((e->sent_ms != 0 && now_ms - e->sent_ms < JOURNAL_AGAIN_MS) || blocked(e))
            continue;
        e->before_ms = e->sent_ms;
        e->sent_ms = now_ms;
        if (e->first_ms == 0)
            e->first_ms = now_ms;
        j->taken = e;
        return &e->event;
    }
    return NULL;
}

uint64_t journal_due_age_ms(const struct journal *j, uint64_t now_ms)
{
    st_assert(j->taken != NULL);
    return now_ms - j->taken->added_ms;
}

void journal_due_undo(struct journal *j)
{
    st_assert(j->taken != NULL);
    j->taken->sent_ms = j->taken->before_ms;
    if (j->taken->sent_ms == 0)
        j->taken->first_ms = 0;
    j->taken = NULL;
}

uint32_t journal_count(const struct journal *j)
{
    return j->count;
}

uint64_t journal_oldest_ms(const struct journal *j, uint64_t now_ms)
{
    if (st_list_empty(&j->waiting))
        return 0;
    return now_ms - entry_of(j->waiting.next)->added_ms;
}

static bool overtaken(const struct journal *j, const struct entry *e)
{
    return e->first_ms != 0 && e->first_ms < j->answered_first_ms;
}

uint32_t journal_stuck(const struct journal *j)
{
    uint32_t n = 0;
    for (struct st_list *it = j->waiting.next; it != &j->waiting; it = it->next)
        n += overtaken(j, entry_of(it));
    return n;
}

/* An event not published yet waits for another one, which tells. */
static bool silent(const struct journal *j, uint64_t now_ms)
{
    for (struct st_list *it = j->waiting.next; it != &j->waiting; it = it->next) {
        const struct entry *e = entry_of(it);
        if (e->first_ms != 0 && now_ms - e->first_ms > JOURNAL_SILENT_MS && !overtaken(j, e))
            return true;
    }
    return false;
}

uint32_t journal_flags(const struct journal *j, uint64_t now_ms)
{
    uint32_t flags = 0;
    if (j->count >= JOURNAL_EVENTS / 2 || silent(j, now_ms))
        flags |= WORLD_DOCKS_CLOSED;
    if (j->count >= JOURNAL_EVENTS)
        flags |= WORLD_HULLS_HOLD;
    return flags;
}

static const struct entry *find_waiting(const struct journal *j, uint8_t kind, uint32_t ship)
{
    for (struct st_list *it = j->waiting.next; it != &j->waiting; it = it->next) {
        const struct entry *e = entry_of(it);
        if (e->event.kind == kind && e->event.ship == ship)
            return e;
    }
    return NULL;
}

bool journal_freezes(const struct journal *j, uint32_t ship)
{
    return find_waiting(j, WORLD_HARD_DOCKED, ship) != NULL ||
           find_waiting(j, WORLD_HARD_PARKED, ship) != NULL;
}

uint32_t journal_docking_since(const struct journal *j, uint32_t ship)
{
    const struct entry *e = find_waiting(j, WORLD_HARD_DOCKED, ship);
    return e != NULL ? e->event.tick : 0;
}
