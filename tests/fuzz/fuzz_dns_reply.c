/*
 * An upstream's reply to queries of several types: it answers a question of its own, so that names match.
 *
 * Layer: test
 * Specification: RFC 6147 5, RFC 8482 4
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/upstream/ask.h"
#include "tests/fuzz/dns_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { WHICH = 2, QUESTION_LEN = 600 };

static struct counters counters;
static uint8_t out[MESSAGE_MAX];

static void ask(const struct query_policy *policy, const struct message *reply, uint16_t type, bool udp)
{
    const struct query_client client = {.addr = {.family = AF_INET6}, .udp = udp, .allowed = true};
    struct message_writer writer;
    struct query query;
    uint8_t question[QUESTION_LEN];
    size_t out_len = 0;
    uint16_t flags = MESSAGE_RD | (reply->flags & MESSAGE_CD);
    message_begin(&writer, question, sizeof(question), 1, flags, &reply->question, type, MESSAGE_CLASS_IN);
    if (reply->has_opt)
        message_add_opt(&writer, reply->opt_size, 0, reply->opt_flags & MESSAGE_DO, NULL, 0);
    unsigned actions = query_begin(&query, policy, &counters, NULL, 0, question, message_end(&writer),
                                   &client, out, &out_len);
    for (int slot = QUERY_MAIN; slot < QUERY_SLOTS && !(actions & (QUERY_DO_SEND | QUERY_DO_DROP)); slot++) {
        uint8_t *copy = malloc(reply->len);
        assert(copy != NULL);
        memcpy(copy, reply->bytes, reply->len);
        actions = query_response(&query, slot, copy, reply->len, out, &out_len);
    }
    assert(actions & (QUERY_DO_SEND | QUERY_DO_DROP));
    dns_policy_check(&query, actions, out, out_len);
    query_done(&query);
}

/* Only what has our ID and question is an answer, whatever else it is. */
static void check_answered(const struct message *reply)
{
    struct ask ask = {.name = reply->question, .type = reply->type, .class = reply->class};
    bool sound = (reply->flags & MESSAGE_QR) && !(reply->flags & MESSAGE_OPCODE);
    assert((ask_check(&ask, reply->id, reply) == ASK_ANSWERED) == sound);
    assert(ask_check(&ask, (uint16_t)(reply->id + 1), reply) == ASK_WRONG);
    ask.type++;
    assert(ask_check(&ask, reply->id, reply) == ASK_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint16_t types[] = {MESSAGE_TYPE_AAAA, MESSAGE_TYPE_A, MESSAGE_TYPE_PTR, MESSAGE_TYPE_ANY,
                                     MESSAGE_TYPE_MX};
    struct message message;
    if (len < WHICH || len > WHICH + MESSAGE_MAX)
        return 0;
    struct query_policy policy = dns_policy(bytes_get16(data));
    uint8_t *exact = malloc(len - WHICH + 1);
    assert(exact != NULL);
    memcpy(exact, data + WHICH, len - WHICH);
    if (message_parse(exact, len - WHICH, &message) == MESSAGE_OK && message.has_question) {
        check_answered(&message);
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
            ask(&policy, &message, types[i], data[0] & 1);
    }
    free(exact);
    return 0;
}
