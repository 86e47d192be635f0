/*
 * Layer: pure
 * Specification: RFC 6146 3, RFC 7915 4.4 and 5.4
 */
#include "nat64d/packet/reason.h"

const struct reason_info reason_info[REASON_COUNT] = {
#define REASON_ROW(name, counter, text, section, answer6, answer4) \
    [REASON_##name] = {counter, text, section, REASON_ANSWER_##answer6, REASON_ANSWER_##answer4},
    REASON_LIST(REASON_ROW)
#undef REASON_ROW
};

const struct tally_info tally_info[TALLY_COUNT] = {
#define TALLY_ROW(name, counter, text) [TALLY_##name] = {counter, text},
    TALLY_LIST(TALLY_ROW)
#undef TALLY_ROW
};
