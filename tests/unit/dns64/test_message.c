/*
 * The limits of the message parser and of the writer, each trap of RFC 9267, and what the worst message
 * costs.
 *
 * Layer: test
 * Specification: RFC 1035 3.3, 4.1; RFC 3597 4; RFC 9267
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dns64/rfc6147/chain.h"
#include "dns64/wire/patch.h"

enum {
    RECORD_FIXED = 10,
    WORST_MS = 50, /* asserted: of a slow machine under sanitizers; the figure is printed */
    TYPE_TXT = 16,
};

static uint8_t bytes[MESSAGE_MAX], out[MESSAGE_MAX];
static size_t len;

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

/* Messages that the writer would not write are put together by hand. */
static void put(const void *data, size_t size)
{
    assert_true(len + size <= sizeof(bytes));
    memcpy(bytes + len, data, size);
    len += size;
}

static void put16(unsigned value)
{
    uint8_t raw[2];
    bytes_put16(raw, (uint16_t)value);
    put(raw, sizeof(raw));
}

static void put_pointer(size_t target)
{
    put16(0xc000 | (unsigned)target);
}

/* A header and the question www.example.com A; its name begins at 12. */
static void start(void)
{
    static const uint8_t header[] = {0, 7, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0};
    struct name name = name_of("www.example.com");
    len = 0;
    put(header, sizeof(header));
    put(name.bytes, name.len);
    put16(MESSAGE_TYPE_A);
    put16(MESSAGE_CLASS_IN);
}

/* What comes after an owner. */
static void put_record(uint16_t type, const void *rdata, size_t rdata_len)
{
    put16(type);
    put16(MESSAGE_CLASS_IN);
    put16(0);
    put16(300);
    put16((unsigned)rdata_len);
    put(rdata, rdata_len);
    bytes_put16(bytes + 6, (uint16_t)(bytes_get16(bytes + 6) + 1));
}

static bool parses(void)
{
    struct message message;
    uint8_t *exact = malloc(len); /* so that a sanitizer sees what is read beyond */
    memcpy(exact, bytes, len);
    bool good = message_parse(exact, len, &message) == MESSAGE_OK;
    free(exact);
    return good;
}

/* One record of this RDATA, owned by the question's name. */
static bool parses_with(uint16_t type, const void *rdata, size_t rdata_len)
{
    start();
    put_pointer(MESSAGE_HEADER);
    put_record(type, rdata, rdata_len);
    return parses();
}

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void costs_little(const char *what, bool good)
{
    struct message message;
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double before = cpu_ms();
        assert_int_equal(message_parse(bytes, len, &message) == MESSAGE_OK, good);
        double took = cpu_ms() - before;
        best = took < best ? took : best;
    }
    print_message("# %s: %zu bytes parsed in %.3f ms\n", what, len, best);
    assert_true(best < WORST_MS);
}

/* TXT records whose RDATA nobody reads: a place for labels and pointers that names lead to. */
static void put_lair(const uint8_t *lair, size_t size)
{
    put_pointer(MESSAGE_HEADER);
    put_record(TYPE_TXT, lair, size);
}

/* As many records as have room, each with three names, each name of which leads to another of the targets. */
static void fill_with_names(const uint16_t *targets, size_t count)
{
    size_t next = 0;
    while (len + 2 + RECORD_FIXED + 4 <= sizeof(bytes)) {
        uint8_t rdata[4];
        bytes_put16(rdata, (uint16_t)(0xc000 | targets[next++ % count]));
        bytes_put16(rdata + 2, (uint16_t)(0xc000 | targets[next++ % count]));
        put_pointer(targets[next++ % count]);
        put_record(MESSAGE_TYPE_MINFO, rdata, sizeof(rdata));
    }
}

