/*
 * The load's end of the wire: what of it the kernel does by itself, at the loopback device.
 *
 * Layer: test
 * Specification: bpf(2), BPF_PROG_TEST_RUN with live frames (Linux 5.18), tcx (Linux 6.6)
 *
 * Answers are looked at and counted where they leave for the wire, and go no further. Loopback would deliver
 * them in the server's time: with that the server would pay for its client's half of the work as well, which
 * no server in the field does, and all would look alike. Queries come in as from a network card, many times
 * as fast as a socket can send them, so that what is measured is never the load.
 */
#ifndef GATE64_TESTS_BENCH_RATE_WIRE_H
#define GATE64_TESTS_BENCH_RATE_WIRE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RATE_WIRE_IDS = 65536,
    RATE_WIRE_LABEL = 13, /* where in a query the first label begins: a letter, then the number in letters */
    RATE_WIRE_LETTERS = 8,
    RATE_WIRE_QUERY_MAX = 64,
};

/* All since the beginning. The program alone writes. */
struct rate_wire_numbers {
    volatile uint64_t answers[RATE_WIRE_IDS]; /* by ID */
    volatile uint64_t good;                   /* answers without error and with a record or more */
    volatile uint64_t wrong;
    volatile uint64_t sent; /* by rate_wire_send */
};

struct rate_wire {
    struct sockaddr_in6 from, to;
    int map;
    struct rate_wire_numbers *numbers;
};

/* Counts, from now to the end of the process, what goes to `from`. False: errno. */
bool rate_wire_count(struct rate_wire *wire);

/* Sends until a signal comes: the query with IDs in turn and, as its first label, the numbers below `names`
 * in turn, never more than `at_once` without an answer. False: errno. */
bool rate_wire_send(struct rate_wire *wire, const uint8_t *query, size_t len, unsigned names,
                    unsigned at_once);

/* A number in letters, as the label has it. */
void rate_wire_letters(uint32_t number, uint8_t letters[RATE_WIRE_LETTERS]);

#endif
