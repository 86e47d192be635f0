/*
 * The table of fragments against a model that knows nothing of chunks and lists, and each of its limits.
 *
 * Layer: test
 * Specification: RFC 6146 3.4 and 5.3, RFC 5722 4, RFC 8200 4.5
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "nat64d/packet/parse.h"
#include "nat64d/table/chunks.h"
#include "nat64d/table/fragments.h"
#include "tests/unit/nat64d/build.h"

#define S UINT64_C(1000000000)
enum { DATAGRAMS = 64, LEN_MAX = 65515 };

static struct fragments *fragments;
static struct built in, waiting;
static enum fragments_fate fate;
static uint32_t dropped;
static uint32_t udp_len = LEN_MAX; /* what first fragments say */
static uint64_t now_ns;

static int set_up(void **context)
{
    const struct siphash_key key = {5, 6};
    (void)context;
    now_ns = 100 * S;
    return fragments_new(DATAGRAMS, key, &fragments);
}

static int tear_down(void **context)
{
    (void)context;
    fragments_free(fragments);
    return 0;
}

static uint8_t byte_at(uint32_t id, uint32_t offset)
{
    return (uint8_t)(id * 31 + offset * 7 + offset / 253);
}

/* A fragment of UDP datagram `id` from `source`; its first bytes are a header with a checksum. */
static void build(const char *source, const char *destination, uint32_t id, uint32_t offset, uint32_t len,
                  bool more)
{
    bool v6 = strchr(source, ':') != NULL;
    uint8_t *at = build_ip(&in, source, destination, v6 ? 44 : 17, len + (v6 ? 8 : 0));
    if (v6) {
        at[0] = 17;
        build_put16(at + 2, offset | (more ? 1 : 0));
        build_put16(at + 4, id >> 16);
        build_put16(at + 6, id & 0xffff);
        at += 8;
    } else {
        build_put16(in.packet.data + 4, id);
        build_put16(in.packet.data + 6, offset / 8 | (more ? 0x2000 : 0));
        build_header_checksum(in.packet.data);
    }
    for (uint32_t i = 0; i < len; i++)
        at[i] = byte_at(id, offset + i);
    if (offset == 0) {
        build_put16(at, 1000 + (id & 0xff));
        build_put16(at + 2, 53);
        build_put16(at + 4, more ? udp_len : len);
        build_put16(at + 6, 1);
    }
    assert_int_equal(parse_packet(&in.packet), REASON_OK);
}

static enum reason add(bool whole)
{
    return fragments_add(fragments, &in.packet, whole, now_ns, &fate, &dropped);
}

static enum reason put(const char *source, uint32_t id, uint32_t offset, uint32_t len, bool more, bool whole)
{
    build(source, strchr(source, ':') == NULL ? "203.0.113.1" : "64:ff9b::808:808", id, offset, len, more);
    return add(whole);
}

static bool take(void)
{
    waiting.packet = (struct packet){.data = waiting.buffer + PACKET_HEADROOM};
    bool whole = fragments_take(fragments, &waiting.packet);
    assert_int_equal(parse_packet(&waiting.packet), REASON_OK);
    return whole;
}

static void empty(void)
{
    assert_false(fragments_ready(fragments));
    assert_int_equal(fragments_count(fragments), 0);
    assert_int_equal(fragments_chunks(fragments), 0);
}

/* What a model of a datagram knows: which pieces came, and which left. */
enum { MODEL_PIECES = 12, MODEL_DATAGRAMS = 8 };
struct model {
    bool v6, whole;
    uint32_t id, unit, pieces;
    bool came[MODEL_PIECES], left[MODEL_PIECES];
    uint32_t came_count, left_count;
};

static uint32_t total_len(const struct model *model)
{
    return model->pieces * model->unit - 3;
}

static uint32_t piece_len(const struct model *model, uint32_t index)
{
    return index == model->pieces - 1 ? model->unit - 3 : model->unit;
}

/* The packet is this piece of that datagram, byte for byte. */
static void check_piece(struct model *model, const struct packet *packet)
{
    uint32_t index = packet->fragment_offset / model->unit;
    assert_int_equal(packet->fragment_offset, index * model->unit);
    assert_int_equal(packet_l4_total(packet), piece_len(model, index));
    assert_int_equal(packet->more_fragments, index < model->pieces - 1);
    assert_false(model->left[index]);
    assert_true(packet->collected);
    assert_int_equal(packet->source_port, 1000 + (model->id & 0xff));
    for (uint32_t i = index == 0 ? 8 : 0; i < piece_len(model, index); i++)
        assert_int_equal(packet_l4(packet)[i], byte_at(model->id, packet->fragment_offset + i));
    model->left[index] = true;
    model->left_count++;
}

