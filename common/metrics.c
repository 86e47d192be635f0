/*
 * Layer: pure
 * Specification: OpenMetrics 1.0
 */
#include "common/metrics.h"

#include <string.h>

#include "common/time_units.h"

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

/* The beginning of a sample of a histogram, up to the value. */
static void put_part(struct metrics *metrics, const char *name, const char *part, const char *label,
                     const char *label_value, const char *bound)
{
    put(metrics, name);
    put(metrics, part);
    put(metrics, "{");
    put(metrics, label);
    put(metrics, "=\"");
    put_escaped(metrics, label_value);
    if (bound != NULL) {
        put(metrics, "\",le=\"");
        put(metrics, bound);
    }
    put(metrics, "\"} ");
}

static void put_seconds(struct metrics *metrics, uint64_t ns)
{
    char fraction[] = ".000000000";
    uint64_t rest = ns % NS_PER_S;
    for (size_t i = sizeof(fraction) - 2; i > 0; i--) {
        fraction[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    put_number(metrics, ns / NS_PER_S);
    put(metrics, fraction);
}

void metrics_histogram(struct metrics *metrics, const char *name, const char *label, const char *label_value,
                       const char *const *bounds, size_t bounds_count, const uint64_t *counts,
                       uint64_t sum_ns)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= bounds_count; i++) {
        count += counts[i];
        put_part(metrics, name, "_bucket", label, label_value, i < bounds_count ? bounds[i] : "+Inf");
        put_number(metrics, count);
        put(metrics, "\n");
    }
    put_part(metrics, name, "_count", label, label_value, NULL);
    put_number(metrics, count);
    put(metrics, "\n");
    put_part(metrics, name, "_sum", label, label_value, NULL);
    put_seconds(metrics, sum_ns);
    put(metrics, "\n");
}

void metrics_end(struct metrics *metrics)
{
    put(metrics, "# EOF\n");
}
