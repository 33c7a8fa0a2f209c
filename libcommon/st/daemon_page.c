/* SPDX-License-Identifier: Apache-2.0 */
#include <st/daemon_private.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/clock.h>
#include <st/json.h>
#include <st/log.h>
#include <st/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PAGE_MAX = 4 << 20, SAY_AGAIN_MS = 10000 };

static struct st_daemon *the_daemon;

static struct {
    struct st_gauge *resident, *fds, *cpu, *alloc, *allocs, *dropped, *started, *ready;
} process;

void daemon_page_init(struct st_daemon *d)
{
    char label[96];
    the_daemon = d;
    snprintf(label, sizeof(label), "version=\"%s\",service=\"%s\"", ST_VERSION, d->spec->kind);
    st_gauge_set(st_gauge("startrader_build_info", label, "always 1"), 1);
    process.resident = st_gauge("startrader_process_resident_bytes", NULL, "resident memory");
    process.fds = st_gauge("startrader_process_open_fds", NULL, "open descriptors");
    process.cpu = st_gauge("startrader_process_cpu_seconds", NULL, "CPU time since start");
    process.alloc = st_gauge("startrader_alloc_bytes", NULL, "heap in use by our own code");
    process.allocs = st_gauge("startrader_alloc_calls", NULL, "allocations of our own code");
    process.dropped = st_gauge("startrader_log_dropped", NULL, "log lines nobody took");
    process.started = st_gauge("startrader_process_start_seconds", NULL, "Unix time of the start");
    process.ready = st_gauge("startrader_ready", NULL, "1 when all dependencies are ready");
    st_gauge_set(process.started, (double)st_wall_ms() / 1000);
}

void daemon_page_fini(void)
{
    the_daemon = NULL;
}

/* --- readiness --- */

static struct daemon_dep *dep_get(struct st_daemon *d, const char *name)
{
    char label[64];
    for (size_t i = 0; i < d->deps_count; i++)
        if (strcmp(d->deps[i].name, name) == 0)
            return &d->deps[i];
    st_assert(d->deps_count < DAEMON_DEPS_MAX && strlen(name) < sizeof(d->deps[0].name));
    struct daemon_dep *dep = &d->deps[d->deps_count++];
    snprintf(dep->name, sizeof(dep->name), "%s", name);
    snprintf(label, sizeof(label), "dependency=\"%s\"", name);
    dep->gauge = st_gauge("startrader_dependency_ready", label, "1 when it can be used");
    dep->since_ms = st_mono_ms();
    return dep;
}

static void say_waiting(struct daemon_dep *dep, uint64_t now_ms)
{
    char event[64];
    snprintf(event, sizeof(event), "waiting for %s", dep->name);
    st_log(ST_LOG_INFO, event, st_log_s("reason", dep->reason),
           st_log_u("for_ms", now_ms - dep->since_ms));
    dep->said_ms = now_ms;
}

static void tell_all_ready(struct st_daemon *d)
{
    bool ready = st_daemon_is_ready(d);
    if (ready == d->was_ready)
        return;
    d->was_ready = ready;
    st_gauge_set(process.ready, ready ? 1 : 0);
    if (!d->stopping)
        st_log(ST_LOG_INFO, ready ? "ready" : "not_ready");
    daemon_notify(ready ? "STATUS=ready" : "STATUS=waiting");
}

void st_daemon_ready(struct st_daemon *d, const char *dependency, bool ready, const char *reason)
{
    st_assert(d && dependency);
    struct daemon_dep *dep = dep_get(d, dependency);
    bool known = dep->said_ms != 0;
    bool changed = dep->ready != ready || !known;
    bool other_reason =
        !ready && strncmp(dep->reason, reason ? reason : "", sizeof(dep->reason) - 1) != 0;
    snprintf(dep->reason, sizeof(dep->reason), "%s", ready || !reason ? "" : reason);
    if (!changed && !other_reason)
        return;
    uint64_t now = st_mono_ms();
    /* Its own start and end are logged by daemon.c. */
    bool own = strcmp(dependency, "running") == 0;
    if (changed && known) {
        if (ready && !own)
            st_log(ST_LOG_INFO, "dependency_ready", st_log_s("dependency", dep->name),
                   st_log_u("after_ms", now - dep->since_ms));
        dep->since_ms = now;
    }
    dep->ready = ready;
    dep->said_ms = ST_MAX(now, (uint64_t)1);
    st_gauge_set(dep->gauge, ready ? 1 : 0);
    if (!ready && !d->stopping && !own)
        say_waiting(dep, now);
    tell_all_ready(d);
}

