/*
 * The names and zones that the configuration makes ours: hosts files read, zones switched off.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (dns64.local, dns64.local-zones-off)
 */
#ifndef GATE64_DNS64_EDGE_LOCAL_DATA_H
#define GATE64_DNS64_EDGE_LOCAL_DATA_H

#include "common/settings.h"
#include "dns64/local/roster.h"
#include "dns64/local/zones.h"

/* What `lines` say; NULL when there are none. On failure negative errno, and in `error` FILE:LINE of the
 * hosts file or of the configuration, what is wrong and what is allowed. */
int local_data_names(const struct settings *settings, const struct settings_line *lines, size_t count,
                     struct roster **ret_roster, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

/* Which zones are not answered here in a view. */
int local_data_zones(const struct settings *settings, const struct settings_view *view,
                     struct zones *ret_zones, char error[SETTINGS_ERROR_LEN])
    __attribute__((warn_unused_result));

#endif
