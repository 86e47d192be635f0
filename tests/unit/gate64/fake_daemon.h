/*
 * A daemon for tests: answers on a Unix socket with whatever bytes a test wants.
 *
 * Layer: edge
 * Specification: unix(7)
 */
#ifndef GATE64_TESTS_UNIT_GATE64_FAKE_DAEMON_H
#define GATE64_TESTS_UNIT_GATE64_FAKE_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

enum {
    FAKE_DAEMON_PATH_LEN = 100, /* fits a socket address */
    FAKE_DAEMON_REQUEST_LEN = 2048,
};

struct fake_daemon;

/* Makes a folder of the test's own for sockets; removed with all that the fakes made. */
void fake_daemon_folder(char folder[FAKE_DAEMON_PATH_LEN]);
void fake_daemon_folder_drop(const char *folder);

/* Listens on FOLDER/PROGRAM/control. For each connection, once the request is there, `serve` writes what
 * it wants to `fd`; then the connection is closed. */
struct fake_daemon *fake_daemon_start(const char *folder, const char *program,
                                      void (*serve)(int fd, void *context), void *context);
/* The last request; good until the next one. */
const char *fake_daemon_request(const struct fake_daemon *fake);
const char *fake_daemon_path(const struct fake_daemon *fake);
void fake_daemon_stop(struct fake_daemon *fake);

/* Writes all of it; false when the peer is gone. */
bool fake_daemon_send(int fd, const char *bytes, size_t len);
bool fake_daemon_send_text(int fd, const char *text);
/* The body as a reply with status 200, in chunks of `step` bytes. */
bool fake_daemon_send_chunks(int fd, const char *body, size_t step);

#endif
