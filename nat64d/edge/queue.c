/*
 * Layer: edge
 * Specification: Linux include/uapi/linux/netfilter/nfnetlink_queue.h
 */
#include "nat64d/edge/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bytes.h"
#include "nat64d/packet/checksum.h"

enum {
    REQUEST_LEN = 256,
    ANSWER_LEN = 8192,                /* what libmnl recommends at most */
    WAITING_PACKETS = 20000,          /* as many as wait at the TUN while nobody reads */
    WAITING_BYTES = 64 * 1024 * 1024, /* super-packets of up to 64 KiB among them */
    TCP_CHECKSUM = 16,
};

struct queue {
    int fd;
    uint16_t number; /* network order; as the packets say */
    uint32_t last;   /* id of the last packet read */
    bool unsettled;
};

/* One configuration message, and what the kernel says to it. */
static int configure(struct mnl_socket *socket, struct nlmsghdr *header)
{
    char answer[ANSWER_LEN];
    header->nlmsg_flags |= NLM_F_ACK;
    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(socket, answer, sizeof(answer));
        if (n < 0)
            return -errno;
        const struct nlmsghdr *got = (const struct nlmsghdr *)answer;
        /* Packets may come in already; they are dropped by the first verdict that names a later one. */
        if (got->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(got))->error;
    }
}

static int bind_queue(struct mnl_socket *socket, uint16_t number)
{
    char request[REQUEST_LEN];
    struct nlmsghdr *header = nfq_nlmsg_put(request, NFQNL_MSG_CONFIG, number);
    nfq_nlmsg_cfg_put_cmd(header, AF_INET, NFQNL_CFG_CMD_BIND);
    return configure(socket, header);
}

static int set_parameters(struct mnl_socket *socket, uint16_t number, bool gso)
{
    char request[REQUEST_LEN];
    struct nlmsghdr *header = nfq_nlmsg_put(request, NFQNL_MSG_CONFIG, number);
    nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, 0xffff);
    nfq_nlmsg_cfg_put_qmaxlen(header, WAITING_PACKETS);
    mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(gso ? NFQA_CFG_F_GSO : 0));
    mnl_attr_put_u32(header, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
    return configure(socket, header);
}

/* Room for what comes in a burst or while nobody reads; too little is no error, packets are dropped then. */
static void set_room(int fd)
{
    int size = WAITING_BYTES, one = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof(one));
}

int queue_open(uint16_t number, bool gso, int *ret_fd)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    int r = 0, fd = -1;
    if (socket == NULL)
        return -errno;
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        r = -errno;
        goto out;
    }
    set_room(mnl_socket_get_fd(socket));
    r = bind_queue(socket, number);
    if (r == 0)
        r = set_parameters(socket, number, gso);
    if (r < 0)
        goto out;
    /* The same socket under a number of its own: libmnl closes the one that it has. */
    fd = fcntl(mnl_socket_get_fd(socket), F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        r = -errno;
out:
    mnl_socket_close(socket);
    if (r < 0 && fd >= 0)
        close(fd);
    if (r == 0)
        *ret_fd = fd;
    return r == -EPERM ? -EBUSY : r; /* what the kernel says of a queue that somebody else has bound */
}

int queue_new(int fd, struct queue **ret_queue)
{
    struct queue *queue = calloc(1, sizeof(*queue));
    if (queue == NULL)
        return -ENOMEM;
    queue->fd = fd;
    *ret_queue = queue;
    return 0;
}

void queue_free(struct queue *queue)
{
    free(queue);
}

int queue_fd(const struct queue *queue)
{
    return queue->fd;
}

/* A TCP packet whose checksum is not made yet, alone or with many segments: its field becomes the sum of the
 * pseudo-header, as on the TUN. The segment size is a guess that the session makes good. */
