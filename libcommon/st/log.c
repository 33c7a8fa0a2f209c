/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line is at most 4,096 bytes, which a pipe takes whole once poll() says that it is writable: so
 * asking first keeps a daemon from blocking without touching the flags of a descriptor that it
 * shares with others.
 */
#include <st/log.h>

#include <st/assert.h>
#include <st/buf.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/json.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, VALUE_MAX = 1024 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static char log_service[32] = "startrader";
static char log_instance[64] = "";
static atomic_int log_level = ST_LOG_INFO;
static atomic_uint_fast64_t log_drops;
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;

void st_log_init(const char *service, const char *instance, enum st_log_level level)
{
    st_assert(service && instance && level <= ST_LOG_ERROR);
    snprintf(log_service, sizeof(log_service), "%s", service);
    snprintf(log_instance, sizeof(log_instance), "%s", instance);
    atomic_store(&log_level, (int)level);
}

int st_log_level_parse(const char *text, enum st_log_level *out)
{
    st_assert(text && out);
    for (size_t i = 0; i < ST_ARRAY_LEN(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum st_log_level)i;
            return 0;
        }
    }
    return ST_EINVAL;
}

bool st_log_enabled(enum st_log_level level)
{
    return (int)level >= atomic_load_explicit(&log_level, memory_order_relaxed);
}

uint64_t st_log_dropped(void)
{
    return atomic_load_explicit(&log_drops, memory_order_relaxed);
}

static void put_head(struct st_json *j, enum st_log_level level, const char *event)
{
    char stamp[40], text[64];
    uint64_t now = st_wall_ms();
    time_t s = (time_t)(now / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof(text), "%s.%03uZ", stamp, (unsigned)(now % 1000));
    st_json_object(j, NULL);
    st_json_str(j, "time", text);
    st_json_str(j, "level", level_names[level]);
    st_json_str(j, "service", log_service);
    st_json_str(j, "instance", log_instance);
    st_json_str(j, "event", event);
}

static void put_pair(struct st_json *j, const struct st_log_pair *p)
{
    char cut[VALUE_MAX + 1];
    if (p->kind == ST_LOG_INT)
        st_json_int(j, p->key, p->num);
    else if (p->kind == ST_LOG_UINT)
        st_json_uint(j, p->key, (uint64_t)p->num);
    else if (p->kind == ST_LOG_BOOL)
        st_json_bool(j, p->key, p->num != 0);
    else if (!p->str)
        st_json_null(j, p->key);
    else {
        snprintf(cut, sizeof(cut), "%s", p->str);
        st_json_str(j, p->key, cut);
    }
}

static void write_line(const struct st_buf *line)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    bool written = false;
    pthread_mutex_lock(&write_lock);
    if (poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT))
        written = write(STDERR_FILENO, line->data, line->len) == (ssize_t)line->len;
    pthread_mutex_unlock(&write_lock);
    if (!written)
        atomic_fetch_add_explicit(&log_drops, 1, memory_order_relaxed);
}

void st_log_pairs(enum st_log_level level, const char *event, const struct st_log_pair *pairs)
{
    st_assert(event && pairs && level <= ST_LOG_ERROR);
    uint8_t mem[LINE_MAX_BYTES];
    struct st_buf line;
    struct st_json j;
    st_buf_init_fixed(&line, mem, sizeof(mem));
    st_json_begin(&j, &line);
    put_head(&j, level, event);
    for (const struct st_log_pair *p = pairs; p->kind != ST_LOG_END; p++) {
        struct st_json mark = j;
        size_t len = line.len;
        put_pair(&j, p);
        if (!line.overflow && line.len + 32 <= sizeof(mem))
            continue;
        /* Too long: the pairs that fit, and a word that there were more. */
        line.overflow = false;
        line.len = len;
        j = mark;
        st_json_bool(&j, "truncated", true);
        break;
    }
    st_json_object_end(&j);
    st_buf_put_u8(&line, '\n');
    st_assert(!line.overflow);
    write_line(&line);
}
