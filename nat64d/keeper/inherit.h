/*
 * Descriptors that outlive this process: handed to the program that takes its place, or to systemd's store.
 *
 * Layer: edge
 * Specification: sd_listen_fds(3) (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES), sd_pid_notify_with_fds(3)
 *
 * One convention for both: the service manager's. Names are such as "tun-0".
 */
#ifndef GATE64_NAT64D_KEEPER_INHERIT_H
#define GATE64_NAT64D_KEEPER_INHERIT_H

enum {
    INHERIT_MAX = 256,
    INHERIT_NAME_LEN = 16,
};

struct inherit {
    unsigned count;
    int fds[INHERIT_MAX]; /* -1: taken */
    char names[INHERIT_MAX][INHERIT_NAME_LEN];
};

/* What came with the start; the environment is cleared of it. */
void inherit_load(struct inherit *inherit);
/* The descriptor of that name, the caller's from here on; -1: there is none. */
int inherit_take(struct inherit *inherit, const char *name);
/* Closes what nobody took. */
void inherit_done(struct inherit *inherit);

/* For inherit_exec and inherit_store: one more. */
void inherit_add(struct inherit *inherit, const char *name, int fd);

/* Runs `path` in this process's place with these descriptors. Returns only with a negative errno. */
int inherit_exec(const struct inherit *inherit, const char *path, char *const argv[]);

/* Puts them into the service manager's store, in place of those of the same names. */
void inherit_store(const struct inherit *inherit);
/* Takes them out again. */
void inherit_forget(const struct inherit *inherit);

#endif
