/*
 * What 200,000 names hold, and how it changes: each name's data follow from its number and the time, so that
 * an answer tells when its data were the authority's.
 *
 * Layer: test
 * Specification: RFC 1035 4.1
 *
 * Most are hosts; some do not exist; of some the servers fail. An address ends with the number of the ten
 * minutes in which it was given.
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_AUTHORITY_H
#define GATE64_TESTS_REPLAY_DNS64_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    AUTHORITY_DENIED = 10000, /* names that do not exist */
    AUTHORITY_FAILING = 4000, /* of which the servers fail, or are silent */
    AUTHORITY_HOSTS = 186000,
    AUTHORITY_NAMES = AUTHORITY_DENIED + AUTHORITY_FAILING + AUTHORITY_HOSTS,
    AUTHORITY_EPOCH_S = 600,
    AUTHORITY_MESSAGE = 512,
    AUTHORITY_NAME_LEN = 32,
};

enum authority_kind {
    AUTHORITY_IPV4_ONLY,
    AUTHORITY_DUAL,
    AUTHORITY_ALIAS, /* of a name that is IPv4 only */
    AUTHORITY_GONE,
    AUTHORITY_BAD,    /* SERVFAIL */
    AUTHORITY_SILENT, /* no reply */
};

enum authority_kind authority_kind_of(uint32_t number);
void authority_name(uint32_t number, char ret_name[AUTHORITY_NAME_LEN]);
uint32_t authority_ttl(uint32_t number); /* of its data, and of its SOA */
uint8_t authority_epoch(uint64_t now_s);

/* The address of a host, its last byte left 0. */
void authority_address4(uint32_t number, uint8_t ret_address[4]);
void authority_address6(uint32_t number, uint8_t ret_address[16]);

/* The reply to a question; 0: silence. */
size_t authority_reply(const uint8_t *question, size_t len, uint64_t now_s,
                       uint8_t ret_reply[AUTHORITY_MESSAGE]);
/* A question for this name; returns its length. */
size_t authority_question(uint32_t number, uint16_t type, uint16_t id,
                          uint8_t ret_question[AUTHORITY_MESSAGE]);

#endif