/* RFC 1035 4.1.4: pointers to pointers, 126 deep, as many such chains as can be pointed to. */
TEST(LES_D_31_chains_of_pointers_over_64_kib)
{
    static uint8_t lair[0x3f00];
    static uint16_t targets[sizeof(lair) / 2];
    size_t count = 0;
    start();
    size_t base = len + 2 + RECORD_FIXED;
    for (size_t i = 0; i + 2 <= sizeof(lair); i += 2) {
        bool first = i / 2 % 126 == 0;
        bytes_put16(lair + i, (uint16_t)(0xc000 | (first ? MESSAGE_HEADER : base + i - 2)));
        targets[count++] = (uint16_t)(base + i);
    }
    put_lair(lair, sizeof(lair));
    fill_with_names(targets, count);
    costs_little("chains of pointers", true);
}

/* Labels of one byte: 127 of them are a name, and each is the beginning of one. */
TEST(LES_D_31_names_of_127_labels_over_64_kib)
{
    static uint8_t lair[0x3f00];
    static uint16_t targets[sizeof(lair)];
    size_t count = 0;
    start();
    size_t base = len + 2 + RECORD_FIXED;
    for (size_t i = 0; i + 255 <= sizeof(lair); i += 255) {
        for (size_t k = 0; k < 254; k += 2)
            lair[i + k] = 1;
        for (size_t k = 254; k > 0; k -= 2) /* from the last label to the first, so that each is new */
            targets[count++] = (uint16_t)(base + i + k - 2);
    }
    put_lair(lair, sizeof(lair));
    fill_with_names(targets, count);
    costs_little("names of 127 labels", true);
}

/* Each label is followed by a pointer to the label before. */
TEST(LES_D_31_labels_and_pointers_in_turn_over_64_kib)
{
    static uint8_t lair[0x3f00];
    static uint16_t targets[sizeof(lair)];
    size_t count = 0;
    start();
    size_t base = len + 2 + RECORD_FIXED;
    for (size_t i = 0; i + 4 <= sizeof(lair); i += 4) {
        bool first = i / 4 % 120 == 0;
        lair[i] = 1;
        bytes_put16(lair + i + 2, (uint16_t)(0xc000 | (first ? MESSAGE_HEADER + 4 + 8 : base + i - 4)));
        targets[count++] = (uint16_t)(base + i);
    }
    put_lair(lair, sizeof(lair));
    fill_with_names(targets, count);
    costs_little("labels and pointers in turn", true);
    struct message message;
    uint16_t ttls[PATCH_TTLS_MAX];
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    double before = cpu_ms();
    size_t records = patch_find_ttls(&message, ttls);
    assert_in_range(records, 3000, PATCH_TTLS_MAX);
    assert_true(patch_is_safe(&message, ttls, records));
    double took = cpu_ms() - before;
    print_message("# whether the TTLs of %zu records may change: %.3f ms\n", records, took);
    assert_true(took < WORST_MS);
}

TEST(LIM_01_the_smallest_records_and_counts_that_lie)
{
    start();
    while (len + 1 + RECORD_FIXED <= sizeof(bytes)) {
        put("", 1);
        put_record(TYPE_TXT, "", 0);
    }
    costs_little("records of 11 bytes", true);
    for (int i = 6; i < 12; i += 2)
        bytes_put16(bytes + i, UINT16_MAX);
    costs_little("counts of 65535", false);
}

TEST(LIM_01_127_pointers_and_no_more)
{
    uint8_t chain[2 * 127];
    for (int deep = 126; deep <= 127; deep++) {
        start();
        size_t base = len + 2 + RECORD_FIXED;
        for (int i = 0; i < deep; i++)
            bytes_put16(chain + 2 * i, (uint16_t)(0xc000 | (i == 0 ? MESSAGE_HEADER : base + 2 * i - 2)));
        put_pointer(MESSAGE_HEADER);
        put_record(TYPE_TXT, chain, 2 * (size_t)deep);
        put_pointer(base + 2 * (size_t)deep - 2); /* one more */
        put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
        assert_int_equal(parses(), deep == 126);
    }
}

