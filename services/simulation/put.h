/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes protocol buffers by hand, in canonical form: minimal varints, zero values left out. Owns
 * nothing, any thread; knows wire types and no message. An overflow sticks in the buffer.
 */
#ifndef SIMULATION_PUT_H
#define SIMULATION_PUT_H

#include <st/buf.h>

void put_uint(struct st_buf *b, uint32_t field, uint64_t v);
/* ZigZag. */
void put_sint(struct st_buf *b, uint32_t field, int64_t v);
void put_fixed32(struct st_buf *b, uint32_t field, uint32_t v);
void put_text(struct st_buf *b, uint32_t field, const char *text);

/* A length-delimited field whose length is known at its end: a message or packed numbers. The
 * result of open goes to close. */
size_t put_open(struct st_buf *b, uint32_t field);
void put_close(struct st_buf *b, size_t opened);

#endif
