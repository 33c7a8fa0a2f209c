/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <st/alloc.h>
#include <st/clock.h>
#include <st/err.h>

#include "store.h"

enum { FILES_MAX = 512, FILE_BYTES_MAX = 4 << 20, DIR_MAX = 4096 };

static bool is_folder(const char *path)
{
    DIR *d = opendir(path);
    if (d)
        closedir(d);
    return d != NULL;
}

/* Installed trees have the files beside the binary or in /usr/share; a build tree has them in the
 * source, three folders up. */
static bool find_folder(const struct ctl *c, char out[DIR_MAX])
{
    const char *set = st_conf_str(c->conf, "ST_SQL_DIR");
    if (set[0]) {
        snprintf(out, DIR_MAX, "%s", set);
        return is_folder(out);
    }
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    static const char *const beside[] = {"/sql", "/../../../deploy/sql",
                                         "/../share/startrader/sql"};
    for (size_t i = 0; i < ST_ARRAY_LEN(beside); i++) {
        snprintf(out, DIR_MAX, "%.2000s%s", self, beside[i]);
        if (is_folder(out))
            return true;
    }
    snprintf(out, DIR_MAX, "/usr/share/startrader/sql");
    return is_folder(out);
}

static int is_sql(const struct dirent *e)
{
    size_t len = strlen(e->d_name);
    return len > 4 && strcmp(e->d_name + len - 4, ".sql") == 0;
}

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    char *text = st_alloc(FILE_BYTES_MAX + 1);
    *len = fread(text, 1, FILE_BYTES_MAX, f);
    bool whole = feof(f) && !ferror(f);
    fclose(f);
    if (whole)
        return text;
    st_free(text);
    return NULL;
}

static bool fail(const struct ctl *c, const char *file, int err)
{
    fprintf(stderr, "migrate: %s: %s: %s\n", file, st_err_name(err), st_pg_error(c->pg));
    return false;
}

/* 1 applied before with the same content, 0 not yet, -1 it differs or cannot be told. */
static int applied(struct ctl *c, const char *file, const char *checksum)
{
    struct st_pg_param p = st_pg_param_str(file);
    struct st_pg_result *r = NULL;
    if (store_run(c->pg, &q_migration, &p, 1, &r) != 0)
        return -1;
    int verdict = 0;
    if (st_pg_rows(r) > 0)
        verdict = strcmp(st_pg_text(r, 0, 0), checksum) == 0 ? 1 : -1;
    st_pg_result_free(&r);
    if (verdict < 0)
        fprintf(stderr, "migrate: %s was changed after it had been applied\n", file);
    return verdict;
}

static bool apply(struct ctl *c, const char *file, const char *text, const char *checksum)
{
    int err = st_pg_begin(c->pg);
    if (err == 0)
        err = st_pg_script(c->pg, text);
    struct st_pg_result *r = NULL;
    struct st_pg_param p[] = {st_pg_param_str(file), st_pg_param_str(checksum)};
    if (err == 0)
        err = st_pg_exec(c->pg, &q_migrated, p, 2, &r);
    st_pg_result_free(&r);
    if (err == 0)
        err = st_pg_commit(c->pg);
    if (err != 0) {
        st_pg_rollback(c->pg);
        return fail(c, file, err);
    }
    printf("applied %s\n", file);
    return true;
}

