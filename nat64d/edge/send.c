/*
 * Layer: edge
 * Specification: RFC 7915 4.1 and 5.1.1
 */
#include "nat64d/edge/send.h"

#include <errno.h>
#include <stdlib.h>

#include "nat64d/edge/tun.h"
#include "nat64d/packet/vnet.h"
#include "nat64d/rfc7915/fragment.h"

struct send {
    uint8_t segment[PACKET_BUFFER];
    uint8_t piece[PACKET_MAX];
};

int send_new(struct send **ret_send)
{
    struct send *send = malloc(sizeof(*send));
    if (send == NULL)
        return -ENOMEM;
    *ret_send = send;
    return 0;
}

void send_free(struct send *send)
{
    free(send);
}

/* One packet without offloads, in pieces. `packet->id` is what the other family's packet had. */
static int send_cut(struct send *send, int fd, const struct packet *packet, uint32_t cut_mtu)
{
    struct fragment_cut cut;
    struct packet piece = {.data = send->piece};
    fragment_cut_init(&cut, packet, cut_mtu, packet->id);
    while (fragment_cut_next(&cut, send->piece, &piece.len)) {
        int r = tun_write(fd, &piece);
        if (r < 0)
            return r;
    }
    return 0;
}

int send_packet(struct send *send, int fd, struct packet *packet, uint32_t cut_mtu)
{
    if (cut_mtu == 0)
        return tun_write(fd, packet);
    uint32_t segments = packet_segments(packet);
    if (segments == 1) {
        vnet_complete_checksum(packet);
        return send_cut(send, fd, packet, cut_mtu);
    }
    for (uint32_t i = 0; i < segments; i++) {
        struct packet segment;
        vnet_segment(packet, i, send->segment, &segment);
        segment.id = packet->id + i;
        int r = send_cut(send, fd, &segment, cut_mtu);
        if (r < 0)
            return r;
    }
    return 0;
}
