/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a designer wants to know of a world, looked at once an hour, and the judgement at the end.
 * Reads a realm, changes nothing. Owns its files.
 */
#ifndef BALANCE_TALLY_H
#define BALANCE_TALLY_H

#include <stdbool.h>

#include "realm.h"

struct tally;

/* Writes prices.csv, money.csv, routes.csv and losses.csv into a folder that exists; NULL when that
 * is not possible. */
struct tally *tally_new(const char *folder, const struct realm *r);
void tally_free(struct tally **t);
void tally_hour(struct tally *t, struct realm *r);
/* Prints the figures, one claim a line with ok or FAIL; true when all hold. */
bool tally_judge(const struct tally *t, const struct realm *r);

#endif