static bool migrate_file(struct ctl *c, const char *folder, const char *file)
{
    char path[DIR_MAX + 256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    size_t len = 0;
    char *text = read_file(path, &len);
    if (!text) {
        fprintf(stderr, "migrate: cannot read %s\n", path);
        return false;
    }
    text[len] = '\0';
    struct st_pg_param p = st_pg_param_bytes(text, len);
    struct st_pg_result *r = NULL;
    bool ok = store_run(c->pg, &q_checksum, &p, 1, &r) == 0;
    if (ok) {
        int verdict = applied(c, file, st_pg_text(r, 0, 0));
        ok = verdict == 1 || (verdict == 0 && apply(c, file, text, st_pg_text(r, 0, 0)));
    }
    st_pg_result_free(&r);
    st_free(text);
    return ok;
}

static bool migrate_files(struct ctl *c)
{
    char folder[DIR_MAX];
    struct dirent **names = NULL;
    if (!find_folder(c, folder)) {
        fprintf(stderr, "migrate: no folder with SQL files (ST_SQL_DIR)\n");
        return false;
    }
    int n = scandir(folder, &names, is_sql, alphasort);
    bool ok = n > 0;
    if (!ok)
        fprintf(stderr, "migrate: no SQL files in %s\n", folder);
    for (int i = 0; i < n; i++) {
        ok = ok && migrate_file(c, folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return ok;
}

static bool set_password(struct ctl *c, const char *setting, const char *sql)
{
    const char *password = st_conf_str(c->conf, setting);
    if (!password[0])
        return true;
    struct st_pg_result *r = NULL;
    struct st_pg_param p = st_pg_param_str(password);
    int err = store_run(c->pg, &q_set_secret, &p, 1, &r);
    st_pg_result_free(&r);
    if (err == 0)
        err = st_pg_script(c->pg, sql);
    return err == 0 || fail(c, setting, err);
}

static bool take_lock(struct ctl *c)
{
    uint64_t deadline = st_mono_ms() + CTL_WAIT_MS;
    for (;;) {
        struct st_pg_result *r = NULL;
        if (store_run(c->pg, &q_lock, NULL, 0, &r) != 0)
            return false;
        bool mine = st_pg_bool(r, 0, 0);
        st_pg_result_free(&r);
        if (mine)
            return true;
        if (st_mono_ms() >= deadline) {
            fprintf(stderr, "migrate: another migration is under way\n");
            return false;
        }
        st_sleep_until_ns(st_mono_ns() + 200 * 1000000ULL);
    }
}

static bool migrate_database(struct ctl *c)
{
    if (!ctl_database(c) || !take_lock(c))
        return false;
    int err = st_pg_script(c->pg, sql_bookkeeping);
    if (err != 0)
        return fail(c, "bookkeeping", err);
    bool ok = migrate_files(c) && set_password(c, "ST_PROFILE_DB_PASSWORD", sql_password_profile) &&
              set_password(c, "ST_ECONOMY_DB_PASSWORD", sql_password_economy);
    if (ok)
        printf("database is up to date\n");
    return ok;
}

static bool migrate_bus(struct ctl *c)
{
    if (!ctl_bus(c))
        return false;
    const char *system = st_conf_str(c->conf, "ST_SYSTEM");
    uint32_t shards = (uint32_t)st_conf_int(c->conf, "ST_SHARD_COUNT");
    uint64_t deadline = st_mono_ms() + CTL_WAIT_MS;
    char error[256] = "";
    for (;;) {
        int err = st_bus_js_migrate(c->bus, system, shards, error, sizeof error);
        if (err == 0)
            break;
        if ((err != ST_EUNAVAILABLE && err != ST_ETIMEOUT) || st_mono_ms() >= deadline) {
            fprintf(stderr, "migrate: bus: %s: %s\n", st_err_name(err), error);
            return false;
        }
        st_sleep_until_ns(st_mono_ns() + 200 * 1000000ULL);
    }
    printf("streams are up to date\n");
    return true;
}

int cmd_migrate(struct ctl *c)
{
    const char *part = c->argc > 0 ? c->argv[0] : "";
    bool database = strcmp(part, "database") == 0, bus = strcmp(part, "bus") == 0;
    if (part[0] && !database && !bus)
        return CTL_USAGE;
    bool ok = (bus || migrate_database(c)) && (database || migrate_bus(c));
    return ok ? CTL_OK : CTL_FOUND;
}
