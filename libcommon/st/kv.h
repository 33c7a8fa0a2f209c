/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis (the only file that sees hiredis) for use on a worker thread: every call
 * ends within the timeout. A breaker opens after 3 errors in a row and lets one probe through each
 * second.
 */
#ifndef ST_KV_H
#define ST_KV_H

#include <st/base.h>

struct st_kv;

struct st_kv_options {
    const char *url;     /* redis://[:password@]host:port[/db] or unix:/path */
    uint32_t timeout_ms; /* 50 */
};

/* NULL for an unusable url. Does not connect yet. */
struct st_kv *st_kv_new(const struct st_kv_options *options);
void st_kv_free(struct st_kv **k);
/* False while the breaker is open. */
bool st_kv_up(const struct st_kv *k);

/*
 * One command, arguments binary-safe. 0 with a reply in *reply (free it), ST_EUNAVAILABLE (breaker
 * open or not reachable), ST_ETIMEOUT, ST_EPROTO (an error reply, wrong type).
 */
struct st_kv_reply;
int st_kv_command(struct st_kv *k, const struct st_slice *args, size_t count,
                  struct st_kv_reply **reply) ST_MUST_CHECK;
bool st_kv_is_nil(const struct st_kv_reply *r);
/* Bytes of a string reply, empty otherwise; lent until free. */
struct st_slice st_kv_bytes(const struct st_kv_reply *r);
int64_t st_kv_int(const struct st_kv_reply *r);
void st_kv_reply_free(struct st_kv_reply **r);

#endif
