/*
 * Layer: edge
 * Specification: sendmmsg(2)
 */
#include "dns64/edge/udp_sender.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/query/outcome.h"
#include "dns64/wire/patch.h"

enum {
    ANSWERS_LEN = 128 * 1024, /* sent when this is full, or a batch */
    ALIGNMENT = 8,
};

struct udp_sender {
    struct counters *counters;
    struct event *later;
    bool is_later;
    int fd;
    unsigned count;
    size_t used;
    struct mmsghdr messages[UDP_SENDER_BATCH];
    struct iovec parts[UDP_SENDER_BATCH];
    struct udp_target targets[UDP_SENDER_BATCH];
    uint8_t bytes[ANSWERS_LEN + MESSAGE_MAX];
};

static void on_later(evutil_socket_t fd, short events, void *context)
{
    struct udp_sender *sender = context;
    (void)fd;
    (void)events;
    sender->is_later = false;
    udp_sender_flush(sender);
}

struct udp_sender *udp_sender_new(struct event_base *base, struct counters *counters)
{
    struct udp_sender *sender = calloc(1, sizeof(*sender));
    if (sender == NULL)
        return NULL;
    sender->counters = counters;
    sender->fd = -1;
    sender->later = event_new(base, -1, 0, on_later, sender);
    if (sender->later != NULL)
        return sender;
    free(sender);
    return NULL;
}

void udp_sender_free(struct udp_sender *sender)
{
    if (sender == NULL)
        return;
    event_free(sender->later);
    free(sender);
}

uint8_t *udp_sender_room(struct udp_sender *sender, int fd)
{
    if (sender->fd != fd || sender->count == UDP_SENDER_BATCH || sender->used > ANSWERS_LEN)
        udp_sender_flush(sender);
    sender->fd = fd;
    return sender->bytes + sender->used;
}

void udp_sender_put(struct udp_sender *sender, const struct udp_target *target, size_t len)
{
    unsigned i = sender->count++;
    struct udp_target *own = &sender->targets[i];
    own->address = target->address;
    if (target->control_len > 0)
        memcpy(own->control, target->control, target->control_len);
    sender->parts[i] = (struct iovec){sender->bytes + sender->used, len};
    sender->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &own->address,
        .msg_namelen = target->address_len,
        .msg_iov = &sender->parts[i],
        .msg_iovlen = 1,
        .msg_control = target->control_len > 0 ? own->control : NULL,
        .msg_controllen = target->control_len,
    };
    sender->used += (len + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* A link carries less than dns64.edns-size allows: the client is told to come by TCP. False: it is that
 * already. */
static bool cut(struct mmsghdr *message)
{
    struct iovec *part = message->msg_hdr.msg_iov;
    size_t len = patch_cut(part->iov_base, part->iov_len);
    if (len == 0 || len >= part->iov_len)
        return false;
    part->iov_len = len;
    return true;
}

/* What cannot be sent is lost as the network may lose it; the client asks again. */
void udp_sender_flush(struct udp_sender *sender)
{
    unsigned done = 0, count = sender->count;
    sender->count = 0;
    sender->used = 0;
    while (done < count) {
        int sent = sendmmsg(sender->fd, sender->messages + done, count - done, 0);
        if (sent > 0) {
            done += (unsigned)sent;
        } else if (errno == EAGAIN) {
            counters_add(sender->counters, OUTCOME_NOT_SENT, count - done);
            done = count;
        } else if (errno == EMSGSIZE && cut(&sender->messages[done])) {
            counters_add(sender->counters, OUTCOME_TRUNCATED, 1);
        } else if (errno != EINTR) { /* this one alone: its client has no route, or is filtered */
            counters_add(sender->counters, OUTCOME_NOT_SENT, 1);
            done++;
        }
    }
}

void udp_sender_flush_later(struct udp_sender *sender)
{
    if (sender->is_later)
        return;
    sender->is_later = true;
    event_active(sender->later, 0, 0);
}
