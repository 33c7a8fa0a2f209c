/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which lines may be said: one line of readable characters. Pure: any thread, no I/O.
 */
#ifndef PROFILE_TALK_TEXT_H
#define PROFILE_TALK_TEXT_H

#include <st/base.h>

enum {
    TALK_TEXT_MAX = 200,                     /* characters */
    TALK_TEXT_BYTES_MAX = TALK_TEXT_MAX * 4, /* of UTF-8 */
    TALK_MARKS_MAX = 3,                      /* combining characters in a row */
};

enum talk_text { TALK_TEXT_OK, TALK_TEXT_EMPTY, TALK_TEXT_TOO_LONG, TALK_TEXT_CHARACTERS };

/* text is valid UTF-8. *start and *len receive what is left without the spaces at its ends; *over
 * the characters too many, with TOO_LONG. Refused are controls, line ends, what is invisible or
 * turns the direction of writing (Unicode 15: Cc, Cf, Zl, Zp, private use, noncharacters, fillers),
 * and heaps of combining marks. */
enum talk_text talk_text_check(const char *text, const char **start, size_t *len, uint32_t *over);

#endif
