/*
 * Layer: edge
 * Specification: RFC 5452 9.2
 */
#include "dns64/upstream/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/sockaddr.h"
#include "common/time_units.h"
#include "dns64/edge/socket.h"
#include "dns64/query/outcome.h"
#include "dns64/upstream/resolver.h"

struct entry {
    void *question; /* NULL: answered, or not waited for any more */
    unsigned send;
};

struct ports_socket {
    struct ports *ports;
    int fd;
    struct event event;
    uint64_t until_ns;
    unsigned used, waiting, strange;
    unsigned slot; /* among the current ones */
    bool current;
    bool reading; /* its replies are being given out: not freed meanwhile */
    struct ports_socket *next, **link;
    uint16_t ids[PORTS_USES];
    struct entry entries[PORTS_USES];
};

void ports_init(struct ports *ports, struct ports_shared *shared, const struct addr_endpoint *to,
                struct choice_upstream *learned, ports_reply *reply)
{
    *ports = (struct ports){.shared = shared, .to = to, .learned = learned, .reply = reply};
}

static void free_socket(struct ports_socket *socket)
{
    event_del(&socket->event);
    close(socket->fd);
    *socket->link = socket->next;
    if (socket->next != NULL)
        socket->next->link = socket->link;
    if (socket->current)
        socket->ports->current[socket->slot] = NULL;
    socket->ports->shared->open--;
    free(socket);
}

void ports_done(struct ports *ports)
{
    while (ports->first != NULL)
        free_socket(ports->first);
}

static void free_if_idle(struct ports_socket *socket)
{
    if (!socket->current && socket->waiting == 0 && !socket->reading)
        free_socket(socket);
}

/* No further questions; what it waits for it still takes. */
static void retire(struct ports_socket *socket)
{
    if (socket->current)
        socket->ports->current[socket->slot] = NULL;
    socket->current = false;
    free_if_idle(socket);
}

void ports_release(struct ports_ticket *ticket)
{
    struct ports_socket *socket = ticket->socket;
    if (socket == NULL)
        return;
    ticket->socket = NULL;
    if (socket->entries[ticket->index].question == NULL)
        return;
    socket->entries[ticket->index].question = NULL;
    socket->waiting--;
    free_if_idle(socket);
}

/* Replies to a question that is no more are late, not strange. */
static void give(struct ports_socket *socket, const uint8_t *bytes, size_t len)
{
    uint16_t id = len >= sizeof(id) ? bytes_get16(bytes) : 0;
    for (unsigned i = 0; i < socket->used; i++) {
        if (socket->ids[i] != id)
            continue;
        if (socket->entries[i].question != NULL)
            socket->ports->reply(socket->entries[i].question, socket->entries[i].send, id, bytes, len);
        return;
    }
    choice_count(socket->ports->learned, CHOICE_WRONG);
    counters_add(socket->ports->shared->counters, OUTCOME_UPSTREAM_WRONG, 1);
    socket->strange++;
}

/* The host says that nobody listens: nothing that was sent from here will be answered. */
static void give_error(struct ports_socket *socket)
{
    for (unsigned i = 0; i < socket->used; i++)
        if (socket->entries[i].question != NULL)
            socket->ports->reply(socket->entries[i].question, socket->entries[i].send, socket->ids[i], NULL,
                                 0);
}

/* The last question to an upstream that the rules do not name any more lets go of it: not before the end. */
static void on_readable(evutil_socket_t fd, short events, void *context)
{
    struct ports_socket *socket = context;
    struct resolver *owner = resolver_hold(socket->ports->owner);
    struct ports_shared *shared = socket->ports->shared;
    struct mmsghdr messages[PORTS_BATCH];
    struct iovec parts[PORTS_BATCH];
    (void)events;
    for (unsigned i = 0; i < PORTS_BATCH; i++) {
        parts[i] = (struct iovec){shared->buffers[i], PORTS_DATAGRAM};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    int count = recvmmsg(fd, messages, PORTS_BATCH, MSG_DONTWAIT, NULL);
    socket->reading = true;
    if (count < 0 && errno != EAGAIN && errno != EINTR)
        give_error(socket);
    for (int i = 0; i < count; i++)
        give(socket, shared->buffers[i], messages[i].msg_len);
    socket->reading = false;
    if (socket->strange >= PORTS_STRANGE_MAX)
        retire(socket);
    else
        free_if_idle(socket);
    resolver_release(owner);
}

/* RFC 7873 4.1: one cookie for one pair of addresses. */
static void see_own_address(struct ports *ports, int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    uint8_t fresh[EDNS_COOKIE_CLIENT];
    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return;
    struct addr from = sockaddr_addr((struct sockaddr *)&address);
    if (addr_equal(&from, &ports->from))
        return;
    ports->from = from;
    random_bytes(ports->shared->random, fresh, sizeof(fresh));
    client_cookie_renew(&ports->learned->cookie, fresh);
}

static int open_socket(struct ports *ports, uint64_t now_ns, unsigned slot)
{
    struct ports_shared *shared = ports->shared;
    struct ports_socket *socket = shared->open < PORTS_MAX ? malloc(sizeof(*socket)) : NULL;
    if (socket == NULL)
        return -ENOMEM;
    int fd = socket_connect_udp(ports->to, shared->random);
    if (fd < 0) {
        free(socket);
        return fd;
    }
    socket->ports = ports;
    socket->fd = fd;
    socket->until_ns = now_ns + PORTS_LIFE_MS * NS_PER_MS;
    socket->used = socket->waiting = socket->strange = 0;
    socket->reading = false;
    if (event_assign(&socket->event, shared->base, fd, EV_READ | EV_PERSIST, on_readable, socket) < 0 ||
        event_add(&socket->event, NULL) < 0) {
        close(fd);
        free(socket);
        return -ENOMEM;
    }
    socket->current = true;
    socket->slot = slot;
    socket->next = ports->first;
    socket->link = &ports->first;
    if (socket->next != NULL)
        socket->next->link = &socket->next;
    ports->first = ports->current[slot] = socket;
    shared->open++;
    see_own_address(ports, fd);
    return 0;
}

static bool was_used(const struct ports_socket *socket, uint16_t id)
{
    for (unsigned i = 0; i < socket->used; i++)
        if (socket->ids[i] == id)
            return true;
    return false;
}

int ports_take(struct ports *ports, uint64_t now_ns, void *question, unsigned send,
               struct ports_ticket *ret_ticket, uint16_t *ret_id)
{
    unsigned slot = random_16(ports->shared->random) % PORTS_OPEN;
    struct ports_socket *socket = ports->current[slot];
    if (socket != NULL && (socket->used == PORTS_USES || now_ns >= socket->until_ns))
        retire(socket);
    if (ports->current[slot] == NULL) {
        int r = open_socket(ports, now_ns, slot);
        if (r < 0)
            return r;
    }
    socket = ports->current[slot];
    uint16_t id;
    do
        id = random_16(ports->shared->random);
    while (was_used(socket, id));
    unsigned index = socket->used++;
    socket->ids[index] = id;
    socket->entries[index] = (struct entry){question, send};
    socket->waiting++;
    *ret_ticket = (struct ports_ticket){socket, index};
    *ret_id = id;
    return 0;
}

int ports_send(const struct ports_ticket *ticket, const uint8_t *bytes, size_t len)
{
    return send(ticket->socket->fd, bytes, len, 0) < 0 ? -errno : 0;
}
