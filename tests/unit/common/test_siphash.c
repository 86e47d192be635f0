/*
 * Layer: test
 * Specification: SipHash (2012) appendix A; RFC 9018 appendix A
 */
#include "tests/unit/test.h"

#include <string.h>

#include "common/siphash.h"

/* Key 00..0f, message 00..0e: the paper's own example. */
TEST(SEC_30_the_reference_vector_of_siphash_2_4)
{
    uint8_t key[16], message[15];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    for (uint8_t i = 0; i < 15; i++)
        message[i] = i;
    assert_true(siphash24(siphash_key_from_bytes(key), message, sizeof(message)) ==
                UINT64_C(0xa129ca6149be45e5));
}

/* RFC 9018 A.1: client cookie, version, reserved, timestamp, address 198.51.100.100; the hash in memory
 * order. */
TEST(CKI_05_a_server_cookie_hash)
{
    static const uint8_t key[16] = {0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f,
                                    0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37, 0xbf, 0xcf};
    static const uint8_t input[20] = {0x24, 0x64, 0xc4, 0xab, 0xcf, 0x10, 0xc9, 0x57, 0x01, 0x00,
                                      0x00, 0x00, 0x5c, 0xf7, 0x9f, 0x11, 198,  51,   100,  100};
    static const uint8_t expected[8] = {0x1f, 0x81, 0x30, 0xc3, 0xee, 0xe2, 0x94, 0x80};
    uint64_t hash = siphash24(siphash_key_from_bytes(key), input, sizeof(input));
    for (int i = 0; i < 8; i++)
        assert_int_equal((uint8_t)(hash >> 8 * i), expected[i]);
}

TEST(words_and_bytes_agree)
{
    struct siphash_key key = {1, 2};
    uint8_t bytes[24];
    uint64_t words[3] = {0};
    for (uint8_t i = 0; i < 24; i++) {
        bytes[i] = (uint8_t)(i * 37);
        words[i / 8] |= (uint64_t)bytes[i] << 8 * (i % 8);
    }
    assert_true(siphash13(key, bytes, 24) == siphash13_words(key, words, 3));
    key.k0 = 9;
    assert_false(siphash13(key, bytes, 24) == siphash13_words((struct siphash_key){1, 2}, words, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SEC_30_the_reference_vector_of_siphash_2_4),
        cmocka_unit_test(CKI_05_a_server_cookie_hash),
        cmocka_unit_test(words_and_bytes_agree),
    };
    return RUN(tests);
}
