/*
 * Layer: edge
 * Specification: rtnetlink(7)
 */
#include "nat64d/keeper/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUEST_LEN = 512, /* more than any request here needs */
    ANSWER_LEN = 8192, /* what libmnl recommends at most */
};

struct netlink {
    struct mnl_socket *socket;
    unsigned sequence;
    char request[REQUEST_LEN];
};

int netlink_open(struct netlink **ret_netlink)
{
    struct netlink *netlink = calloc(1, sizeof(*netlink));
    int r = 0;
    if (netlink == NULL)
        return -ENOMEM;
    netlink->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (netlink->socket == NULL || mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        r = -errno;
        netlink_close(netlink);
        return r;
    }
    *ret_netlink = netlink;
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink == NULL)
        return;
    if (netlink->socket != NULL)
        mnl_socket_close(netlink->socket);
    free(netlink);
}

static struct nlmsghdr *begin(struct netlink *netlink, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(netlink->request);
    header->nlmsg_type = type;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    header->nlmsg_seq = ++netlink->sequence;
    return header;
}

/* Sends the request, gives its answers to `callback` (may be NULL) and waits for the acknowledgement. */
static int ask_for(struct netlink *netlink, struct nlmsghdr *header, mnl_cb_t callback, void *data)
{
    char answer[ANSWER_LEN];
    unsigned port = mnl_socket_get_portid(netlink->socket);
    if (mnl_socket_sendto(netlink->socket, header, header->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        ssize_t n = mnl_socket_recvfrom(netlink->socket, answer, sizeof(answer));
        if (n < 0)
            return -errno;
        int r = mnl_cb_run(answer, (size_t)n, netlink->sequence, port, callback, data);
        if (r < 0)
            return -errno;
        if (r == MNL_CB_STOP)
            return 0;
    }
}

static int ask(struct netlink *netlink, struct nlmsghdr *header)
{
    return ask_for(netlink, header, NULL, NULL);
}

static int read_link(const struct nlmsghdr *header, void *data)
{
    struct netlink_link *link = data;
    const struct ifinfomsg *message = mnl_nlmsg_get_payload(header);
    const struct nlattr *attr;
    link->up = (message->ifi_flags & IFF_UP) != 0;
    mnl_attr_for_each (attr, header, sizeof(*message)) {
        if (mnl_attr_get_type(attr) == IFLA_MTU)
            link->mtu = mnl_attr_get_u32(attr);
        else if (mnl_attr_get_type(attr) == IFLA_TXQLEN)
            link->queue_len = mnl_attr_get_u32(attr);
    }
    return MNL_CB_OK;
}

int netlink_link_read(struct netlink *netlink, uint32_t ifindex, struct netlink_link *ret_link)
{
    struct netlink_link link = {0};
    struct nlmsghdr *header = begin(netlink, RTM_GETLINK, 0);
    struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    message->ifi_index = (int)ifindex;
    int r = ask_for(netlink, header, read_link, &link);
    if (r == 0)
        *ret_link = link;
    return r;
}

int netlink_link_set(struct netlink *netlink, uint32_t ifindex, const struct netlink_link *link)
{
    struct nlmsghdr *header = begin(netlink, RTM_NEWLINK, 0);
    struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    message->ifi_index = (int)ifindex;
    message->ifi_flags = link->up ? IFF_UP : 0;
    message->ifi_change = IFF_UP;
    mnl_attr_put_u32(header, IFLA_MTU, link->mtu);
    mnl_attr_put_u32(header, IFLA_TXQLEN, link->queue_len);
    return ask(netlink, header);
}

int netlink_link_drop(struct netlink *netlink, uint32_t ifindex)
{
    struct nlmsghdr *header = begin(netlink, RTM_DELLINK, 0);
    struct ifinfomsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    message->ifi_index = (int)ifindex;
    return ask(netlink, header);
}

static int own_address(struct netlink *netlink, uint16_t type, uint16_t flags, uint32_t ifindex,
                       uint32_t address)
{
    struct nlmsghdr *header = begin(netlink, type, flags);
    struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    message->ifa_family = AF_INET;
    message->ifa_prefixlen = 32;
    message->ifa_index = ifindex;
    mnl_attr_put_u32(header, IFA_LOCAL, htonl(address));
    mnl_attr_put_u32(header, IFA_ADDRESS, htonl(address));
    return ask(netlink, header);
}

int netlink_address_add(struct netlink *netlink, uint32_t ifindex, uint32_t address)
{
    return own_address(netlink, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, address);
}

int netlink_address_drop(struct netlink *netlink, uint32_t ifindex, uint32_t address)
{
    return own_address(netlink, RTM_DELADDR, 0, ifindex, address);
}

static int route(struct netlink *netlink, uint16_t type, uint16_t flags, uint32_t ifindex,
                 const struct addr_prefix *destination)
{
    struct nlmsghdr *header = begin(netlink, type, flags);
    struct rtmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    bool v4 = destination->family == AF_INET;
    message->rtm_family = destination->family;
    message->rtm_dst_len = v4 ? destination->v4.len : destination->v6.len;
    message->rtm_table = RT_TABLE_MAIN;
    message->rtm_protocol = RTPROT_STATIC;
    message->rtm_scope = v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    message->rtm_type = RTN_UNICAST;
    if (v4)
        mnl_attr_put_u32(header, RTA_DST, htonl(destination->v4.address));
    else
        mnl_attr_put(header, RTA_DST, sizeof(destination->v6.address), &destination->v6.address);
    mnl_attr_put_u32(header, RTA_OIF, ifindex);
    return ask(netlink, header);
}

int netlink_route_add(struct netlink *netlink, uint32_t ifindex, const struct addr_prefix *destination)
{
    return route(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex, destination);
}

int netlink_route_drop(struct netlink *netlink, uint32_t ifindex, const struct addr_prefix *destination)
{
    return route(netlink, RTM_DELROUTE, 0, ifindex, destination);
}

static int proxy(struct netlink *netlink, uint16_t type, uint16_t flags, uint32_t ifindex, uint32_t address)
{
    struct nlmsghdr *header = begin(netlink, type, flags);
    struct ndmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
    message->ndm_family = AF_INET;
    message->ndm_ifindex = (int)ifindex;
    message->ndm_flags = NTF_PROXY;
    message->ndm_state = type == RTM_GETNEIGH ? 0 : NUD_PERMANENT; /* a question must have none */
    mnl_attr_put_u32(header, NDA_DST, htonl(address));
    return ask(netlink, header);
}

int netlink_proxy_add(struct netlink *netlink, uint32_t ifindex, uint32_t address)
{
    return proxy(netlink, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, address);
}

int netlink_proxy_drop(struct netlink *netlink, uint32_t ifindex, uint32_t address)
{
    return proxy(netlink, RTM_DELNEIGH, 0, ifindex, address);
}

int netlink_proxy_has(struct netlink *netlink, uint32_t ifindex, uint32_t address)
{
    int r = proxy(netlink, RTM_GETNEIGH, 0, ifindex, address);
    return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}
