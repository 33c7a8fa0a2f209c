/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the input become arguments (or, with a leading =, values of the environment). What is
 * accepted must be within the table's bounds; what is refused must come with a reason.
 */
#include <st/assert.h>
#include <st/base.h>
#include <st/conf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGS_MAX = 16 };

static const struct st_conf_item items[] = {
    {"ST_NAME", ST_CONF_STRING, "anna", 1, 10, "a name"},
    {"ST_RATE_MAX", ST_CONF_INT, "25", -5, 100, "rate"},
    {"ST_NPC", ST_CONF_BOOL, "on", 0, 0, "pirates"},
    {"ST_TOKEN", ST_CONF_SECRET, "12345678", 8, 64, "a token"},
};

static void check(const struct st_conf *c)
{
    size_t name = strlen(st_conf_str(c, "ST_NAME")), token = strlen(st_conf_str(c, "ST_TOKEN"));
    int64_t rate = st_conf_int(c, "ST_RATE_MAX");
    st_assert(name >= 1 && name <= 10);
    st_assert(token >= 8 && token <= 64);
    st_assert(rate >= -5 && rate <= 100);
    (void)st_conf_bool(c, "ST_NPC");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[4096], errors[65536];
    char *argv[ARGS_MAX + 2] = {"fuzz"};
    int argc = 1;
    size_t envs = 0;
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    for (size_t i = 0; i < ST_ARRAY_LEN(items); i++)
        unsetenv(items[i].env);
    for (char *at = text; at && argc <= ARGS_MAX;) {
        char *line = strsep(&at, "\n");
        if (*line == '=')
            setenv(items[envs++ % ST_ARRAY_LEN(items)].env, line + 1, 1);
        else if (!strstr(line, "-file"))
            argv[argc++] = line; /* files are read for real: not from here */
    }
    FILE *f = fmemopen(errors, sizeof(errors), "w");
    st_assert(f);
    struct st_conf *c = st_conf_load(items, ST_ARRAY_LEN(items), argc, argv, f);
    long said = ftell(f);
    fclose(f);
    if (c)
        check(c);
    else
        st_assert(said > 0);
    st_conf_free(&c);
    return 0;
}
