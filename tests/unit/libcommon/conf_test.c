/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <st/conf.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct st_conf_item items[] = {
    {"ST_NAME", ST_CONF_STRING, "anna", 1, 10, "a name"},
    {"ST_RATE_MAX", ST_CONF_INT, "25", 1, 100, "rate, per second"},
    {"ST_NPC", ST_CONF_BOOL, "on", 0, 0, "pirates"},
    {"ST_TOKEN", ST_CONF_SECRET, NULL, 8, 0, "a token"},
    {"ST_EXTRA", ST_CONF_SECRET, "", 0, 0, "another"},
};

static char errors[4096];

static struct st_conf *load(const char *const *args)
{
    char *argv[16] = {"program"};
    int argc = 1;
    FILE *f = fmemopen(errors, sizeof(errors), "w");
    for (; args && args[argc - 1]; argc++)
        argv[argc] = (char *)args[argc - 1];
    memset(errors, 0, sizeof(errors));
    struct st_conf *c = st_conf_load(items, ST_ARRAY_LEN(items), argc, argv, f);
    fclose(f);
    return c;
}

static void clear_env(void)
{
    for (size_t i = 0; i < ST_ARRAY_LEN(items); i++)
        unsetenv(items[i].env);
    unsetenv("ST_TOKEN_FILE");
    unsetenv("ST_EXTRA_FILE");
}

#define ARGS(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

START_TEST(flags_win_over_environment_over_default)
{
    clear_env();
    setenv("ST_TOKEN", "12345678", 1);
    struct st_conf *c = load(NULL);
    ck_assert_str_eq(st_conf_str(c, "ST_NAME"), "anna");
    ck_assert_int_eq(st_conf_int(c, "ST_RATE_MAX"), 25);
    ck_assert(st_conf_bool(c, "ST_NPC"));
    ck_assert_str_eq(st_conf_str(c, "ST_EXTRA"), "");
    st_conf_free(&c);
    setenv("ST_NAME", "bert", 1);
    setenv("ST_NPC", "", 1);
    c = load(NULL);
    ck_assert_str_eq(st_conf_str(c, "ST_NAME"), "bert");
    ck_assert(st_conf_bool(c, "ST_NPC"));
    st_conf_free(&c);
    c = load(ARGS("--name", "carl", "--rate-max=7", "--npc", "off"));
    ck_assert_str_eq(st_conf_str(c, "ST_NAME"), "carl");
    ck_assert_int_eq(st_conf_int(c, "ST_RATE_MAX"), 7);
    ck_assert(!st_conf_bool(c, "ST_NPC"));
    st_conf_free(&c);
    ck_assert_ptr_null(c);
}
END_TEST

START_TEST(arguments_that_are_not_flags_are_kept)
{
    int count = 0;
    clear_env();
    setenv("ST_TOKEN", "12345678", 1);
    struct st_conf *c = load(ARGS("show", "--name", "x", "7", "--", "--name"));
    ck_assert_ptr_nonnull(c);
    char *const *args = st_conf_args(c, &count);
    ck_assert_int_eq(count, 3);
    ck_assert_str_eq(args[0], "show");
    ck_assert_str_eq(args[1], "7");
    ck_assert_str_eq(args[2], "--name");
    st_conf_free(&c);
}
END_TEST

