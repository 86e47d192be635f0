/*
 * Domain names on the wire: read with every limit, compared, printed.
 *
 * Layer: pure
 * Specification: RFC 1035 3.1, 4.1.4; RFC 9267 (what goes wrong); RFC 4343 (case)
 * Fuzz: fuzz_dns_message
 *
 * A name here is the uncompressed wire form, at most NAME_MAX_LEN bytes with the root label, case kept.
 */
#ifndef GATE64_DNS64_WIRE_NAME_H
#define GATE64_DNS64_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NAME_MAX_LEN = 255,
    NAME_POINTERS_MAX = 127,
    NAME_TEXT_LEN = 4 * NAME_MAX_LEN + 2,
};

struct name {
    uint8_t len;
    uint8_t bytes[NAME_MAX_LEN];
};

/* Reads the name at `at` of a message of `len` bytes; *ret_next is where the record goes on. Pointers must
 * point backwards. False when malformed. */
bool name_read(const uint8_t *message, size_t len, size_t at, struct name *ret_name, size_t *ret_next);

/* Steps over a name without following pointers. False when malformed. */
bool name_skip(const uint8_t *message, size_t len, size_t at, size_t *ret_next);

/* Without regard to case. */
bool name_equal(const struct name *a, const struct name *b);
/* Whether `name` is `parent` or below it; *ret_labels (may be NULL) is how many labels are left above. */
bool name_under(const struct name *name, const struct name *parent, unsigned *ret_labels);

/* From text with dots ("example.com", "." for the root); \ is not known. False when too long or malformed. */
bool name_from_text(const char *text, struct name *ret_name);
/* Dots between labels; what is not printable as \DDD. */
char *name_print(const struct name *name, char text[NAME_TEXT_LEN]);

#endif
