/*
 * Whether an answer is the authority's, young enough or marked as stale, and in time.
 *
 * Layer: test
 * Specification: RFC 6147 5.1.7, RFC 8767 4, RFC 8914 4.4
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_JUDGE_H
#define GATE64_TESTS_REPLAY_DNS64_JUDGE_H

#include <stddef.h>
#include <stdint.h>

enum {
    JUDGE_A = 1,
    JUDGE_AAAA = 28,
};

struct judge_question {
    uint32_t number; /* of its name */
    uint16_t type;
    uint64_t asked_ms;
};

struct judge {
    uint64_t sent, answered;
    uint64_t wrong;         /* of a healthy name, not what the authority has */
    uint64_t late;          /* of a healthy name, after five seconds */
    uint64_t unanswered;    /* of a healthy name */
    uint64_t unmarked;      /* older than its TTL, and not said to be */
    uint64_t unasked;       /* to no question */
    uint64_t stale, failed; /* marked as stale; of names whose servers fail */
    uint64_t slowest_ms;
};

/* `question` NULL: there is none to this. Says on standard error what is wrong with the first few. */
void judge_answer(struct judge *judge, const struct judge_question *question, const uint8_t *answer,
                  size_t len, uint64_t now_ms);
void judge_unanswered(struct judge *judge, const struct judge_question *question);
void judge_print(const struct judge *judge);

#endif
