/*
 * The lines of the event log: one JSON object each.
 *
 * Layer: path
 * Specification: RFC 8158 5 (what an event says), RFC 8259 (JSON), man/nat64d.8 (EVENT LOG)
 *
 * "time" and "event" come first, in that order: who looks for few lines among many need not parse all of
 * them.
 */
#ifndef GATE64_NAT64D_RFC8158_NATEVENT_TEXT_H
#define GATE64_NAT64D_RFC8158_NATEVENT_TEXT_H

#include "common/settings.h"
#include "nat64d/rfc8158/natevent_clock.h"
#include "nat64d/table/natevent.h"

enum {
    NATEVENT_TEXT_LEN = 1024, /* the longest line, with line end and NUL */
};

/* Names of the pools in force, by their addresses: a record may be older than the configuration. */
struct natevent_pools {
    struct natevent_pool {
        struct addr_prefix4 address;
        char name[SETTINGS_NAME_LEN];
    } * pools;
    size_t count;
};

/* One record. All return the length of the line. */
size_t natevent_text_record(const struct natevent *event, const struct natevent_pools *pools,
                            const struct natevent_clock *clock, char line[NATEVENT_TEXT_LEN]);

/* The configuration came into force: `event` is "start" or "reload"; so many bindings lived on. */
size_t natevent_text_begin(uint64_t utc_ns, const char *event, uint32_t bindings,
                           char line[NATEVENT_TEXT_LEN]);
/* The translator ends. */
size_t natevent_text_stop(uint64_t utc_ns, char line[NATEVENT_TEXT_LEN]);
size_t natevent_text_static(uint64_t utc_ns, const struct settings_static *binding,
                            char line[NATEVENT_TEXT_LEN]);
size_t natevent_text_eam(uint64_t utc_ns, const struct settings_eam *eam, char line[NATEVENT_TEXT_LEN]);
/* So many records between the two times are not in the log. */
size_t natevent_text_lost(uint64_t utc_ns, uint64_t since_utc_ns, uint64_t count,
                          char line[NATEVENT_TEXT_LEN]);
/* The clock was set. */
size_t natevent_text_clock(uint64_t utc_ns, int64_t step_ms, char line[NATEVENT_TEXT_LEN]);

#endif
