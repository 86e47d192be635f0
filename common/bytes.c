/*
 * Layer: pure
 * Specification: RFC 791 appendix B
 */
#include "common/bytes.h"

void bytes_reader_init(struct bytes_reader *reader, const void *start, size_t len)
{
    reader->start = reader->pos = start;
    reader->end = reader->start + len;
    reader->error = false;
}

size_t bytes_left(const struct bytes_reader *reader)
{
    return reader->error ? 0 : (size_t)(reader->end - reader->pos);
}

const uint8_t *bytes_read(struct bytes_reader *reader, size_t len)
{
    const uint8_t *at = reader->pos;
    if (reader->error || (size_t)(reader->end - at) < len) {
        reader->error = true;
        return NULL;
    }
    reader->pos += len;
    return at;
}

uint8_t bytes_read8(struct bytes_reader *reader)
{
    const uint8_t *at = bytes_read(reader, 1);
    return at == NULL ? 0 : *at;
}

uint16_t bytes_read16(struct bytes_reader *reader)
{
    const uint8_t *at = bytes_read(reader, 2);
    return at == NULL ? 0 : bytes_get16(at);
}

uint32_t bytes_read32(struct bytes_reader *reader)
{
    const uint8_t *at = bytes_read(reader, 4);
    return at == NULL ? 0 : bytes_get32(at);
}

void bytes_skip(struct bytes_reader *reader, size_t len)
{
    bytes_read(reader, len);
}

void bytes_writer_init(struct bytes_writer *writer, void *start, size_t len)
{
    writer->start = writer->pos = start;
    writer->end = writer->start + len;
    writer->error = false;
}

size_t bytes_written(const struct bytes_writer *writer)
{
    return (size_t)(writer->pos - writer->start);
}

void bytes_write(struct bytes_writer *writer, const void *data, size_t len)
{
    if (writer->error || (size_t)(writer->end - writer->pos) < len) {
        writer->error = true;
        return;
    }
    if (len > 0)
        memcpy(writer->pos, data, len);
    writer->pos += len;
}

void bytes_write8(struct bytes_writer *writer, uint8_t value)
{
    bytes_write(writer, &value, sizeof(value));
}

void bytes_write16(struct bytes_writer *writer, uint16_t value)
{
    uint8_t raw[2];
    bytes_put16(raw, value);
    bytes_write(writer, raw, sizeof(raw));
}

void bytes_write32(struct bytes_writer *writer, uint32_t value)
{
    uint8_t raw[4];
    bytes_put32(raw, value);
    bytes_write(writer, raw, sizeof(raw));
}
