/*
 * Layer: edge
 * Specification: RFC 1035 4.2.1
 */
#include "dns64/edge/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "dns64/edge/socket.h"

enum {
    BATCH = 64,       /* datagrams read before other events have their turn */
    QUERY_LEN = 4096, /* a longer query is none */
    CONTROL_LEN = 128,
    REFUSALS_PER_SECOND = 100, /* so that refusals cannot be aimed at others */
};

struct udp_listener {
    struct task_context *tasks;
    int fd;
    struct event *event;
    uint64_t refusals_second;
    unsigned refusals;
};

/* Where an answer goes: the client, and our address that it asked. */
struct udp_client {
    struct udp_listener *listener;
    struct sockaddr_storage address;
    socklen_t address_len;
    _Alignas(struct cmsghdr) char control[CONTROL_LEN];
    size_t control_len;
};

static void send_reply(void *context, const uint8_t *bytes, size_t len)
{
    struct udp_client *client = context;
    struct iovec part = {(void *)bytes, len};
    struct msghdr message = {
        .msg_name = &client->address,
        .msg_namelen = client->address_len,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = client->control_len > 0 ? client->control : NULL,
        .msg_controllen = client->control_len,
    };
    /* A full buffer loses the answer as the network may; the client asks again. */
    if (len > 0 && sendmsg(client->listener->fd, &message, 0) < 0)
        counters_add(client->listener->tasks->counters, OUTCOME_FAILED, 1);
    free(client);
}

/* The packet information goes back as it came, without the interface: the route decides that. */
static void keep_local(struct udp_client *client, struct msghdr *message)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (control == NULL || message->msg_controllen > sizeof(client->control))
        return;
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(control);
        if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr))
            info->ipi6_ifindex = 0;
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(control);
        info->ipi_spec_dst = info->ipi_addr;
        info->ipi_ifindex = 0;
    } else {
        return;
    }
    client->control_len = message->msg_controllen;
}

/* Whether a client that may not ask is told so now. */
static bool may_refuse(struct udp_listener *listener)
{
    uint64_t second = clock_now_ns() / CLOCK_NS_PER_S;
    if (second != listener->refusals_second) {
        listener->refusals_second = second;
        listener->refusals = 0;
    }
    return listener->refusals++ < REFUSALS_PER_SECOND;
}

static void on_query(struct udp_listener *listener, struct udp_client *client, const uint8_t *bytes,
                     size_t len)
{
    struct addr_endpoint from;
    socket_from_sockaddr(&client->address, &from);
    struct query_client who = {.addr = from.addr, .udp = true};
    who.allowed = client_allowed(&listener->tasks->in_force->rules->clients, &who.addr);
    if (!who.allowed && !may_refuse(listener)) {
        counters_add(listener->tasks->counters, OUTCOME_REFUSED_SILENT, 1);
        free(client);
        return;
    }
    if (!task_start(listener->tasks, bytes, len, &who, send_reply, client))
        free(client);
}

/* False when there is nothing (more) to read. */
static bool read_one(struct udp_listener *listener)
{
    uint8_t bytes[QUERY_LEN];
    struct udp_client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return false;
    struct iovec part = {bytes, sizeof(bytes)};
    struct msghdr message = {
        .msg_name = &client->address,
        .msg_namelen = sizeof(client->address),
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = client->control,
        .msg_controllen = sizeof(client->control),
    };
    ssize_t n = recvmsg(listener->fd, &message, 0);
    if (n < 0) {
        free(client);
        return errno != EAGAIN && errno != EWOULDBLOCK;
    }
    client->listener = listener;
    client->address_len = message.msg_namelen;
    keep_local(client, &message);
    on_query(listener, client, bytes, (size_t)n);
    return true;
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    for (int i = 0; i < BATCH && read_one(context); i++)
        continue;
}

int udp_new(struct task_context *tasks, int fd, struct udp_listener **ret_listener)
{
    struct udp_listener *listener = calloc(1, sizeof(*listener));
    if (listener == NULL)
        return -ENOMEM;
    *listener = (struct udp_listener){.tasks = tasks, .fd = fd};
    listener->event = event_new(tasks->base, fd, EV_READ | EV_PERSIST, on_readable, listener);
    if (listener->event == NULL || event_add(listener->event, NULL) < 0) {
        if (listener->event != NULL)
            event_free(listener->event);
        free(listener);
        return -ENOMEM;
    }
    *ret_listener = listener;
    return 0;
}

void udp_free(struct udp_listener *listener)
{
    if (listener == NULL)
        return;
    event_free(listener->event);
    close(listener->fd);
    free(listener);
}
