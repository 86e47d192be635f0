/*
 * How many things each client network holds at a time: connections, queries under way.
 *
 * Layer: table
 * Specification: RFC 7766 6.2.2
 *
 * As many networks as there can be things, found by a keyed hash within a bounded distance. A network that
 * finds no place within it is refused; with three of four places free that does not happen unless somebody
 * knows the key.
 */
#ifndef GATE64_DNS64_ACCESS_PLACES_H
#define GATE64_DNS64_ACCESS_PLACES_H

#include "common/addr.h"
#include "common/siphash.h"

struct places;

/* `most`: things in all. NULL: no memory. */
struct places *places_new(size_t most, struct siphash_key secret);
/* Accepts NULL. */
void places_free(struct places *places);

/* One more for the client's network, which then has `limit` at most: what places_give wants back, or -1. */
int places_take(struct places *places, const struct addr *client, unsigned limit);
void places_give(struct places *places, int place);

#endif
