/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intrusive doubly linked list; the node lives in the element. One thread at a time.
 */
#ifndef ST_LIST_H
#define ST_LIST_H

#include <st/base.h>

struct st_list {
    struct st_list *next, *prev;
};

static inline void st_list_init(struct st_list *l)
{
    l->next = l->prev = l;
}
static inline bool st_list_empty(const struct st_list *l)
{
    return l->next == l;
}
static inline void st_list_push(struct st_list *head, struct st_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}
static inline void st_list_remove(struct st_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    st_list_init(node);
}
#define st_list_entry(node, type, member) ST_CONTAINER_OF(node, type, member)
#define st_list_each(it, head)                                                                     \
    for (struct st_list *it = (head)->next; it != (head); it = it->next)
/* Safe against removal of the current node. */
#define st_list_each_safe(it, tmp, head)                                                           \
    for (struct st_list *it = (head)->next, *tmp = it->next; it != (head); it = tmp, tmp = it->next)

#endif
