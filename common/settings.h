/*
 * The configuration of both daemons as a value.
 *
 * Layer: pure
 * Specification: man/gate64.conf.5
 *
 * Read, owned and freed by settings_file. An absent key has its default; an empty list is none, except for
 * `backends` and `dns64.upstream`, where it means the default. Each list is a pointer with its count behind
 * it.
 */
#ifndef GATE64_COMMON_SETTINGS_H
#define GATE64_COMMON_SETTINGS_H

#include <string.h>

#include "common/addr.h"
#include "common/log_level.h"

enum {
    SETTINGS_NAME_LEN = 32,
    SETTINGS_PATH_LEN = 256,
    SETTINGS_ERROR_LEN = 512,
    SETTINGS_SECRET_LEN = 33, /* 128 bits in hexadecimal digits */
    SETTINGS_LINE_LEN = 256,
    SETTINGS_PREF64_MAX = 16,
    SETTINGS_LISTEN_MAX = 64,      /* addresses of dns64.listen */
    SETTINGS_UPLINK = 255,         /* the length of a pool's address that follows the uplink's */
    SETTINGS_SHARED_FIRST = 49152, /* RFC 6335 6: the dynamic ports, of a shared address by default */
    SETTINGS_ROUTED_FIRST = 1024,
    SETTINGS_DOMAIN_LEN = 254, /* RFC 1035 2.3.4: 253 letters and dots */
    SETTINGS_PIN_LEN = 32,     /* SHA-256 */
};

enum settings_protocol {
    SETTINGS_TCP,
    SETTINGS_UDP,
    SETTINGS_ICMP,
    SETTINGS_PROTOCOLS,
    SETTINGS_ANY = SETTINGS_PROTOCOLS, /* each of them */
};

enum settings_filtering { SETTINGS_ADDRESS_DEPENDENT, SETTINGS_ENDPOINT_INDEPENDENT };

enum settings_refresh { SETTINGS_REFRESH_BOTH, SETTINGS_REFRESH_OUTBOUND };

enum settings_probe { SETTINGS_PROBE_IPV6, SETTINGS_PROBE_IPV4, SETTINGS_PROBE_BOTH, SETTINGS_PROBE_NONE };

enum settings_eam_hairpin { SETTINGS_EAM_INTRINSIC, SETTINGS_EAM_SIMPLE, SETTINGS_EAM_OFF };

enum settings_zero_checksum { SETTINGS_ZERO_CHECKSUM_COMPUTE, SETTINGS_ZERO_CHECKSUM_DROP };

enum settings_aaaa_failure { SETTINGS_AAAA_FAILURE_SYNTHESISE, SETTINGS_AAAA_FAILURE_FAIL };

enum settings_cookies { SETTINGS_COOKIES_ANSWER, SETTINGS_COOKIES_BADCOOKIE, SETTINGS_COOKIES_OFF };

enum settings_signed { SETTINGS_SIGNED_SYNTHESISE, SETTINGS_SIGNED_PASS };

enum settings_reverse { SETTINGS_REVERSE_CNAME, SETTINGS_REVERSE_LOCAL, SETTINGS_REVERSE_OFF };

struct settings_pref64 {
    struct addr_prefix6 prefix;
    struct addr_prefix4 *allow4; /* allow-ipv4 */
    size_t allow4_count;
    struct addr_prefix4 *for4; /* for-ipv4: the A records that take this prefix; none: all */
    size_t for4_count;
    int line;
};

/* A number, or a share of what there is. */
struct settings_share {
    int value;
    bool percent;
};

struct settings_pool {
    char name[SETTINGS_NAME_LEN];
    struct addr_prefix4 address;   /* len SETTINGS_UPLINK: the address of the IPv4 default route */
    bool shared;                   /* the host uses it too: only `ports` are ours */
    bool drain;                    /* no key: taken out of the file, while bindings are left on it */
    struct addr_port_range *ports; /* sorted, not overlapping */
    size_t ports_count;
    struct addr_prefix6 *for6; /* for: the backends that use it; none: those that no pool names */
    size_t for6_count;
    int line;
};

