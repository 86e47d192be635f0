/*
 * How large the translator is made: packet threads, shards, sessions.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (workers, max-sessions)
 *
 * Asked by the translator for its tables and by the host set-up for the rules that fill its queues.
 */
#ifndef GATE64_NAT64D_KEEPER_SIZE_H
#define GATE64_NAT64D_KEEPER_SIZE_H

#include "common/settings.h"

/* Packet threads that the settings ask for on this machine; each owns at least one shard. */
unsigned size_workers(const struct settings *settings);

/* A power of two, at least the CPUs and the workers. */
unsigned size_shards(unsigned workers);

uint32_t size_sessions(const struct settings *settings);

/* Slots that hold so many sessions, however the shards share them: each may have a chunk that is not full. */
uint32_t size_slots(const struct settings *settings, unsigned shards);

#endif
