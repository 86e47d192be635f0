/*
 * Layer: edge
 * Specification: RFC 7766 6.2 and 7, RFC 7858 3.2 to 3.4
 */
#include "dns64/upstream/stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event_struct.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "common/sockaddr.h"
#include "common/time_units.h"
#include "dns64/edge/socket.h"
#include "dns64/upstream/ask.h"
#include "dns64/upstream/resolver.h"

enum {
    FRAME = 2, /* length before a message (RFC 1035 4.2.2) */
};

struct entry {
    void *question; /* NULL: free */
    unsigned send;
    uint16_t id;
    uint64_t heard; /* replies of its connection before it was sent */
};

struct stream {
    struct streams *streams;
    struct bufferevent *bev;
    SSL *ssl;           /* NULL: TCP; freed with `bev` */
    struct event timer; /* until it stands, and then while it is idle */
    bool open, served;
    bool leaving; /* takes no further question */
    bool busy;    /* replies are being given out: not freed meanwhile */
    unsigned waiting;
    unsigned end;   /* behind the last entry that is not free */
    uint64_t heard; /* replies */
    struct entry entries[STREAM_QUESTIONS];
    struct stream *next, **link;
};

void streams_init(struct streams *streams, struct event_base *base, struct random *random,
                  const struct addr_endpoint *to, struct tls_client *tls, struct choice_upstream *learned,
                  stream_reply *reply)
{
    *streams = (struct streams){
        .base = base, .random = random, .to = to, .tls = tls, .learned = learned, .reply = reply};
}

static void note_open(struct streams *streams)
{
    streams->learned->stream_is_open = false;
    for (const struct stream *stream = streams->first; stream != NULL; stream = stream->next)
        if (stream->open && !stream->leaving)
            streams->learned->stream_is_open = true;
}

