/*
 * What upstreams send to one question, in any order: replies, silence, connections that break.
 *
 * Layer: test
 * Specification: RFC 5452 9.1, RFC 7873 5.3, RFC 6891 6.2
 *
 * The input is a row of events: a byte that says which, and for a reply its length and bytes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/upstream/attempt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    UPSTREAMS = 3,
    ID = 1,
    EVENT_KINDS = 4,
    HEAD = 3, /* kind and length of a reply */
    STEP_NS = 1000000,
};

static void check(const struct attempt *attempt, enum attempt_step step)
{
    assert(attempt->count <= ATTEMPT_PACKETS);
    assert(step != ATTEMPT_SEND || attempt->count > 0);
    for (unsigned i = 0; i < attempt->count; i++)
        assert(attempt->sends[i].due_ns <= attempt->until_ns);
}

/* The bytes alone, as they would come, so that reads behind them are seen. */
static enum attempt_step reply(struct attempt *attempt, const struct ask *ask, unsigned i,
                               const uint8_t *data, size_t len, uint64_t now_ns)
{
    struct message message;
    struct hops hops;
    uint8_t *exact = malloc(len + 1);
    enum ask_verdict verdict = ASK_WRONG;
    assert(exact != NULL);
    memcpy(exact, data, len);
    if (message_parse(exact, len, &message) == MESSAGE_OK) {
        verdict = ask_check(ask, ID, &message);
        hops_read(&message, &hops);
        assert(hops.count <= HOPS_MAX);
    }
    enum attempt_step step = attempt_reply(attempt, i, &message, verdict, now_ns);
    free(exact);
    return step;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct choice_upstream learned[UPSTREAMS];
    struct choice choice = {.count = UPSTREAMS};
    struct attempt attempt;
    struct ask ask = {.type = MESSAGE_TYPE_A, .class = MESSAGE_CLASS_IN, .edns_size = 512};
    uint64_t now_ns = STEP_NS;
    memset(learned, 0, sizeof(learned));
    for (unsigned i = 0; i < UPSTREAMS; i++)
        choice.upstreams[i] = &learned[i];
    assert(name_from_text("a.example", &ask.name));
    ask.mixed = len > 0 && data[0] & 0x80;
    enum attempt_step step =
        attempt_begin(&attempt, &choice, 7, now_ns + (uint64_t)ATTEMPT_BUDGET_MS * STEP_NS, false, now_ns);
    check(&attempt, step);
    while (len >= HEAD && step != ATTEMPT_END && step != ATTEMPT_TAKE) {
        unsigned i = data[0] / EVENT_KINDS % attempt.count;
        size_t size = bytes_get16(data + 1) < len - HEAD ? bytes_get16(data + 1) : len - HEAD;
        now_ns += STEP_NS;
        switch (data[0] % EVENT_KINDS) {
        case 0: step = reply(&attempt, &ask, i, data + HEAD, size, now_ns); break;
        case 1: step = attempt_broken(&attempt, i, (enum attempt_fault)(data[1] % 3), now_ns); break;
        case 2:
            now_ns = attempt_due(&attempt) > now_ns ? attempt_due(&attempt) : now_ns;
            step = attempt_timer(&attempt, now_ns);
            break;
        default: step = attempt_probe(&attempt, now_ns); break;
        }
        check(&attempt, step);
        data += HEAD + size;
        len -= HEAD + size;
    }
    return 0;
}
