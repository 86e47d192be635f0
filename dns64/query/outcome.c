/*
 * Layer: pure
 * Specification: RFC 6147 5.1
 */
#include "dns64/query/outcome.h"

const struct outcome_info outcome_info[OUTCOME_COUNT] = {
#define OUTCOME_ROW(name, counter, text) [OUTCOME_##name] = {counter, text},
    OUTCOME_LIST(OUTCOME_ROW)
#undef OUTCOME_ROW
};
