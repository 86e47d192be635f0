/*
 * Names that the operator gives addresses to: local data that is answered here and never asked for.
 *
 * Layer: table
 * Specification: hosts(5), RFC 1035 3.5 and RFC 3596 2.5 (reverse names)
 *
 * Made once, then only read, by any number of threads. A name has its A and AAAA records in the order in
 * which they came; the reverse name of an address is PTR to the first name that came with it. Names above one
 * of these are noted too, since they exist (RFC 8020 2), but have no records and are not answered here.
 */
#ifndef GATE64_DNS64_LOCAL_ROSTER_H
#define GATE64_DNS64_LOCAL_ROSTER_H

#include "common/addr.h"
#include "common/siphash.h"
#include "dns64/wire/message.h"

enum {
    ROSTER_MAX = 1 << 20, /* names, with those above them and the reverse ones */
    ROSTER_EACH_MAX = 64, /* records of one type that a name has */
};

struct roster;

/* NULL: no memory. */
struct roster *roster_new(struct siphash_key secret);
/* Accepts NULL. */
void roster_free(struct roster *roster);

/* The address for a name, in both directions if `canonical`. What is there already is not added again. A
 * name under localhost. has no addresses but the loopback ones (RFC 6761 6.3) and gets only its reverse name.
 * -ENOSPC: ROSTER_MAX; -E2BIG: ROSTER_EACH_MAX; -ENOMEM. */
int roster_add(struct roster *roster, const struct name *name, const struct addr *addr, bool canonical)
    __attribute__((warn_unused_result));

/* How many have records. */
size_t roster_count(const struct roster *roster);

struct roster_entry;

/* The name's records; NULL when it has none of any type. A name that ends as none of the table's is told by
 * its last label; any other costs one hash. */
const struct roster_entry *roster_find(const struct roster *roster, const struct name *name);
/* Whether there are names with records below this one. */
bool roster_below(const struct roster *roster, const struct name *name);

/* Whether it has records of this type. */
bool roster_has(const struct roster_entry *entry, uint16_t type);
/* Adds the records of this type to the answer section, ANY: of all types; returns how many. */
unsigned roster_put(const struct roster *roster, const struct roster_entry *entry, const struct name *owner,
                    uint16_t type, uint32_t ttl, struct message_writer *writer);

#endif
