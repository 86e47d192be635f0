/*
 * One resolver to ask, as the configuration names it: ADDRESS#PORT, or tls://ADDRESS#PORT/NAME with the name
 * or the key that its certificate must have.
 *
 * Layer: pure
 * Specification: RFC 7858 3.1 (port), RFC 8310 8.1 (name), RFC 7858 4.2 and RFC 7469 2.4 (pin)
 * Fuzz: fuzz_settings
 */
#ifndef GATE64_COMMON_SETTINGS_UPSTREAM_H
#define GATE64_COMMON_SETTINGS_UPSTREAM_H

#include "common/settings.h"

enum {
    SETTINGS_UPSTREAM_TEXT_LEN = ADDR_TEXT_LEN + SETTINGS_DOMAIN_LEN + 32,
};

/* -EINVAL, with *ret_upstream untouched. */
int settings_upstream_parse(const char *text, struct settings_upstream *ret_upstream);
/* As it parses again; returns `text`. */
char *settings_upstream_print(const struct settings_upstream *upstream,
                              char text[SETTINGS_UPSTREAM_TEXT_LEN]);

bool settings_upstream_equal(const struct settings_upstream *a, const struct settings_upstream *b);

/* Letters, digits, - and _ between dots; no root, none but one dot at the end. */
bool settings_domain_is_one(const char *text);

#endif
