/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden [N]: prints the hashes of the golden run, one line per 100 ticks and a last line of what
 * happened in it; with N only the first N of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "golden.h"

int main(int argc, char **argv)
{
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : GOLDEN_HASHES;

    if (golden_start() != 0)
        return 1;
    for (long i = 1; i <= n && i <= GOLDEN_HASHES; i++)
        printf("%ld %016" PRIx64 "\n", i * GOLDEN_PERIOD, golden_next());
    if (n < GOLDEN_HASHES)
        return 0;
    printf("events");
    for (uint32_t i = 0; i < GOLDEN_COUNTS; i++)
        printf(" %" PRIu32, golden_count(i));
    printf("\n");
    return 0;
}
