/*
 * Words of a scenario file: what all its readers share.
 *
 * Layer: test
 * Specification: tests/replay/dns64/README.md
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_TEXT_H
#define GATE64_TESTS_REPLAY_DNS64_TEXT_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_line {
    const char *file;
    unsigned number;
    char *text; /* without its comment and the blanks around it */
};

/* Fails the test that runs: FILE:LINE: and the words. */
void text_fail(const struct text_line *line, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

/* Takes the first word (up to a blank) from *text, which then is at the next one; "" at the end. */
char *text_word(char **text);
/* Whether *text begins with this word; it is then taken. */
bool text_take(char **text, const char *word);
/* Takes what stands before the next `;`, or all. NULL: nothing is left. */
char *text_part(char **text);

uint64_t text_number(const struct text_line *line, const char *word);
/* "20ms", "3s", "5m", "2h", "1d", in ms. */
uint64_t text_duration(const struct text_line *line, const char *word);

ldns_rr_type text_type(const struct text_line *line, const char *word);
int text_rcode(const char *word); /* -1: it is none */
/* A record as a zone file has it, without its class; a leading @ is `at`, which may be NULL. */
ldns_rr *text_record(const struct text_line *line, const char *text, const ldns_rdf *at);

#endif
