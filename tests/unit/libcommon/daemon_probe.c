/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest daemon, for daemon_test: one bus connection, one dependency that becomes ready when
 * the page /become is asked, and a stop that hangs if it is told to.
 */
#include <st/alloc.h>
#include <st/daemon.h>

#include <unistd.h>

/* TSan would sleep a second in each exit, which is what the deadline leaves before the alarm. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=0";
}

struct probe {
    struct st_daemon *daemon;
    struct st_bus *bus;
};

static void on_become(void *ctx, struct st_http_request *req)
{
    struct probe *p = ctx;
    st_daemon_ready(p->daemon, "oracle", true, NULL);
    st_http_answer(req, &(struct st_http_answer){.status = 204});
}

static int start(struct st_daemon *d, void **ctx)
{
    struct probe *p = st_alloc(sizeof(*p));
    *ctx = p;
    p->daemon = d;
    st_daemon_ready(d, "oracle", false, "silent so far");
    return st_daemon_bus(d, ST_BUS_RPC, NULL, NULL, &p->bus);
}

static void stop(void *ctx)
{
    struct probe *p = ctx;
    if (st_conf_bool(st_daemon_conf(p->daemon), "ST_HANG"))
        pause();
    if (!st_conf_bool(st_daemon_conf(p->daemon), "ST_LINGER"))
        st_daemon_stopped(p->daemon);
}

static void fini(void *ctx)
{
    st_free(ctx);
}

static bool check(const struct st_conf *conf, FILE *errors)
{
    bool good = st_conf_int(conf, "ST_NUMBER") != 13;
    if (!good)
        fprintf(errors, "ST_NUMBER: 13 brings bad luck\n");
    return good;
}

int main(int argc, char **argv)
{
    static const struct st_conf_item settings[] = {
        {"ST_NUMBER", ST_CONF_INT, "7", 1, 100, "a number"},
        {"ST_HANG", ST_CONF_BOOL, "off", 0, 0, "block the loop when told to stop"},
        {"ST_LINGER", ST_CONF_BOOL, "off", 0, 0, "never say that it has stopped"},
    };
    static const struct st_http_route routes[] = {{"GET", "/become", on_become, false}};
    static const struct st_daemon_spec spec = {.kind = "probe",
                                               .about = "tests the frame of a daemon",
                                               .settings = settings,
                                               .settings_count = ST_ARRAY_LEN(settings),
                                               .routes = routes,
                                               .routes_count = ST_ARRAY_LEN(routes),
                                               .start = start,
                                               .stop = stop,
                                               .fini = fini,
                                               .check = check};
    return st_daemon_main(argc, argv, &spec);
}
