/*
 * What the host says of itself in text: reserved ports, and lines of its lists of sockets. The first byte
 * chooses: A to D is family and protocol of a line, anything else begins a set of ports, which is printed so
 * that it parses to the same.
 *
 * Layer: test
 * Specification: Linux ip-sysctl.rst (ip_local_reserved_ports); proc(5)
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gate64/socket_line.h"
#include "nat64d/keeper/port_set.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void ports(const char *text)
{
    static char printed[PORT_SET_TEXT_LEN];
    struct port_set set, again;
    if (port_set_parse(text, &set) < 0)
        return;
    port_set_print(&set, printed);
    assert(port_set_parse(printed, &again) == 0);
    assert(port_set_equal(&set, &again));
}

static void socket_of(const char *line, unsigned kind)
{
    struct socket_line found;
    int family = kind & 1 ? AF_INET6 : AF_INET;
    if (!socket_line_parse(line, family, kind & 2, &found))
        return;
    assert(found.tcp == ((kind & 2) != 0));
    assert(found.addr.family == AF_INET || family == AF_INET6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len >= TEXT_MAX)
        return 0;
    char *text = malloc(len + 1); /* of its length, so that a byte beyond it is noticed */
    assert(text != NULL);
    memcpy(text, data, len);
    text[len] = '\0';
    if (text[0] >= 'A' && text[0] <= 'D')
        socket_of(text + 1, (unsigned)(text[0] - 'A'));
    else
        ports(text);
    free(text);
    return 0;
}
