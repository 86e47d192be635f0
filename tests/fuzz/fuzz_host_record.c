/*
 * A line of the host record: what is parsed prints to a line that parses to the same.
 *
 * Layer: test
 * Specification: none
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "nat64d/keeper/record.h"

enum { LINE_MAX_LEN = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char line[LINE_MAX_LEN], printed[RECORD_LINE_LEN];
    enum record_mark mark, again_mark;
    struct record_entry entry, again;
    if (len >= sizeof(line))
        return 0;
    if (len > 0)
        memcpy(line, data, len);
    line[len] = '\0';
    if (record_parse(line, &mark, &entry) < 0)
        return 0;
    record_print(mark, &entry, printed);
    size_t end = strlen(printed);
    assert(end > 0 && end < sizeof(printed) && printed[end - 1] == '\n');
    printed[end - 1] = '\0';
    assert(record_parse(printed, &again_mark, &again) == 0);
    assert(again_mark == mark && record_same(&again, &entry));
    assert(strcmp(again.now, entry.now) == 0 && strcmp(again.before, entry.before) == 0);
    return 0;
}
