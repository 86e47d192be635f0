/*
 * What `gate64 who` reads: a time as an operator writes it (the text begins with @), or lines of an event
 * log.
 *
 * Layer: test
 * Specification: RFC 3339 5.6; man/nat64d.8 (EVENT LOG)
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/utc.h"
#include "gate64/who.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A time that is read can be written, and is the same to the millisecond when it is read again. */
static void point_in_time(const char *text)
{
    const uint64_t ns_per_ms = 1000000;
    char printed[UTC_TEXT_LEN];
    uint64_t at_ns, again_ns, span_ns;
    if (utc_parse(text, &at_ns, &span_ns) < 0)
        return;
    assert(span_ns > 0);
    assert(utc_parse(utc_print(at_ns, printed), &again_ns, &span_ns) == 0);
    assert(again_ns == at_ns / ns_per_ms * ns_per_ms);
}

/* Every holder that is told of had it in the time asked about. */
static void lines(const char *text)
{
    const struct who_query query = {.src4 = 0xc01fc407,
                                    .port = 31337,
                                    .from_ns = UINT64_C(1795694400000000000),
                                    .to_ns = UINT64_C(1795694401000000000)};
    struct who *who;
    const struct who_holder *holder;
    if (who_new(&query, &who) < 0)
        return;
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        assert(who_line(who, at, len) == 0);
        at += len + (at[len] == '\n');
    }
    who_end(who, false);
    for (size_t i = 0; (holder = who_get(who, i)) != NULL; i++)
        assert(holder->since_ns < query.to_ns && holder->until_ns >= query.from_ns);
    who_before(who);
    who_after(who);
    who_free(who);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len >= TEXT_MAX)
        return 0;
    char *text = malloc(len + 1); /* of its length, so that a byte beyond it is noticed */
    assert(text != NULL);
    memcpy(text, data, len);
    text[len] = '\0';
    if (text[0] == '@')
        point_in_time(text + 1);
    else
        lines(text);
    free(text);
    return 0;
}
