/*
 * SYNs from IPv4 that nobody asked for, kept to see whether the backend opens the connection too.
 *
 * Layer: table
 * Specification: RFC 6146 3.5.2.2 (V4 INIT with a stored packet), RFC 5382 REQ-4, RFC 6146 5.3
 *
 * Bounded in number, bytes and per source; one for each (T,t,Z,z). When full, a SYN is dropped in silence.
 */
#ifndef GATE64_NAT64D_TABLE_STORED_SYN_H
#define GATE64_NAT64D_TABLE_STORED_SYN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/siphash.h"

enum {
    STORED_SYN_MAX = 1024,      /* a shard */
    STORED_SYN_PER_SOURCE = 10, /* Z */
    STORED_SYN_BYTES = 128,     /* IPv4 header, TCP header with options: what an ICMP error quotes */
};

struct stored_syn {
    uint32_t src4, dst4; /* (T,t) and (Z,z) */
    uint16_t src4_port, dst4_port;
    uint64_t expires_ns;
    uint16_t len; /* bytes kept */
    uint8_t bytes[STORED_SYN_BYTES];
};

struct stored_syn_table;

int stored_syn_new(struct siphash_key key, struct stored_syn_table **ret_table)
    __attribute__((warn_unused_result));
void stored_syn_free(struct stored_syn_table *table);

/* Keeps the first bytes of a packet. -EEXIST: already there (its time is not moved); -ENOSPC: full, for
 * this source or in all. */
int stored_syn_add(struct stored_syn_table *table, uint32_t src4, uint16_t src4_port, uint32_t dst4,
                   uint16_t dst4_port, const void *packet, size_t len, uint64_t expires_ns)
    __attribute__((warn_unused_result));

bool stored_syn_has(const struct stored_syn_table *table, uint32_t src4, uint16_t src4_port, uint32_t dst4,
                    uint16_t dst4_port);
/* Throws it away in silence; false if there was none. */
bool stored_syn_drop(struct stored_syn_table *table, uint32_t src4, uint16_t src4_port, uint32_t dst4,
                     uint16_t dst4_port);

/* Takes out one whose time has come; false when there is none. */
bool stored_syn_next(struct stored_syn_table *table, uint64_t now_ns, struct stored_syn *ret_syn);

size_t stored_syn_count(const struct stored_syn_table *table);

#endif
