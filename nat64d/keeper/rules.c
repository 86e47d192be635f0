/*
 * Layer: edge
 * Specification: iptables-restore(8) --noflush, nft(8) -f
 */
#include "nat64d/keeper/rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/siphash.h"
#include "nat64d/keeper/command.h"

enum {
    TEXT_LEN = 65536,       /* of most configurations */
    TEXT_LEN_MAX = 1 << 26, /* of any */
    JUMPS_MAX = 16,         /* copies of our jump that are looked for */
    STATUS_NOT_THERE = 1,   /* iptables(8): no such chain */
    STATUS_NO_TABLE = 3,    /* the kernel has no such table */
};

#define WAIT "-w" /* for the lock of the tables; not all versions take seconds */

static const struct {
    const char *table, *hook;
} places[] = {{"raw", "PREROUTING"}, {"mangle", "PREROUTING"}, {"filter", "FORWARD"}};

/* One family's iptables. */
struct tables {
    int family, lock;
    char change[COMMAND_PATH_LEN], restore[COMMAND_PATH_LEN];
    char chain[RULES_TEXT_CHAIN_LEN], queue_chain[RULES_TEXT_CHAIN_LEN];
    char said[COMMAND_SAID_LEN];
};

typedef void (*print_plan)(struct builder *builder, const struct rules_plan *plan);

static void print4(struct builder *builder, const struct rules_plan *plan)
{
    rules_text_iptables(builder, plan, AF_INET);
}

static void print6(struct builder *builder, const struct rules_plan *plan)
{
    rules_text_iptables(builder, plan, AF_INET6);
}

/* The text, as long as it needs to be; NULL without memory. */
static char *print(const struct rules_plan *plan, print_plan printer)
{
    for (size_t size = TEXT_LEN; size <= TEXT_LEN_MAX; size *= 4) {
        struct builder builder;
        char *text = malloc(size);
        if (text == NULL)
            return NULL;
        builder_init(&builder, text, size);
        printer(&builder, plan);
        if (!builder.full)
            return text;
        free(text);
    }
    return NULL;
}

void rules_hash(const struct rules_plan *plan, char ret_hash[17])
{
    const struct siphash_key key = {0};
    char *four = print(plan, print4), *six = print(plan, print6);
    ret_hash[0] = '\0';
    if (four != NULL && six != NULL)
        snprintf(
            ret_hash, 17, "%016llx",
            (unsigned long long)(siphash24(key, four, strlen(four)) ^ 3 * siphash24(key, six, strlen(six))));
    free(four);
    free(six);
}

static int tables_open(struct tables *tables, int family, const char *tun, int lock)
{
    bool four = family == AF_INET;
    *tables = (struct tables){.family = family, .lock = lock};
    rules_text_chain(tun, tables->chain);
    rules_text_queue_chain(tun, tables->queue_chain);
    int r = command_find(four ? "iptables" : "ip6tables", tables->change);
    return r < 0 ? r : command_find(four ? "iptables-restore" : "ip6tables-restore", tables->restore);
}

/* iptables -t TABLE OPTION WORD... */
static int change(struct tables *tables, const char *table, const char *const words[])
{
    const char *argv[16] = {tables->change, WAIT, "-t", table};
    for (unsigned i = 0; words[i] != NULL && i < 11; i++)
        argv[4 + i] = words[i];
    return command_run(argv, NULL, tables->lock, tables->said);
}

static int restore(struct tables *tables, const char *text)
{
    const char *const argv[] = {tables->restore, WAIT, "--noflush", NULL};
    int r = command_run(argv, text, tables->lock, tables->said);
    return r > 0 ? -EIO : r;
}

static int add_jump(struct tables *tables, const char *table, const char *hook)
{
    const char *const look[] = {"-C", hook, "-j", tables->chain, NULL};
    const char *const add[] = {"-I", hook, "1", "-j", tables->chain, NULL};
    int r = change(tables, table, look);
    if (r > 0)
        r = change(tables, table, add);
    return r > 0 ? -EIO : r;
}

/* The chain that is jumped to goes last, in one step with the other: while it is there, all may be. */
static int drop_chains(struct tables *tables, const char *table)
{
    char text[512];
    snprintf(text, sizeof(text), "*%s\n:%s - [0:0]\n:%s - [0:0]\n-X %s\n-X %s\nCOMMIT\n", table,
             tables->chain, tables->queue_chain, tables->queue_chain, tables->chain);
    return restore(tables, text);
}

static int drop_table(struct tables *tables, const char *table, const char *hook)
{
    const char *const look[] = {"-S", tables->chain, NULL};
    const char *const drop[] = {"-D", hook, "-j", tables->chain, NULL};
    int r = change(tables, table, look);
    if (r == STATUS_NOT_THERE || r == STATUS_NO_TABLE)
        return 0;
    for (int i = 0; r == 0 && i < JUMPS_MAX; i++)
        r = change(tables, table, drop);
    if (r == 0 || r == STATUS_NOT_THERE)
        r = drop_chains(tables, table);
    return r > 0 ? -EIO : r;
}

static bool names_table(const char *text, const char *table)
{
    char start[16];
    snprintf(start, sizeof(start), "*%s\n", table);
    return strstr(text, start) != NULL;
}

/* One family: the chains, then the jumps to them; tables that the plan leaves out are cleared. */
static int fill(struct tables *tables, const struct rules_plan *plan)
{
    char *text = print(plan, tables->family == AF_INET ? print4 : print6);
    if (text == NULL)
        return -ENOMEM;
    int r = restore(tables, text);
    for (unsigned i = 0; r == 0 && i < sizeof(places) / sizeof(places[0]); i++)
        r = names_table(text, places[i].table) ? add_jump(tables, places[i].table, places[i].hook)
                                               : drop_table(tables, places[i].table, places[i].hook);
    free(text);
    return r;
}

