/*
 * Layer: table
 * Specification: man/gate64.conf.5 (dns64.views)
 */
#include "dns64/access/view.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    uint8_t family, len;
    struct in6_addr address; /* of IPv4 in the first four bytes */
    unsigned view;
    size_t end; /* of those of the same family and length */
};

struct view_table {
    size_t count;
    struct entry entries[]; /* by family, the longest first, then by address */
};

static struct in6_addr key_of(uint8_t family, uint32_t v4, const struct in6_addr *v6)
{
    struct in6_addr key = {0};
    if (family == AF_INET6)
        return *v6;
    for (int i = 0; i < 4; i++)
        key.s6_addr[i] = (uint8_t)(v4 >> (24 - 8 * i));
    return key;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->family != y->family)
        return x->family < y->family ? -1 : 1;
    if (x->len != y->len)
        return x->len > y->len ? -1 : 1;
    return memcmp(&x->address, &y->address, sizeof(x->address));
}

static void find_ends(struct view_table *table)
{
    for (size_t i = table->count; i-- > 0;) {
        struct entry *at = &table->entries[i];
        bool last = i + 1 == table->count || at[1].family != at->family || at[1].len != at->len;
        at->end = last ? i + 1 : at[1].end;
    }
}

struct view_table *view_table_new(const struct view_client *clients, size_t count)
{
    struct view_table *table = calloc(1, sizeof(*table) + count * sizeof(table->entries[0]));
    if (table == NULL)
        return NULL;
    table->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct addr_prefix *prefix = &clients[i].prefix;
        table->entries[i] = (struct entry){
            .family = prefix->family,
            .len = prefix->family == AF_INET ? prefix->v4.len : prefix->v6.len,
            .address = key_of(prefix->family, prefix->v4.address, &prefix->v6.address),
            .view = clients[i].view,
        };
    }
    qsort(table->entries, count, sizeof(table->entries[0]), compare);
    find_ends(table);
    return table;
}

void view_table_free(struct view_table *table)
{
    free(table);
}

bool view_find(const struct view_table *table, const struct addr *client, unsigned *ret_view)
{
    if (table == NULL)
        return false;
    const struct in6_addr address = key_of(client->family, client->v4, &client->v6);
    for (size_t at = 0; at < table->count; at = table->entries[at].end) {
        const struct entry *first = &table->entries[at];
        const struct entry wanted = {
            .family = client->family, .len = first->len, .address = addr_mask6(&address, first->len)};
        const struct entry *found =
            first->family != client->family
                ? NULL
                : bsearch(&wanted, first, first->end - at, sizeof(table->entries[0]), compare);
        if (found != NULL) {
            *ret_view = found->view;
            return true;
        }
    }
    return false;
}
