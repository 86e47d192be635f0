/*
 * A process beside dns64 that does one thing which dns64 itself may not: open the file of the query log.
 *
 * Layer: edge
 * Specification: unix(7) SCM_RIGHTS, fork(2)
 *
 * Nothing tells it what to open: it reads the configuration itself, so that who takes dns64 over can write to
 * no other file than the one that stands there. It has no capability, and ends with dns64.
 */
#ifndef GATE64_DNS64_EDGE_OPENER_H
#define GATE64_DNS64_EDGE_OPENER_H

/* Before any thread and any restriction. `config` is the file, or "": the default one, and stays. Returns the
 * socket to it, or negative errno. */
int opener_start(const char *config) __attribute__((warn_unused_result));

/* The query log's file, if the configuration names `path` there now; made 0640 where it is not there. The
 * descriptor, or negative errno; -ESTALE: the configuration names another one. */
int opener_ask(int opener, const char *path) __attribute__((warn_unused_result));

#endif
