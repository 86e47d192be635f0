/*
 * Layer: pure
 * Specification: RFC 6147 5.1
 */
#include "dns64/rfc6147/decide.h"

/* AAAA gave nothing: 5.1.6 and 5.4 say what A makes of that. `nodata` is AAAA's own negative reply, if it had
 * one. */
static enum decide_action by_a(enum decide_outcome a, bool nodata)
{
    switch (a) {
    case DECIDE_PENDING: return DECIDE_ASK_A;
    case DECIDE_DATA: return DECIDE_SYNTHESISE;
    /* 5.4: an empty A answer: what the AAAA query gave. Without that there is nothing true to say. */
    case DECIDE_EMPTY:
    case DECIDE_DENIED: return nodata ? DECIDE_PASS_AAAA : DECIDE_SERVFAIL;
    case DECIDE_NXDOMAIN:
    case DECIDE_ERROR: return DECIDE_PASS_A;
    case DECIDE_EXCLUDED:
    case DECIDE_SILENT:
    case DECIDE_BROKEN:
    case DECIDE_OUTCOMES: break;
    }
    return DECIDE_SERVFAIL;
}

enum decide_action decide(enum decide_outcome aaaa, enum decide_outcome a,
                          const struct decide_options *options)
{
    switch (aaaa) {
    case DECIDE_PENDING: return DECIDE_WAIT;
    case DECIDE_DATA: /* 5.1.1 */
    case DECIDE_NXDOMAIN: /* 5.1.2: no A query */ return DECIDE_PASS_AAAA;
    case DECIDE_BROKEN: return DECIDE_SERVFAIL;
    case DECIDE_EMPTY:
    case DECIDE_EXCLUDED: return options->synthesise ? by_a(a, true) : DECIDE_PASS_AAAA;
    case DECIDE_ERROR:
        if (!options->synthesise || options->fail_on_failure)
            return DECIDE_PASS_AAAA;
        return by_a(a, false); /* 5.1.2: as if the answer were empty */
    case DECIDE_SILENT:
        if (!options->synthesise || options->fail_on_failure)
            return DECIDE_SERVFAIL;
        return by_a(a, false); /* 5.1.3 */
    case DECIDE_DENIED:
    case DECIDE_OUTCOMES: break;
    }
    return DECIDE_SERVFAIL;
}
