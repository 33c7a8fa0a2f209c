/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The opening of a shard: collects the economy's answer page by page, then makes a world of it and
 * of the last checkpoint. Owns what was collected; loop thread, before the tick thread exists; must
 * never know the bus: who asks gives it the answers.
 */
#ifndef SIMULATION_OPENING_H
#define SIMULATION_OPENING_H

#include <st/base.h>
#include <world/world.h>

#include "checkpoint.h"

enum { OPENING_PAGE_BYTES_MAX = 512 * 1024 };

struct opening;

struct opening *opening_new(void);
void opening_free(struct opening **o);

enum opening_result {
    OPENING_MORE, /* ask for the page that opening_request names */
    OPENING_DONE,
    OPENING_AGAIN,  /* not answered (a code); begin again with page 0 after a while */
    OPENING_FENCED, /* somebody else opened the shard after us */
    OPENING_BROKEN, /* malformed, or a configuration that no kernel takes; as AGAIN */
};

/* The next OpenRequest. Returns its length. */
size_t opening_request(const struct opening *o, uint32_t shard, const char *instance, uint8_t *out,
                       size_t cap);
enum opening_result opening_page(struct opening *o, const uint8_t *data, size_t len);
/* Forgets all pages. */
void opening_reset(struct opening *o);

/* Later, while events wait in vain: a request for a page beyond all, under our epoch, and whether
 * its answer says that somebody else has opened the shard since. */
size_t opening_check_request(const struct opening *o, uint32_t shard, const char *instance,
                             uint8_t *out, size_t cap);
bool opening_check_fenced(struct opening *o, const uint8_t *data, size_t len);

uint32_t opening_epoch(const struct opening *o);
const struct world_config *opening_config(const struct opening *o);
/* The configuration as it came. */
const uint8_t *opening_config_bytes(const struct opening *o, size_t *len);

struct opening_report {
    uint32_t ships, loot; /* named by the economy and taken by the kernel */
    uint32_t refused;     /* named, and not taken: full, or unknown class */
    bool restored;        /* motion came from the checkpoint */
};

/* After DONE: makes the world in memory (of world_size). checkpoint may be NULL; one that does not
 * fit counts as none. */
struct world *opening_world(const struct opening *o, void *memory,
                            const struct world_limits *limits, uint32_t shard, uint64_t seed,
                            const struct checkpoint *checkpoint, struct opening_report *report);

#endif
