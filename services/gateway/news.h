/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public events of the bus as news for those who are near: kills where they happened, trades around
 * their station, what was said; and lines of chat for those who listen to a zone. Owns the ids of
 * recent kills, since a hard event is published until it is answered. Loop thread.
 */
#ifndef GATEWAY_NEWS_H
#define GATEWAY_NEWS_H

#include "board.h"
#include "plane.h"

struct news;

struct news *news_new(struct plane *plane, const struct board *board);
void news_free(struct news **n);
/* Messages of `ev.<system>.s<shard>.destroyed` and `ev.econ.trade.<location>`; lent. */
void news_kill(struct news *n, const void *data, size_t len);
void news_trade(struct news *n, const void *data, size_t len);
/* Messages of `chat.<system>.*`; lent. */
void news_chat(struct news *n, const void *data, size_t len);

#endif
