/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_BASE_H
#define WORLD_BASE_H

/*
 * What the kernel has instead of a library: assertions that trap, memcpy and memset, hashing, and
 * the few arithmetic helpers that would otherwise be written ten times. Pure, any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int value, size_t n);

/* A bug in our own code stops the process (or the WebAssembly instance) here. */
#define world_assert(condition) ((condition) ? (void)0 : __builtin_trap())

/* 64 bit finaliser: every input bit reaches every output bit. */
static inline uint64_t mix64(uint64_t v)
{
    v ^= v >> 32;
    v *= 0xd6e8feb86659fd93u;
    v ^= v >> 32;
    v *= 0xd6e8feb86659fd93u;
    return v ^ (v >> 32);
}

/* Folds a word into a running hash. */
static inline uint64_t fold64(uint64_t hash, uint64_t word)
{
    return mix64(hash ^ word) + 0x9e3779b97f4a7c15u;
}

/* Folds a run of bytes: the length, then words of eight, the last one filled with zeros. */
uint64_t fold_bytes(uint64_t hash, const void *bytes, size_t n);

static inline int32_t clamp32(int32_t v, int32_t low, int32_t high)
{
    return v < low ? low : v > high ? high : v;
}

static inline int32_t min32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline uint64_t square_sum(int64_t x, int64_t y)
{
    return (uint64_t)(x * x) + (uint64_t)(y * y);
}

/* Signed difference of two headings, -2048..2047. */
static inline int32_t turn_to(uint32_t from, uint32_t to)
{
    return (int32_t)((to - from + 2048u) & 4095u) - 2048;
}

#endif