/* RFC 7858 3.4, RFC 5246 7.2.1: close_notify goes first. */
static void free_stream(struct stream *stream)
{
    event_del(&stream->timer);
    if (stream->ssl != NULL && stream->open) {
        SSL_shutdown(stream->ssl);
        /* Else its session could not be taken up again. */
        SSL_set_shutdown(stream->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    ERR_clear_error();
    bufferevent_free(stream->bev);
    *stream->link = stream->next;
    if (stream->next != NULL)
        stream->next->link = stream->link;
    stream->streams->count--;
    note_open(stream->streams);
    free(stream);
}

void streams_done(struct streams *streams)
{
    while (streams->first != NULL)
        free_stream(streams->first);
}

static void set_timer(struct stream *stream, uint32_t ms)
{
    struct timeval wait = time_units_timeval(ms * NS_PER_MS);
    evtimer_add(&stream->timer, &wait); /* without memory for it the peer closes first */
}

static void rest(struct stream *stream)
{
    if (stream->busy || stream->waiting > 0)
        return;
    if (stream->leaving)
        free_stream(stream);
    else if (stream->open)
        set_timer(stream, stream->ssl != NULL ? STREAM_IDLE_TLS_MS : STREAM_IDLE_MS);
}

static void clear(struct stream *stream, struct entry *entry)
{
    entry->question = NULL;
    stream->waiting--;
    while (stream->end > 0 && stream->entries[stream->end - 1].question == NULL)
        stream->end--;
}

void stream_release(struct stream_ticket *ticket, bool silent)
{
    struct stream *stream = ticket->stream;
    if (stream == NULL)
        return;
    ticket->stream = NULL;
    struct entry *entry = &stream->entries[ticket->index];
    /* It may be dead, and nobody says so; if others were answered meanwhile, the silence is the name's. */
    if (silent && stream->heard == entry->heard)
        stream->leaving = true;
    note_open(stream->streams);
    clear(stream, entry);
    rest(stream);
}

/* Broken off, or never there: each question is told. The last of them may let go of the upstream. */
static void break_off(struct stream *stream)
{
    struct streams *streams = stream->streams;
    struct resolver *owner = resolver_hold(streams->owner);
    bool served = stream->served;
    stream->leaving = true;
    stream->busy = true;
    note_open(streams);
    for (unsigned i = 0; i < stream->end; i++) {
        struct entry entry = stream->entries[i];
        if (entry.question != NULL)
            streams->reply(entry.question, entry.send, entry.id, NULL, 0, served);
    }
    free_stream(stream);
    resolver_release(owner);
}

static void give(struct stream *stream, const uint8_t *bytes, size_t len)
{
    uint16_t id = bytes_get16(bytes);
    for (unsigned i = 0; i < stream->end; i++) {
        const struct entry *entry = &stream->entries[i];
        if (entry->question == NULL || entry->id != id)
            continue;
        bool served = stream->served;
        stream->served = true;
        stream->heard++;
        stream->streams->reply(entry->question, entry->send, id, bytes, len, served);
        return;
    }
    choice_count(stream->streams->learned, CHOICE_WRONG);
}

static void on_read(struct bufferevent *bev, void *context)
{
    struct stream *stream = context;
    struct resolver *owner = resolver_hold(stream->streams->owner);
    struct evbuffer *input = bufferevent_get_input(bev);
    uint8_t frame[FRAME];
    stream->busy = true;
    while (evbuffer_copyout(input, frame, FRAME) == FRAME) {
        size_t len = bytes_get16(frame);
        if (evbuffer_get_length(input) < FRAME + len)
            break;
        const uint8_t *bytes = evbuffer_pullup(input, (ev_ssize_t)(FRAME + len));
        if (bytes == NULL || len < MESSAGE_HEADER) {
            break_off(stream); /* what follows would not be understood either */
            resolver_release(owner);
            return;
        }
        give(stream, bytes + FRAME, len);
        evbuffer_drain(input, FRAME + len);
    }
    stream->busy = false;
    rest(stream);
    resolver_release(owner);
}

static void opened(struct stream *stream)
{
    stream->open = true;
    note_open(stream->streams);
    event_del(&stream->timer);
    if (stream->ssl != NULL && SSL_session_reused(stream->ssl))
        choice_count(stream->streams->learned, CHOICE_RESUMED);
    rest(stream);
}

static void on_event(struct bufferevent *bev, short events, void *context)
{
    struct stream *stream = context;
    (void)bev;
    if (events & BEV_EVENT_CONNECTED) {
        opened(stream);
        return;
    }
    if (stream->ssl != NULL && !stream->open && SSL_get_verify_result(stream->ssl) != X509_V_OK)
        choice_count(stream->streams->learned, CHOICE_UNTRUSTED);
    ERR_clear_error();
    break_off(stream);
}

/* It did not come to stand, or nobody needs it any more. */
static void on_timer(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    break_off(context);
}

static struct bufferevent *new_bufferevent(struct streams *streams, SSL *ssl)
{
    return ssl != NULL
               ? bufferevent_openssl_socket_new(streams->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
                                                BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)
               : bufferevent_socket_new(streams->base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
}

/* Begins to connect. Returns 0, or why not: no way there is another thing than no room. */
static int connect_stream(struct stream *stream, const struct addr_endpoint *to)
{
    struct sockaddr_storage address;
    int len = (int)sockaddr_of(to, &address);
    if (bufferevent_enable(stream->bev, EV_READ | EV_WRITE) < 0)
        return -ENOMEM;
    errno = 0;
    if (bufferevent_socket_connect(stream->bev, (struct sockaddr *)&address, len) == 0)
        return 0;
    return errno != 0 ? -errno : -ENOMEM;
}

static int open_stream(struct streams *streams, struct stream **ret_stream)
{
    SSL *ssl = streams->tls != NULL ? tls_client_new(streams->tls) : NULL;
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL || (streams->tls != NULL && ssl == NULL))
        goto out;
    stream->bev = new_bufferevent(streams, ssl);
    if (stream->bev == NULL)
        goto out;
    stream->streams = streams;
    stream->ssl = ssl;
    evtimer_assign(&stream->timer, streams->base, on_timer, stream);
    bufferevent_setcb(stream->bev, on_read, NULL, on_event, stream);
    int r = connect_stream(stream, streams->to);
    if (r < 0) {
        bufferevent_free(stream->bev);
        free(stream);
        return r;
    }
    socket_no_delay(bufferevent_getfd(stream->bev));
    stream->next = streams->first;
    stream->link = &streams->first;
    if (stream->next != NULL)
        stream->next->link = &stream->next;
    streams->first = stream;
    streams->count++;
    choice_count(streams->learned, CHOICE_STREAMS);
    set_timer(stream, STREAM_CONNECT_MS);
    *ret_stream = stream;
    return 0;
out:
    SSL_free(ssl);
    free(stream);
    return -ENOMEM;
}

static bool id_is_used(const struct stream *stream, uint16_t id)
{
    for (unsigned i = 0; i < stream->end; i++)
        if (stream->entries[i].question != NULL && stream->entries[i].id == id)
            return true;
    return false;
}

int stream_take(struct streams *streams, void *question, unsigned send, struct stream_ticket *ret_ticket,
                uint16_t *ret_id)
{
    struct stream *stream = streams->first;
    unsigned index = 0;
    uint16_t id;
    while (stream != NULL && (stream->leaving || stream->waiting == STREAM_QUESTIONS))
        stream = stream->next;
    if (stream == NULL && streams->count == STREAMS_MAX)
        return -EMFILE;
    if (stream == NULL) {
        int r = open_stream(streams, &stream);
        if (r < 0)
            return r;
    }
    while (index < stream->end && stream->entries[index].question != NULL)
        index++;
    do
        id = random_16(streams->random);
    while (id_is_used(stream, id));
    stream->entries[index] = (struct entry){question, send, id, stream->heard};
    stream->waiting++;
    if (index == stream->end)
        stream->end++;
    if (stream->open)
        event_del(&stream->timer);
    choice_count(streams->learned, CHOICE_STREAM_SENT);
    *ret_ticket = (struct stream_ticket){stream, index};
    *ret_id = id;
    return 0;
}

/* RFC 7766 8: the length and the message by one write. */
int stream_send(const struct stream_ticket *ticket, const uint8_t *bytes, size_t len)
{
    uint8_t frame[FRAME + ASK_MAX];
    bytes_put16(frame, (uint16_t)len);
    memcpy(frame + FRAME, bytes, len);
    return bufferevent_write(ticket->stream->bev, frame, FRAME + len) < 0 ? -ENOMEM : 0;
}
