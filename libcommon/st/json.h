/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: a streaming writer of our own, and reading of small flat bodies through jansson (the only
 * file that sees it). One thread at a time per object.
 */
#ifndef ST_JSON_H
#define ST_JSON_H

#include <st/base.h>
#include <st/buf.h>

/* Writer: keys are NULL inside arrays. Commas and escapes are its business; text must be UTF-8
 * (else replaced). */
struct st_json {
    struct st_buf *out;
    uint8_t depth;
    bool first[16];
};

void st_json_begin(struct st_json *j, struct st_buf *out);
void st_json_object(struct st_json *j, const char *key);
void st_json_object_end(struct st_json *j);
void st_json_array(struct st_json *j, const char *key);
void st_json_array_end(struct st_json *j);
void st_json_str(struct st_json *j, const char *key, const char *value);
void st_json_int(struct st_json *j, const char *key, int64_t value);
void st_json_uint(struct st_json *j, const char *key, uint64_t value);
void st_json_bool(struct st_json *j, const char *key, bool value);
void st_json_null(struct st_json *j, const char *key);
/* The number as text: for 64-bit ids. */
void st_json_id(struct st_json *j, const char *key, uint64_t value);

/* Reader: one object, duplicates and trailing bytes refused, at most 16 KiB. */
struct st_json_doc;
/* NULL if it is not one JSON object. */
struct st_json_doc *st_json_parse(const void *data, size_t len);
void st_json_doc_free(struct st_json_doc **d);
/* Text member, valid until free; NULL if absent or not text. */
const char *st_json_get_str(const struct st_json_doc *d, const char *key);
bool st_json_get_int(const struct st_json_doc *d, const char *key, int64_t *out);

#endif
