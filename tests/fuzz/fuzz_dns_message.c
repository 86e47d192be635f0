/*
 * DNS messages: as a query through the whole path, and as the upstream's reply to one.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 6147 5
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/pref64.h"
#include "dns64/query/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct query_client client = {.addr = {.family = AF_INET6}, .udp = true, .allowed = true};
static struct counters counters;
static uint8_t out[MESSAGE_MAX];

static void check(unsigned actions, size_t len)
{
    struct message message;
    if (actions & QUERY_DO_SEND)
        assert(message_parse(out, len, &message) == MESSAGE_OK && (message.flags & MESSAGE_QR));
}

/* The reply answers a question of its own, so that names match. */
static void as_reply(const struct query_policy *policy, const uint8_t *data, size_t len, uint16_t type)
{
    struct message message;
    struct message_writer writer;
    struct query query;
    uint8_t question[600];
    size_t out_len = 0;
    if (message_parse(data, len, &message) != MESSAGE_OK || !message.has_question)
        return;
    message_begin(&writer, question, sizeof(question), 1, MESSAGE_RD, &message.question, type,
                  MESSAGE_CLASS_IN);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    unsigned actions = query_begin(&query, policy, &counters, NULL, 0, question, message_end(&writer),
                                   &client, out, &out_len);
    for (int slot = QUERY_MAIN; slot < QUERY_SLOTS && !(actions & (QUERY_DO_SEND | QUERY_DO_DROP)); slot++) {
        uint8_t *copy = malloc(len);
        assert(copy != NULL);
        memcpy(copy, data, len);
        actions = query_response(&query, slot, copy, len, out, &out_len);
    }
    check(actions, out_len);
    query_done(&query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct synthesize_pref64 pref64 = {.prefix = pref64_well_known};
    static const struct route route;
    const struct query_policy policy = {
        .route = &route,
        .pref64 = &pref64,
        .pref64_count = 1,
        .filter = {.images = &pref64_well_known, .images_count = 1},
        .mark_synthetic = true,
        .edns_size = 1232,
        .aaaa_wait_ms = 300,
    };
    struct query query;
    size_t out_len = 0;
    if (len > MESSAGE_MAX)
        return 0;
    unsigned actions = query_begin(&query, &policy, &counters, NULL, 0, data, len, &client, out, &out_len);
    check(actions, out_len);
    query_done(&query);
    as_reply(&policy, data, len, MESSAGE_TYPE_AAAA);
    as_reply(&policy, data, len, MESSAGE_TYPE_PTR);
    return 0;
}
