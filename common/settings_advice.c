/*
 * Layer: edge
 * Specification: RFC 6052 3.1 and 3.3, RFC 6791 3.1, RFC 7757 3.2, RFC 7857 2.1
 */
#include "common/settings_advice.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/pref64.h"
#include "common/special.h"

enum {
    LIFETIME_S = 240,  /* RFC 6146 4, TCP_TRANS */
    INTERNET_LEN = 16, /* no network of one owner is shorter */
};

struct listener {
    void (*say)(void *context, enum log_level level, const char *text);
    void *context;
};

static void __attribute__((format(printf, 3, 4)))
tell(const struct listener *listener, enum log_level level, const char *format, ...)
{
    char text[SETTINGS_ERROR_LEN];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    listener->say(listener->context, level, text);
}

static bool has_well_known(const struct settings *settings)
{
    for (size_t i = 0; i < settings->pref64_count; i++)
        if (pref64_is_well_known(&settings->pref64[i].prefix))
            return true;
    return false;
}

/* RFC 6052 3.1: it serves those inside that reach out, not the IPv6 Internet that reaches an IPv4 network. */
static void advise_backends(const struct settings *settings, const struct listener *listener)
{
    char prefix[ADDR_TEXT_LEN];
    if (!has_well_known(settings))
        return;
    for (size_t i = 0; i < settings->backends_count; i++)
        if (settings->backends[i].len < INTERNET_LEN)
            tell(listener, LOG_LEVEL_WARNING,
                 "backends: %s lets the IPv6 Internet in through 64:ff9b::/96, which RFC 6052 3.1 forbids; "
                 "name "
                 "your networks, or take a prefix of your own in pref64",
                 addr_print_prefix6(&settings->backends[i], prefix));
}

/* RFC 6052 3.1: what the operator opened. */
static void advise_ranges(const struct settings *settings, const struct listener *listener)
{
    char prefix[ADDR_TEXT_LEN], range[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->pref64_count; i++) {
        const struct settings_pref64 *pref64 = &settings->pref64[i];
        bool well_known = pref64_is_well_known(&pref64->prefix);
        for (size_t k = 0; k < pref64->allow4_count; k++)
            tell(listener, well_known ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s may be reached through %s%s",
                 addr_print_prefix4(&pref64->allow4[k], range), addr_print_prefix6(&pref64->prefix, prefix),
                 well_known ? ", although RFC 6052 3.1 keeps the well-known prefix to global addresses; "
                              "64:ff9b:1::/48 is meant for this"
                            : "");
    }
}

/* RFC 6052 3.1 and 3.3: hosts that IPv4 can reach have no address of the well-known prefix, and a stateless
 * translator has a prefix of its network's own. */
static void advise_mappings(const struct settings *settings, const struct listener *listener)
{
    char prefix[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->eam_count; i++)
        if (addr_overlap6(&settings->eam[i].ipv6, &pref64_well_known))
            tell(listener, LOG_LEVEL_WARNING,
                 "eam: %s lies in 64:ff9b::/96, which RFC 6052 3.1 has not for the addresses of hosts; give "
                 "them addresses of your own",
                 addr_print_prefix6(&settings->eam[i].ipv6, prefix));
    if (settings->eam_count > 0 && has_well_known(settings))
        tell(listener, LOG_LEVEL_WARNING,
             "eam: mapped hosts see IPv4 under 64:ff9b::/96, where RFC 6052 3.3 asks a stateless translator "
             "for "
             "a prefix of its own network; take one in pref64");
}

/* RFC 7757 3.2: mappings may lie within one another, which may be meant or not. */
static void advise_nested_mappings(const struct settings *settings, const struct listener *listener)
{
    char inner[ADDR_TEXT_LEN], outer[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->eam_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct settings_eam *a = &settings->eam[i], *b = &settings->eam[k];
            bool four = addr_overlap4(&a->ipv4, &b->ipv4);
            if (four || addr_overlap6(&a->ipv6, &b->ipv6))
                tell(listener, LOG_LEVEL_WARNING,
                     "eam: %s and %s overlap; the longer one holds for the addresses of both",
                     four ? addr_print_prefix4(&a->ipv4, inner) : addr_print_prefix6(&a->ipv6, inner),
                     four ? addr_print_prefix4(&b->ipv4, outer) : addr_print_prefix6(&b->ipv6, outer));
        }
}

/* RFC 7857 2.1 lets an operator go below the 240 s of RFC 6146 4, and keeps recommending them. */
static void advise_lifetime(const struct listener *listener, const char *key, int seconds)
{
    if (seconds < LIFETIME_S)
        tell(listener, LOG_LEVEL_WARNING,
             "%s is %d s; RFC 7857 2.1 recommends %d s: a peer that answers later finds the connection "
             "forgotten",
             key, seconds, LIFETIME_S);
}

/* RFC 6791 3.1: networks drop what seems to come from private addresses. */
static void advise_icmp_sources(const struct settings *settings, const struct listener *listener)
{
    char prefix[ADDR_TEXT_LEN];
    for (size_t i = 0; i < settings->nat64.translation.icmp_source4_count; i++) {
        const struct addr_prefix4 *source = &settings->nat64.translation.icmp_source4[i];
        const char *name = "";
        if (special_class4(source->address, &name) != SPECIAL_NONE)
            tell(listener, LOG_LEVEL_WARNING,
                 "nat64.translation.icmp-source-ipv4: %s is not global (%s), so that errors with such a "
                 "source "
                 "are dropped on their way; RFC 6791 3.1 asks for public addresses",
                 addr_print_prefix4(source, prefix), name);
    }
}

void settings_advise(const struct settings *settings,
                     void (*say)(void *context, enum log_level level, const char *text), void *context)
{
    const struct listener listener = {say, context};
    advise_backends(settings, &listener);
    advise_ranges(settings, &listener);
    advise_mappings(settings, &listener);
    advise_nested_mappings(settings, &listener);
    advise_lifetime(&listener, "nat64.timeouts.tcp-opening", settings->nat64.timeouts.tcp_opening);
    advise_lifetime(&listener, "nat64.timeouts.tcp-closing", settings->nat64.timeouts.tcp_closing);
    advise_icmp_sources(settings, &listener);
}
