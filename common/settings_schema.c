/*
 * Layer: pure
 * Specification: man/gate64.conf.5; ranges by the RFC that a row names
 */
#include "common/settings_schema.h"

#include <string.h>

#include "common/settings.h"

static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const sinks[] = {"stderr", "journal", NULL};
static const char *const protocols[] = {"tcp", "udp", "icmp", "any", NULL};
static const char *const filterings[] = {"address-dependent", "endpoint-independent", NULL};
static const char *const refreshes[] = {"both", "outbound", NULL};
static const char *const probes[] = {"ipv6", "ipv4", "both", "none", NULL};
static const char *const eam_hairpins[] = {"intrinsic", "simple", "off", NULL};
static const char *const zero_checksums[] = {"compute", "drop", NULL};
static const char *const failures[] = {"synthesise", "fail", NULL};
static const char *const cookies[] = {"answer", "badcookie", "off", NULL};
static const char *const signed_for_do[] = {"synthesise", "pass", NULL};
static const char *const reverses[] = {"cname", "local", "off", NULL};

enum {
    DAY_S = 86400,
    MTU_MAX = 65535,
    OCTET_MAX = 255,
    SESSIONS_LIMIT = 1 << 24, /* slots that an index can name */
    FORWARDS_MAX = 64,
    VIEWS_MAX = 256,
};

#define MEBIBYTE (INT64_C(1) << 20)

#define AT(member)         offsetof(struct settings, member)
#define PREF64_AT(member)  offsetof(struct settings_pref64, member)
#define POOL_AT(member)    offsetof(struct settings_pool, member)
#define STATIC_AT(member)  offsetof(struct settings_static, member)
#define EAM_AT(member)     offsetof(struct settings_eam, member)
#define FORWARD_AT(member) offsetof(struct settings_forward, member)
#define VIEW_AT(member)    offsetof(struct settings_view, member)

#define INT(path, member, min, max, fallback, restart, reason)                         \
    {                                                                                  \
        path, SETTINGS_TYPE_INT, AT(member), min, max, fallback, NULL, restart, reason \
    }
#define BOOL(path, member, fallback, reason)                                      \
    {                                                                             \
        path, SETTINGS_TYPE_BOOL, AT(member), 0, 0, fallback, NULL, false, reason \
    }
#define WORD(path, member, words, fallback, restart, reason)                         \
    {                                                                                \
        path, SETTINGS_TYPE_WORD, AT(member), 0, 0, fallback, words, restart, reason \
    }
#define TEXT(path, member, max, fallback, reason)                                  \
    {                                                                              \
        path, SETTINGS_TYPE_TEXT, AT(member), 1, max, fallback, NULL, true, reason \
    }
#define LIST(path, type, member, fallback, restart, reason)                           \
    {                                                                                 \
        path, SETTINGS_TYPE_##type, AT(member), 0, 0, fallback, NULL, restart, reason \
    }
#define SIZE(path, member, min, max, fallback, restart, reason)                         \
    {                                                                                   \
        path, SETTINGS_TYPE_SIZE, AT(member), min, max, fallback, NULL, restart, reason \
    }
#define ROOM(path, member, min, max, fallback, reason)                               \
    {                                                                                \
        path, SETTINGS_TYPE_ROOM, AT(member), min, max, fallback, NULL, true, reason \
    }
#define SHARE(path, member, fallback, reason)                                                   \
    {                                                                                           \
        path, SETTINGS_TYPE_SHARE, AT(member), 1, SESSIONS_LIMIT, fallback, NULL, false, reason \
    }
#define GROUP(path, reason)                                            \
    {                                                                  \
        path, SETTINGS_TYPE_GROUP, 0, 0, 0, "{ }", NULL, false, reason \
    }

