/*
 * Layer: pure
 * Specification: virtio 1.2 5.1.6 (what a super-packet stands for)
 */
#include "nat64d/packet/packet.h"

uint32_t packet_segment_len(const struct packet *packet)
{
    uint32_t headers = (uint32_t)packet->l3_len + packet->l4_len;
    if (packet->vnet.gso_size == 0 || packet->len <= headers + packet->vnet.gso_size)
        return packet->len;
    return headers + packet->vnet.gso_size;
}

uint32_t packet_segments(const struct packet *packet)
{
    uint32_t headers = (uint32_t)packet->l3_len + packet->l4_len, size = packet->vnet.gso_size;
    if (size == 0 || packet->len <= headers + size)
        return 1;
    return (packet->len - headers + size - 1) / size;
}
