/*
 * Scenario files: cut into scenarios, each the lines that it is made of.
 *
 * Layer: test
 * Specification: tests/replay/dns64/README.md
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_SCENARIO_H
#define GATE64_TESTS_REPLAY_DNS64_SCENARIO_H

#include "tests/replay/dns64/text.h"

struct scenario {
    char *name;
    struct text_line *lines; /* those before the file's first scenario, and its own */
    size_t count;
};

/* Adds the file's scenarios to *list. Aborts if it cannot be read. */
void scenario_read(const char *path, struct scenario **list, size_t *count);
void scenario_free(struct scenario *list, size_t count);

/* Plays it; fails the running test where it is not as it should be. */
void scenario_play(const struct scenario *scenario);
/* Whatever is left of one that failed. */
void scenario_end(void);

#endif