/* In the order of the printed file: a group stands before its members. */
const struct settings_key settings_schema[] = {
    LIST("backends", PREFIXES6, backends, "[]", false,
         "who may use the gateway; empty: the on-link prefixes of every interface but the uplink's"),
    GROUP("log", "where the log goes"),
    WORD("log.level", log.level, levels, "\"info\"", false, "the least important line that is written"),
    WORD("log.sink", log.sink, sinks, "\"journal\"", true, "-f chooses stderr"),
    {"log.events", SETTINGS_TYPE_TEXT, AT(log.events), 0, SETTINGS_PATH_LEN - 1, "\"\"", NULL, false,
     "who had which address and port, for abuse requests (RFC 8158): a file of JSON lines, or journal"},
    BOOL("log.event-destinations", log.event_destinations, "false",
         "true: each session with its destination, not each binding (RFC 6888 REQ-12 advises against it)"),
    BOOL("log.event-addresses", log.event_addresses, "false",
         "true: also which pool address a backend is paired with, and until when"),
    INT("log.event-rate", log.event_rate, 1, 100000, "10", false,
        "refusals of each kind that are recorded in a second (RFC 8158 5)"),
    TEXT("user", user, SETTINGS_NAME_LEN - 1, "\"gate64\"", "whom nat64d handles packets as"),
    TEXT("state-dir", state_dir, SETTINGS_PATH_LEN - 1, "\"/run/gate64\"",
         "sockets and locks of both daemons, and the sessions"),
    {"pref64", SETTINGS_TYPE_GROUPS, AT(pref64), 0, SETTINGS_PREF64_MAX, "( { prefix = \"64:ff9b::/96\"; } )",
     NULL, false, "the prefixes under which IPv4 is reached (RFC 6052)"},
    {"pref64[].prefix", SETTINGS_TYPE_PREF64, PREF64_AT(prefix), 0, 0, NULL, NULL, false,
     "RFC 6052 2.2: six lengths, bits 64 to 71 zero"},
    {"pref64[].allow-ipv4", SETTINGS_TYPE_PREFIXES4, PREF64_AT(allow4), 0, 0, "[]", NULL, false,
     "special-purpose ranges that this prefix may reach (RFC 6052 3.1)"},
    {"pref64[].for-ipv4", SETTINGS_TYPE_PREFIXES4, PREF64_AT(for4), 0, 0, "[]", NULL, false,
     "the A records that take this prefix; empty: all (RFC 6147 5)"},
    LIST("deny-ipv4", PREFIXES4, deny4, "[]", false, "destinations that nobody may reach (RFC 6888 REQ-6)"),
    {"pools", SETTINGS_TYPE_GROUPS, AT(pools), 0, 256,
     "( { name = \"uplink\"; address = \"uplink\"; shared = true; } )", NULL, false,
     "the IPv4 addresses that backends appear with"},
    {"pools[].name", SETTINGS_TYPE_TEXT, POOL_AT(name), 1, SETTINGS_NAME_LEN - 1, "\"pool\"", NULL, false,
     "what the pool is called in reports"},
    {"pools[].address", SETTINGS_TYPE_POOL4, POOL_AT(address), 0, 0, NULL, NULL, false,
     "an address or prefix that is routed to this gateway; shared: an address of this host"},
    {"pools[].ports", SETTINGS_TYPE_PORT_RANGES, POOL_AT(ports), 0, 0, "[]", NULL, false,
     "the ports that may be given out; empty: 1024-65535, or 49152-65535 of a shared address (RFC 6335 6)"},
    {"pools[].shared", SETTINGS_TYPE_BOOL, POOL_AT(shared), 0, 0, "false", NULL, false,
     "the address is this host's own, and only the ports are for backends"},
    {"pools[].for", SETTINGS_TYPE_PREFIXES6, POOL_AT(for6), 0, 0, "[]", NULL, false,
     "the backends that use this pool, by the longest prefix; empty: all that no other pool names"},
    {"static", SETTINGS_TYPE_GROUPS, AT(statics), 0, 65536, "()", NULL, false,
     "services of backends that IPv4 may reach (RFC 6146 3.1)"},
    {"static[].name", SETTINGS_TYPE_TEXT, STATIC_AT(name), 1, SETTINGS_NAME_LEN - 1, "\"static\"", NULL,
     false, "what the binding is called in reports"},
    {"static[].protocol", SETTINGS_TYPE_WORD, STATIC_AT(protocol), 0, 0, "\"any\"", protocols, false,
     "icmp: the ports are echo identifiers; any: all three"},
    {"static[].ipv4", SETTINGS_TYPE_SPAN4, STATIC_AT(ipv4), 0, 0, NULL, NULL, false,
     "an address of a pool, with a port, with several, or without for all"},
    {"static[].ipv6", SETTINGS_TYPE_SPAN6, STATIC_AT(ipv6), 0, 0, NULL, NULL, false,
     "the backend's address, with as many ports"},
    {"static[].from", SETTINGS_TYPE_PREFIXES4, STATIC_AT(from), 0, 0, "[]", NULL, false,
     "the IPv4 clients that may reach it; empty: all"},
    {"eam", SETTINGS_TYPE_GROUPS, AT(eam), 0, 65536, "()", NULL, false,
     "hosts that have IPv4 addresses of their own, without sessions (RFC 7757)"},
    {"eam[].ipv4", SETTINGS_TYPE_PREFIX4, EAM_AT(ipv4), 0, 0, NULL, NULL, false,
     "the IPv4 addresses; taken out of the pools that hold them"},
    {"eam[].ipv6", SETTINGS_TYPE_PREFIX6, EAM_AT(ipv6), 0, 0, NULL, NULL, false,
     "the IPv6 addresses; at least as many"},

    GROUP("nat64", "the translator"),
    {"nat64.tun", SETTINGS_TYPE_TEXT, AT(nat64.tun), 1, 15, "\"nat64\"", NULL, true,
     "name of the TUN device (the kernel's limit)"},
    INT("nat64.workers", nat64.workers, 0, 64, "0", true, "packet threads; 0: one a CPU"),
    INT("nat64.max-sessions", nat64.max_sessions, 0, SESSIONS_LIMIT, "0", true,
        "0: 1048576, or what 5 % of memory holds"),
    BOOL("nat64.keep", nat64.keep, "false",
         "true: stopping leaves device, rules and sessions for the next start"),
    BOOL("nat64.conntrack", nat64.conntrack, "false",
         "true: leave our packets to the host's connection tracking"),
    {"nat64.snapshot", SETTINGS_TYPE_TEXT, AT(nat64.snapshot), 0, SETTINGS_PATH_LEN - 1, "\"\"", NULL, false,
     "a file on disk for the sessions, so that they outlive a reboot"},
    INT("nat64.snapshot-minutes", nat64.snapshot_minutes, 0, 1440, "0", false, "0: at a clean stop only"),
    INT("nat64.ipv4-mtu", nat64.ipv4_mtu, 0, MTU_MAX, "0", false, "0: that of the route"),
    INT("nat64.ipv6-mtu", nat64.ipv6_mtu, 0, MTU_MAX, "0", false, "0: that of the route"),
    INT("nat64.lowest-ipv6-mtu", nat64.lowest_ipv6_mtu, 1280, MTU_MAX, "1280", false,
        "RFC 7915 4.1: what is cut is cut to this; at least 1280"),
    GROUP("nat64.filtering", "who may answer (RFC 4787 5)"),
    WORD("nat64.filtering.tcp", nat64.filtering[SETTINGS_TCP], filterings, "\"address-dependent\"", false,
         "RFC 6146 3.5.2"),
    WORD("nat64.filtering.udp", nat64.filtering[SETTINGS_UDP], filterings, "\"address-dependent\"", false,
         "RFC 6146 3.5.1"),
    WORD("nat64.filtering.icmp", nat64.filtering[SETTINGS_ICMP], filterings, "\"address-dependent\"", false,
         "RFC 6146 3.5.3"),
    BOOL("nat64.pings", nat64.pings, "true",
         "false: echo requests and answers are dropped in silence (RFC 6146 3.5.3)"),
    WORD("nat64.refresh", nat64.refresh, refreshes, "\"both\"", false,
         "whose packets keep a session alive (RFC 6146 5.3, RFC 4787 REQ-6)"),
    GROUP("nat64.tcp", "choices that RFC 6146 3.5.2 leaves"),
    BOOL("nat64.tcp.check-window", nat64.tcp.check_window, "true",
         "segments and ICMP errors whose numbers do not fit change nothing (RFC 6146 5.2, RFC 5927 4.1)"),
    BOOL("nat64.tcp.reset-after-fin", nat64.tcp.reset_after_fin, "false",
         "a RST behind the first FIN begins tcp-closing; RFC 6146 keeps tcp-established"),
    BOOL("nat64.tcp.reset-while-opening", nat64.tcp.reset_while_opening, "true",
         "a refused connection begins tcp-closing; RFC 6146 keeps tcp-opening"),
    WORD("nat64.tcp.probe", nat64.tcp.probe, probes, "\"ipv6\"", false,
         "who is asked about an idle connection (RFC 6146 3.5.2.2)"),
    GROUP("nat64.timeouts", "lifetimes in seconds (RFC 6146 4)"),
    INT("nat64.timeouts.udp", nat64.timeouts.udp, 120, DAY_S, "300", false, "RFC 4787 REQ-5: at least 120"),
    INT("nat64.timeouts.udp-dns", nat64.timeouts.udp_dns, 5, DAY_S, "17", false,
        "UDP to port 53 (RFC 4787 REQ-5 a)"),
    INT("nat64.timeouts.tcp-established", nat64.timeouts.tcp_established, 7200, 7 * DAY_S, "7200", false,
        "RFC 5382 REQ-5: 7200 and then tcp-closing"),
    INT("nat64.timeouts.tcp-opening", nat64.timeouts.tcp_opening, 1, DAY_S, "240", false,
        "RFC 7857 2.1: 240 is recommended, less is allowed"),
    INT("nat64.timeouts.tcp-closing", nat64.timeouts.tcp_closing, 1, DAY_S, "240", false,
        "RFC 7857 2.1: 240 is recommended, less is allowed"),
    INT("nat64.timeouts.tcp-closing-full", nat64.timeouts.tcp_closing_full, 1, DAY_S, "30", false,
        "what tcp-closing falls to as a pool fills up (RFC 7857 2.1)"),
    INT("nat64.timeouts.tcp-incoming-syn", nat64.timeouts.tcp_incoming_syn, 6, 60, "6", false,
        "RFC 5382 REQ-4: no answer before 6"),
    INT("nat64.timeouts.icmp", nat64.timeouts.icmp, 60, DAY_S, "60", false, "RFC 5508 REQ-2: at least 60"),
    INT("nat64.timeouts.fragment", nat64.timeouts.fragment, 2, 60, "2", false,
        "RFC 6146 4, FRAGMENT_MIN: at least 2"),
    INT("nat64.timeouts.hold-down", nat64.timeouts.hold_down, 0, 3600, "120", false,
        "RFC 6888 REQ-8: before a UDP or ICMP port is given again"),
    GROUP("nat64.limits", "how much one backend or network may have (RFC 6888 REQ-4 and REQ-5)"),
    INT("nat64.limits.backend-prefix", nat64.limits.backend_prefix, 32, 128, "128", false,
        "bits of an address that make a backend"),
    INT("nat64.limits.network-prefix", nat64.limits.network_prefix, 16, 128, "64", false,
        "bits that make a network; at most backend-prefix"),
    SHARE("nat64.limits.ports-per-backend", nat64.limits.ports_per_backend, "\"50%\"",
          "bindings of one protocol, of the pool's ports"),
    SHARE("nat64.limits.sessions-per-backend", nat64.limits.sessions_per_backend, "\"50%\"",
          "of max-sessions"),
    INT("nat64.limits.new-sessions-per-second", nat64.limits.new_sessions_per_second, 1, 10000000, "1000",
        false, "of one backend; as many at once"),
    INT("nat64.limits.new-sessions-per-second-per-network", nat64.limits.new_sessions_per_second_per_network,
        1, 10000000, "5000", false, "of one network; as many at once"),
    SHARE("nat64.limits.ports-per-network", nat64.limits.ports_per_network, "\"75%\"",
          "100% when backends is a single network"),
    SHARE("nat64.limits.sessions-per-network", nat64.limits.sessions_per_network, "\"75%\"",
          "100% when backends is a single network"),
    SHARE("nat64.limits.unanswered-per-network", nat64.limits.unanswered_per_network, "\"25%\"",
          "sessions that nobody answered yet, of max-sessions"),
    {"nat64.limits.backend-port-block", SETTINGS_TYPE_POWER, AT(nat64.limits.backend_port_block), 64, 4096,
     "0", NULL, false, "ports of a block that is one backend's (RFC 6888 4); 0: no blocks"},
    INT("nat64.limits.fragments", nat64.limits.fragments, 64, 65536, "4096", false,
        "datagrams whose fragments are not all there yet, at once"),
    GROUP("nat64.icmp-errors", "errors that the gateway makes itself (RFC 4443 2.4)"),
    BOOL("nat64.icmp-errors.send", nat64.icmp_errors.send, "true", "false: refuse in silence"),
    INT("nat64.icmp-errors.per-second", nat64.icmp_errors.per_second, 1, 1000000, "100", false, "in all"),
    INT("nat64.icmp-errors.per-second-per-network", nat64.icmp_errors.per_second_per_network, 1, 1000000,
        "10", false, "to one /64 or IPv4 address"),
    INT("nat64.icmp-errors.refusals-per-second", nat64.icmp_errors.refusals_per_second, 1, 1000000, "2000",
        false, "to backends for whose flows there is no port or session, in all"),
    INT("nat64.icmp-errors.relayed-per-second", nat64.icmp_errors.relayed_per_second, 1, 10000000, "2000",
        false, "errors of others that are translated, in all"),
    INT("nat64.icmp-errors.relayed-per-second-per-network", nat64.icmp_errors.relayed_per_second_per_network,
        1, 10000000, "500", false, "of one /64 or IPv4 address"),
    GROUP("nat64.translation", "choices that RFC 7915 leaves"),
    BOOL("nat64.translation.zero-traffic-class", nat64.translation.zero_traffic_class, "false",
         "RFC 7915 4.1 and 5.1: do not copy it"),
    INT("nat64.translation.ipv4-tos", nat64.translation.ipv4_tos, -1, OCTET_MAX, "-1", false,
        "RFC 7915 5.1: of every packet to IPv4; -1: that of the packet"),
    INT("nat64.translation.ipv6-traffic-class", nat64.translation.ipv6_traffic_class, -1, OCTET_MAX, "-1",
        false, "RFC 7915 4.1: of every packet to IPv6; -1: that of the packet"),
    WORD("nat64.translation.udp-zero-checksum", nat64.translation.udp_zero_checksum, zero_checksums,
         "\"compute\"", false, "RFC 7915 4.5: of UDP from IPv4 without one"),
    BOOL("nat64.translation.mss-clamp", nat64.translation.mss_clamp, "true",
         "lower the MSS of a SYN to what both links carry"),
    WORD("nat64.translation.eam-hairpin", nat64.translation.eam_hairpin, eam_hairpins, "\"intrinsic\"", false,
         "how one host of eam reaches another (RFC 7757 4)"),
    LIST("nat64.translation.icmp-source-ipv4", PREFIXES4, nat64.translation.icmp_source4, "[]", false,
         "what IPv6 routers without a mapping are shown as to IPv4 (RFC 6791 3)"),

    GROUP("dns64", "the DNS server"),
    LIST("dns64.listen", ENDPOINTS, dns64.listen, "[\"::#53\"]", true,
         ":: is IPv6 only; list IPv4 explicitly"),
    INT("dns64.workers", dns64.workers, 0, 64, "0", true, "threads; 0: one a CPU"),
    LIST("dns64.allow", PREFIXES, dns64.allow, "[]", false, "clients besides backends and loopback"),
    LIST("dns64.upstream", UPSTREAMS, dns64.upstream, "[]", false,
         "resolvers to ask; empty: the nameservers of /etc/resolv.conf"),
    {"dns64.forward", SETTINGS_TYPE_GROUPS, AT(dns64.forward), 0, FORWARDS_MAX, "()", NULL, false,
     "domains that are asked of other resolvers"},
    {"dns64.forward[].domain", SETTINGS_TYPE_DOMAIN, FORWARD_AT(domain), 0, 0, NULL, NULL, false,
     "itself and all below; of several that hold a name the longest counts"},
    {"dns64.forward[].upstream", SETTINGS_TYPE_UPSTREAMS, FORWARD_AT(upstream), 0, 0, NULL, NULL, false,
     "as dns64.upstream; at least one"},
    LIST("dns64.local", TEXTS, dns64.local, "[]", false,
         "names that are answered here: hosts files, and lines as they stand in one"),
    INT("dns64.local-ttl", dns64.local_ttl, 0, 7 * DAY_S, "300", false,
        "seconds that clients may keep what stands there"),
    BOOL("dns64.local-zones", dns64.local_zones, "true",
         "zones that are nobody's on the Internet are answered here (RFC 6303, RFC 6761)"),
    LIST("dns64.local-zones-off", TEXTS, dns64.local_zones_off, "[]", false,
         "of those zones, the ones that are asked for as any other (RFC 6303 3)"),
    LIST("dns64.exclude-aaaa", PREFIXES6, dns64.exclude_aaaa, "[\"::ffff:0:0/96\"]", false,
         "RFC 6147 5.1.4: AAAA records that do not count"),
    WORD("dns64.on-aaaa-failure", dns64.on_aaaa_failure, failures, "\"synthesise\"", false, "RFC 6147 5.1.2"),
    INT("dns64.aaaa-wait-ms", dns64.aaaa_wait_ms, 0, 10000, "300", false,
        "A is asked when AAAA was silent for so long (RFC 6147 5.1.8)"),
    LIST("dns64.never", TEXTS, dns64.never, "[]", false,
         "domains without synthesis: \"example.com\" with all below, \"*.example.com\" only what is below, "
         "\"=example.com\" only itself, \"file:PATH\" such entries, one a line"),
    LIST("dns64.always", TEXTS, dns64.always, "[]", false, "domains whose real AAAA records are ignored"),
    LIST("dns64.hide-a", TEXTS, dns64.hide_a, "[]", false, "domains whose A records are not shown"),
    WORD("dns64.signed-for-do", dns64.signed_for_do, signed_for_do, "\"synthesise\"", false,
         "what a client that set DO gets when the A records are signed (RFC 6147 3)"),
    WORD("dns64.reverse", dns64.reverse, reverses, "\"cname\"", false,
         "PTR under the prefix (RFC 6147 5.3.1)"),
    INT("dns64.ipv4only-ttl", dns64.ipv4only_ttl, 30, DAY_S, "3600", false,
        "seconds of ipv4only.arpa's addresses (RFC 7050 3.1: an hour at least, less before the prefix "
        "changes)"),
    BOOL("dns64.mark-synthetic", dns64.mark_synthetic, "true", "extended error 29 on synthetic answers"),
    INT("dns64.edns-size", dns64.edns_size, 512, 4096, "1232", false,
        "RFC 6891 6.2.5; 1232 avoids fragments"),
    WORD("dns64.cookies", dns64.cookies, cookies, "\"answer\"", false,
         "who comes by UDP without a valid server cookie (RFC 7873 5.2)"),
    {"dns64.cookie-secret", SETTINGS_TYPE_SECRET, AT(dns64.cookie_secret), 0, SETTINGS_SECRET_LEN - 1, "\"\"",
     NULL, false, "of all servers behind one address (RFC 9018 2); empty: random, anew at each start"},
    SIZE("dns64.cache-size", dns64.cache_size, MEBIBYTE, 32 * 1024 * MEBIBYTE, "\"64M\"", true,
         "memory for what was learned, of all threads together"),
    INT("dns64.negative-ttl-max", dns64.negative_ttl_max, 1, DAY_S, "3600", false,
        "seconds that a denial is kept at most (RFC 2308 5)"),
    BOOL("dns64.nxdomain-cut", dns64.nxdomain_cut, "true",
         "nothing is below a name that does not exist (RFC 8020)"),
    LIST("dns64.nxdomain-uncut", TEXTS, dns64.uncut, "[]", false,
         "domains whose servers deny names that only have others below them"),
    INT("dns64.stale-max", dns64.stale_max, 0, 7 * DAY_S, "86400", false,
        "seconds after its end that an answer may stand in for one that does not come (RFC 8767 5); 0: "
        "never"),
    INT("dns64.stale-wait-ms", dns64.stale_wait_ms, 1, 10000, "1800", false,
        "for how long the resolvers may be silent until it does"),
    BOOL("dns64.prefetch", dns64.prefetch, "true", "what is asked for often is asked anew before its end"),
    {"dns64.query-log", SETTINGS_TYPE_TEXT, AT(dns64.query_log), 0, SETTINGS_PATH_LEN - 1, "\"\"", NULL,
     false, "who asked what, and what became of it: a file of JSON lines"},
    ROOM("dns64.names", dns64.names, MEBIBYTE, 1024 * MEBIBYTE, "\"16M\"",
         "memory for which backend was told which name of an IPv4 address; 0: that is not noted"),
    BOOL("dns64.case-randomisation", dns64.case_randomisation, "false",
         "questions in letters large and small by chance, which answers must have too"),
    BOOL("dns64.trusted-upstream", dns64.trusted_upstream, "false",
         "true: AD is believed of resolvers over TLS or on this host (RFC 6840 5.7)"),
    {"dns64.views", SETTINGS_TYPE_GROUPS, AT(dns64.views), 0, VIEWS_MAX, "()", NULL, false,
     "clients for whom something else holds; what a view does not name is as outside of it"},
    {"dns64.views[].name", SETTINGS_TYPE_TEXT, VIEW_AT(name), 1, SETTINGS_NAME_LEN - 1, "\"view\"", NULL,
     false, "what the view is called in reports"},
    {"dns64.views[].clients", SETTINGS_TYPE_PREFIXES, VIEW_AT(clients), 0, 0, NULL, NULL, false,
     "whose view it is, by the longest prefix of all views"},
    {"dns64.views[].dns64", SETTINGS_TYPE_BOOL, VIEW_AT(dns64), 0, 0, "true", NULL, false,
     "false: plain resolution"},
    {"dns64.views[].refuse", SETTINGS_TYPE_BOOL, VIEW_AT(refuse), 0, 0, "false", NULL, false,
     "true: these clients may not ask"},
    {"dns64.views[].pref64", SETTINGS_TYPE_GROUPS, VIEW_AT(pref64), 0, SETTINGS_PREF64_MAX, NULL, NULL, false,
     "prefixes for these clients"},
    {"dns64.views[].pref64[].prefix", SETTINGS_TYPE_PREF64, PREF64_AT(prefix), 0, 0, NULL, NULL, false,
     "RFC 6052 2.2"},
    {"dns64.views[].pref64[].allow-ipv4", SETTINGS_TYPE_PREFIXES4, PREF64_AT(allow4), 0, 0, "[]", NULL, false,
     "as pref64[].allow-ipv4"},
    {"dns64.views[].pref64[].for-ipv4", SETTINGS_TYPE_PREFIXES4, PREF64_AT(for4), 0, 0, "[]", NULL, false,
     "as pref64[].for-ipv4"},
    {"dns64.views[].upstream", SETTINGS_TYPE_UPSTREAMS, VIEW_AT(upstream), 0, 0, NULL, NULL, false,
     "as dns64.upstream"},
    {"dns64.views[].forward", SETTINGS_TYPE_GROUPS, VIEW_AT(forward), 0, FORWARDS_MAX, NULL, NULL, false,
     "as dns64.forward"},
    {"dns64.views[].forward[].domain", SETTINGS_TYPE_DOMAIN, FORWARD_AT(domain), 0, 0, NULL, NULL, false,
     "as dns64.forward[].domain"},
    {"dns64.views[].forward[].upstream", SETTINGS_TYPE_UPSTREAMS, FORWARD_AT(upstream), 0, 0, NULL, NULL,
     false, "as dns64.forward[].upstream"},
    {"dns64.views[].local", SETTINGS_TYPE_TEXTS, VIEW_AT(local), 0, 0, NULL, NULL, false, "as dns64.local"},
    {"dns64.views[].local-zones", SETTINGS_TYPE_BOOL, VIEW_AT(local_zones), 0, 0, NULL, NULL, false,
     "as dns64.local-zones"},
    {"dns64.views[].local-zones-off", SETTINGS_TYPE_TEXTS, VIEW_AT(local_zones_off), 0, 0, NULL, NULL, false,
     "as dns64.local-zones-off"},
    {"dns64.views[].exclude-aaaa", SETTINGS_TYPE_PREFIXES6, VIEW_AT(exclude_aaaa), 0, 0, NULL, NULL, false,
     "as dns64.exclude-aaaa"},
    {"dns64.views[].on-aaaa-failure", SETTINGS_TYPE_WORD, VIEW_AT(on_aaaa_failure), 0, 0, NULL, failures,
     false, "as dns64.on-aaaa-failure"},
    {"dns64.views[].aaaa-wait-ms", SETTINGS_TYPE_INT, VIEW_AT(aaaa_wait_ms), 0, 10000, NULL, NULL, false,
     "as dns64.aaaa-wait-ms"},
    {"dns64.views[].never", SETTINGS_TYPE_TEXTS, VIEW_AT(never), 0, 0, NULL, NULL, false, "as dns64.never"},
    {"dns64.views[].always", SETTINGS_TYPE_TEXTS, VIEW_AT(always), 0, 0, NULL, NULL, false,
     "as dns64.always"},
    {"dns64.views[].hide-a", SETTINGS_TYPE_TEXTS, VIEW_AT(hide_a), 0, 0, NULL, NULL, false,
     "as dns64.hide-a"},
    {"dns64.views[].signed-for-do", SETTINGS_TYPE_WORD, VIEW_AT(signed_for_do), 0, 0, NULL, signed_for_do,
     false, "as dns64.signed-for-do"},
    INT("dns64.rate-limit", dns64.rate_limit, 0, 1000000, "0", false,
        "answers a second for each client network by UDP, unless it shows a valid cookie; 0: no limit"),
    GROUP("dns64.tcp", "limits of TCP clients (RFC 7766 6)"),
    INT("dns64.tcp.connections", dns64.tcp.connections, 1, 100000, "4096", true, "in all"),
    INT("dns64.tcp.connections-per-network", dns64.tcp.connections_per_network, 1, 100000, "50", false,
        "from one /64 or IPv4 address"),
    INT("dns64.tcp.idle-s", dns64.tcp.idle_s, 1, 3600, "10", false, "without a whole query"),
};

