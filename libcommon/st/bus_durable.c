/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams and durables as the tables of st/subject.h want them. What the server says is compared
 * with what was asked: it accepts fields that it does not know and ignores them.
 */
#include <st/bus_private.h>

#include <st/assert.h>
#include <st/clock.h>
#include <st/err.h>
#include <st/log.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { UP_WAIT_MS = 5000, API_WAIT_MS = 1000, MIGRATE_WAIT_MS = 5000 };
#define NS_PER_MS ((int64_t)1000000)

/* Replaces %s by the system and %u by the shard. */
static void expand(char out[ST_SUBJECT_MAX], const char *pattern, const char *system,
                   uint32_t shard)
{
    struct st_buf b;
    st_buf_init_fixed(&b, out, ST_SUBJECT_MAX);
    for (const char *p = pattern; *p; p++) {
        if (p[0] == '%' && p[1] == 's')
            st_buf_put_str(&b, system);
        else if (p[0] == '%' && p[1] == 'u')
            st_buf_printf(&b, "%u", shard);
        else {
            st_buf_put_u8(&b, (uint8_t)*p);
            continue;
        }
        p++;
    }
    const char *text = st_buf_cstr(&b);
    st_assert(text == out);
}

/* "sim-s%u" fits "sim-s12". */
static bool name_fits(const struct st_durable_spec *d, const char *name)
{
    unsigned shard = 0;
    char text[ST_SUBJECT_MAX];
    const char *mark = strchr(d->name, '%');
    if (mark && strncmp(d->name, name, (size_t)(mark - d->name)) == 0)
        sscanf(name + (mark - d->name), "%u", &shard);
    expand(text, d->name, "", shard);
    return strcmp(text, name) == 0;
}

/* NULL if the server's durable is as wanted, else what is wrong. */
static const char *compare(const struct st_durable_spec *d, const jsConsumerConfig *have,
                           const char *filter)
{
    if (have->DeliverSubject && *have->DeliverSubject)
        return "delivers by itself";
    if (have->AckPolicy != js_AckExplicit)
        return "other acknowledgement policy";
    if (have->AckWait != d->ack_wait_ms * NS_PER_MS)
        return "other ack wait";
    if (have->MaxAckPending != d->max_ack_pending)
        return "other limit of unacknowledged messages";
    if (have->MaxDeliver > 0)
        return "gives up after some deliveries";
    if (filter && (!have->FilterSubject || strcmp(have->FilterSubject, filter) != 0))
        return "other filter";
    return NULL;
}

static const char *check_one(natsConnection *nc, const char *stream, const char *durable)
{
    jsOptions o;
    jsCtx *js = NULL;
    jsConsumerInfo *info = NULL;
    const char *wrong = NULL;
    jsOptions_Init(&o);
    o.Wait = API_WAIT_MS;
    natsStatus s = natsConnection_JetStream(&js, nc, &o);
    s = s ? s : js_GetConsumerInfo(&info, js, stream, durable, &o, NULL);
    if (s == NATS_NOT_FOUND)
        wrong = "does not exist";
    else if (s != NATS_OK)
        wrong = natsStatus_GetText(s);
    for (size_t i = 0; !wrong && i < st_durables_count; i++) {
        const struct st_durable_spec *d = &st_durables[i];
        if (strcmp(d->stream, stream) == 0 && name_fits(d, durable))
            wrong = compare(d, info->Config, NULL);
    }
    jsConsumerInfo_Destroy(info);
    jsCtx_Destroy(js);
    return wrong;
}

void bus_js_check(struct st_bus *b, natsConnection *nc)
{
    for (size_t i = 0; i < BUS_CONSUMERS_MAX; i++) {
        char stream[64], durable[64];
        uint64_t serial = 0;
        pthread_mutex_lock(&b->lock);
        struct st_bus_consumer *c = b->consumers[i];
        if (c && atomic_load(&c->check) != BUS_GOOD) {
            serial = c->serial;
            memcpy(stream, c->stream, sizeof(stream));
            memcpy(durable, c->durable, sizeof(durable));
        }
        pthread_mutex_unlock(&b->lock);
        if (serial == 0)
            continue;
        const char *wrong = check_one(nc, stream, durable);
        int verdict = wrong ? BUS_BAD : BUS_GOOD, before = verdict;
        pthread_mutex_lock(&b->lock);
        c = b->consumers[i];
        if (c && c->serial == serial)
            before = atomic_exchange(&c->check, verdict);
        pthread_mutex_unlock(&b->lock);
        if (wrong && before != BUS_BAD)
            st_log(ST_LOG_WARN, "waiting for durable", st_log_s("stream", stream),
                   st_log_s("durable", durable), st_log_s("reason", wrong));
    }
}

/* --- migration --- */

struct migration {
    jsCtx *js;
    jsOptions o;
    const char *system;
    char *error;
    size_t error_cap;
};

static int fail(const struct migration *m, const char *what, const char *name, const char *why)
{
    snprintf(m->error, m->error_cap, "%s %s: %s", what, name, why);
    return ST_EPROTO;
}

static bool same_subjects(const jsStreamConfig *a, const jsStreamConfig *b)
{
    bool same = a->SubjectsLen == b->SubjectsLen;
    for (int i = 0; same && i < a->SubjectsLen; i++)
        same = strcmp(a->Subjects[i], b->Subjects[i]) == 0;
    return same;
}

