/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two floors in memory: what it costs to copy `BYTES` of a world stream once, in slices of a cell,
 * and what a WebSocket parser of wslay takes from the heap. Prints one JSON object.
 *   floor_copy BYTES ROUNDS
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wslay/wslay.h>

enum { SLICE = 256, PARSERS = 1000, BYTES_MAX = 1 << 26 };

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double parser_bytes(void)
{
    static wslay_frame_context_ptr parsers[PARSERS];
    struct wslay_frame_callbacks none = {0};
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < PARSERS; i++)
        if (wslay_frame_context_init(&parsers[i], &none, NULL) != 0)
            return 0;
    double bytes = (double)(mallinfo2().uordblks - before) / PARSERS;
    for (int i = 0; i < PARSERS; i++)
        wslay_frame_context_free(parsers[i]);
    return bytes;
}

int main(int argc, char **argv)
{
    size_t bytes = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    size_t rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (bytes < SLICE || bytes > BYTES_MAX || rounds == 0) {
        fprintf(stderr, "usage: floor_copy BYTES ROUNDS\n");
        return 2;
    }
    uint8_t *from = malloc(bytes), *to = malloc(bytes);
    if (!from || !to)
        return 1;
    memset(from, 1, bytes);
    memset(to, 2, bytes);
    double begin = cpu_ns();
    uint64_t sum = 0;
    for (size_t r = 0; r < rounds; r++) {
        for (size_t at = 0; at + SLICE <= bytes; at += SLICE)
            memcpy(to + at, from + at, SLICE);
        sum += to[r % bytes]; /* so that nothing is left out */
    }
    double ns = cpu_ns() - begin;
    printf("{\"ns_per_byte\":%.6f,\"parser_bytes\":%.1f,\"sum\":%u}\n",
           ns / (double)rounds / (double)bytes, parser_bytes(), (unsigned)(sum & 1));
    free(from);
    free(to);
    return 0;
}
