/*
 * What tests of queries begin with: a policy by the well-known prefix, names, and replies of upstreams.
 *
 * Layer: test
 * Specification: RFC 6147 5
 */
#ifndef GATE64_TESTS_UNIT_DNS64_RIG_H
#define GATE64_TESTS_UNIT_DNS64_RIG_H

#include <stdlib.h>
#include <string.h>

#include "dns64/query/query.h"
#include "tests/unit/test.h"

static const struct synthesize_pref64 rig_pref64 = {.prefix = {{{{0, 0x64, 0xff, 0x9b}}}, 96}};
static const struct route rig_route;

static inline struct query_policy rig_policy(void)
{
    return (struct query_policy){
        .view = "",
        .route = &rig_route,
        .pref64 = &rig_pref64,
        .pref64_count = 1,
        .filter = {.images = &rig_pref64.prefix, .images_count = 1},
        .mark_synthetic = true,
        .edns_size = 1232,
        .aaaa_wait_ms = 300,
        .negative_ttl_max_s = 3600,
    };
}

static inline struct name rig_name(const char *text)
{
    struct name name;
    assert_true(name_from_text(text, &name));
    return name;
}

/* A reply to what a slot asks, to be written into `bytes`, which has room for MESSAGE_MAX. */
static inline void rig_reply(const struct query *query, enum query_slot_name slot, uint16_t flags,
                             uint8_t *bytes, struct message_writer *ret_writer)
{
    struct name name;
    uint16_t type;
    query_asked(query, slot, &name, &type);
    message_begin(ret_writer, bytes, MESSAGE_MAX, 1, (uint16_t)(MESSAGE_QR | MESSAGE_RA | flags), &name, type,
                  MESSAGE_CLASS_IN);
}

/* As the query takes it over. */
static inline uint8_t *rig_copy(const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return copy;
}

#endif
