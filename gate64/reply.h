/*
 * One HTTP/1.1 reply, taken apart as its bytes come in.
 *
 * Layer: pure
 * Specification: RFC 9112 4 (status line), 5 (fields), 6.3 (length of the body), 7.1 (chunks)
 * Fuzz: fuzz_reply
 *
 * The body is handed on where it lies in the bytes that were fed; only one line of the head is ever kept.
 * A request without a body and with `Connection: close` is assumed, so one reply is all that comes.
 */
#ifndef GATE64_GATE64_REPLY_H
#define GATE64_GATE64_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REPLY_LINE_LEN = 1024,  /* longest line of the head or of a chunk */
    REPLY_HEAD_LEN = 16384, /* all lines of a head, or of a trailer */
};

enum reply_state {
    REPLY_STATUS_LINE,
    REPLY_FIELDS,
    REPLY_SIZED,  /* body by Content-Length */
    REPLY_TO_END, /* body until the peer closes */
    REPLY_CHUNK_SIZE,
    REPLY_CHUNK,
    REPLY_CHUNK_END, /* the line end behind a chunk */
    REPLY_TRAILER,
    REPLY_COMPLETE,
};

struct reply {
    enum reply_state state;
    int status;    /* 0 until the status line is there */
    bool chunked;  /* RFC 9112 6.1 */
    bool has_size; /* Content-Length */
    uint64_t left; /* bytes of the body, or of the chunk, that are still to come */
    size_t head;   /* bytes of the head so far */
    size_t line_len;
    char line[REPLY_LINE_LEN];
};

void reply_init(struct reply *reply);

/* Takes as much as makes one step; *ret_used is more than 0 unless the reply is complete. *ret_body_len is
 * the length of the body's bytes that end at bytes + *ret_used, mostly 0. -EPROTO: not HTTP/1.1 as we know
 * it; -EMSGSIZE: over the limits above. */
int reply_feed(struct reply *reply, const char *bytes, size_t len, size_t *ret_used, size_t *ret_body_len)
    __attribute__((warn_unused_result));

/* The peer closed. 0: the reply is whole; -EPIPE: it was cut short. */
int reply_close(const struct reply *reply) __attribute__((warn_unused_result));

#endif
