/*
 * Layer: pure
 * Specification: ip-sysctl.rst
 */
#include "gate64/port_list.h"

#include <string.h>

enum {
    ENTRY_LEN = 16, /* ",65535-65535" */
};

void port_list_add(struct port_list *list, uint16_t first, uint16_t last)
{
    for (uint32_t port = first; port <= last; port++)
        list->has[port] = true;
}

/* A port, or a number that is none: 0. */
static uint16_t take_port(const char **at)
{
    uint32_t value = 0;
    while (**at >= '0' && **at <= '9') {
        value = value < PORT_LIST_PORTS ? value * 10 + (uint32_t)(**at - '0') : value;
        (*at)++;
    }
    return value < PORT_LIST_PORTS ? (uint16_t)value : 0;
}

void port_list_add_text(struct port_list *list, const char *text)
{
    while (*text != '\0') {
        const char *before = text;
        uint16_t first = take_port(&text), last = first;
        if (*text == '-' || *text == '\t') { /* ip_local_port_range has a tab */
            text++;
            last = take_port(&text);
        }
        if (first > 0 && last >= first)
            port_list_add(list, first, last);
        if (*text != '\0' && (text == before || *text == ','))
            text++;
    }
}

static size_t put_number(char *at, uint32_t value)
{
    char digits[8];
    size_t count = 0, len = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        at[len++] = digits[--count];
    return len;
}

bool port_list_print(const struct port_list *list, char *buffer, size_t size)
{
    size_t len = 0;
    buffer[0] = '\0';
    for (uint32_t port = 0; port < PORT_LIST_PORTS; port++) {
        uint32_t last = port;
        if (!list->has[port])
            continue;
        while (last + 1 < PORT_LIST_PORTS && list->has[last + 1])
            last++;
        if (len + ENTRY_LEN > size)
            return false;
        if (len > 0)
            buffer[len++] = ',';
        len += put_number(buffer + len, port);
        if (last > port) {
            buffer[len++] = '-';
            len += put_number(buffer + len, last);
        }
        buffer[len] = '\0';
        port = last;
    }
    return true;
}
