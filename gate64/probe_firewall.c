/*
 * Whether the firewall of this host drops what is forwarded, and with it what is translated.
 *
 * Layer: edge
 * Specification: iptables(8), nft(8); their commands are the only interface to both
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate64/firewall_text.h"
#include "gate64/nft_rules.h"
#include "gate64/probe.h"
#include "gate64/spawn.h"

enum {
    NAME_LEN = 128, /* of a chain or a device, quoted */
};

static void judge_iptables(struct check *check, const char *command, const char *family)
{
    const char *const arguments[] = {command, "-S", "FORWARD", NULL};
    const char *tun = check->settings->nat64.tun;
    char device[NAME_LEN], *rules;
    int r = spawn_read(arguments, &rules);
    if (r == -ENOENT)
        return; /* no such firewall */
    if (r < 0) {
        check_failed(check, "cannot read the rules by %s -S FORWARD: %s; run gate64 as root", command,
                     strerror(-r));
        return;
    }
    struct firewall_text passes = firewall_text_judge(rules, tun);
    free(rules);
    if (passes.in && passes.out)
        return;
    check_quote(tun, device, sizeof(device));
    check_finding(check, "the firewall drops %s packets that are forwarded, those from or to %s too", family,
                  tun);
    if (!passes.in)
        check_command(check, "%s -I FORWARD -i %s -j ACCEPT", command, device);
    if (!passes.out)
        check_command(check, "%s -I FORWARD -o %s -j ACCEPT", command, device);
}

/* What nft says as JSON; NULL: no nft, or told that it failed. */
static json_t *ask_nft(struct check *check, const char *const *arguments)
{
    char *text;
    int r = spawn_read(arguments, &text);
    if (r == -ENOENT)
        return NULL;
    json_t *document = r == 0 ? json_loads(text, 0, NULL) : NULL;
    if (document == NULL)
        check_failed(check, "cannot read the chains by nft -j list: %s; run gate64 as root",
                     strerror(r < 0 ? -r : EPROTO));
    if (r == 0)
        free(text);
    return document;
}

static void judge_chain(struct check *check, const struct nft_rules_chain *chain)
{
    const char *const arguments[] = {"nft",         "-j",         "list",      "chain",
                                     chain->family, chain->table, chain->name, NULL};
    const char *tun = check->settings->nat64.tun;
    char name[SETTINGS_NAME_LEN], device[NAME_LEN], table[NAME_LEN], chain_name[NAME_LEN];
    json_t *document = ask_nft(check, arguments);
    if (document == NULL)
        return;
    struct firewall_text passes = nft_rules_judge(document, tun);
    json_decref(document);
    if (passes.in && passes.out)
        return;
    snprintf(name, sizeof(name), "\"%s\"", tun); /* nft's own quotes, inside those of the shell */
    check_quote(name, device, sizeof(device));
    check_quote(chain->table, table, sizeof(table));
    check_quote(chain->name, chain_name, sizeof(chain_name));
    check_finding(check, "the chain %s of the nft table %s %s drops what is forwarded, from or to %s too",
                  chain->name, chain->family, chain->table, tun);
    if (!passes.in)
        check_command(check, "nft insert rule %s %s %s iifname %s accept", chain->family, table, chain_name,
                      device);
    if (!passes.out)
        check_command(check, "nft insert rule %s %s %s oifname %s accept", chain->family, table, chain_name,
                      device);
}

static void judge_nft(struct check *check)
{
    static const char *const arguments[] = {"nft", "-j", "list", "chains", NULL};
    struct nft_rules_chain chain;
    json_t *document = ask_nft(check, arguments);
    for (size_t i = 0; i < nft_rules_count(document); i++)
        if (nft_rules_is_forward(document, i, &chain))
            judge_chain(check, &chain);
    json_decref(document);
}

void probe_firewall(struct check *check)
{
    judge_iptables(check, "iptables", "IPv4");
    judge_iptables(check, "ip6tables", "IPv6");
    judge_nft(check);
}