static void describe(struct packet *packet, uint32_t info)
{
    uint32_t header = (uint32_t)(packet->data[0] & 0xf) * 4;
    if (packet->len < header + PACKET_TCP_HEADER || packet->data[9] != PACKET_PROTO_TCP)
        return;
    bool gso = info & NFQA_SKB_GSO;
    if (!gso && !(info & NFQA_SKB_CSUMNOTREADY))
        return;
    uint64_t sum = checksum_pseudo4(bytes_get32(packet->data + 12), bytes_get32(packet->data + 16),
                                    PACKET_PROTO_TCP, packet->len - header);
    uint16_t folded = (uint16_t)~checksum_finish(sum);
    packet->data[header + TCP_CHECKSUM] = (uint8_t)(folded >> 8);
    packet->data[header + TCP_CHECKSUM + 1] = (uint8_t)folded;
    packet->vnet.flags = PACKET_VNET_NEEDS_CSUM;
    packet->vnet.csum_start = (uint16_t)header;
    packet->vnet.csum_offset = TCP_CHECKSUM;
    if (gso && packet->len > header + PACKET_TCP_HEADER + PACKET_DEFAULT_MSS6) {
        packet->vnet.gso_type = PACKET_VNET_GSO_TCP4;
        packet->vnet.gso_size = PACKET_DEFAULT_MSS6;
        packet->gso_guessed = true;
    }
}

static int take(struct queue *queue, struct nlmsghdr *header, struct packet *packet)
{
    struct nlattr *attributes[NFQA_MAX + 1] = {NULL};
    if (header->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) ||
        nfq_nlmsg_parse(header, attributes) < 0 || attributes[NFQA_PACKET_HDR] == NULL)
        return 0;
    const struct nfqnl_msg_packet_hdr *about = mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]);
    const struct nfgenmsg *message = mnl_nlmsg_get_payload(header);
    queue->number = message->res_id;
    queue->last = about->packet_id;
    queue->unsettled = true;
    /* NFQA_CAP_LEN: it was longer than what came. */
    if (attributes[NFQA_PAYLOAD] == NULL || attributes[NFQA_CAP_LEN] != NULL)
        return 0;
    packet->data = mnl_attr_get_payload(attributes[NFQA_PAYLOAD]);
    packet->len = mnl_attr_get_payload_len(attributes[NFQA_PAYLOAD]);
    packet->vnet = (struct packet_vnet){0};
    packet->hairpin = packet->gso_guessed = packet->collected = packet->counted = false;
    packet->trace = (struct packet_trace){0};
    if (packet->len < PACKET_IPV4_HEADER)
        return 0;
    if (attributes[NFQA_SKB_INFO] != NULL)
        describe(packet, ntohl(mnl_attr_get_u32(attributes[NFQA_SKB_INFO])));
    return 1;
}

int queue_read(struct queue *queue, uint8_t *buffer, struct packet *packet)
{
    uint8_t *at = buffer + PACKET_HEADROOM;
    ssize_t n = recv(queue->fd, at, PACKET_BUFFER + QUEUE_OVERHEAD - PACKET_HEADROOM - PACKET_TAILROOM, 0);
    if (n < 0)
        return -errno;
    struct nlmsghdr *header = (struct nlmsghdr *)at;
    return mnl_nlmsg_ok(header, (int)n) ? take(queue, header, packet) : 0;
}

void queue_drop(struct queue *queue)
{
    char request[REQUEST_LEN];
    if (!queue->unsettled)
        return;
    struct nlmsghdr *header = nfq_nlmsg_put(request, NFQNL_MSG_VERDICT_BATCH, ntohs(queue->number));
    struct nfqnl_msg_verdict_hdr verdict = {.verdict = htonl(NF_DROP), .id = queue->last};
    mnl_attr_put(header, NFQA_VERDICT_HDR, sizeof(verdict), &verdict);
    /* A failure leaves them to the next verdict. */
    if (send(queue->fd, header, header->nlmsg_len, 0) >= 0)
        queue->unsettled = false;
}
