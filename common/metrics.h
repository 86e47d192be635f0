/*
 * OpenMetrics text from values.
 *
 * Layer: pure
 * Specification: OpenMetrics 1.0 (text format)
 */
#ifndef GATE64_COMMON_METRICS_H
#define GATE64_COMMON_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics {
    char *text; /* the caller's buffer */
    size_t size;
    size_t len;
    bool overflow; /* what did not fit was left out */
};

void metrics_init(struct metrics *metrics, char *buffer, size_t size);
/* # HELP and # TYPE lines; `type` is "counter", "gauge" or "histogram". */
void metrics_family(struct metrics *metrics, const char *name, const char *type, const char *help);
/* One sample; `label` and `label_value` may be NULL. Counters get the `_total` that the format asks for. */
void metrics_sample(struct metrics *metrics, const char *name, bool counter, const char *label,
                    const char *label_value, uint64_t value);
/* The samples of one histogram with this label: `counts` of what is at most each of `bounds` (seconds, as
 * text, rising) and, as the last one, of all that is more; `sum_ns` of all of them. */
void metrics_histogram(struct metrics *metrics, const char *name, const char *label, const char *label_value,
                       const char *const *bounds, size_t bounds_count, const uint64_t *counts,
                       uint64_t sum_ns);
void metrics_end(struct metrics *metrics); /* # EOF */

#endif
