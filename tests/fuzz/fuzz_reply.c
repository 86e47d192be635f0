/*
 * HTTP replies of a daemon, fed to the client in pieces whose sizes the first byte chooses.
 *
 * Layer: test
 * Specification: RFC 9112 4, 5, 6.3, 7.1
 */
#include <assert.h>
#include <stdint.h>

#include "gate64/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reply reply;
    size_t piece = len > 0 ? (size_t)data[0] + 1 : 1, at = 1, steps = 0;
    reply_init(&reply);
    while (at < len && reply.state != REPLY_COMPLETE) {
        size_t have = len - at < piece ? len - at : piece, used = 0, body = 0;
        if (reply_feed(&reply, (const char *)data + at, have, &used, &body) < 0)
            return 0;
        assert(used <= have && body <= used);
        assert(used > 0 || reply.state == REPLY_COMPLETE);
        assert(++steps < 4 * len + 16);
        at += used;
    }
    int closed = reply_close(&reply);
    assert(reply.state != REPLY_COMPLETE || closed == 0);
    return 0;
}
