/*
 * gate64 check: what is wrong with this host, and the command that mends it.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include <net/if.h>
#include <string.h>

#include "gate64/cmd.h"
#include "gate64/probe.h"

static const struct {
    const char *name;
    void (*run)(struct check *check);
} probes[] = {
    {"user", probe_user},           {"state-dir", probe_state_dir},   {"clock", probe_clock},
    {"uplink", probe_uplink},       {"forwarding", probe_forwarding}, {"firewall", probe_firewall},
    {"rp-filter", probe_rp_filter}, {"route", probe_route},           {"mtu", probe_mtu},
    {"ports", probe_ports},         {"listen", probe_listen},         {"upstream", probe_upstream},
};

enum {
    PROBES = sizeof(probes) / sizeof(probes[0]),
};

/* "forwarding: what is wrong", and each command on a line of its own. */
static void show_finding(const struct cmd_options *options, const json_t *finding)
{
    const json_t *commands = json_object_get(finding, "commands");
    print_styled(options->out, print_wants_colour(options->out), PRINT_BAD,
                 json_string_value(json_object_get(finding, "probe")));
    fprintf(options->out, ": %s\n", json_string_value(json_object_get(finding, "finding")));
    for (size_t i = 0; i < json_array_size(commands); i++)
        fprintf(options->out, "    %s\n", json_string_value(json_array_get(commands, i)));
}

static void show(const struct cmd_options *options, const struct check *check)
{
    size_t count = json_array_size(check->findings);
    for (size_t i = 0; i < count; i++)
        if (options->json)
            print_json(options->out, json_array_get(check->findings, i));
        else
            show_finding(options, json_array_get(check->findings, i));
    if (options->json)
        return;
    if (count > 0)
        fprintf(options->out, "%zu finding%s\n", count, count > 1 ? "s" : "");
    else if (!check->failed)
        fprintf(options->out, "nothing found by %d probes\n", PROBES);
}

int cmd_check(const struct cmd_options *options)
{
    struct links *links;
    int r = links_read(NULL, &links);
    if (r < 0) {
        fprintf(options->err, "gate64: cannot read this host's addresses and routes: %s\n", strerror(-r));
        return CMD_EXIT_FINDING;
    }
    struct check check = {
        .settings = options->settings,
        .links = links,
        .state_dir = options->state_dir,
        .tun = if_nametoindex(options->settings->nat64.tun),
        .findings = json_array(),
        .err = options->err,
    };
    for (size_t i = 0; i < PROBES; i++) {
        check.probe = probes[i].name;
        probes[i].run(&check);
    }
    show(options, &check);
    bool good = json_array_size(check.findings) == 0 && !check.failed;
    json_decref(check.findings);
    links_free(links);
    return good ? CMD_EXIT_GOOD : CMD_EXIT_FINDING;
}
