/*
 * Layer: pure
 * Specification: iptables-extensions(8): CT, conntrack, socket, u32, NFQUEUE; nft(8); RFC 792
 */
#include "nat64d/keeper/rules_text.h"

#include "nat64d/keeper/queue_number.h"

enum {
    SHARDS_A_RULE = 10, /* values in one u32 test, at most */
    TCP_NUMBER = 6,
    UDP_NUMBER = 17,
    ICMP_NUMBER = 1,
};

/* How a kind of packet carries a port of ours. The u32 expressions look at 32-bit words: "0>>22&0x3C@" steps
 * behind the IPv4 header, "8>>22&0x3C@" from there behind the header that an ICMP error quotes (8 more). */
#define AT_L4  "0>>22&0x3C@"
#define QUOTED AT_L4 "8>>22&0x3C@"

struct kind {
    unsigned protocol;
    const char *word; /* u32: the word that has the port, ... */
    unsigned shift;   /* ... above so many bits */
    const char *nft;  /* the same for nft */
    unsigned quoted;  /* protocol of the quoted packet, 0: it is no error */
};

/* nft has constant offsets only; what we send has no IPv4 options, so 0x45 is all that is to be expected. */
static const struct kind kinds_tcp[] = {
    {TCP_NUMBER, AT_L4 "0", 0, "tcp dport", 0},
    {ICMP_NUMBER, QUOTED "8", 16, "@th,224,16", TCP_NUMBER},
};
static const struct kind kinds_udp[] = {
    {UDP_NUMBER, AT_L4 "0", 0, "udp dport", 0},
    {ICMP_NUMBER, QUOTED "8", 16, "@th,224,16", UDP_NUMBER},
};
static const struct kind kinds_icmp[] = {
    {ICMP_NUMBER, AT_L4 "4", 16, "icmp id", 0},
    {ICMP_NUMBER, QUOTED "12", 16, "@th,256,16", ICMP_NUMBER},
};

/* The part of a range that one rule sends to one worker. */
struct slice {
    struct addr_port_range range;
    unsigned worker;
    unsigned shards[SHARDS_A_RULE];
    unsigned count; /* 0: the range is all this worker's */
};

struct text {
    struct builder *builder;
    const struct rules_plan *plan;
    char chain[RULES_TEXT_CHAIN_LEN], queue_chain[RULES_TEXT_CHAIN_LEN];
};

typedef void (*put_rule)(struct text *text, uint32_t address, const struct kind *kind,
                         const struct slice *slice);

char *rules_text_chain(const char *tun, char buffer[RULES_TEXT_CHAIN_LEN])
{
    struct builder builder;
    builder_init(&builder, buffer, RULES_TEXT_CHAIN_LEN);
    builder_put_all(&builder, "G64-", tun, NULL);
    return buffer;
}

char *rules_text_queue_chain(const char *tun, char buffer[RULES_TEXT_CHAIN_LEN])
{
    struct builder builder;
    builder_init(&builder, buffer, RULES_TEXT_CHAIN_LEN);
    builder_put_all(&builder, "G64-", tun, "-q", NULL);
    return buffer;
}

static bool shard_in_range(unsigned shard, const struct addr_port_range *range, unsigned shards)
{
    for (unsigned block = range->first / QUEUE_NUMBER_BLOCK; block <= range->last / QUEUE_NUMBER_BLOCK;
         block++)
        if (block % shards == shard)
            return true;
    return false;
}

static void slice_worker(struct text *text, uint32_t address, const struct kind *kind, struct slice *slice,
                         put_rule put)
{
    const struct rules_plan *plan = text->plan;
    slice->count = 0;
    for (unsigned shard = slice->worker; shard < plan->shards; shard += plan->workers) {
        if (!shard_in_range(shard, &slice->range, plan->shards))
            continue;
        slice->shards[slice->count++] = shard;
        if (slice->count == SHARDS_A_RULE) {
            put(text, address, kind, slice);
            slice->count = 0;
        }
    }
    if (slice->count > 0)
        put(text, address, kind, slice);
}

