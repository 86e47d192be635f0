/*
 * Whether dns64 has somebody to ask: not itself, and not somebody who is silent.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (dns64.upstream); resolv.conf(5)
 *
 * What is of no use is taken out of the list, in the file that it comes from. Nobody here can know a resolver
 * that is in none of this host's files, so if none of those is left, no command is given.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate64/config_list.h"
#include "gate64/host_file.h"
#include "gate64/probe.h"
#include "gate64/resolvers.h"

static const char resolv_conf[] = "/etc/resolv.conf";

/* "a is this host itself, b does not answer" */
static void name_bad(const struct resolvers *resolvers, char *buffer, size_t size)
{
    char address[ADDR_TEXT_LEN];
    size_t len = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < resolvers->count && len < size; i++)
        if (resolvers->list[i].state != RESOLVERS_GOOD)
            len += (size_t)snprintf(buffer + len, size - len, "%s%s %s", len > 0 ? ", " : "",
                                    addr_print_endpoint(&resolvers->list[i].endpoint, address),
                                    resolvers->list[i].state == RESOLVERS_OURSELVES ? "is this host itself"
                                                                                    : "does not answer");
}

/* The list as it stands in the file, without what is of no use. */
static void print_good(const struct resolvers *resolvers, char *buffer, size_t size)
{
    char address[ADDR_TEXT_LEN];
    size_t len = (size_t)snprintf(buffer, size, "[");
    for (size_t i = 0; i < resolvers->count && len < size; i++)
        if (resolvers->list[i].state == RESOLVERS_GOOD)
            len += (size_t)snprintf(buffer + len, size - len, "%s\"%s\"", len > 1 ? ", " : "",
                                    addr_print_endpoint(&resolvers->list[i].endpoint, address));
    if (len < size)
        snprintf(buffer + len, size - len, "]");
}

/* A command that puts `list` in the place of the one in the file: sed's c replaces whole lines. */
static void command_list(struct check *check, const char *list)
{
    char script[CHECK_TEXT_LEN], quoted[CHECK_TEXT_LEN], file[SETTINGS_PATH_LEN * 4 + 3], lines[64];
    struct config_list place;
    char *text;
    if (host_file_read(check->settings->file, &text) < 0)
        return;
    if (config_list_find(text, "upstream", &place) == 0) {
        if (place.first_line == place.last_line)
            snprintf(lines, sizeof(lines), "%d", place.first_line);
        else
            snprintf(lines, sizeof(lines), "%d,%d", place.first_line, place.last_line);
        int len = snprintf(script, sizeof(script), "%sc\\%.*s%s%.*s", lines, (int)place.before_len,
                           place.before, list, (int)place.after_len, place.after);
        /* What sed would read as an escape, or does not fit, is left to the operator. */
        if (len < (int)sizeof(script) / 2 && strchr(strchr(script, '\\') + 1, '\\') == NULL)
            check_command(check, "sed -i %s %s", check_quote(script, quoted, sizeof(quoted)),
                          check_quote(check->settings->file, file, sizeof(file)));
    }
    free(text);
}

/* A file of the program that keeps resolv.conf, with a resolver that answers. */
static const char *find_other_file(const struct check *check)
{
    static const char *const paths[] = {"/run/systemd/resolve/resolv.conf",
                                        "/run/NetworkManager/no-stub-resolv.conf"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct resolvers resolvers;
        resolvers_from_file(paths[i], &resolvers);
        resolvers_ask(&resolvers, &check->settings->dns64, check->links);
        if (resolvers_count(&resolvers, RESOLVERS_GOOD) > 0)
            return paths[i];
    }
    return NULL;
}

static void judge_configured(struct check *check, const struct resolvers *resolvers)
{
    char bad[CHECK_TEXT_LEN / 2], list[CHECK_TEXT_LEN / 2];
    struct resolvers of_host;
    name_bad(resolvers, bad, sizeof(bad));
    check_finding(
        check,
        "of dns64.upstream, %s; mend the way to it or leave it out, and then let gate64 reload take the "
        "file",
        bad);
    if (resolvers_count(resolvers, RESOLVERS_GOOD) > 0) {
        print_good(resolvers, list, sizeof(list));
        command_list(check, list);
        return;
    }
    resolvers_from_file(resolv_conf, &of_host);
    resolvers_ask(&of_host, &check->settings->dns64, check->links);
    if (resolvers_count(&of_host, RESOLVERS_GOOD) > 0)
        command_list(check, "[]"); /* that means those of resolv.conf */
}

static void judge_of_host(struct check *check, const struct resolvers *resolvers)
{
    char bad[CHECK_TEXT_LEN / 2], address[ADDR_TEXT_LEN];
    size_t good = resolvers_count(resolvers, RESOLVERS_GOOD);
    if (good > 0 && resolvers_count(resolvers, RESOLVERS_SILENT) == 0)
        return; /* dns64 passes over what is this host itself */
    name_bad(resolvers, bad, sizeof(bad));
    if (resolvers->count == 0)
        check_finding(check, "%s names no resolver; name one in dns64.upstream", resolv_conf);
    else
        check_finding(check, "of the resolvers in %s, %s%s", resolv_conf, bad,
                      good > 0 ? "" : "; name one that does in dns64.upstream");
    const char *other = good == 0 ? find_other_file(check) : NULL;
    if (other != NULL)
        check_command(check, "ln -sf %s %s", other, resolv_conf);
    for (size_t i = 0; good > 0 && i < resolvers->count; i++)
        if (resolvers->list[i].state == RESOLVERS_SILENT)
            check_command(check, "sed -i --follow-symlinks '/^nameserver[[:space:]]*%s[[:space:]]*$/d' %s",
                          addr_print(&resolvers->list[i].endpoint.addr, address), resolv_conf);
}

void probe_upstream(struct check *check)
{
    const struct settings_dns64 *dns64 = &check->settings->dns64;
    struct resolvers resolvers;
    if (dns64->upstream_count == 0)
        resolvers_from_file(resolv_conf, &resolvers);
    else
        resolvers_from_settings(dns64, &resolvers);
    resolvers_ask(&resolvers, dns64, check->links);
    if (dns64->upstream_count == 0)
        judge_of_host(check, &resolvers);
    else if (resolvers_count(&resolvers, RESOLVERS_GOOD) < resolvers.count)
        judge_configured(check, &resolvers);
}
