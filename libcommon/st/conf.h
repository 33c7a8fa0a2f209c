/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of a daemon from one table: flag > environment > default. A secret may also come from
 * the file named by <ENV>_FILE, is never printed and has no default. Read once at start, on the
 * main thread; read-only afterwards.
 */
#ifndef ST_CONF_H
#define ST_CONF_H

#include <st/base.h>
#include <stdio.h>

enum st_conf_type {
    ST_CONF_STRING,
    ST_CONF_INT,    /* with min and max */
    ST_CONF_BOOL,   /* on|off|true|false|1|0 */
    ST_CONF_SECRET, /* string; redacted */
};

struct st_conf_item {
    const char *env; /* "ST_LOG_LEVEL"; the flag is --log-level */
    enum st_conf_type type;
    const char *def;  /* NULL: required */
    int64_t min, max; /* for INT; for strings the length, 0 max = 4,096 */
    const char *help; /* one line, with unit */
};

struct st_conf;

/*
 * Parses argv (`--flag value` or `--flag=value`) and the environment, where an empty variable
 * counts as not set. Errors are written to `errors`, one clear line each; NULL if there were any.
 * Unknown flags and unparsable values are errors. items and argv must outlive the settings.
 */
struct st_conf *st_conf_load(const struct st_conf_item *items, size_t count, int argc, char **argv,
                             FILE *errors);
void st_conf_free(struct st_conf **c);
/* Asking for a name that is not in the table, or with another type, is a bug. */
const char *st_conf_str(const struct st_conf *c, const char *env);
int64_t st_conf_int(const struct st_conf *c, const char *env);
bool st_conf_bool(const struct st_conf *c, const char *env);
/* All settings as KEY=value lines, secrets as KEY=(set). */
void st_conf_print(const struct st_conf *c, FILE *out);
void st_conf_usage(const struct st_conf_item *items, size_t count, const char *program,
                   const char *about, FILE *out);
/* Arguments that are not flags (for tools); *count receives their number. */
char *const *st_conf_args(const struct st_conf *c, int *count);

#endif
