/*
 * dns64 itself, its one worker run in this thread: all of it but main().
 *
 * Layer: test
 * Specification: man/dns64.8
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_GATEWAY_H
#define GATE64_TESTS_REPLAY_DNS64_GATEWAY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#define GATEWAY_ADDRESS "2001:db8::53"

struct gateway;

/* `config` is a whole gate64.conf. NULL: it is refused, and `error` (SETTINGS_ERROR_LEN) says why. */
struct gateway *gateway_new(const char *config, char *error);
void gateway_free(struct gateway *gateway);
struct event_base *gateway_base(const struct gateway *gateway);

/* Passes time until `stop` says so (NULL: never) or `ms` have passed; true if `stop` did. */
bool gateway_run(struct gateway *gateway, uint64_t ms, bool (*stop)(const void *context),
                 const void *context);

/* False: there is no counter of that name. */
bool gateway_counter(const struct gateway *gateway, const char *name, uint64_t *ret_value);
/* What the caches hold. */
uint64_t gateway_cache_bytes(const struct gateway *gateway);

#endif
