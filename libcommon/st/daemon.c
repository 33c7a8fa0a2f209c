/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a daemon: settings -> log -> loop -> service -> internal listener -> run -> SIGTERM
 * -> queue groups left -> the service drains and says so -> bus flushed and quiet -> service freed
 * -> end. Five seconds after SIGTERM it ends in any case: by a timer, and by an alarm if the loop
 * itself hangs.
 */
#include <st/daemon_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>
#include <st/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    PULSE_MS = 250,
    GRACE_MS = 100,
    STOP_MS = 5000,
    ALARM_S = 6,
    BUS_FLUSH_MS = 300,
    EXIT_USAGE = 2
};

static char default_instance[40];

static const struct st_conf_item common_settings[] = {
    {"ST_INSTANCE", ST_CONF_STRING, default_instance, 1, 32,
     "name of this process, [a-z0-9-], unique among its kind"},
    {"ST_INTERNAL_LISTEN", ST_CONF_STRING, "127.0.0.1:0", 1, 64,
     "address:port for /livez, /readyz and /metrics; port 0 = any"},
    {"ST_LOG_LEVEL", ST_CONF_STRING, "info", 1, 8, "debug, info, warn or error"},
    {"ST_NATS_URL", ST_CONF_STRING, "nats://127.0.0.1:4222", 1, 0, "bus servers, comma list"},
    {"ST_NATS_USER", ST_CONF_STRING, "", 1, 24, "user on the bus"},
    {"ST_NATS_PASSWORD", ST_CONF_SECRET, NULL, 1, 0, "its password"},
    {"ST_SYSTEM", ST_CONF_STRING, "sol-1", 1, 32, "star system, [a-z0-9-]"},
};

static void make_items(struct st_daemon *d)
{
    size_t common = ST_ARRAY_LEN(common_settings);
    d->items_count = common + d->spec->settings_count;
    d->items = st_alloc_array(d->items_count, sizeof(*d->items));
    memcpy(d->items, common_settings, sizeof(common_settings));
    if (d->spec->settings_count > 0)
        memcpy(d->items + common, d->spec->settings,
               d->spec->settings_count * sizeof(*d->spec->settings));
    snprintf(default_instance, sizeof(default_instance), "%s-1", d->spec->kind);
    for (size_t i = 0; i < common; i++)
        if (strcmp(d->items[i].env, "ST_NATS_USER") == 0)
            d->items[i].def = d->spec->kind;
}

static bool check_name(const struct st_conf *c, const char *env, FILE *errors)
{
    const char *text = st_conf_str(c, env);
    bool good = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
    if (!good)
        fprintf(errors, "%s: \"%s\" has other characters than a-z, 0-9 and -\n", env, text);
    return good;
}

static bool check_settings(const struct st_daemon *d, FILE *errors)
{
    enum st_log_level level;
    bool good = check_name(d->conf, "ST_INSTANCE", errors);
    good = check_name(d->conf, "ST_SYSTEM", errors) && good;
    good = check_name(d->conf, "ST_NATS_USER", errors) && good;
    if (st_log_level_parse(st_conf_str(d->conf, "ST_LOG_LEVEL"), &level) != 0) {
        fprintf(errors, "ST_LOG_LEVEL: neither debug, info, warn nor error\n");
        good = false;
    }
    if (d->spec->check && !d->spec->check(d->conf, errors))
        good = false;
    return good;
}

enum mode { RUN, HELP, VERSION, PRINT, CHECK };

/* Removes the flags that are not settings from argv. */
static enum mode take_mode(int *argc, char **argv)
{
    static const struct {
        const char *flag;
        enum mode mode;
    } modes[] = {{"--help", HELP},
                 {"--version", VERSION},
                 {"--print-config", PRINT},
                 {"--check-config", CHECK}};
    enum mode mode = RUN;
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        bool found = false;
        for (size_t k = 0; k < ST_ARRAY_LEN(modes); k++) {
            if (strcmp(argv[i], modes[k].flag) == 0) {
                mode = modes[k].mode;
                found = true;
            }
        }
        if (!found)
            argv[kept++] = argv[i];
    }
    *argc = kept;
    argv[kept] = NULL;
    return mode;
}

/* The exit status of the modes that only say something; -1: run. */
static int read_settings(struct st_daemon *d, int argc, char **argv)
{
    char program[64];
    int args = 0;
    enum mode mode = take_mode(&argc, argv);
    snprintf(program, sizeof(program), "startrader-%s", d->spec->kind);
    if (mode == VERSION) {
        printf("%s %s\n", program, ST_VERSION);
        return 0;
    }
    if (mode == HELP) {
        st_conf_usage(d->items, d->items_count, program, d->spec->about, stdout);
        printf("  --print-config, --check-config, --version, --help\n");
        return 0;
    }
    d->conf = st_conf_load(d->items, d->items_count, argc, argv, stderr);
    if (!d->conf)
        return EXIT_USAGE;
    st_conf_args(d->conf, &args);
    if (args > 0) {
        fprintf(stderr, "%s: \"%s\" is not a flag\n", program, st_conf_args(d->conf, &args)[0]);
        return EXIT_USAGE;
    }
    if (!check_settings(d, stderr))
        return EXIT_USAGE;
    if (mode == PRINT)
        st_conf_print(d->conf, stdout);
    if (mode == CHECK)
        printf("settings are good\n");
    return mode == RUN ? -1 : 0;
}