START_TEST(every_bad_value_is_named)
{
    static const struct {
        const char *arg, *complaint;
    } cases[] = {
        {"--unknown=1", "--unknown: unknown flag"},
        {"--rate-max=0", "ST_RATE_MAX: 0 is not within 1..100"},
        {"--rate-max=101", "ST_RATE_MAX: 101"},
        {"--rate-max=7x", "ST_RATE_MAX: \"7x\" is not a whole number"},
        {"--rate-max=", "ST_RATE_MAX"},
        {"--rate-max= 7", "ST_RATE_MAX"},
        {"--rate-max=99999999999999999999", "ST_RATE_MAX"},
        {"--npc=maybe", "ST_NPC: \"maybe\""},
        {"--name=", "ST_NAME: has 0 bytes"},
        {"--name=01234567890", "ST_NAME: has 11 bytes"},
        {"--name=a\nb", "ST_NAME: holds a control character"},
        {"--name", "--name: needs a value"},
        {"--token=short", "ST_TOKEN"},
        {"--nam=x", "unknown flag"},
        {"--name-file=x", "unknown flag"},
    };
    clear_env();
    setenv("ST_TOKEN", "12345678", 1);
    for (size_t i = 0; i < ST_ARRAY_LEN(cases); i++) {
        struct st_conf *c = load(ARGS(cases[i].arg));
        ck_assert_msg(!c, "case %zu was taken", i);
        ck_assert_msg(strstr(errors, cases[i].complaint) != NULL, "case %zu: %s", i, errors);
    }
    ck_assert_ptr_null(load(ARGS("--name", "a", "--name", "b")));
    ck_assert_ptr_nonnull(strstr(errors, "given twice"));
    /* A secret is not part of a complaint. */
    ck_assert_ptr_null(load(ARGS("--token=hunter2")));
    ck_assert_ptr_null(strstr(errors, "hunter2"));
}
END_TEST

static char path[64];

static void write_file(const char *data, size_t len)
{
    snprintf(path, sizeof(path), "/tmp/st-conf-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

START_TEST(secrets_come_from_files_too)
{
    clear_env();
    ck_assert_ptr_null(load(NULL));
    ck_assert_ptr_nonnull(strstr(errors, "ST_TOKEN: required (a token)"));
    write_file("from-a-file\n", 12);
    setenv("ST_TOKEN_FILE", path, 1);
    struct st_conf *c = load(NULL);
    ck_assert_str_eq(st_conf_str(c, "ST_TOKEN"), "from-a-file");
    st_conf_free(&c);
    setenv("ST_TOKEN", "12345678", 1);
    ck_assert_ptr_null(load(NULL));
    ck_assert_ptr_nonnull(strstr(errors, "given directly and as a file"));
    c = load(ARGS("--token", "by-a-flag"));
    ck_assert_str_eq(st_conf_str(c, "ST_TOKEN"), "by-a-flag");
    st_conf_free(&c);
    clear_env();
    c = load(ARGS("--token-file", path));
    ck_assert_str_eq(st_conf_str(c, "ST_TOKEN"), "from-a-file");
    st_conf_free(&c);
    unlink(path);
    ck_assert_ptr_null(load(ARGS("--token-file", path)));
    ck_assert_ptr_nonnull(strstr(errors, "cannot read"));
    write_file("two\0parts-of-it", 15);
    ck_assert_ptr_null(load(ARGS("--token-file", path)));
    unlink(path);
    ck_assert_ptr_null(load(ARGS("--token-file", "/dev/zero")));
}
END_TEST

START_TEST(printing_and_usage_hide_secrets)
{
    char text[4096] = {0};
    clear_env();
    setenv("ST_TOKEN", "12345678", 1);
    struct st_conf *c = load(NULL);
    FILE *f = fmemopen(text, sizeof(text), "w");
    st_conf_print(c, f);
    fclose(f);
    ck_assert_str_eq(text, "ST_NAME=anna\nST_RATE_MAX=25\nST_NPC=on\nST_TOKEN=(set)\nST_EXTRA=\n");
    st_conf_free(&c);
    f = fmemopen(text, sizeof(text), "w");
    st_conf_usage(items, ST_ARRAY_LEN(items), "program", "does things", f);
    fclose(f);
    ck_assert_ptr_nonnull(strstr(text, "--rate-max VALUE (ST_RATE_MAX)"));
    ck_assert_ptr_nonnull(strstr(text, "rate, per second; 1..100; default 25"));
    ck_assert_ptr_nonnull(strstr(text, "a token; required"));
}
END_TEST

SUITE_MAIN("conf", flags_win_over_environment_over_default, arguments_that_are_not_flags_are_kept,
           every_bad_value_is_named, secrets_come_from_files_too, printing_and_usage_hide_secrets)
