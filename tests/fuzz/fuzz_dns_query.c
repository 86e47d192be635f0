/*
 * A client's query, first as the bytes that came, then with what stands in them as name, type, class and
 * flags, so that most get as far as upstreams; these answer by a script that the rest of the bytes is.
 *
 * Layer: test
 * Specification: RFC 6147 5, RFC 1035 4.1
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns64/query/finished.h"
#include "tests/fuzz/dns_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { QUESTION_LEN = 4096, REPLY_LEN = 4096, RECORDS_MAX = 8, OPTIONS_LEN = 64 };

static struct counters counters;
static uint8_t out[MESSAGE_MAX];

/* The next byte of the script; 0 when it is over. */
static unsigned next(struct bytes_reader *script)
{
    return bytes_read8(script);
}

/* A name of short labels out of a small alphabet, so that names meet. */
static struct name next_name(struct bytes_reader *script)
{
    struct name name = {.len = 0};
    for (unsigned labels = next(script) % 5; labels > 0; labels--) {
        unsigned letter = next(script);
        name.bytes[name.len++] = 1;
        name.bytes[name.len++] = (uint8_t)(letter & 0x80 ? letter : 'a' + letter % 4);
    }
    name.bytes[name.len++] = 0;
    return name;
}

static uint16_t next_type(struct bytes_reader *script)
{
    static const uint16_t types[] = {MESSAGE_TYPE_AAAA, MESSAGE_TYPE_A,    MESSAGE_TYPE_CNAME,
                                     MESSAGE_TYPE_SOA,  MESSAGE_TYPE_PTR,  MESSAGE_TYPE_DNAME,
                                     MESSAGE_TYPE_ANY,  MESSAGE_TYPE_RRSIG};
    unsigned which = next(script);
    return which & 0x80 ? bytes_read16(script) : types[which % 8];
}

static void add_record(struct message_writer *writer, struct bytes_reader *script)
{
    struct name owner = next(script) & 1 ? writer->question : next_name(script), target = next_name(script);
    enum message_section section = (enum message_section)(next(script) % 3);
    uint16_t type = next_type(script);
    uint8_t rdata[2 * NAME_MAX_LEN] = {0};
    size_t len = 0;
    switch (type) {
    case MESSAGE_TYPE_A: bytes_put32(rdata, bytes_read32(script)), len = 4; break;
    case MESSAGE_TYPE_AAAA:
        bytes_put32(rdata, next(script) & 1 ? 0x0064ff9b : 0x20010db8);
        len = 16;
        break;
    case MESSAGE_TYPE_CNAME:
    case MESSAGE_TYPE_DNAME:
    case MESSAGE_TYPE_PTR:
        memcpy(rdata, target.bytes, target.len);
        len = target.len;
        break;
    case MESSAGE_TYPE_SOA: len = 22; break;
    case MESSAGE_TYPE_RRSIG:
        bytes_put16(rdata, next_type(script));
        len = 20;
        break;
    case MESSAGE_TYPE_OPT: return;
    default: len = next(script); break;
    }
    message_add(writer, section, &owner, type, bytes_read32(script), rdata, (uint16_t)len);
}

/* NULL: nobody answered. */
static uint8_t *reply_to(const struct query *query, enum query_slot_name slot, struct bytes_reader *script,
                         size_t *ret_len)
{
    static const uint8_t rcodes[] = {0, 0, 0, 3, 2, 5, 1, 0};
    struct message_writer writer;
    struct message message;
    struct name name;
    uint16_t type;
    unsigned how = next(script);
    uint8_t *bytes = how & 0x80 ? NULL : malloc(REPLY_LEN);
    if (bytes == NULL)
        return NULL;
    query_asked(query, slot, &name, &type);
    message_begin(&writer, bytes, REPLY_LEN, 1, (uint16_t)(MESSAGE_QR | MESSAGE_RA | rcodes[how & 7]), &name,
                  type, query->class);
    for (unsigned i = next(script) % RECORDS_MAX; i > 0; i--)
        add_record(&writer, script);
    *ret_len = message_end(&writer);
    if (*ret_len > 0 && message_parse(bytes, *ret_len, &message) == MESSAGE_OK)
        return bytes;
    free(bytes);
    return NULL;
}

static void run(const struct query_policy *policy, struct cache *cache, const uint8_t *bytes, size_t len,
                const struct query_client *client, struct bytes_reader *script)
{
    struct query query;
    size_t out_len = 0;
    unsigned actions = query_begin(&query, policy, &counters, cache, 0, bytes, len, client, out, &out_len);
    bool finished = actions & QUERY_DO_SEND;
    actions |= query_waited(&query);
    for (int slot = QUERY_MAIN; slot < QUERY_SLOTS && !(actions & (QUERY_DO_SEND | QUERY_DO_DROP)); slot++) {
        size_t reply_len = 0;
        uint8_t *reply = reply_to(&query, slot, script, &reply_len);
        query_from(&query, &(struct query_source){.kind = next(script) % 5, .life_s = next(script)});
        actions = query_response(&query, slot, reply, reply_len, out, &out_len);
    }
    assert(actions & (QUERY_DO_SEND | QUERY_DO_DROP));
    dns_policy_check(&query, actions, out, out_len);
    if (actions & QUERY_DO_SEND && !finished) {
        finished_keep(&query, cache, 0, out, out_len);
        dns_policy_check(&query, actions, out, out_len);
    }
    query_done(&query);
}

/* The same question twice, so that the second may be answered from the cache. */
static void run_built(const struct query_policy *policy, struct cache *cache, struct query_client *client,
                      struct bytes_reader *script)
{
    uint8_t question[QUESTION_LEN], options[OPTIONS_LEN];
    struct message_writer writer;
    struct name name = next_name(script);
    uint16_t type = next_type(script), class = next(script) & 0xe0 ? MESSAGE_CLASS_IN : bytes_read16(script);
    message_begin(&writer, question, sizeof(question), 7, bytes_read16(script) & (uint16_t)~MESSAGE_QR, &name,
                  type, class);
    size_t options_len = next(script) % sizeof(options);
    const uint8_t *from = bytes_read(script, options_len);
    if (from != NULL)
        memcpy(options, from, options_len);
    if (next(script) & 1)
        message_add_opt(&writer, bytes_read16(script), 0, next(script) & 1 ? MESSAGE_DO : 0, options,
                        (uint16_t)(from != NULL ? options_len : 0));
    size_t len = message_end(&writer);
    for (int i = 0; i < 2; i++) {
        run(policy, cache, question, len, client, script);
        client->udp ^= next(script) & 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes_reader script;
    if (len > MESSAGE_MAX)
        return 0;
    bytes_reader_init(&script, data, len);
    struct query_policy policy = dns_policy(bytes_read16(&script));
    struct query_client client = {.addr = {.family = AF_INET6}, .udp = next(&script) & 1, .allowed = true};
    struct cache *cache = cache_new(CACHE_SIZE_MIN, (struct siphash_key){1, 2});
    assert(cache != NULL);
    run(&policy, cache, data, len, &client, &script);
    run_built(&policy, cache, &client, &script);
    cache_free(cache);
    return 0;
}
