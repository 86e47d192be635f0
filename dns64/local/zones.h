/*
 * Zones that a resolver answers by itself instead of asking the Internet about names that mean something only
 * here, or nothing anywhere.
 *
 * Layer: pure
 * Specification: RFC 6303 3 and 4, RFC 7793, RFC 6761 6, RFC 6762 22.1, RFC 7686 2, RFC 8375 4, RFC 9462 6,
 * RFC 9476, RFC 9665
 *
 * Each of the zones can be switched off by itself; names below it are then as any others.
 */
#ifndef GATE64_DNS64_LOCAL_ZONES_H
#define GATE64_DNS64_LOCAL_ZONES_H

#include "dns64/wire/message.h"

enum zones_kind {
    ZONES_EMPTY,     /* SOA and NS at the apex, nothing below */
    ZONES_NOTHING,   /* a top-level domain that does not exist: nothing at the apex either */
    ZONES_NO_DATA,   /* every name is there, and has no records */
    ZONES_LOCALHOST, /* every name is the loopback addresses */
};

enum {
    ZONES_MAX = 128, /* room for all of them */
};

/* Which are switched off; all zero: none. */
struct zones {
    uint64_t off[ZONES_MAX / 64];
};

/* The zone that a name is in. */
struct zones_found {
    enum zones_kind kind;
    unsigned index;
    struct name zone; /* in the letters of the question */
    unsigned below;   /* labels of the name above the zone's apex */
};

/* Switches off each zone that is `name` or below it; returns how many. */
unsigned zones_switch_off(struct zones *zones, const struct name *name);
void zones_switch_all_off(struct zones *zones);

/* Whether a question is answered here. A DS record of a delegated zone stands above it and is not. */
bool zones_find(const struct zones *zones, const struct name *name, uint16_t type,
                struct zones_found *ret_found);

/* Fills the sections of the answer and returns its RCODE. `has_below`: there are local names below this one,
 * which so exists (RFC 8020 2). */
enum message_rcode zones_answer(const struct zones_found *found, const struct name *name, uint16_t type,
                                bool has_below, struct message_writer *writer);

/* The text of each zone in turn, for lists that people read; false behind the last. */
bool zones_name(unsigned index, struct name *ret_name);

#endif
