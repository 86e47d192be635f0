/*
 * A set of ports and its text, as the kernel writes it.
 *
 * Layer: pure
 * Specification: Linux Documentation/networking/ip-sysctl.rst (ip_local_reserved_ports): 1,2-4,10-10
 */
#ifndef GATE64_GATE64_PORT_LIST_H
#define GATE64_GATE64_PORT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PORT_LIST_PORTS = 65536,
};

struct port_list {
    bool has[PORT_LIST_PORTS];
};

/* Adds what a text names; what is no port in it is passed over. */
void port_list_add_text(struct port_list *list, const char *text);
void port_list_add(struct port_list *list, uint16_t first, uint16_t last);
/* "1,2-4"; returns false, with the buffer cut, if it does not fit. */
bool port_list_print(const struct port_list *list, char *buffer, size_t size);

#endif
