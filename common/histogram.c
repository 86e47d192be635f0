/*
 * Layer: table
 * Specification: OpenMetrics 1.0
 */
#include "common/histogram.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

const uint64_t histogram_bounds_ns[HISTOGRAM_BOUNDS] = {
    10 * US, 20 * US, 50 * US,  100 * US, 200 * US, 500 * US,  1 * MS,    2 * MS,    5 * MS,     10 * MS,
    20 * MS, 50 * MS, 100 * MS, 200 * MS, 500 * MS, 1000 * MS, 2000 * MS, 5000 * MS, 10000 * MS,
};

const char *const histogram_bounds_s[HISTOGRAM_BOUNDS] = {
    "0.00001", "0.00002", "0.00005", "0.0001", "0.0002", "0.0005", "0.001", "0.002", "0.005", "0.01",
    "0.02",    "0.05",    "0.1",     "0.2",    "0.5",    "1.0",    "2.0",   "5.0",   "10.0",
};

static void add(_Atomic uint64_t *to, uint64_t amount)
{
    atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + amount, memory_order_relaxed);
}

void histogram_add(struct histogram *histogram, uint64_t took_ns, uint64_t times)
{
    unsigned at = 0;
    while (at < HISTOGRAM_BOUNDS && took_ns > histogram_bounds_ns[at])
        at++;
    add(&histogram->counts[at], times);
    add(&histogram->sum_ns, took_ns * times);
}

void histogram_collect(const struct histogram *histogram, struct histogram_sum *sum)
{
    for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        uint64_t count = atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        sum->counts[i] += count;
        sum->count += count;
    }
    sum->sum_ns += atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed);
}

uint64_t histogram_percentile_ns(const struct histogram_sum *sum, unsigned percent)
{
    uint64_t below = 0;
    if (sum->count == 0)
        return 0;
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        below += sum->counts[i];
        if (below * 100 >= sum->count * percent)
            return histogram_bounds_ns[i];
    }
    return UINT64_MAX;
}
