/*
 * Layer: pure
 * Specification: RFC 6147 3, 5.1, 5.4
 */
#include "dns64/rfc6147/decide.h"

static struct decide_result result(enum decide_action action, enum decide_reason reason)
{
    return (struct decide_result){action, reason};
}

static bool failed(enum decide_outcome aaaa)
{
    return aaaa == DECIDE_ERROR || aaaa == DECIDE_SILENT;
}

/* What AAAA gave is the answer, though it is not what was hoped for. */
static struct decide_result pass(const struct decide_input *input, enum decide_reason reason)
{
    switch (input->aaaa) {
    case DECIDE_DATA: return result(DECIDE_PASS_NONE, reason); /* listed: real records do not count */
    case DECIDE_ERROR: return result(DECIDE_PASS_WHOLE, reason);
    case DECIDE_EXCLUDED:
    case DECIDE_IMAGES:
    case DECIDE_EMPTY: return result(DECIDE_PASS_AAAA, reason);
    case DECIDE_PENDING:
    case DECIDE_DENIED:
    case DECIDE_NXDOMAIN:
    case DECIDE_SILENT:
    case DECIDE_BROKEN:
    case DECIDE_OUTCOMES: break;
    }
    return result(DECIDE_SERVFAIL, reason);
}

/* Nothing is synthesised, whatever A may hold. */
static bool is_off(const struct decide_input *input, enum decide_reason *ret_reason)
{
    *ret_reason = input->plain               ? DECIDE_BY_VIEW
                  : input->checking_disabled ? DECIDE_BY_CD /* RFC 6147 3, RFC 7050 3.1 */
                                             : DECIDE_BY_NEVER;
    return input->plain || input->checking_disabled || input->listed == DECIDE_NEVER;
}

static struct decide_result without_synthesis(const struct decide_input *input, enum decide_reason reason)
{
    /* A client that validates needs each record as it is, and one without DNS64 wants it so. */
    bool whole = reason != DECIDE_BY_NEVER;
    if (input->aaaa == DECIDE_DATA)
        return result(whole ? DECIDE_PASS_WHOLE : DECIDE_PASS_AAAA, DECIDE_BY_REAL);
    if (failed(input->aaaa))
        return pass(input, DECIDE_BY_FAILED);
    if (whole)
        return result(DECIDE_PASS_WHOLE, reason);
    return input->aaaa == DECIDE_IMAGES ? result(DECIDE_PASS_IMAGES, reason) : pass(input, reason);
}

/* A has data that prefixes may hold. */
static struct decide_result by_data(const struct decide_input *input)
{
    if (!input->signed_passes || !input->wants_dnssec || !input->a_signed)
        return result(DECIDE_SYNTHESISE, DECIDE_BY_SYNTHESIS);
    if (input->aaaa == DECIDE_DATA)
        return result(DECIDE_PASS_AAAA, DECIDE_BY_SIGNED);
    return input->aaaa == DECIDE_IMAGES ? result(DECIDE_PASS_IMAGES, DECIDE_BY_SIGNED)
                                        : pass(input, DECIDE_BY_SIGNED);
}

/* 5.4: an empty A answer: what the AAAA query gave. Without that there is nothing true to say. */
static struct decide_result by_empty(const struct decide_input *input, enum decide_reason reason)
{
    if (failed(input->aaaa))
        return result(DECIDE_SERVFAIL, DECIDE_BY_FAILED);
    if (input->aaaa == DECIDE_IMAGES && reason == DECIDE_BY_NO_A)
        return result(DECIDE_PASS_IMAGES, DECIDE_BY_IMAGES);
    return pass(input, reason);
}

/* AAAA gave nothing that counts: 5.1.6 and 5.4 say what A makes of that. */
static struct decide_result by_a(const struct decide_input *input)
{
    switch (input->a) {
    case DECIDE_PENDING: return result(DECIDE_ASK_A, DECIDE_OPEN);
    case DECIDE_DATA: return by_data(input);
    case DECIDE_DENIED: return by_empty(input, DECIDE_BY_DENIED);
    case DECIDE_EMPTY: return by_empty(input, DECIDE_BY_NO_A);
    case DECIDE_NXDOMAIN: return result(DECIDE_PASS_A, DECIDE_BY_NXDOMAIN);
    case DECIDE_ERROR: return result(DECIDE_PASS_A, DECIDE_BY_A_FAILED);
    case DECIDE_BROKEN: return result(DECIDE_SERVFAIL, DECIDE_BY_BROKEN);
    case DECIDE_EXCLUDED:
    case DECIDE_IMAGES:
    case DECIDE_SILENT:
    case DECIDE_OUTCOMES: break;
    }
    return result(DECIDE_SERVFAIL, DECIDE_BY_A_FAILED);
}

struct decide_result decide(const struct decide_input *input)
{
    enum decide_reason off;
    if (input->aaaa == DECIDE_PENDING)
        return result(DECIDE_WAIT, DECIDE_OPEN);
    if (input->aaaa == DECIDE_BROKEN)
        return result(DECIDE_SERVFAIL, DECIDE_BY_BROKEN);
    if (input->aaaa == DECIDE_NXDOMAIN) /* 5.1.2: no A query */
        return result(DECIDE_PASS_AAAA, DECIDE_BY_NXDOMAIN);
    if (is_off(input, &off))
        return without_synthesis(input, off);
    if (input->aaaa == DECIDE_DATA && input->listed != DECIDE_ALWAYS) /* 5.1.1 */
        return result(DECIDE_PASS_AAAA, DECIDE_BY_REAL);
    if (failed(input->aaaa) && input->fail_on_failure)
        return pass(input, DECIDE_BY_POLICY);
    return by_a(input); /* 5.1.2, 5.1.3, 5.1.4, 5.1.6 */
}

bool decide_may_ask_early(const struct decide_input *input)
{
    enum decide_reason off;
    return !is_off(input, &off);
}
