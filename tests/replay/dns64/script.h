/*
 * What a fake upstream answers, by the rules of a scenario file.
 *
 * Layer: test
 * Specification: tests/replay/dns64/README.md
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_SCRIPT_H
#define GATE64_TESTS_REPLAY_DNS64_SCRIPT_H

#include "tests/replay/dns64/text.h"
#include "tests/replay/dns64/upstream.h"

struct script;

/* `address` is that of its sockets, which are open from then on. */
struct script *script_new(struct event_base *base, const char *address);
void script_free(struct script *script);
struct upstream *script_upstream(struct script *script);

/* A line of an upstream's block: a rule (NAME TYPE -> items), or more items of the last one. Rules of a later
 * block go before those of an earlier one, script_begin_block begins one. */
void script_begin_block(struct script *script);
void script_line(struct script *script, const struct text_line *line);

/* What it was asked, one word group each ("AAAA v4.example", "tcp A v4.example +do"), since the last call of
 * script_forget. NULL beyond the last. */
const char *script_question(const struct script *script, size_t number);
void script_forget(struct script *script);

#endif
