/*
 * The address that "uplink" in the configuration stands for.
 *
 * Layer: pure
 * Specification: man/gate64.conf.5 (pools, static)
 */
#ifndef GATE64_COMMON_SETTINGS_UPLINK_H
#define GATE64_COMMON_SETTINGS_UPLINK_H

#include "common/settings.h"

/* Whether any pool asks for it. */
bool settings_uplink_wanted(const struct settings *settings);

/* Puts `address` where the file says "uplink", in pools and static bindings. */
void settings_uplink_resolve(struct settings *settings, uint32_t address);

#endif
