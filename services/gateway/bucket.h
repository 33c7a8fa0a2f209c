/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token bucket in thousandths, so that slow rates fill smoothly. Pure; one thread at a time.
 */
#ifndef GATEWAY_BUCKET_H
#define GATEWAY_BUCKET_H

#include <st/base.h>

struct bucket {
    uint64_t filled_ms;
    uint32_t milli;
};

static inline void bucket_init(struct bucket *b, uint32_t burst, uint64_t now_ms)
{
    b->filled_ms = now_ms;
    b->milli = burst * 1000;
}

/* Takes one token; false if there is none. */
static inline bool bucket_take(struct bucket *b, uint32_t per_s, uint32_t burst, uint64_t now_ms)
{
    uint64_t gained = (now_ms - b->filled_ms) * per_s;
    b->milli = (uint32_t)ST_MIN((uint64_t)b->milli + gained, (uint64_t)burst * 1000);
    b->filled_ms = now_ms;
    if (b->milli < 1000)
        return false;
    b->milli -= 1000;
    return true;
}

#endif