static void check_whole(struct model *model, const struct packet *packet)
{
    uint32_t total = total_len(model);
    assert_false(packet_is_fragment(packet));
    assert_int_equal(packet->fragment_header, model->v6);
    assert_int_equal(packet->id, model->id);
    assert_int_equal(packet_l4_total(packet), total);
    assert_int_equal(model->came_count, model->pieces);
    for (uint32_t i = 8; i < total; i++)
        assert_int_equal(packet_l4(packet)[i], byte_at(model->id, i));
    model->left_count = model->pieces;
}

static void start(struct model *model, uint32_t id)
{
    *model = (struct model){.v6 = rand() % 2,
                            .whole = rand() % 2,
                            .id = id,
                            .unit = 8u * (1 + (unsigned)rand() % 400),
                            .pieces = 2 + (unsigned)rand() % (MODEL_PIECES - 1)};
}

static void step(struct model *models)
{
    struct model *model = &models[rand() % MODEL_DATAGRAMS];
    uint32_t index = (uint32_t)rand() % model->pieces, id = model->id;
    udp_len = total_len(model);
    enum reason reason = put(model->v6 ? "2001:db8::1" : "8.8.8.8", id, index * model->unit,
                             piece_len(model, index), index < model->pieces - 1, model->whole && index == 0);
    assert_int_equal(reason, model->came[index] ? REASON_FRAGMENT_DUPLICATE : REASON_OK);
    if (reason == REASON_OK) {
        model->came[index] = true;
        model->came_count++;
        assert_int_equal(fate, model->whole || !model->came[0] ? FRAGMENTS_KEPT : FRAGMENTS_PASSES);
        if (fate == FRAGMENTS_PASSES)
            check_piece(model, &in.packet);
    }
    while (fragments_ready(fragments))
        if (take())
            check_whole(model, &waiting.packet);
        else
            check_piece(model, &waiting.packet);
    if (!model->whole && model->came[0])
        assert_int_equal(model->left_count, model->came_count);
    if (model->came_count == model->pieces) {
        assert_int_equal(model->left_count, model->pieces);
        start(model, id + MODEL_DATAGRAMS);
    }
}

TEST(N64_FRG_01_any_order_against_a_model)
{
    struct model models[MODEL_DATAGRAMS];
    srand(1);
    for (uint32_t i = 0; i < MODEL_DATAGRAMS; i++)
        start(&models[i], i + 1);
    for (unsigned i = 0; i < 40000; i++)
        step(models);
    udp_len = LEN_MAX;
    assert_true(models[0].id > 100); /* many went through */
    now_ns += 2 * S;
    fragments_expire(fragments, now_ns, 2 * S);
    empty();
}

TEST(N64_FRG_08_datagrams_at_once)
{
    char source[32];
    unsigned kept = 0, first = 0;
    for (unsigned i = 0; i < 2 * DATAGRAMS; i++) {
        snprintf(source, sizeof(source), "8.8.%u.8", i);
        if (put(source, 1, 800, 80, true, false) == REASON_OK)
            kept++;
    }
    assert_int_equal(kept, DATAGRAMS - DATAGRAMS / FRAGMENTS_SHARE);
    /* SEC-50: those that come in order still find a place, and need no memory. */
    uint32_t chunks = fragments_chunks(fragments);
    for (unsigned i = 0; i < 2 * DATAGRAMS; i++) {
        snprintf(source, sizeof(source), "8.9.%u.8", i);
        if (put(source, 1, 0, 80, true, false) == REASON_OK) {
            assert_int_equal(fate, FRAGMENTS_PASSES);
            first++;
        } else {
            assert_int_equal(put(source, 1, 0, 80, true, false), REASON_FRAGMENT_LIMIT);
        }
    }
    assert_int_equal(first, DATAGRAMS / FRAGMENTS_SHARE);
    assert_int_equal(fragments_chunks(fragments), chunks);
    assert_int_equal(fragments_expire(fragments, now_ns + 2 * S - 1, 2 * S), 0);
    assert_int_equal(fragments_expire(fragments, now_ns + 2 * S, 2 * S), kept);
    empty();
    assert_int_equal(put("8.8.8.8", 1, 0, 80, true, false), REASON_OK);
}

