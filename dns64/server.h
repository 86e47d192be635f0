/*
 * The DNS server as a whole: the rules in force, the threads that go by them, and how other rules come.
 *
 * Layer: edge
 * Specification: man/dns64.8
 */
#ifndef GATE64_DNS64_SERVER_H
#define GATE64_DNS64_SERVER_H

#include <pthread.h>

#include "common/names_server.h"
#include "common/reload.h"
#include "dns64/edge/worker.h"
#include "dns64/rules.h"

struct server {
    pthread_mutex_t
        lock; /* of `rules`: held by who reads them beside the main thread, and while they change */
    struct rules *rules;
    struct worker_group *group;
    struct names_server *names; /* NULL: off */
    struct query_log *log;
    int opener; /* of the query log's file (edge/opener) */
};

/* Reads this host's network, builds everything and opens the sockets; logs what it could not do. Takes
 * *settings (and sets it NULL) if it succeeds. `opener` stays the caller's. */
int server_new(struct settings **settings, int opener, struct server **ret_server)
    __attribute__((warn_unused_result));
/* Opens the query log, if there is to be one, or says why it could not; when the process is restricted as it
 * will be. */
void server_open_log(struct server *server);
/* Accepts NULL and the half-built. */
void server_free(struct server *server);

/* The configuration again, for SIGHUP and POST /v1/reload: what can change without a restart comes into force
 * for the queries that begin from then on, or nothing does; logged either way. */
int server_reload(struct server *server, const struct reload_order *order,
                  struct reload_outcome *ret_outcome);

/* This host's network again: default backends, own addresses, nameservers. */
void server_follow_network(struct server *server);

#endif
