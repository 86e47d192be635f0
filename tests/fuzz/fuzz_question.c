/*
 * Any answer to gate64 dns selftest: the reader stays within it, and ends.
 *
 * Layer: test
 * Specification: RFC 1035 4.1
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "gate64/question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct question_answer answer;
    uint8_t message[QUESTION_LEN];
    const struct question question = {"ipv4only.arpa", QUESTION_AAAA, QUESTION_RD, 0};
    size_t asked = question_build(&question, 0x0102, message);
    assert(asked > 0);
    if (!question_read(data, len, message, asked, &answer))
        return 0;
    assert(answer.count <= QUESTION_RECORDS && answer.rcode <= 0xfff);
    for (size_t i = 0; i < answer.count; i++)
        if (answer.records[i].type == QUESTION_PTR) {
            const uint8_t *name = answer.records[i].data.name;
            size_t at = 0;
            while (name[at] != 0)
                at += (size_t)name[at] + 1;
            assert(at < QUESTION_NAME_LEN);
        }
    return 0;
}
