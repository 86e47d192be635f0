/*
 * Layer: test
 * Specification: man/dns64.8
 */
#include "tests/replay/dns64/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"
#include "common/time_units.h"
#include "dns64/edge/worker.h"
#include "dns64/rules.h"
#include "tests/replay/dns64/virtual.h"

struct gateway {
    struct rules *rules;
    struct worker_group *group;
    struct event_base *base;
    struct event *end;
    bool ended;
};

static void on_end(evutil_socket_t fd, short events, void *context)
{
    (void)fd;
    (void)events;
    ((struct gateway *)context)->ended = true;
}

struct gateway *gateway_new(const char *config, char *error)
{
    static const struct links alone; /* this host has no network but loopback */
    struct gateway *gateway = calloc(1, sizeof(*gateway));
    struct settings *settings = NULL;
    if (gateway == NULL)
        abort();
    virtual_add_address(GATEWAY_ADDRESS);
    int r = settings_file_load_text(config, strlen(config), "config", &settings, error);
    if (r == 0) {
        r = rules_new(&settings, &alone, "/dev/null", &gateway->rules, error);
        settings_file_free(settings);
    }
    if (r == 0) {
        snprintf(error, SETTINGS_ERROR_LEN, "worker_new failed");
        r = worker_new(gateway->rules, &gateway->group);
    }
    if (r < 0) {
        gateway_free(gateway);
        return NULL;
    }
    gateway->base = worker_base(gateway->group, 0);
    gateway->end = evtimer_new(gateway->base, on_end, gateway);
    if (gateway->end == NULL)
        abort();
    return gateway;
}

void gateway_free(struct gateway *gateway)
{
    if (gateway->end != NULL)
        event_free(gateway->end);
    worker_stop(gateway->group);
    rules_release(gateway->rules);
    free(gateway);
}

struct event_base *gateway_base(const struct gateway *gateway)
{
    return gateway->base;
}

bool gateway_run(struct gateway *gateway, uint64_t ms, bool (*stop)(const void *context), const void *context)
{
    struct timeval end = time_units_timeval(ms * NS_PER_MS);
    gateway->ended = false;
    if (evtimer_add(gateway->end, &end) < 0)
        abort();
    while (!gateway->ended) {
        if (stop != NULL && stop(context)) {
            event_del(gateway->end);
            return true;
        }
        if (event_base_loop(gateway->base, EVLOOP_ONCE) < 0)
            abort();
    }
    return stop != NULL && stop(context);
}

bool gateway_counter(const struct gateway *gateway, const char *name, uint64_t *ret_value)
{
    unsigned count;
    const struct counters *counters = worker_counters(gateway->group, &count);
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        if (strcmp(outcome_info[i].name, name) == 0) {
            *ret_value = counters_sum(counters, count, i);
            return true;
        }
    return false;
}

uint64_t gateway_cache_bytes(const struct gateway *gateway)
{
    return worker_cache_numbers(gateway->group).bytes;
}