static int fill_both(struct tables *four, struct tables *six, const struct rules_plan *plan)
{
    int r = fill(four, plan);
    if (r < 0)
        return r;
    r = fill(six, plan);
    if (r < 0)
        memcpy(four->said, six->said, sizeof(four->said));
    return r;
}

/* First all that is wanted, then what is possible without parts that kernels are built without. */
static int add_iptables(const struct rules_plan *plan, int lock, char said[COMMAND_SAID_LEN])
{
    struct tables four, six;
    struct rules_plan attempt = *plan;
    int r = tables_open(&four, AF_INET, plan->tun, lock);
    if (r == 0)
        r = tables_open(&six, AF_INET6, plan->tun, lock);
    if (r < 0)
        return r;
    r = fill_both(&four, &six, &attempt);
    if (r < 0 && plan->shared_count > 0) {
        attempt.in_raw = true;
        log_warning("rules",
                    "no queue rules in mangle (%s); they go to raw, where the host's own connections "
                    "cannot be told from ours: keep its ports out of the pool's",
                    four.said);
        r = fill_both(&four, &six, &attempt);
    }
    if (r < 0 && plan->notrack) {
        attempt.notrack = false;
        log_warning("rules",
                    "no rules that keep our packets from connection tracking (%s); continuing without",
                    four.said);
        r = fill_both(&four, &six, &attempt);
    }
    memcpy(said, four.said, sizeof(four.said));
    return r;
}

static int run_nft(const char *nft, bool check, const char *text, int lock, char said[COMMAND_SAID_LEN])
{
    const char *const argv[] = {nft, check ? "-cf" : "-f", "-", NULL};
    int r = command_run(argv, text, lock, said);
    return r > 0 ? -EIO : r;
}

static int add_nft(const struct rules_plan *plan, int lock, char said[COMMAND_SAID_LEN])
{
    char nft[COMMAND_PATH_LEN];
    int r = command_find("nft", nft);
    if (r < 0) {
        snprintf(said, COMMAND_SAID_LEN, "it is not installed");
        return r;
    }
    char *text = print(plan, rules_text_nft);
    if (text == NULL)
        return -ENOMEM;
    r = run_nft(nft, true, text, lock, said);
    if (r == 0)
        r = run_nft(nft, false, text, lock, said);
    free(text);
    return r;
}

static int tell_failure(const struct rules_plan *plan, int r, const char *said)
{
    const char *why = r == -ENOENT ? "neither nft nor iptables is installed" : said;
    if (plan->shared_count == 0) {
        log_warning("rules",
                    "no firewall rules for %s: %s; continuing without: a firewall that drops what is "
                    "forwarded must let it through",
                    plan->tun, why);
        return 0;
    }
    log_error("rules",
              "no firewall rules for %s: %s; a shared address needs them: install iptables (apt-get "
              "install iptables), or use pools that are routed here",
              plan->tun, why);
    return r;
}

static int drop_nft(const char *tun, int lock)
{
    char nft[COMMAND_PATH_LEN], text[128], said[COMMAND_SAID_LEN];
    struct builder builder;
    if (command_find("nft", nft) < 0)
        return 0;
    builder_init(&builder, text, sizeof(text));
    rules_text_nft_drop(&builder, tun);
    int r = run_nft(nft, false, text, lock, said);
    if (r < 0)
        log_warning("rules", "cannot remove table inet gate64-%s: %s; continuing without", tun, said);
    return r;
}

int rules_add(const struct rules_plan *plan, int lock)
{
    char said[COMMAND_SAID_LEN] = "", nft_said[COMMAND_SAID_LEN];
    struct rules_plan forward = {.tun = plan->tun};
    int r = add_nft(plan, lock, nft_said);
    if (r == 0) {
        log_info("rules", "rules for %s by nft, in table inet gate64-%s", plan->tun, plan->tun);
        r = add_iptables(&forward, lock, said);
        if (r < 0 && r != -ENOENT)
            log_warning("rules", "iptables does not accept what is forwarded for %s: %s; continuing without",
                        plan->tun, said);
        return 0;
    }
    r = add_iptables(plan, lock, said);
    if (r == 0)
        r = drop_nft(plan->tun, lock); /* of an earlier kernel or choice: not both */
    if (r < 0)
        return tell_failure(plan, r, said);
    log_info("rules", "rules for %s by iptables, in chains G64-%s; not by nft: %s", plan->tun, plan->tun,
             nft_said);
    return 0;
}

static int drop_family(const char *tun, int family, int lock)
{
    struct tables tables;
    int failure = 0;
    if (tables_open(&tables, family, tun, lock) < 0)
        return 0;
    for (unsigned i = sizeof(places) / sizeof(places[0]); i-- > 0;) {
        int r = drop_table(&tables, places[i].table, places[i].hook);
        if (r == 0)
            continue;
        log_warning("rules", "cannot remove chain %s of table %s: %s; continuing without", tables.chain,
                    places[i].table, tables.said);
        if (failure == 0)
            failure = r;
    }
    return failure;
}

int rules_drop(const char *tun, int lock)
{
    int six = drop_family(tun, AF_INET6, lock);
    int four = drop_family(tun, AF_INET, lock);
    int nft = drop_nft(tun, lock);
    return six < 0 ? six : four < 0 ? four : nft;
}

bool rules_need_raw(void)
{
    char path[COMMAND_PATH_LEN], real[PATH_MAX];
    /* Debian's alternatives: one of xtables-nft-multi and xtables-legacy-multi lies behind the name. */
    return command_find("iptables", path) == 0 && realpath(path, real) != NULL &&
           strstr(real, "legacy") != NULL;
}
