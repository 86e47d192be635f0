/*
 * How a query can end, and why an AAAA answer was or was not synthesised: each with its counter.
 *
 * Layer: pure
 * Specification: RFC 6147 5.1, RFC 8914 4 (extended errors)
 */
#ifndef GATE64_DNS64_QUERY_OUTCOME_H
#define GATE64_DNS64_QUERY_OUTCOME_H

/* X(name, counter, text) */
#define OUTCOME_LIST(X)                                                                               \
    X(QUERIES_UDP, "queries_udp", "queries that came by UDP")                                         \
    X(QUERIES_TCP, "queries_tcp", "queries that came by TCP")                                         \
    X(GARBAGE, "garbage", "datagrams that are no query: not answered")                                \
    X(MALFORMED, "malformed", "queries answered FORMERR")                                             \
    X(NOT_IMPLEMENTED, "not_implemented", "queries with an opcode, class or type that is not served") \
    X(BAD_VERSION, "bad_version", "queries with an EDNS version that we do not speak")                \
    X(BAD_COOKIE, "bad_cookie", "queries answered BADCOOKIE")                                         \
    X(REFUSED, "refused", "queries from clients that may not ask")                                    \
    X(REFUSED_SILENT, "refused_silent", "refusals kept back by the rate limit")                       \
    X(NOT_RECURSIVE, "not_recursive", "queries without RD of which nothing was known")                \
    X(LOCAL, "local", "answered here: ipv4only.arpa and reverse names of the prefix")                 \
    X(LOCAL_NAMES, "local_names", "answered from the names of dns64.local")                           \
    X(LOCAL_ZONES, "local_zones", "answered here: zones that are nobody's on the Internet")           \
    X(PASSED, "passed", "answers passed on unchanged")                                                \
    X(ANY, "any", "ANY by UDP: answered with one small record")                                       \
    X(AAAA_REAL, "aaaa_real", "AAAA: the name has real records")                                      \
    X(AAAA_SYNTHESISED, "aaaa_synthesised", "AAAA: synthesised from A records")                       \
    X(AAAA_NXDOMAIN, "aaaa_nxdomain", "AAAA: the name does not exist")                                \
    X(AAAA_NO_A, "aaaa_no_a", "AAAA: no A record either")                                             \
    X(AAAA_DENIED, "aaaa_denied", "AAAA: all A records in denied ranges")                             \
    X(AAAA_CHECKING_DISABLED, "aaaa_checking_disabled", "AAAA: not synthesised, the client set CD")   \
    X(AAAA_VIEW_OFF, "aaaa_view_off", "AAAA: not synthesised, the view goes without DNS64")           \
    X(AAAA_NEVER, "aaaa_never", "AAAA: not synthesised, the name is on the never list")               \
    X(AAAA_SIGNED, "aaaa_signed", "AAAA: not synthesised, DO was set and the A records are signed")   \
    X(AAAA_POLICY, "aaaa_policy", "AAAA: failed, and on-aaaa-failure forbids synthesis")              \
    X(AAAA_IMAGES, "aaaa_images", "AAAA: images of a prefix without A records: passed")               \
    X(AAAA_A_FAILED, "aaaa_a_failed", "AAAA: A was needed, and failed")                               \
    X(AAAA_BROKEN, "aaaa_broken", "AAAA: the chain of aliases loops or is too long")                  \
    X(AAAA_FAILED, "aaaa_failed", "AAAA: the upstreams failed")                                       \
    X(AAAA_CUT, "aaaa_cut", "synthetic answers of which only the first records were kept")            \
    X(A_HIDDEN, "a_hidden", "A: the name is on the hide-a list")                                      \
    X(REVERSE, "reverse", "reverse names answered by a CNAME into in-addr.arpa")                      \
    X(FAILED, "failed", "queries that no upstream answered")                                          \
    X(TRUNCATED, "truncated", "answers that did not fit the client's datagram")                       \
    X(NOT_SENT, "not_sent", "answers by UDP that could not be sent")                                  \
    X(CUT, "cut", "answers that no upstream gave whole")                                              \
    X(LOOPED, "looped", "queries that came back to us through our upstreams")                         \
    X(RATE_LIMITED, "rate_limited", "queries by UDP beyond the limit of their client's network")      \
    X(RATE_SLIPPED, "rate_slipped", "of these, answered with TC alone")                               \
    X(OVERLOAD, "overload", "queries dropped because too many were outstanding")                      \
    X(CACHE_ANSWERS, "cache_answers", "answered from the cache by a copy")                            \
    X(CACHE_DATA, "cache_data", "upstreams' replies taken from the cache")                            \
    X(CACHE_DENIED, "cache_denied", "denied names taken from the cache, or found below one")          \
    X(CACHE_STALE, "cache_stale", "stale replies taken from the cache")                               \
    X(CACHE_FAILURES, "cache_failures", "failures taken from the cache")                              \
    X(CACHE_MISSES, "cache_misses", "questions that nothing was known of")                            \
    X(CACHE_JOINED, "cache_joined", "questions that waited for one already under way")                \
    X(CACHE_REFRESHED, "cache_refreshed", "questions asked again before their answer was over")       \
    X(NAMES_NOTED, "names_noted", "names of IPv4 addresses noted for nat64d")                         \
    X(LOG_LOST, "log_lost", "records that the query log was too slow for")                            \
    X(NAMES_LOST, "names_lost", "names that could not be noted: too many threads at once")            \
    X(UPSTREAM_SENT, "upstream_sent", "questions sent to upstreams")                                  \
    X(UPSTREAM_ANSWERED, "upstream_answered", "answers from upstreams")                               \
    X(UPSTREAM_TIMEOUT, "upstream_timeout", "questions that an upstream did not answer in time")      \
    X(UPSTREAM_WRONG, "upstream_wrong", "replies that did not match what was asked")                  \
    X(UPSTREAM_TCP, "upstream_tcp", "questions repeated over TCP")                                    \
    X(TCP_CONNECTIONS, "tcp_connections", "TCP connections accepted")                                 \
    X(TCP_REFUSED, "tcp_refused", "TCP connections of clients that have enough, or may not ask")      \
    X(TCP_CLOSED, "tcp_closed", "TCP connections closed to make room or for idling")

enum outcome {
#define OUTCOME_ENUM(name, counter, text) OUTCOME_##name,
    OUTCOME_LIST(OUTCOME_ENUM)
#undef OUTCOME_ENUM
        OUTCOME_COUNT,
};

struct outcome_info {
    const char *name;
    const char *text;
};

extern const struct outcome_info outcome_info[OUTCOME_COUNT];

#endif