static void slice_set(struct text *text, uint32_t address, const struct kind *kind,
                      const struct port_set *set, put_rule put)
{
    struct slice slice = {0};
    for (uint32_t from = 0; port_set_next(set, from, &slice.range); from = slice.range.last + 1u) {
        if (text->plan->workers == 1)
            put(text, address, kind, &slice);
        else
            for (slice.worker = 0; slice.worker < text->plan->workers; slice.worker++)
                slice_worker(text, address, kind, &slice, put);
        slice.worker = slice.count = 0;
    }
}

static void queue_rules(struct text *text, put_rule put)
{
    for (size_t i = 0; i < text->plan->shared_count; i++) {
        const struct rules_shared *shared = &text->plan->shared[i];
        for (unsigned k = 0; k < 2; k++)
            slice_set(text, shared->address, &kinds_tcp[k], &shared->tcp, put);
        for (unsigned k = 0; k < 2; k++)
            slice_set(text, shared->address, &kinds_udp[k], &shared->udp, put);
        for (unsigned k = 0; k < 2; k++)
            slice_set(text, shared->address, &kinds_icmp[k], &shared->icmp, put);
    }
}

static uint32_t queue_of(const struct kind *kind, unsigned worker)
{
    return kind->protocol == TCP_NUMBER ? queue_number_tcp(worker) : queue_number_other(worker);
}

static void put_address(struct builder *builder, uint32_t address)
{
    char text[ADDR_TEXT_LEN];
    builder_put(builder, addr_print4(address, text));
}

static void put_range(struct builder *builder, const struct addr_port_range *range, const char *to)
{
    builder_number(builder, range->first);
    if (range->last == range->first)
        return;
    builder_put(builder, to);
    builder_number(builder, range->last);
}

/* The u32 tests of a kind but the shards': what error about which packet, the identifier. */
static void u32_kind(struct builder *builder, uint32_t address, const struct kind *kind,
                     const struct slice *slice)
{
    if (kind->quoted == 0) {
        builder_put(builder, AT_L4 "0>>24=0"); /* echo reply */
    } else {
        builder_put(builder, AT_L4 "0>>24=3,4,11,12&&" /* the errors */
                    AT_L4 "12&0x1FFF=0&&"              /* about no later fragment: that has no ports */
                    AT_L4 "16>>16&0xFF=");
        builder_number(builder, kind->quoted);
        builder_put(builder, "&&" AT_L4 "20=");
        builder_hex(builder, address);
        if (kind->quoted == ICMP_NUMBER)
            builder_put(builder, "&&" QUOTED "8>>24=8");
    }
    builder_put_all(builder, "&&", kind->word, ">>16=", NULL);
    put_range(builder, &slice->range, ":");
}

static void u32_shards(struct builder *builder, const struct kind *kind, const struct slice *slice,
                       unsigned shards)
{
    builder_put_all(builder, kind->word, ">>", NULL);
    builder_number(builder, kind->shift + 6);
    builder_put(builder, "&");
    builder_hex(builder, shards - 1);
    for (unsigned i = 0; i < slice->count; i++) {
        builder_put(builder, i == 0 ? "=" : ",");
        builder_number(builder, slice->shards[i]);
    }
}

