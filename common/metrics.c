/*
 * Layer: pure
 * Specification: OpenMetrics 1.0
 */
#include "common/metrics.h"

#include <string.h>

enum {
    NUMBER_LEN = 20, /* digits of 2^64 - 1 */
};

void metrics_init(struct metrics *metrics, char *buffer, size_t size)
{
    *metrics = (struct metrics){.text = buffer, .size = size};
    if (size > 0)
        buffer[0] = '\0';
}

static void put(struct metrics *metrics, const char *text)
{
    size_t len = strlen(text);
    if (metrics->overflow || metrics->size - metrics->len <= len) {
        metrics->overflow = true;
        return;
    }
    memcpy(metrics->text + metrics->len, text, len + 1);
    metrics->len += len;
}

/* What would end the value early: OpenMetrics 1.0, escaped-string. */
static void put_escaped(struct metrics *metrics, const char *text)
{
    for (; *text != '\0'; text++) {
        const char one[] = {*text, '\0'};
        put(metrics, *text == '"' ? "\\\"" : *text == '\\' ? "\\\\" : *text == '\n' ? "\\n" : one);
    }
}

static void put_number(struct metrics *metrics, uint64_t value)
{
    char digits[NUMBER_LEN + 1];
    char *at = digits + NUMBER_LEN;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(metrics, at);
}

void metrics_family(struct metrics *metrics, const char *name, const char *type, const char *help)
{
    put(metrics, "# TYPE ");
    put(metrics, name);
    put(metrics, " ");
    put(metrics, type);
    put(metrics, "\n# HELP ");
    put(metrics, name);
    put(metrics, " ");
    put(metrics, help);
    put(metrics, "\n");
}

void metrics_sample(struct metrics *metrics, const char *name, bool counter, const char *label,
                    const char *label_value, uint64_t value)
{
    put(metrics, name);
    put(metrics, counter ? "_total" : "");
    if (label != NULL) {
        put(metrics, "{");
        put(metrics, label);
        put(metrics, "=\"");
        put_escaped(metrics, label_value);
        put(metrics, "\"}");
    }
    put(metrics, " ");
    put_number(metrics, value);
    put(metrics, "\n");
}

void metrics_end(struct metrics *metrics)
{
    put(metrics, "# EOF\n");
}