const size_t settings_schema_count = sizeof(settings_schema) / sizeof(settings_schema[0]);

const struct settings_key *settings_schema_find(const char *path)
{
    for (size_t i = 0; i < settings_schema_count; i++)
        if (strcmp(settings_schema[i].path, path) == 0)
            return &settings_schema[i];
    return NULL;
}

const struct settings_key *settings_schema_inherited(const struct settings_key *key)
{
    static const char view[] = "dns64.views[].", group[] = "dns64.";
    const char *name = key->path + strlen(view);
    if (strncmp(key->path, view, strlen(view)) != 0 || key->fallback != NULL || strchr(name, '[') != NULL)
        return NULL;
    for (size_t i = 0; i < settings_schema_count; i++) {
        const char *path = settings_schema[i].path;
        if (strcmp(path, name) == 0 ||
            (strncmp(path, group, strlen(group)) == 0 && strcmp(path + strlen(group), name) == 0))
            return &settings_schema[i];
    }
    return NULL;
}

const struct settings_element *settings_schema_element(const struct settings_key *key)
{
    static const struct settings_element elements[] = {
        {"pref64", sizeof(struct settings_pref64), PREF64_AT(line)},
        {"pools", sizeof(struct settings_pool), POOL_AT(line)},
        {"static", sizeof(struct settings_static), STATIC_AT(line)},
        {"eam", sizeof(struct settings_eam), EAM_AT(line)},
        {"dns64.forward", sizeof(struct settings_forward), FORWARD_AT(line)},
        {"dns64.views", sizeof(struct settings_view), VIEW_AT(line)},
        {"dns64.views[].pref64", sizeof(struct settings_pref64), PREF64_AT(line)},
        {"dns64.views[].forward", sizeof(struct settings_forward), FORWARD_AT(line)},
    };
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
        if (strcmp(elements[i].path, key->path) == 0)
            return &elements[i];
    return NULL;
}