static void iptables_rule(struct text *text, uint32_t address, const struct kind *kind,
                          const struct slice *slice)
{
    struct builder *builder = text->builder;
    builder_put_all(builder, "-A ", text->queue_chain, " -d ", NULL);
    put_address(builder, address);
    builder_put_all(builder, " -p ",
                    kind->protocol == TCP_NUMBER   ? "tcp"
                    : kind->protocol == UDP_NUMBER ? "udp"
                                                   : "icmp",
                    NULL);
    if (kind->protocol == ICMP_NUMBER) {
        if (!text->plan->in_raw)
            builder_put(builder, " -m conntrack --ctstate INVALID");
        builder_put(builder, " -m u32 --u32 ");
        u32_kind(builder, address, kind, slice);
    } else {
        builder_put(builder, " --dport ");
        put_range(builder, &slice->range, ":");
        if (slice->count > 0)
            builder_put(builder, " -m u32 --u32 ");
    }
    if (slice->count > 0) {
        if (kind->protocol == ICMP_NUMBER)
            builder_put(builder, "&&");
        u32_shards(builder, kind, slice, text->plan->shards);
    }
    builder_put(builder, " -j NFQUEUE --queue-num ");
    builder_number(builder, queue_of(kind, slice->worker));
    builder_put(builder, "\n");
}

static void iptables_queue(struct text *text)
{
    struct builder *builder = text->builder;
    builder_put_all(builder, ":", text->queue_chain, " - [0:0]\n", NULL);
    for (size_t i = 0; i < text->plan->shared_count; i++) {
        builder_put_all(builder, "-A ", text->chain, " -d ", NULL);
        put_address(builder, text->plan->shared[i].address);
        builder_put_all(builder, " -j ", text->queue_chain, "\n", NULL);
    }
    if (!text->plan->in_raw) {
        /* The first has no target: its presence turns on defragmentation, for rules that look at ports. */
        builder_put_all(builder, "-A ", text->queue_chain, " -m socket --transparent\n", NULL);
        builder_put_all(builder, "-A ", text->queue_chain,
                        " -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN\n", NULL);
        builder_put_all(builder, "-A ", text->queue_chain, " -p tcp -m socket --nowildcard -j RETURN\n",
                        NULL);
        builder_put_all(builder, "-A ", text->queue_chain, " -p udp -m socket --nowildcard -j RETURN\n",
                        NULL);
    }
    queue_rules(text, iptables_rule);
}

static void iptables_begin(struct text *text, const char *table)
{
    builder_put_all(text->builder, "*", table, "\n:", text->chain, " - [0:0]\n", NULL);
}

static void iptables_notrack(struct text *text, int family)
{
    char prefix[ADDR_TEXT_LEN];
    builder_put_all(text->builder, "-A ", text->chain, " -i ", text->plan->tun, " -j CT --notrack\n", NULL);
    for (size_t i = 0; family == AF_INET6 && i < text->plan->pref64_count; i++)
        builder_put_all(text->builder, "-A ", text->chain, " -d ",
                        addr_print_prefix6(&text->plan->pref64[i], prefix), " -j CT --notrack\n", NULL);
}

static struct text text_init(struct builder *builder, const struct rules_plan *plan)
{
    struct text text = {.builder = builder, .plan = plan};
    rules_text_chain(plan->tun, text.chain);
    rules_text_queue_chain(plan->tun, text.queue_chain);
    return text;
}

void rules_text_iptables(struct builder *builder, const struct rules_plan *plan, int family)
{
    struct text text = text_init(builder, plan);
    bool queue = family == AF_INET && plan->shared_count > 0;
    if (plan->notrack || (queue && plan->in_raw)) {
        iptables_begin(&text, "raw");
        if (plan->notrack)
            iptables_notrack(&text, family);
        if (queue && plan->in_raw)
            iptables_queue(&text);
        builder_put(builder, "COMMIT\n");
    }
    if (queue && !plan->in_raw) {
        iptables_begin(&text, "mangle");
        iptables_queue(&text);
        builder_put(builder, "COMMIT\n");
    }
    iptables_begin(&text, "filter");
    builder_put_all(builder, "-A ", text.chain, " -i ", plan->tun, " -j ACCEPT\n", NULL);
    builder_put_all(builder, "-A ", text.chain, " -o ", plan->tun, " -j ACCEPT\nCOMMIT\n", NULL);
}

