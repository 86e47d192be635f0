/*
 * Layer: edge
 * Specification: rtnetlink(7)
 */
#include "common/links_netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINKS_MAX = 4096,
    MTU_ANY = 65535,
    REQUEST_LEN = 512,
    DUMP_LEN = 32768, /* what the kernel fills in one message of a dump */
    ATTEMPTS = 10,    /* at a dump that changes of the table interrupt */
};

struct dump {
    struct links *links;
    uint32_t except;
    struct {
        uint32_t ifindex, mtu;
        bool loopback;
    } known[LINKS_MAX];
    size_t known_count;
    int error;
};

static int on_link(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(header);
    const struct nlattr *attribute;
    uint32_t mtu = MTU_ANY;
    mnl_attr_for_each (attribute, header, sizeof(*link))
        if (mnl_attr_get_type(attribute) == IFLA_MTU && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
            mtu = mnl_attr_get_u32(attribute);
    if (dump->known_count < LINKS_MAX) {
        dump->known[dump->known_count].ifindex = (uint32_t)link->ifi_index;
        dump->known[dump->known_count].mtu = mtu < MTU_ANY ? mtu : MTU_ANY;
        dump->known[dump->known_count++].loopback = link->ifi_flags & IFF_LOOPBACK;
    }
    return MNL_CB_OK;
}

static uint32_t mtu_of(const struct dump *dump, uint32_t ifindex, bool *ret_loopback)
{
    for (size_t i = 0; i < dump->known_count; i++)
        if (dump->known[i].ifindex == ifindex) {
            *ret_loopback = dump->known[i].loopback;
            return dump->known[i].mtu;
        }
    *ret_loopback = false;
    return MTU_ANY;
}

/* An address attribute of either family, if its length is right. */
static bool get_addr(const struct nlattr *attribute, uint8_t family, struct addr *ret_addr)
{
    uint16_t len = mnl_attr_get_payload_len(attribute);
    struct addr addr = {.family = family};
    if (family == AF_INET && len == sizeof(uint32_t))
        addr.v4 = ntohl(mnl_attr_get_u32(attribute));
    else if (family == AF_INET6 && len == sizeof(addr.v6))
        memcpy(&addr.v6, mnl_attr_get_payload(attribute), sizeof(addr.v6));
    else
        return false;
    *ret_addr = addr;
    return true;
}

static struct addr_prefix prefix_of(const struct addr *addr, uint8_t len)
{
    struct addr_prefix prefix = {.family = addr->family};
    if (addr->family == AF_INET)
        prefix.v4 = (struct addr_prefix4){addr_mask4(addr->v4, len), len};
    else
        prefix.v6 = (struct addr_prefix6){addr_mask6(&addr->v6, len), len};
    return prefix;
}

static int on_address(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
    struct links *links = dump->links;
    const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
    const struct nlattr *attribute;
    struct addr own = {0}, peer = {0};
    bool loopback;
    if ((message->ifa_family != AF_INET && message->ifa_family != AF_INET6) ||
        message->ifa_index == dump->except)
        return MNL_CB_OK;
    mnl_attr_for_each (attribute, header, sizeof(*message)) {
        if (mnl_attr_get_type(attribute) == IFA_LOCAL)
            get_addr(attribute, message->ifa_family, &own);
        if (mnl_attr_get_type(attribute) == IFA_ADDRESS)
            get_addr(attribute, message->ifa_family, &peer);
    }
    if (own.family == 0)
        own = peer; /* IPv6 and broadcast links have IFA_ADDRESS alone */
    if (own.family == 0)
        return MNL_CB_OK;
    struct links_address *grown = realloc(links->addresses, (links->addresses_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        dump->error = -ENOMEM;
        return MNL_CB_STOP;
    }
    links->addresses = grown;
    mtu_of(dump, message->ifa_index, &loopback);
    grown[links->addresses_count++] = (struct links_address){
        .subnet = prefix_of(peer.family != 0 ? &peer : &own, message->ifa_prefixlen),
        .addr = own,
        .ifindex = message->ifa_index,
        .host_scope = message->ifa_scope == RT_SCOPE_HOST || loopback,
        .link_local = message->ifa_scope == RT_SCOPE_LINK,
    };
    return MNL_CB_OK;
}

static uint32_t route_mtu(const struct nlattr *metrics)
{
    const struct nlattr *attribute;
    mnl_attr_for_each_nested (attribute, metrics)
        if (mnl_attr_get_type(attribute) == RTAX_MTU && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
            return mnl_attr_get_u32(attribute);
    return 0;
}

/* The first next hop of a route with several. */
static uint32_t first_hop(const struct nlattr *attribute)
{
    const struct rtnexthop *hop = mnl_attr_get_payload(attribute);
    return mnl_attr_get_payload_len(attribute) >= sizeof(*hop) ? (uint32_t)hop->rtnh_ifindex : 0;
}

static void route_attributes(const struct nlmsghdr *header, uint8_t family, struct addr *destination,
                             uint32_t *table, struct links_route *route)
{
    const struct nlattr *attribute;
    mnl_attr_for_each (attribute, header, sizeof(struct rtmsg))
        switch (mnl_attr_get_type(attribute)) {
        case RTA_DST: get_addr(attribute, family, destination); break;
        case RTA_OIF: route->ifindex = mnl_attr_get_u32(attribute); break;
        case RTA_MULTIPATH: route->ifindex = first_hop(attribute); break;
        case RTA_PRIORITY: route->metric = mnl_attr_get_u32(attribute); break;
        case RTA_TABLE: *table = mnl_attr_get_u32(attribute); break;
        case RTA_METRICS: route->mtu = route_mtu(attribute); break;
        case RTA_GATEWAY:
        case RTA_VIA: route->gateway = true; break;
        }
}

static int on_route(const struct nlmsghdr *header, void *context)
{
    struct dump *dump = context;
    struct links *links = dump->links;
    const struct rtmsg *message = mnl_nlmsg_get_payload(header);
    struct links_route route = {0};
    struct addr destination = {.family = message->rtm_family};
    uint32_t table = message->rtm_table;
    bool loopback;
    if ((message->rtm_family != AF_INET && message->rtm_family != AF_INET6) ||
        message->rtm_type != RTN_UNICAST)
        return MNL_CB_OK;
    if (message->rtm_flags & RTM_F_CLONED)
        return MNL_CB_OK; /* a path MTU or redirect that the kernel learned; it goes without a message */
    route_attributes(header, message->rtm_family, &destination, &table, &route);
    uint32_t mtu = mtu_of(dump, route.ifindex, &loopback);
    if (table != RT_TABLE_MAIN || route.ifindex == dump->except || route.ifindex == 0 || loopback)
        return MNL_CB_OK;
    if (route.mtu == 0 || route.mtu > mtu)
        route.mtu = mtu;
    route.destination = prefix_of(&destination, message->rtm_dst_len);
    struct links_route *grown = realloc(links->routes, (links->routes_count + 1) * sizeof(*grown));
    if (grown == NULL) {
        dump->error = -ENOMEM;
        return MNL_CB_STOP;
    }
    links->routes = grown;
    grown[links->routes_count++] = route;
    return MNL_CB_OK;
}

/* One dump request, all its answers to `handle`. -EINTR: the table changed meanwhile and the dump is not
 * whole. */
static int ask(struct mnl_socket *socket, uint16_t type, unsigned sequence, mnl_cb_t handle,
               struct dump *dump)
{
    char buffer[REQUEST_LEN];
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    struct rtgenmsg *message = mnl_nlmsg_put_extra_header(header, sizeof(struct rtmsg));
    header->nlmsg_type = type;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = sequence;
    message->rtgen_family = AF_UNSPEC;
    if (mnl_socket_sendto(socket, header, header->nlmsg_len) < 0)
        return -errno;
    for (;;) {
        char answer[DUMP_LEN];
        ssize_t n = mnl_socket_recvfrom(socket, answer, sizeof(answer));
        if (n < 0)
            return -errno;
        int r = mnl_cb_run(answer, (size_t)n, sequence, mnl_socket_get_portid(socket), handle, dump);
        if (r < 0)
            return -errno;
        if (r <= MNL_CB_STOP)
            return dump->error;
    }
}

/* All three tables over a socket of their own, so that nothing of an attempt before is left in it. */
static int read_tables(struct dump *dump)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int r;
    if (socket == NULL)
        return -errno;
    r = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
    if (r == 0)
        r = ask(socket, RTM_GETLINK, 1, on_link, dump);
    if (r == 0)
        r = ask(socket, RTM_GETADDR, 2, on_address, dump);
    if (r == 0)
        r = ask(socket, RTM_GETROUTE, 3, on_route, dump);
    mnl_socket_close(socket);
    return r;
}

int links_netlink_dump(struct links *links, const char *except)
{
    struct dump *dump = calloc(1, sizeof(*dump));
    int r = -EINTR;
    if (dump == NULL)
        return -ENOMEM;
    dump->links = links;
    dump->except = except != NULL ? if_nametoindex(except) : 0;
    for (int attempt = 0; attempt < ATTEMPTS && r == -EINTR; attempt++) {
        links->addresses_count = links->routes_count = dump->known_count =
            0; /* the arrays are kept and reused */
        r = read_tables(dump);
    }
    free(dump);
    return r;
}
