/*
 * Which NFQUEUE is whose: the rules that fill the queues and the workers that read them agree here.
 *
 * Layer: pure
 * Specification: nfnetlink_queue, iptables-extensions(8) NFQUEUE
 *
 * A worker has two queues, since TCP comes in super-packets (NFQA_CFG_F_GSO) and the rest does not.
 */
#ifndef GATE64_NAT64D_KEEPER_QUEUE_NUMBER_H
#define GATE64_NAT64D_KEEPER_QUEUE_NUMBER_H

#include <stdint.h>

enum {
    QUEUE_NUMBER_FIRST = 6400,
    QUEUE_NUMBER_BLOCK = 64, /* neighbouring ports that have one owner: a block of the pool */
};

static inline uint16_t queue_number_tcp(unsigned worker)
{
    return (uint16_t)(QUEUE_NUMBER_FIRST + 2 * worker);
}

/* UDP and ICMP. */
static inline uint16_t queue_number_other(unsigned worker)
{
    return (uint16_t)(QUEUE_NUMBER_FIRST + 2 * worker + 1);
}

#endif
