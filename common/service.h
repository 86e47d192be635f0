/*
 * A daemon's life: signals as a descriptor, readiness and state for the service manager.
 *
 * Layer: edge
 * Specification: sd_notify(3), signalfd(2)
 */
#ifndef GATE64_COMMON_SERVICE_H
#define GATE64_COMMON_SERVICE_H

/* Blocks SIGTERM, SIGINT, SIGHUP for all threads and ignores SIGPIPE; call before any thread starts.
 * Returns a descriptor for service_wait, or negative errno. */
int service_signals(void) __attribute__((warn_unused_result));

/* Waits for one of the signals; returns its number. `timeout_ms` < 0: for ever; 0 on timeout. */
int service_wait(int fd, int timeout_ms);

void service_ready(const char *status); /* READY=1 with STATUS= */
void service_reloading(void);           /* until the next service_ready */
void service_stopping(void);
void service_alive(void); /* for the watchdog */

/* Makes each folder of the path that is missing, 0755. */
int service_make_folders(const char *dir) __attribute__((warn_unused_result));

/* Takes DIR/lock exclusively (DIR is made, 0755). -EBUSY: another instance runs; *ret_pid is its pid.
 * The returned descriptor holds the lock until it is closed. */
int service_lock(const char *dir, int *ret_pid) __attribute__((warn_unused_result));

#endif
