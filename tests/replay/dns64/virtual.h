/*
 * Time that passes only when nobody has anything to do: clock_gettime and epoll_wait of the whole program, of
 * libevent too, are ours.
 *
 * Layer: test
 * Specification: clock_gettime(2), epoll_wait(2)
 *
 * A wait that finds nothing ready ends at once, and the clock is at the wait's end. All sockets are on
 * loopback, so whether something is still on its way is known: a datagram of ours goes through the same queue
 * of the kernel, and what was sent before it has arrived when it has.
 */
#ifndef GATE64_TESTS_REPLAY_DNS64_VIRTUAL_H
#define GATE64_TESTS_REPLAY_DNS64_VIRTUAL_H

#include <stdbool.h>
#include <stdint.h>

/* A network namespace of our own in which loopback is up, one processor, and the clock stands at a time long
 * after the machine's start. False: not allowed here; *ret_reason says what. */
bool virtual_begin(const char **ret_reason);
void virtual_end(void);
uint64_t virtual_now_ms(void);

/* An address of this namespace's loopback device; may be there already. */
void virtual_add_address(const char *text);

#endif