/* --- while it runs --- */

static void check_buses(struct st_daemon *d)
{
    static const char *const names[] = {"rpc", "rt-out", "rt-in", "js"};
    char reason[160], text[200];
    if (d->buses_count == 0)
        return;
    for (size_t i = 0; i < d->buses_count; i++) {
        if (!st_bus_healthy(d->buses[i], reason, sizeof(reason))) {
            snprintf(text, sizeof(text), "%s: %s", names[d->roles[i]], reason);
            st_daemon_ready(d, "bus", false, text);
            return;
        }
    }
    st_daemon_ready(d, "bus", true, NULL);
}

static void on_pulse(void *ctx)
{
    struct st_daemon *d = ctx;
    uint64_t now = st_mono_ns(), due = d->pulse_ns + (uint64_t)PULSE_MS * 1000000u;
    static struct st_histogram *lag;
    if (!lag)
        lag = st_histogram("startrader_loop_lag_seconds", NULL, "lateness of a timer of the loop",
                           st_latency_bounds, st_latency_bounds_count);
    st_histogram_observe(lag, now > due ? (double)(now - due) / 1e9 : 0);
    d->pulse_ns = now;
    check_buses(d);
    daemon_page_pulse(d, now / 1000000u);
}

static void on_deadline(void *ctx)
{
    (void)ctx;
    st_log(ST_LOG_ERROR, "stop_deadline", st_log_u("after_ms", STOP_MS));
    _exit(1);
}

/* Requests that were on their way have been handed over by now. */
static void on_grace(void *ctx)
{
    struct st_daemon *d = ctx;
    if (d->spec->stop)
        d->spec->stop(d->ctx);
    else
        st_daemon_stopped(d);
}

static void begin_stop(struct st_daemon *d, const char *signal_name)
{
    if (d->stopping) {
        st_log(ST_LOG_WARN, "stopped_hard", st_log_s("signal", signal_name));
        _exit(1);
    }
    st_log(ST_LOG_INFO, "stopping", st_log_s("signal", signal_name));
    daemon_notify("STOPPING=1");
    d->stopping = true;
    st_daemon_ready(d, "running", false, "stopping");
    alarm(ALARM_S);
    d->deadline = st_timer_new(d->loop, on_deadline, d);
    st_timer_start(d->deadline, STOP_MS, 0);
    for (size_t i = 0; i < d->buses_count; i++)
        st_bus_retire(d->buses[i]);
    d->grace = st_timer_new(d->loop, on_grace, d);
    st_timer_start(d->grace, GRACE_MS, 0);
}

