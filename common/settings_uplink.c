/*
 * Layer: pure
 * Specification: man/gate64.conf.5
 */
#include "common/settings_uplink.h"

bool settings_uplink_wanted(const struct settings *settings)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (settings->pools[i].address.len == SETTINGS_UPLINK)
            return true;
    return false;
}

void settings_uplink_resolve(struct settings *settings, uint32_t address)
{
    for (size_t i = 0; i < settings->pools_count; i++)
        if (settings->pools[i].address.len == SETTINGS_UPLINK)
            settings->pools[i].address = (struct addr_prefix4){address, 32};
    for (size_t i = 0; i < settings->statics_count; i++)
        if (settings->statics[i].ipv4.addr.v4 == 0)
            settings->statics[i].ipv4.addr.v4 = address;
}
