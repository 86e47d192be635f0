/*
 * Names of record types and of RCODEs, and a small number for each that is counted by itself.
 *
 * Layer: pure
 * Specification: IANA DNS parameters; RFC 3597 5 (TYPE1234)
 * Fuzz: fuzz_dns_list
 */
#ifndef GATE64_DNS64_WIRE_TYPE_H
#define GATE64_DNS64_WIRE_TYPE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TYPE_TEXT_LEN = 16,
    TYPE_KINDS = 18,  /* those with a name, and all others */
    TYPE_RCODES = 12, /* likewise */
};

/* "AAAA", or "TYPE1234" by RFC 3597 in `buffer`. */
const char *type_text(uint16_t type, char buffer[TYPE_TEXT_LEN]);
/* The other way, without regard to case; false: it is none. */
bool type_parse(const char *text, uint16_t *ret_type);
/* Below TYPE_KINDS; the last one is all the others. */
unsigned type_kind(uint16_t type);
const char *type_kind_text(unsigned kind); /* "AAAA", "other" */

/* "IN", or "CLASS3" in `buffer`. */
const char *type_class_text(uint16_t class, char buffer[TYPE_TEXT_LEN]);

/* "NOERROR", or "RCODE12" in `buffer`. */
const char *type_rcode_text(unsigned rcode, char buffer[TYPE_TEXT_LEN]);
unsigned type_rcode_kind(unsigned rcode);
const char *type_rcode_kind_text(unsigned kind);

#endif
