/*
 * Names and messages: what is read, and what is refused.
 *
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 6891 6.1, RFC 9267
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "dns64/wire/message.h"

static uint8_t bytes[MESSAGE_MAX];

static struct name name_of(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

/* A reply with one A record, built by the writer itself. */
static size_t reply(const char *owner)
{
    struct message_writer writer;
    struct name question = name_of("www.example.com"), own = name_of(owner);
    message_begin(&writer, bytes, sizeof(bytes), 7, MESSAGE_QR | MESSAGE_RD | MESSAGE_RA, &question,
                  MESSAGE_TYPE_A, 1);
    message_add(&writer, MESSAGE_ANSWER, &own, MESSAGE_TYPE_A, 300, "\xc0\x00\x02\x01", 4);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    return message_end(&writer);
}

TEST(LIM_01_every_cut_of_a_message_is_malformed)
{
    struct message message;
    size_t len = reply("www.example.com");
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, bytes, cut);
        assert_int_not_equal(message_parse(copy, cut, &message), MESSAGE_OK);
        free(copy);
    }
    assert_int_equal(message_parse(bytes, len + 1, &message), MESSAGE_MALFORMED);
}

TEST(fields_and_records_of_a_reply)
{
    struct message message;
    struct message_walk walk;
    struct message_record record;
    struct name owner, expected = name_of("WWW.example.COM");
    size_t len = reply("www.example.com");
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_OK);
    assert_true(message.has_opt);
    assert_int_equal(message.opt_size, 1232);
    message_walk_init(&walk, &message);
    assert_true(message_walk_next(&walk, &record));
    message_owner(&message, &record, &owner);
    assert_true(name_equal(&owner, &expected));
    assert_int_equal(record.ttl, 300);
    assert_true(message_walk_next(&walk, &record));
    assert_int_equal(record.type, MESSAGE_TYPE_OPT);
    assert_false(message_walk_next(&walk, &record));
}

TEST(LES_D_47_pointers_forward_to_themselves_and_in_loops)
{
    struct name name;
    size_t next;
    static const uint8_t itself[] = {0xc0, 0x00}, forward[] = {0xc0, 0x02, 1, 'a', 0},
                         loop[] = {1, 'a', 0xc0, 0x00}, past[] = {0xc0, 0xff}, reserved[] = {0x40, 'a', 0},
                         cut[] = {3, 'a', 'b'};
    assert_false(name_read(itself, sizeof(itself), 0, &name, &next));
    assert_false(name_read(forward, sizeof(forward), 0, &name, &next));
    assert_false(name_read(loop, sizeof(loop), 2, &name, &next));
    assert_false(name_read(past, sizeof(past), 0, &name, &next));
    assert_false(name_read(reserved, sizeof(reserved), 0, &name, &next));
    assert_false(name_read(cut, sizeof(cut), 0, &name, &next));
}

TEST(names_longer_than_255_bytes)
{
    uint8_t message[400];
    struct name name;
    size_t next;
    for (int i = 0; i < 5; i++) {
        message[64 * i] = 63;
        memset(message + 64 * i + 1, 'a', 63);
    }
    message[64 * 3 + 0] = 62;
    message[255] = 0; /* 3 * 64 + 63 + 0 */
    assert_false(name_read(message, sizeof(message), 0, &name, &next));
    message[64 * 3] = 61;
    message[64 * 3 + 62] = 0;
    assert_true(name_read(message, sizeof(message), 0, &name, &next));
    assert_int_equal(name.len, 255);
}

TEST(LES_D_18_address_records_of_wrong_length)
{
    struct message message;
    size_t len = reply("www.example.com");
    static const uint8_t fixed[] = {0, 1, 0, 1, 0, 0, 1, 44, 0, 4};
    uint8_t *at = memmem(bytes, len, fixed, sizeof(fixed));
    assert_non_null(at);
    at[1] = MESSAGE_TYPE_AAAA;
    assert_int_equal(message_parse(bytes, len, &message), MESSAGE_MALFORMED);
}

TEST(EDN_02_two_opts_and_options_past_their_end)
{
    struct message_writer writer;
    struct message message;
    struct name question = name_of("example.com");
    message_begin(&writer, bytes, sizeof(bytes), 7, 0, &question, 1, 1);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    assert_int_equal(message_parse(bytes, message_end(&writer), &message), MESSAGE_MALFORMED);
    message_begin(&writer, bytes, sizeof(bytes), 7, 0, &question, 1, 1);
    message_add_opt(&writer, 1232, 0, 0,
                    "\x00\x0a\x00\x09"
                    "12345678",
                    12);
    assert_int_equal(message_parse(bytes, message_end(&writer), &message), MESSAGE_MALFORMED);
}

TEST(EDN_01_opt_is_owned_by_the_root_itself_also_for_the_root)
{
    struct message_writer writer;
    struct message message;
    struct name root = name_of(".");
    message_begin(&writer, bytes, sizeof(bytes), 7, 0, &root, MESSAGE_TYPE_NS, 1);
    message_add_opt(&writer, 1232, 0, 0, NULL, 0);
    assert_int_equal(message_parse(bytes, message_end(&writer), &message), MESSAGE_OK);
    assert_true(message.has_opt);
}

TEST(LIM_02_seventeen_options)
{
    struct message_writer writer;
    struct message message;
    struct name question = name_of("example.com");
    uint8_t options[17 * 4] = {0};
    for (int count = 16; count <= 17; count++) {
        message_begin(&writer, bytes, sizeof(bytes), 7, 0, &question, 1, 1);
        message_add_opt(&writer, 1232, 0, 0, options, (uint16_t)(4 * count));
        assert_int_equal(message_parse(bytes, message_end(&writer), &message),
                         count == 16 ? MESSAGE_OK : MESSAGE_MALFORMED);
    }
}

TEST(names_print_and_read_back)
{
    char text[NAME_TEXT_LEN];
    struct name name = name_of("a-b.Example.com");
    assert_string_equal(name_print(&name, text), "a-b.Example.com");
    name = name_of(".");
    assert_string_equal(name_print(&name, text), ".");
    struct name odd = {.len = 5, .bytes = {3, 'a', 0x1b, '.', 0}};
    assert_string_equal(name_print(&odd, text), "a\\027\\046");
    assert_false(name_from_text("a..b", &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(LIM_01_every_cut_of_a_message_is_malformed),
        cmocka_unit_test(fields_and_records_of_a_reply),
        cmocka_unit_test(LES_D_47_pointers_forward_to_themselves_and_in_loops),
        cmocka_unit_test(names_longer_than_255_bytes),
        cmocka_unit_test(LES_D_18_address_records_of_wrong_length),
        cmocka_unit_test(EDN_02_two_opts_and_options_past_their_end),
        cmocka_unit_test(EDN_01_opt_is_owned_by_the_root_itself_also_for_the_root),
        cmocka_unit_test(LIM_02_seventeen_options),
        cmocka_unit_test(names_print_and_read_back),
    };
    return RUN(tests);
}
