/*
 * New flows from every address of one /64: what they may take, and that others keep and get what is theirs.
 *
 * Layer: test
 * Specification: RFC 6146 5.3, RFC 6888 REQ-4 and REQ-5, RFC 7857 4
 */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/nat64d/rig.h"

enum {
    FLOOD = 1 << 20, /* addresses */
    SLOTS = 4096,
    OLD = 200, /* flows of another network from before */
    NEW = 500, /* and from after */
    SHARE = 25,
};

static const struct rig_shape shape = {SLOTS, 64, 2, 1, 1024, 65535};
static const char service[] = "64:ff9b::8.8.8.8";
static struct rig rig;
static void *memory;

static int set_up(void **context)
{
    (void)context;
    memory = aligned_alloc(4096, rig_len(&shape));
    if (memory == NULL)
        return -1;
    memset(memory, 0, rig_len(&shape));
    rig_init(&rig, &shape);
    rig_now_ns = 1000 * RIG_S;
    rig.settings.nat64.limits.sessions_per_network = (struct settings_share){SHARE, true};
    int r = rig_lay_out(&rig, memory);
    return r < 0 ? r : rig_start(&rig);
}

static int tear_down(void **context)
{
    (void)context;
    rig_stop(&rig);
    free(memory);
    return 0;
}

static enum reason from_neighbour(unsigned port)
{
    return rig_udp(&rig, "2001:db8:1::7", port, service, 53);
}

/* Every flow of the flood is from another address; returns how many were let in. */
static unsigned flood(void)
{
    unsigned let_in = 0;
    char source[48];
    for (unsigned i = 0; i < FLOOD; i++) {
        snprintf(source, sizeof(source), "2001:db8:bad::%x:%x", i >> 16, i & 0xffff);
        let_in += rig_udp(&rig, source, 5000, service, 53) == REASON_OK;
    }
    return let_in;
}

TEST(SEC_20_N64_5_3_01_a_flood_of_one_network_leaves_others_what_is_theirs)
{
    unsigned ports[OLD];
    for (unsigned i = 0; i < OLD; i++) {
        assert_int_equal(from_neighbour(10000 + i), REASON_OK);
        ports[i] = rig_external_port(&rig);
    }
    unsigned let_in = flood();
    assert_int_equal(let_in, SLOTS * SHARE / 100);
    assert_int_equal(counters_get(&rig.counters, REASON_LIMIT_SESSIONS), FLOOD - let_in);
    for (unsigned i = 0; i < OLD; i++) { /* nothing old went for something new */
        assert_int_equal(from_neighbour(10000 + i), REASON_OK);
        assert_int_equal(rig_external_port(&rig), ports[i]);
    }
    for (unsigned i = 0; i < NEW; i++)
        assert_int_equal(from_neighbour(20000 + i), REASON_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(SEC_20_N64_5_3_01_a_flood_of_one_network_leaves_others_what_is_theirs,
                                        set_up, tear_down),
    };
    return RUN(tests);
}