/* With the same limits for long messages, whose names are noted. */
TEST(LIM_01_the_note_of_names_changes_no_limit)
{
    static uint8_t text[4096];
    for (int deep = 126; deep <= 127; deep++) {
        start();
        put_pointer(MESSAGE_HEADER);
        put_record(TYPE_TXT, text, sizeof(text));
        size_t last = MESSAGE_HEADER;
        for (int i = 0; i < deep + 1; i++) { /* each owner is a pointer to the one before */
            size_t at = len;
            put_pointer(last);
            put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
            last = at;
        }
        assert_int_equal(parses(), deep == 126);
    }
    for (int more = 0; more < 2; more++) { /* 238 bytes before the 17 of the question's name: 255, then 256 */
        struct name name;
        uint8_t label[64] = {63};
        size_t next;
        start();
        put_pointer(MESSAGE_HEADER);
        put_record(TYPE_TXT, text, sizeof(text));
        size_t at = len;
        put(label, 64);
        put(label, 64);
        put(label, 64);
        label[0] = (uint8_t)(45 + more);
        put(label, (size_t)46 + more);
        put_pointer(MESSAGE_HEADER);
        put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
        put_pointer(at);
        put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
        assert_int_equal(parses(), more == 0);
        assert_int_equal(name_read(bytes, len, at, &name, &next), more == 0);
    }
}

TEST(LES_D_47_compression_pointers)
{
    static const uint16_t bad[] = {0xc021, 0xc022, 0xc030, 0xffff, 0xc000};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        start();
        assert_int_equal(len, 0x21); /* where the owner begins */
        put16(bad[i]);
        put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
        assert_int_equal(parses(), bad[i] == 0xc000); /* the ID begins with 0, the root */
        if (bad[i] == 0xc000) {
            struct name name;
            size_t next;
            assert_true(name_read(bytes, len, 0x21, &name, &next));
        }
    }
    start();
    put("\xc0", 1); /* half a pointer */
    bytes[7] = 1;
    assert_false(parses());
}

TEST(LES_D_47_lengths_of_labels_and_names)
{
    static const uint8_t heads[] = {0x40, 0x80, 0xbf};
    for (size_t i = 0; i < sizeof(heads); i++) {
        start();
        bytes[MESSAGE_HEADER] = heads[i];
        assert_false(parses());
    }
    start();
    bytes[MESSAGE_HEADER] = 63; /* beyond the end */
    assert_false(parses());
    for (unsigned last = 61; last <= 62; last++) { /* 3 * 64 + 62 + 1 = 255 */
        uint8_t label[64] = {63};
        len = 0;
        put("\0\7\1\0\0\1\0\0\0\0\0\0", 12);
        put(label, 64);
        put(label, 64);
        put(label, 64);
        label[0] = (uint8_t)last;
        put(label, last + 1);
        put("\0\0\1\0\1", 5);
        assert_int_equal(parses(), last == 61);
    }
}

TEST(LES_D_47_no_nul_at_the_end_and_one_inside)
{
    struct message message;
    len = 0;
    put("\0\7\1\0\0\1\0\0\0\0\0\0\3www\7example\3com", 28);
    assert_false(parses());
    len = 0;
    put("\0\7\1\0\0\1\0\0\0\0\0\0\3a\0b\0\0\1\0\1", 21);
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK); /* a byte like any other */
    assert_int_equal(message.question.len, 5);
    char text[NAME_TEXT_LEN];
    assert_string_equal(name_print(&message.question, text), "a\\000b");
}

TEST(LES_D_47_counts)
{
    start();
    put_pointer(MESSAGE_HEADER);
    put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
    assert_true(parses());
    for (int section = 6; section < 12; section += 2) {
        uint16_t was = bytes_get16(bytes + section);
        bytes_put16(bytes + section, (uint16_t)(was + 1)); /* of one that is not there */
        assert_false(parses());
        bytes_put16(bytes + section, UINT16_MAX);
        assert_false(parses());
        bytes_put16(bytes + section, was);
    }
    bytes_put16(bytes + 6, 0); /* there is more than was counted */
    assert_false(parses());
    bytes_put16(bytes + 6, 1);
    bytes_put16(bytes + 4, 2);
    assert_false(parses());
}

TEST(LES_D_18_addresses_of_a_wrong_length)
{
    static const uint8_t zeros[32];
    for (size_t size = 0; size < sizeof(zeros); size++) {
        assert_int_equal(parses_with(MESSAGE_TYPE_A, zeros, size), size == 4);
        assert_int_equal(parses_with(MESSAGE_TYPE_AAAA, zeros, size), size == 16);
    }
}

