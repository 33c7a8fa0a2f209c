/* SPDX-License-Identifier: Apache-2.0 */
#include <st/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void st_assert_fail(const char *condition, const char *file, int line)
{
    char text[512];
    int n = snprintf(text, sizeof(text), "assertion failed: %s at %s:%d\n", condition, file, line);
    if (n > 0)
        (void)!write(STDERR_FILENO, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
    abort();
}
