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
    NAME_POINTER_TARGETS = 0x4000, /* 14 bits */
    NAME_TEXT_LEN = 4 * NAME_MAX_LEN + 2,
};

struct name {
    uint8_t len;
    uint8_t bytes[NAME_MAX_LEN];
};

/* Reads the name at `at` of a message of `len` bytes; *ret_next is where the record goes on. Pointers must
 * point backwards. False when malformed. */
bool name_read(const uint8_t *message, size_t len, size_t at, struct name *ret_name, size_t *ret_next);

/* What is known of names that begin at an offset: how many bytes each is in full, how many pointers it goes
 * through, and where the first of them leads. Names that share an end are followed once (RFC 9267 2). */
struct name_memo {
    struct {
        uint8_t len, pointers; /* len 0: nothing is known */
        uint16_t first;
    } at[NAME_POINTER_TARGETS];
};

/* For a message of this length. */
void name_memo_init(struct name_memo *memo, size_t message_len);

/* Whether name_read reads it, and where the record goes on. With a memo (NULL: none) all names of a message
 * together cost no more steps than it has bytes. */
bool name_check(const uint8_t *message, size_t len, size_t at, struct name_memo *memo, size_t *ret_next);

/* Steps over a name without following pointers. False when malformed. */
bool name_skip(const uint8_t *message, size_t len, size_t at, size_t *ret_next);

/* Whether the name at `at`, which name_check has passed, is this one, without regard to case. */
bool name_is_at(const uint8_t *message, size_t at, const struct name *name);

/* Without regard to case. */
bool name_equal(const struct name *a, const struct name *b);
/* Whether `name` is `parent` or below it; *ret_labels (may be NULL) is how many labels are left above. */
bool name_under(const struct name *name, const struct name *parent, unsigned *ret_labels);

/* Where the last label before the root stands; 0 for the root itself. */
size_t name_last_label(const struct name *name);
/* What is left of a name from a label on. */
void name_from_label(const struct name *name, size_t at, struct name *ret_name);
/* In lower case, as tables hold it (RFC 4343 3). */
void name_fold(const struct name *name, struct name *ret_name);

/* From text with dots ("example.com", "." for the root); \ is not known. False when too long or malformed. */
bool name_from_text(const char *text, struct name *ret_name);
/* Dots between labels; what is not printable as \DDD. */
char *name_print(const struct name *name, char text[NAME_TEXT_LEN]);

#endif
