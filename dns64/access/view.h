/*
 * Whose query it is: the view of a client, by the longest prefix that holds its address.
 *
 * Layer: table
 * Specification: man/gate64.conf.5 (dns64.views)
 *
 * Filled once, then only read. A look-up costs a binary search for each length that any view uses.
 */
#ifndef GATE64_DNS64_ACCESS_VIEW_H
#define GATE64_DNS64_ACCESS_VIEW_H

#include "common/addr.h"

struct view_client {
    struct addr_prefix prefix;
    unsigned view;
};

struct view_table;

/* Copies the clients; a prefix that comes twice has either of its views. NULL: no memory. */
struct view_table *view_table_new(const struct view_client *clients, size_t count);
/* Accepts NULL. */
void view_table_free(struct view_table *table);

/* Whether any prefix holds the address. `table` may be NULL, which holds none. */
bool view_find(const struct view_table *table, const struct addr *client, unsigned *ret_view);

#endif
