/*
 * Layer: edge
 * Specification: sock_diag(7)
 */
#include "nat64d/edge/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>

enum {
    REQUEST_LEN = 256,
    ANSWER_LEN = 32768, /* what a dump hands over at once */
    ALL_STATES = 0xffff,
};

/* Ports that were seen, for one address. */
struct seen {
    uint32_t address;
    uint64_t ports[PORT_BLOCKS];
};

static bool is_wildcard(const uint32_t words[4], bool v6)
{
    return words[0] == 0 && (!v6 || (words[1] == 0 && words[2] == 0 && words[3] == 0));
}

/* The IPv4 address of a socket: its own, or the one in an IPv6 socket's mapped address. */
static bool has_address(const struct inet_diag_msg *message, uint32_t address)
{
    enum { MAPPED = 0xffff };
    const uint32_t *words = message->id.idiag_src;
    bool v6 = message->idiag_family == AF_INET6;
    if (is_wildcard(words, v6))
        return true;
    if (!v6)
        return ntohl(words[0]) == address;
    return words[0] == 0 && words[1] == 0 && ntohl(words[2]) == MAPPED && ntohl(words[3]) == address;
}

static int note(const struct nlmsghdr *header, void *context)
{
    struct seen *seen = context;
    const struct inet_diag_msg *message = mnl_nlmsg_get_payload(header);
    uint16_t port = ntohs(message->id.idiag_sport);
    if (has_address(message, seen->address))
        seen->ports[port / PORT_BLOCK] |= UINT64_C(1) << port % PORT_BLOCK;
    return MNL_CB_OK;
}

static int dump(struct mnl_socket *socket, uint8_t family, uint8_t protocol, struct seen *seen)
{
    char request[REQUEST_LEN], answer[ANSWER_LEN];
    static unsigned sequence;
    struct nlmsghdr *header = mnl_nlmsg_put_header(request);
    header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = ++sequence;
    struct inet_diag_req_v2 *wanted = mnl_nlmsg_put_extra_header(header, sizeof(*wanted));
    wanted->sdiag_family = family;
    wanted->sdiag_protocol = protocol;
    wanted->idiag_states = ALL_STATES;
    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        return -errno;
    int r;
    do {
        ssize_t n = mnl_socket_recvfrom(socket, answer, sizeof(answer));
        if (n < 0)
            return -errno;
        r = mnl_cb_run(answer, (size_t)n, sequence, mnl_socket_get_portid(socket), note, seen);
        if (r < 0)
            return -errno;
    } while (r != MNL_CB_STOP);
    return 0;
}

static int look_at(struct mnl_socket *socket, const struct steps_shared *shared, uint32_t index)
{
    static const struct {
        enum transport transport;
        uint8_t protocol;
    } kinds[] = {{TRANSPORT_TCP, IPPROTO_TCP}, {TRANSPORT_UDP, IPPROTO_UDP}};
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct seen seen = {.address = prefixes_address(shared->prefixes, index)};
        int r = dump(socket, AF_INET, kinds[i].protocol, &seen);
        if (r == 0)
            r = dump(socket, AF_INET6, kinds[i].protocol, &seen);
        if (r < 0)
            return r;
        block_set_host(shared->blocks, index, kinds[i].transport, seen.ports);
    }
    return 0;
}

int ports_look(const struct steps_shared *shared)
{
    struct mnl_socket *socket = NULL;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < shared->prefixes->pools_count; i++) {
        const struct prefixes_pool *pool = &shared->prefixes->pools[i];
        if (!pool->shared)
            continue;
        if (socket == NULL) {
            socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
            if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
                r = -errno;
        }
        if (r == 0)
            r = look_at(socket, shared, pool->first_index);
    }
    if (socket != NULL)
        mnl_socket_close(socket);
    return r;
}