/* An address with one port, several, or all (0-65535). */
struct settings_span {
    struct addr addr;
    struct addr_port_range ports;
};

struct settings_static {
    char name[SETTINGS_NAME_LEN];
    enum settings_protocol protocol; /* SETTINGS_ICMP: the "port" is an identifier */
    struct settings_span ipv4;
    struct settings_span ipv6;
    struct addr_prefix4 *from; /* the clients that may reach it; none: all */
    size_t from_count;
    int line;
};

static inline bool settings_span_is_whole(const struct settings_span *span)
{
    return span->ports.first == 0;
}

/* RFC 7757: the addresses of both stand for each other. */
struct settings_eam {
    struct addr_prefix4 ipv4;
    struct addr_prefix6 ipv6;
    int line;
};

struct settings_nat64 {
    char tun[16];
    int workers;                      /* 0: one a CPU */
    int max_sessions;                 /* 0: min(1048576, what 5 % of memory holds) */
    bool keep;                        /* SIGTERM leaves device, rules and state for the next start */
    bool pings;                       /* false: echo messages pass neither way */
    bool conntrack;                   /* leave our packets to the host's connection tracking */
    char snapshot[SETTINGS_PATH_LEN]; /* "": none */
    int snapshot_minutes;             /* 0: at a clean stop only */
    int ipv4_mtu;                     /* 0: that of the route */
    int ipv6_mtu;
    int lowest_ipv6_mtu;
    enum settings_filtering filtering[SETTINGS_PROTOCOLS];
    enum settings_refresh refresh;
    struct {
        bool check_window, reset_after_fin, reset_while_opening;
        enum settings_probe probe;
    } tcp;
    struct {
        int udp, udp_dns, tcp_established, tcp_opening, tcp_closing, tcp_closing_full, tcp_incoming_syn, icmp,
            fragment, hold_down;
    } timeouts; /* seconds */
    struct {
        int backend_prefix, network_prefix;
        struct settings_share ports_per_backend, sessions_per_backend;
        int new_sessions_per_second, new_sessions_per_second_per_network;
        struct settings_share ports_per_network, sessions_per_network, unanswered_per_network;
        int backend_port_block; /* 0: none */
        int fragments;
    } limits;
    struct {
        bool send;
        int per_second, per_second_per_network, refusals_per_second;
        int relayed_per_second, relayed_per_second_per_network; /* errors of others */
    } icmp_errors;
    struct {
        bool zero_traffic_class;
        int ipv4_tos, ipv6_traffic_class; /* -1: copied */
        enum settings_zero_checksum udp_zero_checksum;
        bool mss_clamp;
        enum settings_eam_hairpin eam_hairpin;
        struct addr_prefix4 *icmp_source4; /* icmp-source-ipv4 */
        size_t icmp_source4_count;
    } translation;
};

/* One of a list of texts. */
struct settings_line {
    char text[SETTINGS_LINE_LEN];
};

/* A resolver, by settings_upstream. */
struct settings_upstream {
    struct addr_endpoint at;
    bool tls;
    bool pinned;
    uint8_t pin[SETTINGS_PIN_LEN];  /* SHA-256 of the key's SubjectPublicKeyInfo */
    char name[SETTINGS_DOMAIN_LEN]; /* that the certificate must have; "" when pinned or without TLS */
};

/* The resolvers for a domain and all below. */
struct settings_forward {
    char domain[SETTINGS_DOMAIN_LEN];
    struct settings_upstream *upstream; /* at least one */
    size_t upstream_count;
    int line;
};

/* Clients for whom something else holds; each member is as outside of the view if the view does not name it.
 */
