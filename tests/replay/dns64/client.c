/*
 * Layer: test
 * Specification: RFC 1035 4.2, RFC 6891 6.1
 */
#include "tests/replay/dns64/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/replay/dns64/gateway.h"
#include "tests/replay/dns64/upstream.h"
#include "tests/replay/dns64/virtual.h"

enum {
    FRAME = 2,
    MESSAGE_ROOM = FRAME + 65535,
};

static void stop(const char *what)
{
    fprintf(stderr, "replay: client: %s: %s\n", what, strerror(errno));
    abort();
}

static uint8_t *make_query(const struct client_question *question, uint16_t id, size_t *ret_len)
{
    ldns_rdf *name = ldns_dname_new_frm_str(question->name);
    ldns_pkt *packet = name != NULL ? ldns_pkt_query_new(name, question->type, question->class,
                                                         question->recursion ? LDNS_RD : 0)
                                    : NULL;
    uint8_t *bytes;
    if (packet == NULL)
        stop("no such name");
    ldns_pkt_set_id(packet, id);
    ldns_pkt_set_cd(packet, question->checking_disabled);
    ldns_pkt_set_ad(packet, question->authentic);
    if (question->edns) {
        ldns_pkt_set_edns_udp_size(packet, question->size);
        ldns_pkt_set_edns_do(packet, question->dnssec_ok);
    }
    if (ldns_pkt2wire(&bytes, packet, ret_len) != LDNS_STATUS_OK)
        stop("no such query");
    ldns_pkt_free(packet);
    return bytes;
}

static void take_answer(struct client *client, const uint8_t *bytes, size_t len)
{
    if (client->answers++ > 0)
        return;
    client->answered_ms = virtual_now_ms();
    client->answer_len = len;
    client->answer = malloc(len);
    if (client->answer == NULL)
        stop("no memory");
    memcpy(client->answer, bytes, len);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
    struct client *client = context;
    (void)events;
    ssize_t n = recv(fd, client->stream + client->stream_len, MESSAGE_ROOM - client->stream_len, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            event_del(client->event); /* closed, or refused: there will be no answer */
        return;
    }
    if (!client->question.tcp) {
        take_answer(client, client->stream, (size_t)n);
        return;
    }
    client->stream_len += (size_t)n;
    while (client->stream_len >= FRAME) {
        size_t len = (size_t)client->stream[0] << 8 | client->stream[1];
        if (client->stream_len < FRAME + len)
            return;
        take_answer(client, client->stream + FRAME, len);
        client->stream_len -= FRAME + len;
        memmove(client->stream, client->stream + FRAME + len, client->stream_len);
    }
}

/* Loopback: a connection is there at once. */
static int open_socket(const char *address, bool tcp)
{
    struct sockaddr_in6 from = {.sin6_family = AF_INET6};
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(UPSTREAM_PORT)};
    int fd = socket(AF_INET6, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    virtual_add_address(address);
    if (fd < 0 || inet_pton(AF_INET6, address, &from.sin6_addr) != 1 ||
        inet_pton(AF_INET6, GATEWAY_ADDRESS, &to.sin6_addr) != 1 ||
        bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
        stop("no connection to the gateway");
    evutil_make_socket_nonblocking(fd);
    return fd;
}

struct client *client_new(struct event_base *base, const char *address,
                          const struct client_question *question)
{
    static uint16_t ids;
    struct client *client = calloc(1, sizeof(*client));
    uint8_t frame[FRAME];
    if (client == NULL || (client->stream = malloc(MESSAGE_ROOM)) == NULL)
        stop("no memory");
    client->question = *question;
    client->asked_ms = virtual_now_ms();
    client->query = make_query(question, ++ids, &client->query_len);
    client->fd = open_socket(address, question->tcp);
    client->event = event_new(base, client->fd, EV_READ | EV_PERSIST, on_readable, client);
    if (client->event == NULL || event_add(client->event, NULL) < 0)
        stop("no event");
    frame[0] = (uint8_t)(client->query_len >> 8);
    frame[1] = (uint8_t)client->query_len;
    if (question->tcp && send(client->fd, frame, FRAME, MSG_MORE) != FRAME)
        stop("a query's length cannot be sent");
    if (send(client->fd, client->query, client->query_len, 0) < 0)
        stop("a query cannot be sent");
    return client;
}

void client_free(struct client *client)
{
    event_free(client->event);
    close(client->fd);
    free(client->answer);
    free(client->query);
    free(client->stream);
    free(client);
}

bool client_answered(const void *client)
{
    return ((const struct client *)client)->answers > 0;
}
