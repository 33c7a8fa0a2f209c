/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edge to the schemas: requests that the tool sends, answers and ledger bytes that it reads.
 * Decides nothing.
 */
#ifndef CTL_WIRE_H
#define CTL_WIRE_H

#include <st/base.h>
#include <st/buf.h>

/* Results of orders that the tool tells apart; the others are refusals. */
enum { WIRE_UNKNOWN = -1, WIRE_DONE = 1, WIRE_DUPLICATE = 11 };

struct wire_order {
    uint32_t location, commodity, quantity;
    bool buying;
};

struct wire_answer {
    bool ok;
    const char *code_name; /* constant text */
    uint32_t ship;
    uint64_t version;
};

/* Number of a result by its name ("DONE"); "unknown" is WIRE_UNKNOWN. */
bool wire_result(const char *name, int *out);
/* What was asked, and what was answered, as the ledger keeps them. */
bool wire_order(struct st_slice asked, struct wire_order *out);
bool wire_receipt(struct st_slice answer, uint64_t *total);

void wire_kick(uint64_t player, const char *reason, struct st_buf *out);
bool wire_kick_answer(const struct st_buf *in, struct wire_answer *out);
/* Under a fresh idempotency key. */
void wire_grant(uint64_t player, uint32_t class_id, struct st_buf *out);
bool wire_grant_answer(const struct st_buf *in, struct wire_answer *out);

#endif
