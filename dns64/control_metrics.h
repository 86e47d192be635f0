/*
 * The part of the control socket that counts: counters for people, metrics for programs.
 *
 * Layer: edge
 * Specification: man/dns64.8 (METRICS), OpenMetrics 1.0
 */
#ifndef GATE64_DNS64_CONTROL_METRICS_H
#define GATE64_DNS64_CONTROL_METRICS_H

#include "common/control.h"

/* Handlers of the routes; the context is a struct server. */
void control_metrics_counters(struct control_request *request, void *context);
void control_metrics_get(struct control_request *request, void *context);

#endif