bool st_daemon_is_ready(const struct st_daemon *d)
{
    st_assert(d);
    bool ready = !d->stopping;
    for (size_t i = 0; i < d->deps_count; i++)
        ready = ready && d->deps[i].ready;
    return ready;
}

void daemon_page_pulse(struct st_daemon *d, uint64_t now_ms)
{
    for (size_t i = 0; i < d->deps_count && !d->stopping; i++)
        if (!d->deps[i].ready && now_ms - d->deps[i].said_ms >= SAY_AGAIN_MS)
            say_waiting(&d->deps[i], now_ms);
    if (d->watchdog_ms > 0 && now_ms - d->watchdog_said_ms >= d->watchdog_ms) {
        d->watchdog_said_ms = now_ms;
        daemon_notify("WATCHDOG=1");
    }
}

void daemon_notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (*path == '@')
        to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    (void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to, len);
    close(fd);
}

/* --- pages --- */

static void on_livez(void *ctx, struct st_http_request *req)
{
    (void)ctx;
    st_http_answer(req, &(struct st_http_answer){.status = 200,
                                                 .content_type = "text/plain",
                                                 .body = "ok\n",
                                                 .body_len = 3,
                                                 .static_body = true});
}

static void on_readyz(void *ctx, struct st_http_request *req)
{
    const struct st_daemon *d = the_daemon;
    struct st_buf out;
    struct st_json j;
    (void)ctx;
    bool ready = st_daemon_is_ready(d);
    st_alloc_cold_begin();
    st_buf_init(&out, 64 * 1024);
    st_json_begin(&j, &out);
    st_json_object(&j, NULL);
    st_json_bool(&j, "ready", ready);
    st_json_bool(&j, "stopping", d->stopping);
    st_json_str(&j, "service", d->spec->kind);
    st_json_str(&j, "instance", st_daemon_instance(d));
    st_json_str(&j, "version", ST_VERSION);
    st_json_object(&j, "dependencies");
    for (size_t i = 0; i < d->deps_count; i++) {
        st_json_object(&j, d->deps[i].name);
        st_json_bool(&j, "ready", d->deps[i].ready);
        if (!d->deps[i].ready)
            st_json_str(&j, "reason", d->deps[i].reason);
        st_json_uint(&j, "since_ms", st_mono_ms() - d->deps[i].since_ms);
        st_json_object_end(&j);
    }
    st_json_object_end(&j);
    st_json_object_end(&j);
    st_buf_put_u8(&out, '\n');
    st_http_answer(req, &(struct st_http_answer){.status = ready ? 200 : 503,
                                                 .content_type = "application/json",
                                                 .body = out.data,
                                                 .body_len = out.len});
    st_buf_fini(&out);
    st_alloc_cold_end();
}

static void measure_process(void)
{
    struct rusage usage;
    size_t bytes;
    uint64_t calls;
    unsigned long pages = 0;
    double fds = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%*u %lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    DIR *dir = opendir("/proc/self/fd");
    for (struct dirent *e; dir && (e = readdir(dir));)
        fds += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    getrusage(RUSAGE_SELF, &usage);
    st_alloc_stats(&bytes, &calls);
    st_gauge_set(process.resident, (double)pages * (double)sysconf(_SC_PAGESIZE));
    st_gauge_set(process.fds, fds - (dir ? 1 : 0));
    st_gauge_set(process.cpu, (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                                  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    st_gauge_set(process.alloc, (double)bytes);
    st_gauge_set(process.allocs, (double)calls);
    st_gauge_set(process.dropped, (double)st_log_dropped());
}

static void on_metrics(void *ctx, struct st_http_request *req)
{
    struct st_buf out;
    (void)ctx;
    measure_process();
    st_alloc_cold_begin();
    st_buf_init(&out, PAGE_MAX);
    st_stat_render(&out);
    st_http_answer(
        req, &(struct st_http_answer){.status = out.overflow ? 500 : 200,
                                      .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                      .body = out.data,
                                      .body_len = out.len});
    st_buf_fini(&out);
    st_alloc_cold_end();
}

const struct st_http_route daemon_routes[] = {
    {"GET", "/livez", on_livez, false},
    {"GET", "/readyz", on_readyz, false},
    {"GET", "/metrics", on_metrics, false},
};
const size_t daemon_routes_count = ST_ARRAY_LEN(daemon_routes);
