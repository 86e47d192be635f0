/*
 * The TUN device: queues with virtio headers and offloads.
 *
 * Layer: edge
 * Specification: Linux Documentation/networking/tuntap.rst; virtio 1.2 5.1.6
 *
 * One queue a worker; the kernel steers a flow to the queue that last wrote for it.
 */
#ifndef GATE64_NAT64D_EDGE_TUN_H
#define GATE64_NAT64D_EDGE_TUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nat64d/packet/packet.h"

struct tun_offloads {
    bool tso;
    bool uso;
};

/* Makes the device `name` without a queue; it stays when nobody holds it. Logs why it could not. */
int tun_make(const char *name) __attribute__((warn_unused_result));

/* Whether a descriptor is a live queue of that device. */
bool tun_is_attached(int fd, const char *name);

/* Makes the device `name` with `queues` queues, non-blocking; fds[] is the caller's to close. Logs why it
 * could not. -EBUSY: a device of that name is in use. */
int tun_open(const char *name, unsigned queues, int fds[], struct tun_offloads *ret_offloads)
    __attribute__((warn_unused_result));

/* Reads one packet behind `buffer` + PACKET_HEADROOM (size PACKET_BUFFER) and sets packet's data, len and
 * vnet. 1, 0 when there is none, or negative errno. */
int tun_read(int fd, uint8_t *buffer, struct packet *packet);

/* 0 or negative errno. */
int tun_write(int fd, const struct packet *packet);

#endif
