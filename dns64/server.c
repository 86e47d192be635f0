/*
 * Layer: edge
 * Specification: man/dns64.8
 */
#include "dns64/server.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "common/links.h"
#include "common/log.h"
#include "common/settings_file.h"
#include "dns64/edge/opener.h"
#include "dns64/edge/query_log.h"

static const char resolv_file[] = "/etc/resolv.conf";
static const char other_daemon[] = "nat64";

/* Rules of these settings and of the network as it is now, whether nat64d runs or not; `old` is NULL, or has
 * the same settings. */
static int make_rules(const struct rules *old, struct settings **settings, struct rules **ret_rules,
                      char error[SETTINGS_ERROR_LEN])
{
    struct links *links = NULL;
    int r = links_read((*settings)->nat64.tun, &links);
    if (r < 0) {
        snprintf(error, SETTINGS_ERROR_LEN, "cannot read this host's addresses: %s", strerror(-r));
        return r;
    }
    r = old == NULL ? rules_new(settings, links, resolv_file, ret_rules, error)
                    : rules_follow(old, settings, links, resolv_file, ret_rules, error);
    links_free(links);
    return r;
}

static int make_names(struct server *server)
{
    const struct settings *settings = server->rules->settings;
    char path[SETTINGS_PATH_LEN + SETTINGS_NAME_LEN];
    struct passwd *user = getpwnam(settings->user);
    if (settings->dns64.names == 0)
        return 0;
    int r = names_server_new(settings->dns64.names, &server->names);
    if (r < 0) {
        log_error("names", "cannot get memory for names: %s; choose another dns64.names", strerror(-r));
        return r;
    }
    snprintf(path, sizeof(path), "%s/dns64/names", settings->state_dir);
    r = names_server_listen(server->names, path, user != NULL ? user->pw_gid : (gid_t)-1);
    if (r == -EPERM) { /* our user is not in that group */
        log_warning("names",
                    "%s is not for the group of %s: nat64d cannot show names; put the user of dns64 into it",
                    path, settings->user);
        r = names_server_listen(server->names, path, (gid_t)-1);
    }
    if (r < 0)
        log_error("names", "cannot listen on %s: %s; choose another state-dir", path, strerror(-r));
    return r;
}

int server_new(struct settings **settings, int opener, struct server **ret_server)
{
    char error[SETTINGS_ERROR_LEN];
    struct rules *rules;
    int r = make_rules(NULL, settings, &rules, error);
    if (r < 0) {
        log_error("config", "%s", error);
        return r;
    }
    struct server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        rules_release(rules);
        return -ENOMEM;
    }
    pthread_mutex_init(&server->lock, NULL);
    server->rules = rules;
    server->opener = opener;
    r = make_names(server);
    if (r == 0)
        r = query_log_new(rules->workers, &server->log);
    if (r == 0)
        r = worker_new(rules, &server->group);
    if (r < 0) {
        server_free(server);
        return r;
    }
    worker_set_names(server->group, names_server_table(server->names));
    worker_set_log(server->group, query_log_slots(server->log));
    *ret_server = server;
    return 0;
}

void server_open_log(struct server *server)
{
    const char *path = server->rules->settings->dns64.query_log;
    if (path[0] == '\0') {
        query_log_close(server->log);
        return;
    }
    int fd = opener_ask(server->opener, path);
    int r = fd < 0 ? fd : query_log_open(server->log, path, fd);
    if (r < 0)
        log_error(
            "query-log",
            "cannot open %s: %s; continuing without it; make its folder, which the user of dns64 may write "
            "to, and reload",
            path, r == -ESTALE ? "the configuration was changed meanwhile" : strerror(-r));
}

void server_free(struct server *server)
{
    if (server == NULL)
        return;
    worker_stop(server->group);
    names_server_free(server->names);
    query_log_free(server->log);
    rules_release(server->rules);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

/* Takes the rules over, also on failure. */
static int put_into_force(struct server *server, struct rules *rules)
{
    int r = worker_exchange(server->group, rules);
    if (r < 0) {
        rules_release(rules);
        return r;
    }
    log_set_level(rules->settings->log.level);
    rules_release(server->rules);
    server->rules = rules;
    return 0;
}

static int apply(void *context, struct reload *reload, bool check, char error[SETTINGS_ERROR_LEN])
{
    struct rules *rules;
    int r = make_rules(NULL, &reload->settings, &rules, error);
    if (r < 0)
        return r;
    if (check) {
        rules_release(rules);
        return 0;
    }
    r = put_into_force(context, rules);
    if (r < 0)
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
    return r;
}

int server_reload(struct server *server, const struct reload_order *order, struct reload_outcome *ret_outcome)
{
    pthread_mutex_lock(&server->lock);
    const struct reload_target target = {server->rules->settings, other_daemon, apply, server};
    int r = reload_run(&target, order, ret_outcome);
    if (r == 0 && !order->check)
        server_open_log(server); /* anew in any case: it may have been rotated */
    pthread_mutex_unlock(&server->lock);
    if (order->check)
        return r;
    if (r < 0)
        log_error("config", "%s; continuing with the configuration as it was", ret_outcome->text);
    else
        log_info("config", "%s", ret_outcome->text);
    return r;
}

static int copy_settings(const struct settings *settings, struct settings **ret_copy,
                         char error[SETTINGS_ERROR_LEN])
{
    char *text = settings_file_print(settings);
    if (text == NULL) {
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
        return -ENOMEM;
    }
    int r = settings_file_load_text(text, strlen(text), settings->file, ret_copy, error);
    free(text);
    return r;
}

static int follow(struct server *server, char error[SETTINGS_ERROR_LEN])
{
    struct settings *copy = NULL;
    struct rules *rules;
    int r = copy_settings(server->rules->settings, &copy, error);
    if (r < 0)
        return r;
    r = make_rules(server->rules, &copy, &rules, error);
    settings_file_free(copy);
    if (r < 0)
        return r;
    if (rules_same_network(rules, server->rules)) {
        rules_release(rules);
        return 0;
    }
    r = put_into_force(server, rules);
    if (r == 0)
        log_info("links", "this host's network changed; prefixes of clients: %zu, resolvers: %u",
                 rules->clients.backends_count, rules->upstreams_count);
    else
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
    return r;
}

void server_follow_network(struct server *server)
{
    char error[SETTINGS_ERROR_LEN];
    pthread_mutex_lock(&server->lock);
    int r = follow(server, error);
    pthread_mutex_unlock(&server->lock);
    if (r < 0)
        log_warning("links", "%s; continuing with the clients and resolvers as they were", error);
}
