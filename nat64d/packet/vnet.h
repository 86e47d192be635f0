/*
 * Offloads of a packet on the TUN: partial checksums and super-packets.
 *
 * Layer: pure
 * Specification: virtio 1.2 5.1.6; Linux include/linux/virtio_net.h
 * Fuzz: fuzz_packet
 */
#ifndef GATE64_NAT64D_PACKET_VNET_H
#define GATE64_NAT64D_PACKET_VNET_H

#include "nat64d/packet/packet.h"
#include "nat64d/packet/reason.h"

/* Whether the description fits the parsed packet: types, csum_start at the transport header, gso_size,
 * UDP segment count (at most 128). REASON_OFFLOAD if not. */
enum reason vnet_check(const struct packet *packet);

/* Fills in a partial checksum (not for super-packets) and clears the flag. */
void vnet_complete_checksum(struct packet *packet);

/* After the IP header changed: GSO type for the new family, csum_start, hdr_len. */
void vnet_retarget(struct packet *packet);

/* Cuts a super-packet: writes segment `index` (0 .. packet_segments - 1), whole with its checksums, to
 * `out` (size PACKET_BUFFER; the segment begins PACKET_HEADROOM bytes in) and describes it in
 * *ret_segment, parsed. IPv4 identifications run on by one, TCP sequence, FIN/PSH and CWR as the kernel does.
 */
void vnet_segment(const struct packet *packet, uint32_t index, uint8_t *out, struct packet *ret_segment);

#endif