/* Of each type with names: RDATA that is right, which neither one byte less nor one more may be, unless it
 * ends with what may be of any length. */
TEST(LES_D_47_rdata_has_the_shape_of_its_type)
{
#define RDATA(text) text, sizeof(text) - 1
    static const struct {
        uint16_t type;
        const char *rdata;
        size_t size;
        bool open;
    } cases[] = {
        {MESSAGE_TYPE_NS, RDATA("\xc0\x0c"), false},
        {MESSAGE_TYPE_MD, RDATA("\xc0\x0c"), false},
        {MESSAGE_TYPE_MF, RDATA("\xc0\x0c"), false},
        {MESSAGE_TYPE_CNAME, RDATA("\1a\xc0\x0c"), false},
        {MESSAGE_TYPE_SOA,
         RDATA("\xc0\x0c\4root\xc0\x0c"
               "11112222333344445555"),
         false},
        {MESSAGE_TYPE_MB, RDATA("\1a\0"), false},
        {MESSAGE_TYPE_MG, RDATA("\1a\0"), false},
        {MESSAGE_TYPE_MR, RDATA("\1a\0"), false},
        {MESSAGE_TYPE_PTR, RDATA("\1a\xc0\x10"), false},
        {MESSAGE_TYPE_MINFO, RDATA("\xc0\x0c\xc0\x0c"), false},
        {MESSAGE_TYPE_MX, RDATA("\0\x0a\1m\xc0\x0c"), false},
        {MESSAGE_TYPE_RP, RDATA("\xc0\x0c\xc0\x10"), false},
        {MESSAGE_TYPE_AFSDB, RDATA("\0\1\xc0\x0c"), false},
        {MESSAGE_TYPE_RT, RDATA("\0\1\xc0\x0c"), false},
        {MESSAGE_TYPE_SIG, RDATA("123456789012345678\1a\0s"), true},
        {MESSAGE_TYPE_PX, RDATA("\0\1\xc0\x0c\1a\0"), false},
        {MESSAGE_TYPE_NXT, RDATA("\1a\0b"), true},
        {MESSAGE_TYPE_SRV, RDATA("\0\1\0\2\0\x35\1s\xc0\x0c"), false},
        {MESSAGE_TYPE_NAPTR, RDATA("\0\1\0\2\1u\3sip\0\1n\xc0\x0c"), false},
        {MESSAGE_TYPE_KX, RDATA("\0\1\xc0\x0c"), false},
        {MESSAGE_TYPE_DNAME, RDATA("\1d\xc0\x0c"), false},
        {MESSAGE_TYPE_RRSIG, RDATA("123456789012345678\1a\0s"), true},
        {MESSAGE_TYPE_NSEC, RDATA("\1a\0b"), true},
    };
#undef RDATA
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char more[64];
        assert_true(parses_with(cases[i].type, cases[i].rdata, cases[i].size));
        if (!parses_with(cases[i].type, cases[i].rdata, cases[i].size - 1) != !cases[i].open)
            fail_msg("type %u, one byte less", cases[i].type);
        memcpy(more, cases[i].rdata, cases[i].size);
        more[cases[i].size] = 0;
        if (!parses_with(cases[i].type, more, cases[i].size + 1) != !cases[i].open)
            fail_msg("type %u, one byte more", cases[i].type);
        assert_false(parses_with(cases[i].type, cases[i].rdata, 0));
    }
}

static size_t write_anew(const struct message *message, uint8_t *to, size_t size)
{
    struct message_writer writer;
    struct message_walk walk;
    struct message_record record;
    message_begin(&writer, to, size, message->id, message->flags, &message->question, message->type,
                  message->class);
    message_walk_init(&walk, message);
    while (message_walk_next(&walk, &record))
        message_copy(&writer, record.section, message, &record, record.ttl);
    return message_end(&writer);
}

