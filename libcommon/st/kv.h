/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis (the only file that sees hiredis) for use on a worker thread: every call
 * ends within the timeout, connecting included (only the name lookup of a host given by name is not
 * bounded). A breaker opens after 3 failures in a row and lets one probe through each second. An
 * error reply is an answer and does not count. Needs a process that ignores SIGPIPE.
 */
#ifndef ST_KV_H
#define ST_KV_H

#include <st/base.h>

struct st_kv;

struct st_kv_options {
    const char *url;     /* redis://[[user]:password@]host[:port][/db] or unix:/path; copied */
    uint32_t timeout_ms; /* 50 */
};

/* NULL for an unusable url. Does not connect yet. */
struct st_kv *st_kv_new(const struct st_kv_options *options);
void st_kv_free(struct st_kv **k);
/* False while the breaker is open. Any thread. */
bool st_kv_up(const struct st_kv *k);
/* False only between probes of an open breaker: a call would be refused without trying. */
bool st_kv_would_try(const struct st_kv *k);

/*
 * One command, arguments binary-safe. 0 with a reply in *reply (free it), ST_EUNAVAILABLE (breaker
 * open or not reachable), ST_ETIMEOUT, ST_EPROTO (an error reply, wrong type).
 */
struct st_kv_reply;
int st_kv_command(struct st_kv *k, const struct st_slice *args, size_t count,
                  struct st_kv_reply **reply) ST_MUST_CHECK;
bool st_kv_is_nil(const struct st_kv_reply *r);
/* Bytes of a string or status reply, empty otherwise; lent until free. */
struct st_slice st_kv_bytes(const struct st_kv_reply *r);
/* 0 for what is not an integer reply. */
int64_t st_kv_int(const struct st_kv_reply *r);
/* Elements of an array reply, 0 otherwise; an element is lent until its array is freed. */
size_t st_kv_count(const struct st_kv_reply *r);
const struct st_kv_reply *st_kv_at(const struct st_kv_reply *r, size_t index);
void st_kv_reply_free(struct st_kv_reply **r);

#endif
