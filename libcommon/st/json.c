/* SPDX-License-Identifier: Apache-2.0 */
#include <st/json.h>

#include <st/alloc.h>
#include <st/assert.h>
#include <st/rng.h>

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 16 * 1024 };

void st_json_begin(struct st_json *j, struct st_buf *out)
{
    st_assert(j && out);
    *j = (struct st_json){.out = out};
    j->first[0] = true;
}

/* Length of the longest prefix of well-formed UTF-8 without a character that needs an escape. */
static size_t plain_prefix(const uint8_t *p, size_t len)
{
    size_t n = 0;
    while (n < len && p[n] >= 0x20 && p[n] < 0x7f && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}

static void put_text(struct st_buf *out, const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t left = strlen(s);
    st_buf_put_u8(out, '"');
    while (left > 0) {
        size_t n = plain_prefix(p, left);
        st_buf_put(out, p, n);
        p += n;
        left -= n;
        if (left == 0)
            break;
        n = 1;
        if (*p == '"' || *p == '\\') {
            st_buf_put_u8(out, '\\');
            st_buf_put_u8(out, *p);
        } else if (*p < 0x20 || *p == 0x7f) {
            st_buf_printf(out, "\\u%04x", *p);
        } else {
            for (n = 2; n <= 4 && n <= left && !st_utf8_valid(p, n);)
                n++;
            bool valid = n <= 4 && n <= left;
            n = valid ? n : 1;
            st_buf_put(out, valid ? (const void *)p : "\xef\xbf\xbd", valid ? n : 3);
        }
        p += n;
        left -= n;
    }
    st_buf_put_u8(out, '"');
}

static void put_key(struct st_json *j, const char *key)
{
    st_assert(j && j->out);
    if (!j->first[j->depth])
        st_buf_put_u8(j->out, ',');
    j->first[j->depth] = false;
    if (key) {
        put_text(j->out, key);
        st_buf_put_u8(j->out, ':');
    }
}

static void open_level(struct st_json *j, const char *key, uint8_t bracket)
{
    put_key(j, key);
    st_assert(j->depth + 1u < ST_ARRAY_LEN(j->first));
    j->first[++j->depth] = true;
    st_buf_put_u8(j->out, bracket);
}

static void close_level(struct st_json *j, uint8_t bracket)
{
    st_assert(j && j->depth > 0);
    j->depth--;
    st_buf_put_u8(j->out, bracket);
}

void st_json_object(struct st_json *j, const char *key)
{
    open_level(j, key, '{');
}

void st_json_object_end(struct st_json *j)
{
    close_level(j, '}');
}

void st_json_array(struct st_json *j, const char *key)
{
    open_level(j, key, '[');
}

void st_json_array_end(struct st_json *j)
{
    close_level(j, ']');
}

void st_json_str(struct st_json *j, const char *key, const char *value)
{
    st_assert(value);
    put_key(j, key);
    put_text(j->out, value);
}

void st_json_int(struct st_json *j, const char *key, int64_t value)
{
    put_key(j, key);
    st_buf_printf(j->out, "%lld", (long long)value);
}

void st_json_uint(struct st_json *j, const char *key, uint64_t value)
{
    put_key(j, key);
    st_buf_printf(j->out, "%llu", (unsigned long long)value);
}

void st_json_bool(struct st_json *j, const char *key, bool value)
{
    put_key(j, key);
    st_buf_put_str(j->out, value ? "true" : "false");
}

void st_json_null(struct st_json *j, const char *key)
{
    put_key(j, key);
    st_buf_put_str(j->out, "null");
}

void st_json_id(struct st_json *j, const char *key, uint64_t value)
{
    put_key(j, key);
    st_buf_printf(j->out, "\"%llu\"", (unsigned long long)value);
}

struct st_json_doc {
    json_t *root;
};

struct st_json_doc *st_json_parse(const void *data, size_t len)
{
    st_assert(data || len == 0);
    json_error_t error;
    if (len == 0 || len > BODY_MAX)
        return NULL;
    json_t *root = json_loadb(data, len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return NULL;
    }
    st_alloc_cold_begin();
    struct st_json_doc *d = st_alloc(sizeof(*d));
    st_alloc_cold_end();
    d->root = root;
    return d;
}

void st_json_doc_free(struct st_json_doc **d)
{
    st_assert(d);
    if (!*d)
        return;
    json_decref((*d)->root);
    st_free(*d);
    *d = NULL;
}

const char *st_json_get_str(const struct st_json_doc *d, const char *key)
{
    st_assert(d && key);
    return json_string_value(json_object_get(d->root, key));
}

bool st_json_get_int(const struct st_json_doc *d, const char *key, int64_t *out)
{
    st_assert(d && key && out);
    const json_t *v = json_object_get(d->root, key);
    if (!json_is_integer(v))
        return false;
    *out = json_integer_value(v);
    return true;
}