/* 5,460 MINFO records of 255-byte names in 64 KiB unpack to 4 MB: nothing is written beyond the buffer. */
TEST(LES_D_35_hostile_names_grow_no_buffer)
{
    struct message message;
    uint8_t name[255] = {0};
    uint16_t targets[64];
    for (int i = 0; i < 254; i += 2)
        name[i] = 1;
    start();
    size_t base = len + 2 + RECORD_FIXED;
    put_lair(name, sizeof(name));
    for (size_t i = 0; i < 64; i++)
        targets[i] = (uint16_t)(base + 2 * i);
    fill_with_names(targets, 64);
    for (size_t at = MESSAGE_HEADER; at + 2 < len; at++) /* of a type whose names are never packed */
        if (bytes_get16(bytes + at) == MESSAGE_TYPE_MINFO && bytes_get16(bytes + at + 2) == MESSAGE_CLASS_IN)
            bytes_put16(bytes + at, MESSAGE_TYPE_RP);
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    static const size_t sizes[] = {0, 1, 11, 12, 13, 512, 1232, MESSAGE_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *exact = malloc(sizes[i] + 1);
        exact[sizes[i]] = 0x5a;
        double before = cpu_ms();
        assert_int_equal(write_anew(&message, exact, sizes[i]), 0);
        assert_true(cpu_ms() - before < WORST_MS);
        assert_int_equal(exact[sizes[i]], 0x5a);
        free(exact);
    }
}

/* RFC 3597 4: names of RFC 1035 may be packed again, those of later types stand in full. */
TEST(LES_D_35_names_in_rdata_are_unpacked_where_they_must_be)
{
    struct message message;
    struct message_walk walk;
    struct message_record record;
    static const uint8_t full[] = "\0\1\0\2\0\x35\3www\7example\3com";
    parses_with(MESSAGE_TYPE_SRV, "\0\1\0\2\0\x35\xc0\x0c", 8);
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    len = write_anew(&message, out, sizeof(out));
    assert_int_equal(message_parse(out, len, &message), MESSAGE_OK);
    message_walk_init(&walk, &message);
    assert_true(message_walk_next(&walk, &record));
    assert_int_equal(record.rdata_len, sizeof(full));
    assert_memory_equal(out + record.rdata, full, sizeof(full));
}

/* A referral that its server packed well is no longer when we pass it on. */
TEST(what_was_packed_stays_packed)
{
    struct message message;
    uint8_t rdata[] = {1, 'a', 0xc0, 0};
    start();
    put_pointer(MESSAGE_HEADER + 4);
    size_t servers = len + RECORD_FIXED + 2;
    put_record(MESSAGE_TYPE_NS, "\1x\4name\7servers\3net", 20);
    for (int i = 0; i < 12; i++) {
        rdata[1] = (uint8_t)('a' + i);
        rdata[3] = (uint8_t)servers;
        put_pointer(MESSAGE_HEADER + 4);
        put_record(MESSAGE_TYPE_NS, rdata, sizeof(rdata));
        size_t owner = len - sizeof(rdata);
        put_pointer(owner);
        put_record(MESSAGE_TYPE_A, "\1\2\3\4", 4);
    }
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    assert_int_equal(write_anew(&message, out, sizeof(out)), len);
    assert_memory_equal(bytes, out, len);
}

/* The question is the client's, with its letters; what pointed to the upstream's points to it. */
TEST(owners_that_are_the_question_have_its_letters)
{
    struct message message, again;
    struct message_writer writer;
    struct message_walk walk;
    struct message_record record;
    struct name name = name_of("WWW.eXample.com"), owner;
    parses_with(MESSAGE_TYPE_A, "\1\2\3\4", 4);
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    message_begin(&writer, out, sizeof(out), 9, MESSAGE_QR, &name, MESSAGE_TYPE_A, MESSAGE_CLASS_IN);
    message_walk_init(&walk, &message);
    assert_true(message_walk_next(&walk, &record));
    message_copy(&writer, MESSAGE_ANSWER, &message, &record, record.ttl);
    assert_int_equal(message_parse(out, message_end(&writer), &again), MESSAGE_OK);
    message_walk_init(&walk, &again);
    assert_true(message_walk_next(&walk, &record));
    message_owner(&again, &record, &owner);
    assert_memory_equal(owner.bytes, name.bytes, name.len);
}

