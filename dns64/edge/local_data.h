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

/* *ret_roster is NULL when there are none. On failure negative errno, and in `error` FILE:LINE of the hosts
 * file or of the configuration, what is wrong and what is allowed. */
int local_data_load(const struct settings *settings, struct roster **ret_roster, struct zones *ret_zones,
                    char error[SETTINGS_ERROR_LEN]) __attribute__((warn_unused_result));

#endif
