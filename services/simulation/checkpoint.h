/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world's copy on disk: a file that is whole or ignored. The keeper owns one buffer, filled by
 * the tick thread between two ticks and written by a thread of its own (temporary file, fsync,
 * rename); while it writes, the next copy is skipped. Must never know what is in a world.
 *
 * File, little endian: "STARCKPT" u32 format = 1  u32 shard  u32 world epoch  u32 tick
 * u64 hash of the configuration  u32 its length  u32 zero  u64 length of the world  u64 checksum of
 * all that precedes and follows it, then the configuration's byte form, then the world.
 */
#ifndef SIMULATION_CHECKPOINT_H
#define SIMULATION_CHECKPOINT_H

#include <st/base.h>

enum { CHECKPOINT_HEAD = 56, CHECKPOINT_FORMAT = 1 };

struct checkpoint {
    uint32_t shard, epoch, tick;
    uint64_t config_hash;
    const uint8_t *config, *world; /* into the bytes given */
    size_t config_len, world_len;
};

/* Fills the first CHECKPOINT_HEAD bytes of a file whose other bytes are in place. */
void checkpoint_seal(uint8_t *file, const struct checkpoint *c);
/* ST_EPROTO: not a whole file of this format and shard. */
int checkpoint_open(const uint8_t *file, size_t len, uint32_t shard,
                    struct checkpoint *out) ST_MUST_CHECK;

/* The whole file on the heap, for st_free; NULL: there is none, or it cannot be read (logged). */
uint8_t *checkpoint_read(const char *dir, uint32_t shard, size_t *len);
/* ST_EIO with the reason logged. */
int checkpoint_write(const char *dir, uint32_t shard, const uint8_t *file,
                     size_t len) ST_MUST_CHECK;

struct keeper;

/* Starts the thread. world_max: bytes a world may need. The name of the directory is copied. */
struct keeper *keeper_start(const char *dir, uint32_t shard, size_t world_max);
/* Waits for what is being written, ends the thread, frees. */
void keeper_stop(struct keeper **k);
size_t keeper_size(size_t world_max);

/* Tick thread: room for config_len bytes of configuration and then the world; *cap is what the
 * world may take. NULL while the last copy is being written. */
uint8_t *keeper_take(struct keeper *k, size_t config_len, size_t *cap);
/* Tick thread: the buffer is filled; lengths and place of the parts come from `c`. */
void keeper_give(struct keeper *k, const struct checkpoint *c);
/* Tick thread, at its end: waits until the buffer is free again. */
void keeper_wait(struct keeper *k);

#endif