TEST(N64_FRG_08_datagrams_of_one_network)
{
    char source[32];
    for (uint32_t i = 0; i < DATAGRAMS / FRAGMENTS_SHARE; i++) {
        snprintf(source, sizeof(source), "2001:db8::%x", i + 1); /* another address, the same /64 */
        assert_int_equal(put(source, i, 0, 80, true, false), REASON_OK);
    }
    assert_int_equal(put("2001:db8::ffff", 1, 0, 80, true, false), REASON_FRAGMENT_LIMIT);
    assert_int_equal(put("2001:db8:0:1::1", 1, 0, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 1, 0, 80, true, false), REASON_OK);
}

TEST(N64_FRG_08_fragments_of_one_datagram)
{
    for (uint32_t i = 0; i < FRAGMENTS_PIECES; i++)
        assert_int_equal(put("8.8.8.8", 1, 8 + i * 8, 8, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 1, 8 + FRAGMENTS_PIECES * 8, 8, true, false), REASON_FRAGMENT_TOO_MANY);
    assert_int_equal(dropped, FRAGMENTS_PIECES);
    assert_int_equal(put("8.8.8.8", 1, 0, 8, true, false), REASON_FRAGMENT_TOO_MANY);
    assert_int_equal(fragments_chunks(fragments), 0);
    assert_int_equal(fragments_count(fragments), 1); /* so that the rest does not begin anew */
    assert_int_equal(fragments_expire(fragments, now_ns + 2 * S, 2 * S), 0);
    empty();
}

TEST(N64_FRG_02_N64_5_3_02_memory)
{
    char source[32];
    unsigned kept = 0;
    enum reason reason = REASON_OK;
    uint32_t each = chunks_needed(20 + 1480), share = 1024 / FRAGMENTS_SHARE;
    for (uint32_t i = 0; reason == REASON_OK; i++) {
        reason = put("8.8.8.8", i / 40, 1480 + i % 40 * 1480, 1480, true, false);
        kept += reason == REASON_OK;
    }
    assert_int_equal(reason, REASON_FRAGMENT_MEMORY);
    assert_int_equal(kept, share / each); /* of one source */
    for (unsigned n = 0; n < 40; n++)
        for (uint32_t i = 0; i < 3; i++) {
            snprintf(source, sizeof(source), "8.9.%u.8", n);
            put(source, 1, 8000 + i * 8000, 8000, true, false);
            assert_true(fragments_chunks(fragments) <= 1024);
        }
    assert_true(fragments_chunks(fragments) > 1024 - 4 * each * 6);
    fragments_expire(fragments, now_ns + 2 * S, 2 * S);
    empty();
}

TEST(N64_FRG_08_the_whole_fits_an_ip_packet)
{
    uint32_t offset = 0;
    for (; offset < 65480; offset += 8184)
        assert_int_equal(put("8.8.8.8", 1, offset, 65480 - offset < 8184 ? 65480 - offset : 8184, true, true),
                         REASON_OK);
    assert_int_equal(put("8.8.8.8", 1, 65480, 35, false, true), REASON_OK);
    assert_true(fragments_ready(fragments));
    waiting.packet.data = waiting.buffer + PACKET_HEADROOM;
    assert_true(fragments_take(fragments, &waiting.packet));
    assert_int_equal(waiting.packet.len, 65535);
    empty();
}

/* With the options of the first fragment it would be longer than its length field tells. */
TEST(N64_FRG_08_and_does_not_with_options)
{
    uint8_t *ip = in.buffer + PACKET_HEADROOM;
    build_ip(&in, "8.8.8.8", "203.0.113.1", 17, 4 + 8 + 32760);
    ip[0] = 0x46; /* four bytes of end-of-options */
    build_put16(ip + 4, 1);
    build_put16(ip + 6, 0x2000);
    build_put16(ip + 24 + 4, LEN_MAX);
    build_put16(ip + 2, 24 + 32760);
    build_header_checksum(ip);
    in.packet.len = 24 + 32760;
    assert_int_equal(parse_packet(&in.packet), REASON_OK);
    assert_int_equal(add(true), REASON_OK);
    assert_int_equal(put("8.8.8.8", 1, 32760, 32755, false, false), REASON_FRAGMENT_TOO_LONG);
    assert_int_equal(dropped, 2);
    assert_false(fragments_ready(fragments));
    assert_int_equal(fragments_chunks(fragments), 0);
}

