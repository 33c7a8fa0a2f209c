/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/loop.h>

#include "store.h"

static const struct st_conf_item settings[] = {
    {"ST_POSTGRES_URL", ST_CONF_SECRET, "", 0, 0, "database, as the owner role"},
    {"ST_PROFILE_DB_PASSWORD", ST_CONF_SECRET, "", 0, 0, "migrate: password of role st_profile"},
    {"ST_ECONOMY_DB_PASSWORD", ST_CONF_SECRET, "", 0, 0, "migrate: password of role st_economy"},
    {"ST_SQL_DIR", ST_CONF_STRING, "", 0, 0, "migrate: folder of the SQL files"},
    {"ST_NATS_URL", ST_CONF_STRING, "nats://127.0.0.1:4222", 0, 0, "bus"},
    {"ST_NATS_USER", ST_CONF_STRING, "ctl", 0, 0, "bus user"},
    {"ST_NATS_PASSWORD", ST_CONF_SECRET, "", 0, 0, "bus password"},
    {"ST_SYSTEM", ST_CONF_STRING, "sol-1", 0, 0, "star system"},
    {"ST_SHARD_COUNT", ST_CONF_INT, "1", 1, 64, "migrate: shards that get a durable"},
    {"ST_GATEWAY_INTERNAL", ST_CONF_STRING, "", 0, 0, "base address, http://host:port"},
    {"ST_SIMULATION_INTERNAL", ST_CONF_STRING, "", 0, 0, "base address, http://host:port"},
    {"ST_PROFILE_INTERNAL", ST_CONF_STRING, "", 0, 0, "base address, http://host:port"},
    {"ST_ECONOMY_INTERNAL", ST_CONF_STRING, "", 0, 0, "base address, http://host:port"},
    {"ST_LOG_LEVEL", ST_CONF_STRING, "error", 0, 0, "debug|info|warn|error"},
};

struct command {
    const char *name;
    int (*run)(struct ctl *c);
    const char *usage;
};

static const struct command commands[] = {
    {"migrate", cmd_migrate,
     "migrate [database|bus]    bring schema, roles and streams up to date"},
    {"health", cmd_health, "health [SERVICE...]       readiness of the daemons"},
    {"ledger", cmd_ledger,
     "ledger verify [--history FILE]  prove the books | show PLAYER [--entries N]  a statement"},
    {"ships", cmd_ships, "ships verify [SHARD]      compare holders with the simulation"},
    {"player", cmd_player,
     "player show PLAYER | kick PLAYER [REASON] | ship PLAYER CLASS | mute PLAYER MINUTES"},
    {"reports", cmd_reports, "reports [all]             what pilots report | close REPORT"},
};

static int usage(FILE *out)
{
    fprintf(out, "startraderctl %s: the operators' tool\n\n  startraderctl [SETTINGS] COMMAND\n\n",
            ST_VERSION);
    for (size_t i = 0; i < ST_ARRAY_LEN(commands); i++)
        fprintf(out, "  %s\n", commands[i].usage);
    fputc('\n', out);
    st_conf_usage(settings, ST_ARRAY_LEN(settings), "startraderctl", "Settings", out);
    return out == stdout ? CTL_OK : CTL_USAGE;
}

bool ctl_database(struct ctl *c)
{
    const char *url = st_conf_str(c->conf, "ST_POSTGRES_URL");
    if (!url[0]) {
        fprintf(stderr, "startraderctl: ST_POSTGRES_URL is not set\n");
        return false;
    }
    struct st_pg_options options = {url, "startraderctl", CTL_QUERY_MS, STORE_STATEMENTS_MAX};
    c->pg = st_pg_new(&options);
    uint64_t deadline = st_mono_ms() + CTL_WAIT_MS;
    for (;;) {
        struct st_pg_result *r = NULL;
        int err = st_pg_exec(c->pg, &q_ping, NULL, 0, &r);
        st_pg_result_free(&r);
        if (err == 0)
            return true;
        if (st_mono_ms() >= deadline) {
            fprintf(stderr, "startraderctl: database: %s: %s\n", st_err_name(err),
                    st_pg_error(c->pg));
            return false;
        }
        st_sleep_until_ns(st_mono_ns() + 200 * 1000000ULL);
    }
}

bool ctl_bus(struct ctl *c)
{
    const char *password = st_conf_str(c->conf, "ST_NATS_PASSWORD");
    if (!password[0]) {
        fprintf(stderr, "startraderctl: ST_NATS_PASSWORD is not set\n");
        return false;
    }
    c->loop = st_loop_new();
    struct st_bus_options options = {
        .url = st_conf_str(c->conf, "ST_NATS_URL"),
        .user = st_conf_str(c->conf, "ST_NATS_USER"),
        .password = password,
        .instance = "ctl-1",
        .role = ST_BUS_JS,
    };
    int err = st_bus_open(&c->bus, c->loop, &options);
    if (err == 0)
        return true;
    fprintf(stderr, "startraderctl: bus: %s\n", st_err_name(err));
    return false;
}

const char *ctl_option(const struct ctl *c, const char *name)
{
    for (int i = 0; i + 1 < c->argc; i++)
        if (strcmp(c->argv[i], name) == 0)
            return c->argv[i + 1];
    return NULL;
}

bool ctl_number(const char *text, int64_t max, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= max;
}

static void close_all(struct ctl *c)
{
    st_pg_free(&c->pg);
    if (c->bus)
        st_bus_close(&c->bus, 500);
    if (c->loop)
        st_loop_free(&c->loop);
}

static int run(const struct st_conf *conf, int count, char *const *args)
{
    for (size_t i = 0; i < ST_ARRAY_LEN(commands); i++) {
        if (count == 0 || strcmp(args[0], commands[i].name) != 0)
            continue;
        struct ctl c = {.conf = conf, .argc = count - 1, .argv = args + 1};
        int status = commands[i].run(&c);
        close_all(&c);
        if (status == CTL_USAGE)
            fprintf(stderr, "usage: startraderctl %s\n", commands[i].usage);
        return status;
    }
    return usage(stderr);
}

/* Options of a command (`--history FILE`) stand behind it; settings stand before. */
static int first_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < ST_ARRAY_LEN(commands); k++)
            if (strcmp(argv[i], commands[k].name) == 0)
                return i;
    return argc;
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return usage(stdout);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("startraderctl %s\n", ST_VERSION);
        return CTL_OK;
    }
    int first = first_command(argc, argv);
    struct st_conf *conf = st_conf_load(settings, ST_ARRAY_LEN(settings), first, argv, stderr);
    if (!conf)
        return CTL_USAGE;
    enum st_log_level level = ST_LOG_ERROR;
    if (st_log_level_parse(st_conf_str(conf, "ST_LOG_LEVEL"), &level) != 0) {
        fprintf(stderr, "startraderctl: ST_LOG_LEVEL is none of debug, info, warn, error\n");
        st_conf_free(&conf);
        return CTL_USAGE;
    }
    st_log_init("ctl", "ctl-1", level);
    int status = run(conf, argc - first, argv + first);
    st_conf_free(&conf);
    return status;
}
