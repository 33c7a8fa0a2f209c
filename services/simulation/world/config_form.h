/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORLD_CONFIG_FORM_H
#define WORLD_CONFIG_FORM_H

/*
 * The shape of a configuration as data: its sections and the fields of their records with the
 * range of each. Encoding, decoding and checking walk these tables and know nothing else of the
 * fields. Constant, any thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum form_type { FORM_UNSIGNED, FORM_SIGNED, FORM_TEXT };

struct form_field {
    uint16_t offset; /* in the record */
    uint8_t size;    /* bytes; of a text the array */
    uint8_t type;    /* enum form_type */
    int64_t min, max;
};

struct form_section {
    uint32_t offset;  /* of the records, in struct world_config */
    uint32_t count;   /* offset of their u16 number */
    uint16_t most, least;
    uint16_t record;  /* size of one */
    uint8_t sorted;   /* 1 = the first field is an id that rises */
    uint8_t fields_n;
    const struct form_field *fields;
};

#define FORM_SECTIONS 10
extern const struct form_section form_sections[FORM_SECTIONS];

/* How many records a section has, and where record `i` is. */
uint32_t form_count(const struct world_config *c, uint32_t section);
const uint8_t *form_record(const struct world_config *c, uint32_t section, uint32_t i);

/* Value of a number field in a record. */
int64_t form_number(const uint8_t *record, const struct form_field *f);

/* Length of a text field if it is well-formed UTF-8 that ends inside its array, else -1. */
int form_text(const uint8_t *record, const struct form_field *f);

#endif
