/*
 * A domain name as bytes on the wire: whether it is one, and its text.
 *
 * Layer: pure
 * Specification: RFC 1035 3.1 (labels), 5.1 (\DDD); RFC 4343 3 (case)
 * Fuzz: fuzz_names
 *
 * The uncompressed form, with the root label. For programs that do not speak DNS; dns64/wire/name reads
 * messages.
 */
#ifndef GATE64_COMMON_DOMAIN_H
#define GATE64_COMMON_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DOMAIN_MAX_LEN = 255,
    DOMAIN_TEXT_LEN = 4 * DOMAIN_MAX_LEN + 2,
};

/* Labels of 1 to 63 bytes and the root's at the very end of `len`. */
bool domain_valid(const uint8_t *bytes, size_t len);

/* The name in small letters (RFC 4343 3: those of ASCII alone); lengths are no letters. `out` has room for
 * `len`. */
void domain_fold(const uint8_t *bytes, size_t len, uint8_t *out);

/* Dots between labels, "." for the root; what is not printable as \DDD. Of a valid name. Returns `text`. */
char *domain_print(const uint8_t *bytes, size_t len, char text[DOMAIN_TEXT_LEN]);

#endif
