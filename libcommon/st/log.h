/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON object per line to standard error: time, level, service, instance, event, then pairs.
 * Any thread; a line is one write. A blocked reader never blocks a daemon: lines are dropped and
 * counted. Never give it a secret, a ticket or a password.
 */
#ifndef ST_LOG_H
#define ST_LOG_H

#include <st/base.h>

enum st_log_level { ST_LOG_DEBUG, ST_LOG_INFO, ST_LOG_WARN, ST_LOG_ERROR };

/* service and instance are copied. */
void st_log_init(const char *service, const char *instance, enum st_log_level level);
int st_log_level_parse(const char *text, enum st_log_level *out) ST_MUST_CHECK;
bool st_log_enabled(enum st_log_level level);
uint64_t st_log_dropped(void);

enum st_log_kind { ST_LOG_END, ST_LOG_STR, ST_LOG_INT, ST_LOG_UINT, ST_LOG_BOOL };
struct st_log_pair {
    enum st_log_kind kind;
    const char *key;
    const char *str;
    int64_t num;
};

/* Pairs end with ST_LOG_END; use the macros. event is a short constant such as "redis_down". */
void st_log_pairs(enum st_log_level level, const char *event, const struct st_log_pair *pairs);

#define st_log_s(k, v)                                                                             \
    {                                                                                              \
        ST_LOG_STR, (k), (v), 0                                                                    \
    }
#define st_log_i(k, v)                                                                             \
    {                                                                                              \
        ST_LOG_INT, (k), NULL, (int64_t)(v)                                                        \
    }
#define st_log_u(k, v)                                                                             \
    {                                                                                              \
        ST_LOG_UINT, (k), NULL, (int64_t)(uint64_t)(v)                                             \
    }
#define st_log_b(k, v)                                                                             \
    {                                                                                              \
        ST_LOG_BOOL, (k), NULL, (v)                                                                \
    }
/* st_log(ST_LOG_INFO, "listening", st_log_s("address", a), st_log_i("port", p)); */
#define st_log(level, event, ...)                                                                  \
    do {                                                                                           \
        if (st_log_enabled(level)) {                                                               \
            const struct st_log_pair st_log_pairs_[] = {                                           \
                __VA_ARGS__ __VA_OPT__(, ){ST_LOG_END, NULL, NULL, 0}};                            \
            st_log_pairs((level), (event), st_log_pairs_);                                         \
        }                                                                                          \
    } while (0)

#endif
