/*
 * Datagrams that come in fragments: what is known of each, and the fragments that wait.
 *
 * Layer: table
 * Specification: RFC 6146 3.4 (fragments), RFC 8200 4.5, RFC 5722 4, RFC 6946, RFC 791 3.2, RFC 6146 5.3
 * Fuzz: fuzz_fragments
 *
 * A datagram is found by source, destination and identification, in IPv4 by the protocol too. Its first
 * fragment names the ports. A fragment that comes after it passes at once with those ports; one that comes
 * before it is copied and waits. A datagram that is to be translated whole has all its fragments copied. What
 * need wait no longer is ready: fragments_take gives it back, a fragment as it came, or the whole datagram
 * (of IPv6 as an atomic fragment, so that its identification goes along).
 *
 * Bounded, with memory that is taken once: datagrams at once, in all and for each source network (/64, /32);
 * fragments of a datagram; bytes, in chunks, in all and for each source network; time. A datagram that does
 * not begin with its first fragment finds no place in the last quarter, so that a flood of later fragments
 * does not stand in the way of datagrams whose fragments come in order. An overlap ends its datagram: until
 * its time is over, whatever else comes of it is refused. A fragment with a range that was there before is
 * refused alone; its bytes are not compared.
 *
 * The memory of a datagram with fragments in order: one record. It is free again with the last fragment.
 */
#ifndef GATE64_NAT64D_TABLE_FRAGMENTS_H
#define GATE64_NAT64D_TABLE_FRAGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/siphash.h"
#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"

enum {
    FRAGMENTS_PIECES = 64, /* of one datagram: 64 KiB in pieces of 1280 bytes are 54 */
    FRAGMENTS_LEAST = 16,  /* datagrams, however few are asked for */
    FRAGMENTS_SHARE = 4,   /* a source network has this part of the datagrams and of the memory */
};

struct fragments;

/* Room for `datagrams` at once and eight chunks of half a KiB for each, 512 KiB at least. */
int fragments_new(uint32_t datagrams, struct siphash_key key, struct fragments **ret_fragments)
    __attribute__((warn_unused_result));
void fragments_free(struct fragments *fragments);

enum fragments_fate {
    FRAGMENTS_PASSES, /* to be translated now; the packet has the ports of its datagram */
    FRAGMENTS_KEPT,   /* copied: the packet is done with */
};

/* What becomes of a parsed fragment (never an atomic one). `whole`: its datagram is to be translated whole,
 * as far as this fragment tells. If not REASON_OK the fragment is refused, and with it *ret_dropped others
 * that had waited. */
enum reason fragments_add(struct fragments *fragments, struct packet *packet, bool whole, uint64_t now_ns,
                          enum fragments_fate *ret_fate, uint32_t *ret_dropped);

bool fragments_ready(const struct fragments *fragments);

/* Writes what has been ready longest to packet->data (room for PACKET_MAX) and describes it, unparsed. True
 * if it is a whole datagram. Only when fragments_ready. */
bool fragments_take(struct fragments *fragments, struct packet *packet);

/* Forgets datagrams that began before now - window; returns how many fragments had waited in vain. */
uint32_t fragments_expire(struct fragments *fragments, uint64_t now_ns, uint64_t window_ns);

/* For who decides which worker collects a datagram: the same for all its fragments. */
uint64_t fragments_hash(struct siphash_key key, const struct packet *packet);

/* For tests: datagrams that are remembered, chunks in use. */
uint32_t fragments_count(const struct fragments *fragments);
uint32_t fragments_chunks(const struct fragments *fragments);

#endif
