/*
 * Big-endian loads and stores, and a cursor over outside bytes with a sticky error.
 *
 * Layer: pure
 * Specification: RFC 791 appendix B (network order)
 *
 * The cursor never reads or writes outside [start, end): the first step that would sets `error` and
 * from then on every read gives 0 and every write does nothing, so a parser checks once at its end.
 */
#ifndef GATE64_COMMON_BYTES_H
#define GATE64_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t bytes_get16(const void *p)
{
    const uint8_t *b = p;
    return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t bytes_get32(const void *p)
{
    const uint8_t *b = p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline void bytes_put16(void *p, uint16_t value)
{
    uint8_t *b = p;
    b[0] = (uint8_t)(value >> 8);
    b[1] = (uint8_t)value;
}

static inline void bytes_put32(void *p, uint32_t value)
{
    uint8_t *b = p;
    b[0] = (uint8_t)(value >> 24);
    b[1] = (uint8_t)(value >> 16);
    b[2] = (uint8_t)(value >> 8);
    b[3] = (uint8_t)value;
}

struct bytes_reader {
    const uint8_t *start;
    const uint8_t *pos;
    const uint8_t *end;
    bool error;
};

void bytes_reader_init(struct bytes_reader *reader, const void *start, size_t len);
size_t bytes_left(const struct bytes_reader *reader);
uint8_t bytes_read8(struct bytes_reader *reader);
uint16_t bytes_read16(struct bytes_reader *reader);
uint32_t bytes_read32(struct bytes_reader *reader);
/* Pointer to the next `len` bytes and steps over them; NULL on error. */
const uint8_t *bytes_read(struct bytes_reader *reader, size_t len);
void bytes_skip(struct bytes_reader *reader, size_t len);

struct bytes_writer {
    uint8_t *start;
    uint8_t *pos;
    uint8_t *end;
    bool error;
};

void bytes_writer_init(struct bytes_writer *writer, void *start, size_t len);
size_t bytes_written(const struct bytes_writer *writer);
void bytes_write8(struct bytes_writer *writer, uint8_t value);
void bytes_write16(struct bytes_writer *writer, uint16_t value);
void bytes_write32(struct bytes_writer *writer, uint32_t value);
void bytes_write(struct bytes_writer *writer, const void *data, size_t len);

#endif
