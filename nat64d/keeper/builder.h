/*
 * Builds text in a buffer of the caller.
 *
 * Layer: pure
 * Specification: none
 *
 * The text is NUL-terminated at every moment. What does not fit is cut off and `full` set, so that a caller
 * checks once at the end.
 */
#ifndef GATE64_NAT64D_KEEPER_BUILDER_H
#define GATE64_NAT64D_KEEPER_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct builder {
    char *text;
    size_t size; /* of the buffer, at least 1 */
    size_t len;
    bool full;
};

void builder_init(struct builder *builder, char *buffer, size_t size);

void builder_put(struct builder *builder, const char *text);
/* Each text up to a NULL. */
void builder_put_all(struct builder *builder, const char *first, ...) __attribute__((sentinel));
void builder_number(struct builder *builder, uint32_t number);
/* With 0x in front. */
void builder_hex(struct builder *builder, uint32_t number);

#endif
