/* SPDX-License-Identifier: Apache-2.0 */
#include "base.h"
#include "config_form.h"

#define HEAD_BYTES  16
#define LENGTH_AT   12

/* Where bytes go: to memory, or, with `out` null, only into the length and the hash. */
struct sink {
    uint8_t *out;
    size_t cap, n;
    uint64_t hash;
};

static void sink_number(struct sink *s, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++, s->n++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));

        s->hash = (s->hash ^ byte) * 0x100000001b3u;
        if (s->out && s->n < s->cap)
            s->out[s->n] = byte;
    }
}

static void sink_field(struct sink *s, const uint8_t *record, const struct form_field *f)
{
    if (f->type == FORM_TEXT) {
        int length = form_text(record, f);

        world_assert(length >= 0);
        sink_number(s, (uint64_t)length, 1);
        for (int i = 0; i < length; i++)
            sink_number(s, record[f->offset + i], 1);
        return;
    }
    sink_number(s, (uint64_t)form_number(record, f), f->size);
}

static void sink_config(struct sink *s, const struct world_config *c)
{
    sink_number(s, 0x43575453, 4); /* "STWC" */
    sink_number(s, CONFIG_FORMAT, 2);
    sink_number(s, 0, 2);
    sink_number(s, c->revision, 4);
    sink_number(s, 0, 4); /* the length, set at the end */
    for (uint32_t section = 0; section < FORM_SECTIONS; section++) {
        uint32_t n = form_count(c, section);

        sink_number(s, n, 2);
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *record = form_record(c, section, i);

            for (uint32_t k = 0; k < form_sections[section].fields_n; k++)
                sink_field(s, record, &form_sections[section].fields[k]);
        }
    }
}

size_t world_config_encode(const struct world_config *c, uint8_t *out, size_t cap)
{
    struct sink s = {.out = out, .cap = cap};

    world_assert(out != NULL && world_config_check(c) == 0);
    sink_config(&s, c);
    if (s.n > cap || s.n > CONFIG_BYTES_MAX)
        return 0;
    for (uint32_t i = 0; i < 4; i++)
        out[LENGTH_AT + i] = (uint8_t)(s.n >> (8 * i));
    return s.n;
}

uint64_t world_config_hash(const struct world_config *c)
{
    struct sink s = {.hash = 0xcbf29ce484222325u};

    world_assert(c != NULL);
    sink_config(&s, c);
    return mix64(fold64(s.hash, s.n));
}

/* A cursor over hostile bytes: every read is checked, one failure sticks. */
struct source {
    const uint8_t *at, *end;
    bool bad;
};

static uint32_t source_number(struct source *s, uint32_t bytes)
{
    uint32_t value = 0;

    if ((size_t)(s->end - s->at) < bytes) {
        s->bad = true;
        return 0;
    }
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint32_t)s->at[i] << (8 * i);
    s->at += bytes;
    return value;
}

static void source_field(struct source *s, uint8_t *record, const struct form_field *f)
{
    uint32_t n;

    if (f->type == FORM_TEXT) {
        n = source_number(s, 1);
        if (s->bad || n >= f->size || (size_t)(s->end - s->at) < n) {
            s->bad = true;
            return;
        }
        memcpy(record + f->offset, s->at, n);
        s->at += n;
        if (form_text(record, f) != (int)n)
            s->bad = true;
        return;
    }
    n = source_number(s, f->size);
    for (uint32_t i = 0; i < f->size; i++)
        record[f->offset + i] = (uint8_t)(n >> (8 * i));
}

static int source_section(struct source *s, struct world_config *c, uint32_t section)
{
    const struct form_section *form = &form_sections[section];
    uint16_t n = (uint16_t)source_number(s, 2);

    if (s->bad || n > form->most)
        return -1;
    memcpy((uint8_t *)c + form->count, &n, sizeof n);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *record = (uint8_t *)c + form->offset + (size_t)i * form->record;

        for (uint32_t k = 0; k < form->fields_n && !s->bad; k++)
            source_field(s, record, &form->fields[k]);
        if (s->bad)
            return -((int)(section + 1) * 1000 + (int)i + 1);
    }
    return 0;
}

int world_config_decode(struct world_config *c, const uint8_t *bytes, size_t length)
{
    struct source s = {.at = bytes, .end = bytes + length};

    world_assert(c != NULL && (bytes != NULL || length == 0));
    memset(c, 0, sizeof *c);
    if (length < HEAD_BYTES || length > CONFIG_BYTES_MAX)
        return -1;
    if (source_number(&s, 4) != 0x43575453 || source_number(&s, 2) != CONFIG_FORMAT ||
        source_number(&s, 2) != 0)
        return -1;
    c->revision = source_number(&s, 4);
    if (source_number(&s, 4) != length)
        return -1;
    for (uint32_t section = 0; section < FORM_SECTIONS; section++) {
        int result = source_section(&s, c, section);

        if (result != 0)
            return result;
    }
    if (s.at != s.end)
        return -1;
    return world_config_check(c);
}