TEST(N64_FRG_09_ranges_that_cannot_be)
{
    /* Two ends. */
    assert_int_equal(put("8.8.8.8", 1, 800, 80, false, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 1, 1600, 80, false, false), REASON_FRAGMENT_OVERLAP);
    /* Beyond the end. */
    assert_int_equal(put("8.8.8.8", 2, 800, 80, false, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 2, 880, 80, true, false), REASON_FRAGMENT_OVERLAP);
    /* An end before what is there. */
    assert_int_equal(put("8.8.8.8", 3, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 3, 80, 80, false, false), REASON_FRAGMENT_OVERLAP);
    /* The same range, once as the last. */
    assert_int_equal(put("8.8.8.8", 4, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 4, 800, 80, false, false), REASON_FRAGMENT_OVERLAP);
}

TEST(N64_FRG_08_keys)
{
    assert_int_equal(put("8.8.8.8", 1, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.4.4", 1, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 2, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("2001:db8::1", 0x10001, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("2001:db8::1", 0x20001, 800, 80, true, false), REASON_OK); /* all 32 bits */
    build("8.8.8.8", "203.0.113.2", 1, 800, 80, true);
    assert_int_equal(add(false), REASON_OK);
    build("8.8.8.8", "203.0.113.1", 1, 800, 80, true);
    in.packet.data[9] = 6; /* another protocol */
    build_header_checksum(in.packet.data);
    assert_int_equal(parse_packet(&in.packet), REASON_OK);
    assert_int_equal(add(false), REASON_OK);
    assert_int_equal(fragments_count(fragments), 7);
}

/* RFC 8200 4.5: what the first fragment says of the protocol holds for all. */
TEST(N64_FRG_08_the_first_fragments_protocol)
{
    build("2001:db8::1", "64:ff9b::808:808", 1, 800, 80, true);
    in.packet.data[40] = 6;
    in.packet.protocol = 6;
    assert_int_equal(add(false), REASON_OK);
    assert_int_equal(put("2001:db8::1", 1, 0, 80, true, false), REASON_OK);
    assert_false(take());
    assert_int_equal(waiting.packet.protocol, 17);
    build("2001:db8::1", "64:ff9b::808:808", 1, 80, 720, true);
    in.packet.data[40] = 58;
    in.packet.protocol = 58;
    assert_int_equal(add(true), REASON_OK);
    assert_int_equal(fate, FRAGMENTS_PASSES);
    assert_int_equal(in.packet.protocol, 17);
    assert_int_equal(in.packet.data[40], 17);
}

TEST(SEC_50_expired_while_ready)
{
    assert_int_equal(put("8.8.8.8", 1, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 1, 0, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 2, 800, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 2, 0, 80, true, false), REASON_OK);
    assert_int_equal(put("8.8.8.8", 2, 880, 80, true, false), REASON_OK); /* passes: nobody waits for it */
    /* An overlap takes the second out of the list, time the first. */
    assert_int_equal(put("8.8.8.8", 2, 888, 80, true, false), REASON_FRAGMENT_OVERLAP);
    assert_int_equal(dropped, 1);
    assert_true(fragments_ready(fragments));
    assert_int_equal(fragments_expire(fragments, now_ns + 2 * S, 2 * S), 1);
    empty();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(N64_FRG_01_any_order_against_a_model),
        CASE(N64_FRG_08_datagrams_at_once),
        CASE(N64_FRG_08_datagrams_of_one_network),
        CASE(N64_FRG_08_fragments_of_one_datagram),
        CASE(N64_FRG_02_N64_5_3_02_memory),
        CASE(N64_FRG_08_the_whole_fits_an_ip_packet),
        CASE(N64_FRG_08_and_does_not_with_options),
        CASE(N64_FRG_09_ranges_that_cannot_be),
        CASE(N64_FRG_08_keys),
        CASE(N64_FRG_08_the_first_fragments_protocol),
        CASE(SEC_50_expired_while_ready),
    };
    return RUN(tests);
}
