/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads WorldBundle, OwnBundle and TickMarker in place: the blob and its slices are never copied.
 * Everything is checked once here (lengths of the columns, bounds of the slices), so that those who
 * use a slice need not. Pure; any thread. Bytes from the bus are trusted no more than a client's.
 */
#ifndef GATEWAY_BUNDLE_H
#define GATEWAY_BUNDLE_H

#include <st/base.h>

/* A packed column that is read from front to back. */
struct bundle_column {
    const uint8_t *at, *end;
    uint32_t count;
};

struct world_bundle {
    uint32_t shard, world_epoch, tick, seq, kind;
    struct bundle_column cell, off, len;
    struct bundle_column window; /* empty: 1 for every slice */
    struct bundle_column part;   /* empty: 0 for every slice */
    struct st_slice blob;
};

struct own_bundle {
    uint32_t shard, world_epoch, tick, seq;
    struct bundle_column sid, cell, phase, off, len, fenced, unknown;
    struct st_slice blob;
};

enum { BUNDLE_DENSITY_MAX = 512 }; /* bytes */

struct tick_marker {
    uint32_t shard, world_epoch, tick, delta_seq, snapshot_seq, own_seq, dilation_pm, ships;
    uint64_t config_revision;
    struct st_slice density; /* a field of ServerFrame, within the marker's bytes; len 0 = none */
};

/* ST_EPROTO: not such a message, columns of different lengths, or a slice outside of the blob. */
int bundle_read_world(struct world_bundle *out, const void *data, size_t len) ST_MUST_CHECK;
int bundle_read_own(struct own_bundle *out, const void *data, size_t len) ST_MUST_CHECK;
int bundle_read_marker(struct tick_marker *out, const void *data, size_t len) ST_MUST_CHECK;

/* Next value of a column that has been checked; false at its end. */
bool bundle_next(struct bundle_column *c, uint32_t *value);

/* Steps through the top-level fields of a message: its number, and the whole field (tag included).
 * False at the end or when the bytes are not a message. */
bool bundle_field(struct st_slice *rest, uint32_t *field, struct st_slice *whole);
/* Value of the last varint field of that number in a message; 0 if there is none. */
uint64_t bundle_varint(struct st_slice message, uint32_t field);
/* What the gateway needs to know of an own slice: the own section without the private events behind
 * it, its acknowledgement, and (deep) where the ship is and until when it is in combat. False: no
 * own section. */
struct own_facts {
    struct st_slice own, events;
    uint32_t ack_seq, combat_until;
    int32_t x, y; /* k */
};
bool bundle_own(struct own_facts *out, struct st_slice slice);
/* Content of a whole length-delimited field. */
struct st_slice bundle_content(struct st_slice whole);

#endif
