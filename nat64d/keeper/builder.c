/*
 * Layer: pure
 * Specification: none
 */
#include "nat64d/keeper/builder.h"

#include <stdarg.h>
#include <string.h>

enum {
    DIGITS_LEN = 12, /* of a 32-bit number, NUL included */
};

void builder_init(struct builder *builder, char *buffer, size_t size)
{
    *builder = (struct builder){.text = buffer, .size = size};
    buffer[0] = '\0';
}

void builder_put(struct builder *builder, const char *text)
{
    size_t len = strlen(text), room = builder->size - builder->len - 1;
    if (len > room) {
        builder->full = true;
        len = room;
    }
    memcpy(builder->text + builder->len, text, len);
    builder->len += len;
    builder->text[builder->len] = '\0';
}

void builder_put_all(struct builder *builder, const char *first, ...)
{
    va_list texts;
    va_start(texts, first);
    for (const char *text = first; text != NULL; text = va_arg(texts, const char *))
        builder_put(builder, text);
    va_end(texts);
}

static void put_digits(struct builder *builder, uint32_t number, uint32_t base)
{
    char digits[DIGITS_LEN];
    char *at = digits + sizeof(digits) - 1;
    *at = '\0';
    do {
        *--at = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    builder_put(builder, at);
}

void builder_number(struct builder *builder, uint32_t number)
{
    put_digits(builder, number, 10);
}

void builder_hex(struct builder *builder, uint32_t number)
{
    builder_put(builder, "0x");
    put_digits(builder, number, 16);
}