static void nft_icmp(struct builder *builder, uint32_t address, const struct kind *kind)
{
    if (kind->quoted == 0) {
        builder_put(builder, " icmp type echo-reply ct state invalid");
        return;
    }
    builder_put(builder, " icmp type { 3, 4, 11, 12 } ct state invalid @th,64,8 0x45 @th,112,16 & 0x1fff == 0"
                         " @th,136,8 ");
    builder_number(builder, kind->quoted);
    builder_put(builder, " @th,160,32 ");
    builder_hex(builder, address);
    if (kind->quoted == ICMP_NUMBER)
        builder_put(builder, " @th,224,8 8");
}

static void nft_rule(struct text *text, uint32_t address, const struct kind *kind, const struct slice *slice)
{
    struct builder *builder = text->builder;
    builder_put(builder, "\t\tip daddr ");
    put_address(builder, address);
    if (kind->protocol == ICMP_NUMBER)
        nft_icmp(builder, address, kind);
    builder_put_all(builder, " ", kind->nft, " ", NULL);
    put_range(builder, &slice->range, "-");
    if (slice->count > 0) {
        builder_put_all(builder, " ", kind->nft, " & ", NULL);
        builder_hex(builder, (text->plan->shards - 1) * QUEUE_NUMBER_BLOCK);
        for (unsigned i = 0; i < slice->count; i++) {
            builder_put(builder, i == 0 ? " == { " : ", ");
            builder_hex(builder, slice->shards[i] * QUEUE_NUMBER_BLOCK);
        }
        builder_put(builder, " }");
    }
    builder_put(builder, " queue num ");
    builder_number(builder, queue_of(kind, slice->worker));
    builder_put(builder, "\n");
}

static void nft_queue(struct text *text)
{
    struct builder *builder = text->builder;
    builder_put(builder, "\tchain ours {\n"
                         "\t\tct state established,related return\n"
                         "\t\tmeta l4proto { tcp, udp } socket wildcard 0 return\n"
                         "\t\tmeta l4proto { tcp, udp } socket wildcard 1 return\n");
    queue_rules(text, nft_rule);
    builder_put(builder,
                "\t}\n\tchain mangle {\n\t\ttype filter hook prerouting priority -150; policy accept;\n");
    for (size_t i = 0; i < text->plan->shared_count; i++) {
        builder_put(builder, "\t\tip daddr ");
        put_address(builder, text->plan->shared[i].address);
        builder_put(builder, " jump ours\n");
    }
    builder_put(builder, "\t}\n");
}

static void nft_notrack(struct text *text)
{
    char prefix[ADDR_TEXT_LEN];
    builder_put_all(text->builder,
                    "\tchain raw {\n\t\ttype filter hook prerouting priority -300; policy accept;\n"
                    "\t\tiifname \"",
                    text->plan->tun, "\" notrack\n", NULL);
    for (size_t i = 0; i < text->plan->pref64_count; i++)
        builder_put_all(text->builder, "\t\tip6 daddr ", addr_print_prefix6(&text->plan->pref64[i], prefix),
                        " notrack\n", NULL);
    builder_put(text->builder, "\t}\n");
}

void rules_text_nft_drop(struct builder *builder, const char *tun)
{
    /* Named first, so that the removal of what is not there is no error. */
    builder_put_all(builder, "table inet gate64-", tun, "\ndelete table inet gate64-", tun, "\n", NULL);
}

void rules_text_nft(struct builder *builder, const struct rules_plan *plan)
{
    struct text text = text_init(builder, plan);
    rules_text_nft_drop(builder, plan->tun);
    builder_put_all(builder, "table inet gate64-", plan->tun, " {\n", NULL);
    if (plan->notrack)
        nft_notrack(&text);
    if (plan->shared_count > 0)
        nft_queue(&text);
    builder_put_all(builder,
                    "\tchain forward {\n\t\ttype filter hook forward priority 0; policy accept;\n"
                    "\t\tiifname \"",
                    plan->tun, "\" accept\n\t\toifname \"", plan->tun, "\" accept\n\t}\n}\n", NULL);
}
