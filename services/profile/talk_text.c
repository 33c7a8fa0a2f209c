/* SPDX-License-Identifier: Apache-2.0 */
#include "talk_text.h"

#include <st/assert.h>

#include <string.h>

struct range {
    uint32_t from, to;
};

static const struct range spaces[] = {
    {0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

static const struct range refused[] = {
    {0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},        {0x34f, 0x34f},
    {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},      {0x70f, 0x70f},
    {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},    {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},    {0x2060, 0x206f},
    {0x2800, 0x2800},   {0x3164, 0x3164},   {0xd800, 0xf8ff},    {0xfdd0, 0xfdef},
    {0xfe00, 0xfe0e},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},    {0xfff0, 0xfffb},
    {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},  {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

static const struct range marks[] = {
    {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe0f, 0xfe0f}, {0xfe20, 0xfe2f},
};

static bool is_in(const struct range *list, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= list[i].from && c <= list[i].to)
            return true;
    return false;
}

#define IS_IN(list, c) is_in(list, ST_ARRAY_LEN(list), c)

/* The character at *p, which moves on behind it. */
static uint32_t next(const char **p)
{
    const uint8_t *s = (const uint8_t *)*p;
    size_t more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++)
        c = c << 6 | (s[i] & 0x3f);
    *p += more + 1;
    return c;
}

enum talk_text talk_text_check(const char *text, const char **start, size_t *len, uint32_t *over)
{
    st_assert(text && start && len && over);
    const char *end = NULL;
    uint32_t count = 0, kept = 0, heap = 0;
    *start = NULL;
    for (const char *p = text; *p;) {
        const char *at = p;
        uint32_t c = next(&p);
        if (IS_IN(refused, c) || (c & 0xfffe) == 0xfffe)
            return TALK_TEXT_CHARACTERS;
        heap = IS_IN(marks, c) ? heap + 1 : 0;
        if (heap > TALK_MARKS_MAX)
            return TALK_TEXT_CHARACTERS;
        if (!IS_IN(spaces, c)) {
            *start = *start ? *start : at;
            end = p;
            kept = count + 1;
        }
        count += *start != NULL;
    }
    if (!*start)
        return TALK_TEXT_EMPTY;
    *len = (size_t)(end - *start);
    *over = kept > TALK_TEXT_MAX ? kept - TALK_TEXT_MAX : 0;
    return *over > 0 ? TALK_TEXT_TOO_LONG : TALK_TEXT_OK;
}