struct settings_view {
    char name[SETTINGS_NAME_LEN];
    struct addr_prefix *clients; /* at least one */
    size_t clients_count;
    bool dns64; /* false: plain resolution */
    bool refuse;
    struct settings_pref64 *pref64;
    size_t pref64_count;
    struct settings_upstream *upstream;
    size_t upstream_count;
    struct settings_forward *forward;
    size_t forward_count;
    struct settings_line *local;
    size_t local_count;
    bool local_zones;
    struct settings_line *local_zones_off;
    size_t local_zones_off_count;
    struct addr_prefix6 *exclude_aaaa;
    size_t exclude_aaaa_count;
    enum settings_aaaa_failure on_aaaa_failure;
    int aaaa_wait_ms;
    struct settings_line *never;
    size_t never_count;
    struct settings_line *always;
    size_t always_count;
    struct settings_line *hide_a;
    size_t hide_a_count;
    enum settings_signed signed_for_do;
    int line;
};

struct settings_dns64 {
    struct addr_endpoint *listen; /* default ::#53 */
    size_t listen_count;
    int workers; /* 0: one a CPU */
    struct addr_prefix *allow;
    size_t allow_count;
    struct settings_upstream *upstream; /* empty: nameservers of /etc/resolv.conf */
    size_t upstream_count;
    struct settings_forward *forward;
    size_t forward_count;
    struct settings_line *local; /* hosts files, or lines as they could stand in one */
    size_t local_count;
    int local_ttl;
    bool local_zones;
    struct settings_line *local_zones_off;
    size_t local_zones_off_count;
    struct addr_prefix6 *exclude_aaaa;
    size_t exclude_aaaa_count;
    enum settings_aaaa_failure on_aaaa_failure;
    int aaaa_wait_ms;
    struct settings_line *never; /* entries of access/list, or "file:PATH" */
    size_t never_count;
    struct settings_line *always;
    size_t always_count;
    struct settings_line *hide_a;
    size_t hide_a_count;
    enum settings_signed signed_for_do;
    struct settings_view *views;
    size_t views_count;
    enum settings_reverse reverse;
    int ipv4only_ttl;
    bool mark_synthetic;
    int edns_size;
    enum settings_cookies cookies;
    char cookie_secret[SETTINGS_SECRET_LEN]; /* "": none is configured */
    uint64_t cache_size;                     /* bytes, of all threads */
    int negative_ttl_max, stale_max, stale_wait_ms;
    int rate_limit; /* answers a second for a client network; 0: no limit */
    bool nxdomain_cut, prefetch;
    struct settings_line *uncut; /* nxdomain-uncut */
    size_t uncut_count;
    bool case_randomisation, trusted_upstream;
    uint64_t names;                    /* bytes of common/names; 0: off */
    char query_log[SETTINGS_PATH_LEN]; /* a file of JSON lines; "": none */
    struct {
        int connections, connections_per_network, idle_s;
    } tcp;
};

struct settings {
    char file[SETTINGS_PATH_LEN];  /* "" when the defaults were taken without a file */
    struct addr_prefix6 *backends; /* empty: links_default_backends() */
    size_t backends_count;
    struct {
        enum log_level level;
        enum log_sink sink;
        char events[SETTINGS_PATH_LEN]; /* the event log: "" none, "journal", or a file */
        bool event_destinations, event_addresses;
        int event_rate;
    } log;
    char user[SETTINGS_NAME_LEN]; /* whom the packets are handled as */
    char state_dir[SETTINGS_PATH_LEN];
    struct settings_pref64 *pref64; /* at least one */
    size_t pref64_count;
    struct addr_prefix4 *deny4; /* deny-ipv4 */
    size_t deny4_count;
    struct settings_pool *pools;
    size_t pools_count;
    struct settings_static *statics;
    size_t statics_count;
    struct settings_eam *eam;
    size_t eam_count;
    struct settings_nat64 nat64;
    struct settings_dns64 dns64;
};

static inline bool settings_has_events(const struct settings *settings)
{
    return settings->log.events[0] != '\0';
}

/* The event log goes to the journal; no file is opened. */
static inline bool settings_events_journal(const struct settings *settings)
{
    return strcmp(settings->log.events, "journal") == 0;
}

#endif