static int migrate_stream(const struct migration *m, const struct st_stream_spec *spec)
{
    char text[ST_ARRAY_LEN(spec->subjects)][ST_SUBJECT_MAX];
    const char *subjects[ST_ARRAY_LEN(spec->subjects)];
    jsStreamConfig want;
    jsStreamInfo *have = NULL;
    jsErrCode code = 0;
    int n = 0, err = 0;
    jsStreamConfig_Init(&want);
    for (; n < (int)ST_ARRAY_LEN(spec->subjects) && spec->subjects[n]; n++) {
        expand(text[n], spec->subjects[n], m->system, 0);
        subjects[n] = text[n];
    }
    want.Name = spec->name;
    want.Subjects = subjects;
    want.SubjectsLen = n;
    want.MaxAge = spec->max_age_s * 1000 * NS_PER_MS;
    want.MaxBytes = spec->max_bytes;
    want.Discard = spec->discard_new ? js_DiscardNew : js_DiscardOld;
    want.Duplicates = spec->duplicate_window_s * 1000 * NS_PER_MS;
    jsOptions o = m->o;
    natsStatus s = js_GetStreamInfo(&have, m->js, spec->name, &o, NULL);
    bool missing = s == NATS_NOT_FOUND;
    jsStreamInfo_Destroy(have);
    have = NULL;
    if (missing)
        s = js_AddStream(&have, m->js, &want, &o, &code);
    else if (s == NATS_OK)
        s = js_UpdateStream(&have, m->js, &want, &o, &code);
    if (s != NATS_OK) {
        const char *why = nats_GetLastError(NULL);
        return fail(m, "stream", spec->name, why && *why ? why : natsStatus_GetText(s));
    }
    const jsStreamConfig *is = have->Config;
    if (!same_subjects(is, &want) || is->MaxAge != want.MaxAge || is->MaxBytes != want.MaxBytes ||
        is->Discard != want.Discard || is->Duplicates != want.Duplicates)
        err = fail(m, "stream", spec->name, "the server did not take the configuration");
    jsStreamInfo_Destroy(have);
    return err;
}

static int migrate_durable(const struct migration *m, const struct st_durable_spec *spec,
                           uint32_t shard)
{
    char name[ST_SUBJECT_MAX], filter[ST_SUBJECT_MAX];
    jsConsumerConfig want;
    jsConsumerInfo *have = NULL;
    jsErrCode code = 0;
    expand(name, spec->name, m->system, shard);
    expand(filter, spec->filter, m->system, shard);
    jsConsumerConfig_Init(&want);
    want.Durable = name;
    want.FilterSubject = filter;
    want.AckPolicy = js_AckExplicit;
    want.AckWait = spec->ack_wait_ms * NS_PER_MS;
    want.MaxAckPending = spec->max_ack_pending;
    want.MaxDeliver = -1;
    jsOptions o = m->o;
    natsStatus s = js_AddConsumer(&have, m->js, spec->stream, &want, &o, &code);
    if (s != NATS_OK) {
        const char *why = nats_GetLastError(NULL);
        return fail(m, "durable", name, why && *why ? why : natsStatus_GetText(s));
    }
    const char *wrong = compare(spec, have->Config, filter);
    jsConsumerInfo_Destroy(have);
    return wrong ? fail(m, "durable", name, wrong) : 0;
}

static int migrate_all(const struct migration *m, uint32_t shards)
{
    int err = 0;
    for (size_t i = 0; !err && i < st_streams_count; i++)
        err = migrate_stream(m, &st_streams[i]);
    for (size_t i = 0; !err && i < st_durables_count; i++) {
        uint32_t n = st_durables[i].per_shard ? shards : 1;
        for (uint32_t shard = 0; !err && shard < n; shard++)
            err = migrate_durable(m, &st_durables[i], shard);
    }
    return err;
}

static bool wait_up(struct st_bus *b)
{
    uint64_t until = st_mono_ms() + UP_WAIT_MS;
    struct timespec t = {(time_t)(until / 1000), (long)(until % 1000) * 1000000};
    int late = 0;
    pthread_mutex_lock(&b->lock);
    while (!atomic_load(&b->up) && !late)
        late = pthread_cond_timedwait(&b->changed, &b->lock, &t);
    pthread_mutex_unlock(&b->lock);
    return atomic_load(&b->up);
}

int st_bus_js_migrate(struct st_bus *b, const char *system, uint32_t shards, char *error,
                      size_t error_cap)
{
    st_assert(b && system && error && error_cap > 0);
    struct migration m = {.system = system, .error = error, .error_cap = error_cap};
    int err = ST_EUNAVAILABLE;
    *error = 0;
    if (!wait_up(b)) {
        snprintf(error, error_cap, "no connection to the bus");
        return err;
    }
    jsOptions_Init(&m.o);
    m.o.Wait = MIGRATE_WAIT_MS;
    pthread_rwlock_rdlock(&b->nc_lock);
    natsStatus s = b->nc ? natsConnection_JetStream(&m.js, b->nc, &m.o) : NATS_CONNECTION_CLOSED;
    if (s == NATS_OK)
        err = migrate_all(&m, shards);
    else
        snprintf(error, error_cap, "no JetStream: %s", natsStatus_GetText(s));
    pthread_rwlock_unlock(&b->nc_lock);
    jsCtx_Destroy(m.js);
    return err;
}