/* One of 18 names of 243 bytes that differ in their last label alone. */
static size_t put_long_name(uint8_t *lair, size_t at, unsigned which)
{
    for (int i = 0; i < 120; i++) {
        lair[at++] = 1;
        lair[at++] = 'a';
    }
    lair[at++] = 1;
    lair[at++] = (uint8_t)('a' + which);
    lair[at++] = 0;
    return at;
}

/* What following costs with the worst that an upstream may send: names that are alike but for their ends, and
 * a chain that stands last and backwards. */
TEST(LES_D_31_a_chain_in_64_kib)
{
    enum { NAMES = 18, NAME_LEN = 243, OTHER = 17 };
    static const struct chain_filter none;
    static uint8_t lair[NAMES * NAME_LEN];
    struct message message;
    struct chain chain;
    struct name question;
    size_t next;
    for (int aliases = CHAIN_ALIASES_MAX; aliases <= CHAIN_ALIASES_MAX + 1; aliases++) {
        start();
        size_t base = len + 2 + RECORD_FIXED;
        for (unsigned i = 0; i < NAMES; i++)
            put_long_name(lair, (size_t)i * NAME_LEN, i);
        put_lair(lair, sizeof(lair));
        for (int i = 0; i < aliases; i++) {
            int link = aliases - 1 - i < CHAIN_MAX ? aliases - 1 - i : OTHER; /* 15, 14, ... 0 at the end */
            uint8_t target[2];
            bytes_put16(target,
                        (uint16_t)(0xc000 | (base + (size_t)(link + 1 - (link == OTHER)) * NAME_LEN)));
            put_pointer(base + (size_t)link * NAME_LEN);
            put_record(MESSAGE_TYPE_CNAME, target, sizeof(target));
        }
        while (len + 2 + RECORD_FIXED + 16 <= sizeof(bytes)) {
            put_pointer(base + OTHER * NAME_LEN);
            put_record(MESSAGE_TYPE_AAAA, lair, 16);
        }
        assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
        assert_true(name_read(bytes, len, base, &question, &next));
        double before = cpu_ms();
        chain_follow(&message, &question, MESSAGE_TYPE_AAAA, &none, &chain);
        double took = cpu_ms() - before;
        print_message("# a chain followed in %u records: %.3f ms\n", message.counts[MESSAGE_ANSWER], took);
        assert_true(took < WORST_MS);
        assert_int_equal(chain.broken, aliases > CHAIN_ALIASES_MAX);
        assert_int_equal(chain.links, chain.broken ? 0 : CHAIN_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LIM_01_the_smallest_records_and_counts_that_lie),
        cmocka_unit_test(LIM_01_127_pointers_and_no_more),
        cmocka_unit_test(LIM_01_the_note_of_names_changes_no_limit),
        cmocka_unit_test(LES_D_18_addresses_of_a_wrong_length),
        cmocka_unit_test(LES_D_31_chains_of_pointers_over_64_kib),
        cmocka_unit_test(LES_D_31_names_of_127_labels_over_64_kib),
        cmocka_unit_test(LES_D_31_labels_and_pointers_in_turn_over_64_kib),
        cmocka_unit_test(LES_D_31_a_chain_in_64_kib),
        cmocka_unit_test(LES_D_35_hostile_names_grow_no_buffer),
        cmocka_unit_test(LES_D_35_names_in_rdata_are_unpacked_where_they_must_be),
        cmocka_unit_test(LES_D_47_compression_pointers),
        cmocka_unit_test(LES_D_47_lengths_of_labels_and_names),
        cmocka_unit_test(LES_D_47_no_nul_at_the_end_and_one_inside),
        cmocka_unit_test(LES_D_47_counts),
        cmocka_unit_test(LES_D_47_rdata_has_the_shape_of_its_type),
        cmocka_unit_test(what_was_packed_stays_packed),
        cmocka_unit_test(owners_that_are_the_question_have_its_letters),
    };
    return RUN(tests);
}
