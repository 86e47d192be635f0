/*
 * A hosts file: each line that is taken is found again by its names and its address, and answers can be made
 * of it.
 *
 * Layer: test
 * Specification: hosts(5)
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/local/hosts.h"
#include "dns64/local/roster.h"
#include "dns64/rfc6147/reverse.h"

enum { TEXT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect_answer(const struct roster *roster, const struct name *name, uint16_t type)
{
    static uint8_t out[MESSAGE_MAX];
    struct message_writer writer;
    struct message message;
    const struct roster_entry *entry = roster_find(roster, name);
    assert(entry != NULL && roster_has(entry, type));
    message_begin(&writer, out, sizeof(out), 1, MESSAGE_QR, name, type, MESSAGE_CLASS_IN);
    unsigned count = roster_put(roster, entry, name, type, 1, &writer);
    assert(count > 0 && count <= ROSTER_EACH_MAX);
    assert(message_parse(out, message_end(&writer), &message) == MESSAGE_OK);
    assert(message.counts[MESSAGE_ANSWER] == count);
}

static void expect_line(const struct roster *roster, const struct name *name, const struct addr *addr)
{
    static const struct name localhost = {.len = 11, .bytes = "\11localhost"};
    struct name above;
    if (name_under(name, &localhost, NULL))
        return;
    expect_answer(roster, name, addr->family == AF_INET ? MESSAGE_TYPE_A : MESSAGE_TYPE_AAAA);
    name_from_label(name, (size_t)name->bytes[0] + 1, &above);
    assert(above.len == 1 || roster_below(roster, &above));
}

static void expect_reverse(const struct roster *roster, const struct addr *addr)
{
    struct name name;
    if (addr->family == AF_INET)
        reverse_name4(addr->v4, &name);
    else
        reverse_name6(&addr->v6, &name);
    expect_answer(roster, &name, MESSAGE_TYPE_PTR);
}

static void take_line(struct roster *roster, const char *text, size_t len)
{
    struct hosts_line line;
    struct name name;
    enum hosts_fault fault = hosts_parse(text, len, &line);
    if (fault != HOSTS_OK) {
        assert(fault == HOSTS_BLANK || strstr(hosts_text(fault), "; allowed: ") != NULL);
        return;
    }
    bool canonical = true;
    for (; hosts_next(&line, &name); canonical = false) {
        if (roster_add(roster, &name, &line.addr, canonical) < 0)
            return; /* too many of one name */
        expect_line(roster, &name, &line.addr);
        expect_reverse(roster, &line.addr);
    }
    assert(!canonical); /* a line that is taken has a name */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > TEXT_MAX)
        return 0;
    struct roster *roster = roster_new((struct siphash_key){1, 2});
    assert(roster != NULL);
    for (size_t at = 0; at < len;) {
        const uint8_t *end = memchr(data + at, '\n', len - at);
        size_t line_len = end != NULL ? (size_t)(end - data) - at : len - at;
        char *line = malloc(line_len + 1); /* of its length, so that a byte beyond it is noticed */
        assert(line != NULL);
        memcpy(line, data + at, line_len);
        take_line(roster, line, line_len);
        free(line);
        at += line_len + 1;
    }
    roster_free(roster);
    return 0;
}