static void on_signal(void *ctx, int events)
{
    struct st_daemon *d = ctx;
    struct signalfd_siginfo info;
    (void)events;
    while (read(d->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        begin_stop(d, info.ssi_signo == SIGTERM ? "TERM" : "INT");
}

/* Before any thread is made: all inherit the mask. */
static int take_signals(void)
{
    sigset_t set;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int listen_internal(struct st_daemon *d)
{
    size_t count = daemon_routes_count + d->spec->routes_count;
    const char *address = st_conf_str(d->conf, "ST_INTERNAL_LISTEN");
    struct st_http_options o = {.listen = address,
                                .connections_max = 256,
                                .request_deadline_ms = 5000,
                                .header_max = 8192,
                                .body_max = 16384};
    d->routes = st_alloc_array(count, sizeof(*d->routes));
    memcpy(d->routes, daemon_routes, daemon_routes_count * sizeof(*d->routes));
    if (d->spec->routes_count > 0)
        memcpy(d->routes + daemon_routes_count, d->spec->routes,
               d->spec->routes_count * sizeof(*d->routes));
    int err = st_http_start(&d->http, d->loop, &o, d->routes, count, d->ctx);
    if (err)
        return err;
    const char *colon = strrchr(address, ':');
    char host[64];
    snprintf(host, sizeof(host), "%.*s", (int)(colon ? colon - address : 0), address);
    st_log(ST_LOG_INFO, "listening", st_log_s("listener", "internal"), st_log_s("address", host),
           st_log_u("port", st_http_port(d->http)));
    return 0;
}

static void read_watchdog(struct st_daemon *d)
{
    const char *text = getenv("WATCHDOG_USEC");
    /* Twice as often as asked for. */
    d->watchdog_ms = text ? strtoull(text, NULL, 10) / 2000 : 0;
}

/* At boot only. What the service has made so far is left as it is: it may be half made. */
static _Noreturn void give_up(const char *step)
{
    st_log(ST_LOG_ERROR, "start_failed", st_log_s("step", step));
    _exit(1);
}

static void run(struct st_daemon *d)
{
    enum st_log_level level = ST_LOG_INFO;
    int err = st_log_level_parse(st_conf_str(d->conf, "ST_LOG_LEVEL"), &level);
    st_assert(!err);
    st_log_init(d->spec->kind, st_conf_str(d->conf, "ST_INSTANCE"), level);
    st_log(ST_LOG_INFO, "starting", st_log_s("version", ST_VERSION), st_log_i("pid", getpid()));
    raise_descriptor_limit();
    d->signal_fd = take_signals();
    st_assert(d->signal_fd >= 0);
    d->loop = st_loop_new();
    d->signal_watch = st_watch_new(d->loop, d->signal_fd, on_signal, d);
    st_watch_set(d->signal_watch, ST_READABLE);
    d->pulse = st_timer_new(d->loop, on_pulse, d);
    daemon_page_init(d);
    st_daemon_ready(d, "running", false, "starting");
    if (d->spec->start && d->spec->start(d, &d->ctx) != 0)
        give_up("start");
    if (listen_internal(d) != 0)
        give_up("listen");
    read_watchdog(d);
    st_daemon_ready(d, "running", true, NULL);
    d->pulse_ns = st_mono_ns();
    check_buses(d);
    st_timer_start(d->pulse, PULSE_MS, PULSE_MS);
    daemon_notify("READY=1");
    st_loop_run(d->loop);
}

static void finish(struct st_daemon *d)
{
    if (d->loop) {
        for (size_t i = 0; i < d->buses_count; i++)
            st_bus_close_begin(d->buses[i], BUS_FLUSH_MS);
        for (size_t i = 0; i < d->buses_count; i++)
            st_bus_quiet(d->buses[i], BUS_FLUSH_MS);
        st_http_stop(&d->http);
        if (d->spec->fini && d->ctx)
            d->spec->fini(d->ctx);
        for (size_t i = 0; i < d->buses_count; i++)
            st_bus_close(&d->buses[i], BUS_FLUSH_MS);
        st_timer_free(&d->pulse);
        st_timer_free(&d->deadline);
        st_timer_free(&d->grace);
        st_watch_free(&d->signal_watch);
        st_loop_free(&d->loop);
        close(d->signal_fd);
        daemon_page_fini();
        st_log(ST_LOG_INFO, "stopped");
    }
    st_free(d->routes);
    st_conf_free(&d->conf);
    st_free(d->items);
}

int st_daemon_main(int argc, char **argv, const struct st_daemon_spec *spec)
{
    st_assert(argc >= 1 && argv && spec && spec->kind && spec->about);
    struct st_daemon d = {.spec = spec};
    make_items(&d);
    int status = read_settings(&d, argc, argv);
    if (status < 0)
        run(&d);
    finish(&d);
    return status < 0 ? 0 : status;
}

/* --- for the service --- */

struct st_loop *st_daemon_loop(struct st_daemon *d)
{
    st_assert(d);
    return d->loop;
}

const struct st_conf *st_daemon_conf(const struct st_daemon *d)
{
    st_assert(d);
    return d->conf;
}

const char *st_daemon_instance(const struct st_daemon *d)
{
    return st_conf_str(st_daemon_conf(d), "ST_INSTANCE");
}

const char *st_daemon_system(const struct st_daemon *d)
{
    return st_conf_str(st_daemon_conf(d), "ST_SYSTEM");
}

int st_daemon_bus(struct st_daemon *d, enum st_bus_role role, void (*on_state)(void *ctx, bool up),
                  void *ctx, struct st_bus **out)
{
    st_assert(d && out && d->buses_count < DAEMON_BUSES_MAX);
    struct st_bus_options o = {.url = st_conf_str(d->conf, "ST_NATS_URL"),
                               .user = st_conf_str(d->conf, "ST_NATS_USER"),
                               .password = st_conf_str(d->conf, "ST_NATS_PASSWORD"),
                               .instance = st_daemon_instance(d),
                               .role = role,
                               .on_state = on_state,
                               .ctx = ctx};
    int err = st_bus_open(out, d->loop, &o);
    if (err) {
        st_log(ST_LOG_ERROR, "bus_unusable", st_log_s("error", st_err_name(err)));
        return err;
    }
    d->roles[d->buses_count] = role;
    d->buses[d->buses_count++] = *out;
    return 0;
}

bool st_daemon_stopping(const struct st_daemon *d)
{
    st_assert(d);
    return d->stopping;
}

void st_daemon_stopped(struct st_daemon *d)
{
    st_assert(d);
    d->stopped = true;
    st_loop_stop(d->loop);
}
