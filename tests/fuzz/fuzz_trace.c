/*
 * Packets of a trace as a daemon may send them: what is shown is lines of plain characters, none too long.
 *
 * Layer: test
 * Specification: man/gate64.1 (trace)
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate64/text.h"
#include "gate64/trace_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *shown = NULL;
    size_t shown_len;
    json_t *packet = json_loadb((const char *)data, len, JSON_DECODE_ANY, NULL);
    FILE *out = open_memstream(&shown, &shown_len);
    assert(out != NULL);
    trace_show_packet(out, false, packet);
    json_decref(packet);
    fclose(out);
    for (size_t i = 0; i < shown_len; i++)
        assert(shown[i] == '\n' || (uint8_t)shown[i] >= ' ');
    assert(shown_len > 0 && shown[shown_len - 1] == '\n');
    free(shown);
    return 0;
}
