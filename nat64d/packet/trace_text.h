/*
 * What a trace's record says, in words.
 *
 * Layer: pure
 * Specification: man/gate64.1 (trace)
 */
#ifndef GATE64_NAT64D_PACKET_TRACE_TEXT_H
#define GATE64_NAT64D_PACKET_TRACE_TEXT_H

#include "nat64d/keeper/builder.h"
#include "nat64d/packet/trace_record.h"

/* "tuple", "binding", ... */
const char *trace_text_step(enum trace_step step);
/* "yes", "no", "made" */
const char *trace_text_result(enum trace_result result);
/* "sent", "dropped", "waits", "handed-over" */
const char *trace_text_verdict_name(enum trace_verdict verdict);

/* `ADDRESS#PORT`, or `ADDRESS` when the port is 0, or `ADDRESS/LEN`. */
void trace_text_point(const struct trace_point *point, struct builder *out);

/* What was decided. `name` is that of a binding's pool or of the static binding, or NULL. */
void trace_text_note(const struct trace_note *note, const char *name, struct builder *out);
/* What became of the packet. */
void trace_text_verdict(const struct trace_record *record, struct builder *out);
/* What its sender was told; only if answer.family is not 0. */
void trace_text_answer(const struct trace_answer *answer, struct builder *out);
/* "echo request"; NULL for what is rare. */
const char *trace_text_icmp(uint8_t family, uint8_t type);
/* "SYN ACK" */
void trace_text_flags(uint8_t tcp_flags, struct builder *out);

#endif
