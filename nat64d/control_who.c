/*
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "nat64d/control_who.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/utc.h"
#include "nat64d/control.h"
#include "nat64d/rfc8158/natevent_clock.h"

static const char *const transport_names[TRANSPORT_COUNT] = {"tcp", "udp", "icmp"};

/* What is left to look at. */
struct search {
    struct translator *translator;
    uint32_t src4;
    uint16_t port;
    int transport;    /* -1: all */
    unsigned statics; /* the next protocol whose static binding is looked for */
    bool eam_seen;
    uint32_t slot;
};

static bool wants(const struct search *search, unsigned transport)
{
    return search->transport < 0 || search->transport == (int)transport;
}

static json_t *record(const struct search *search, const char *kind, const struct in6_addr *src6,
                      uint16_t src6_port)
{
    char text6[ADDR_TEXT_LEN], text4[ADDR_TEXT_LEN];
    return json_pack("{s:s, s:s, s:i, s:s, s:i}", "kind", kind, "src6", addr_print6(src6, text6), "src6_port",
                     src6_port, "src4", addr_print4(search->src4, text4), "src4_port", search->port);
}

static json_t *find_static(struct search *search)
{
    const struct tables *tables = search->translator->tables;
    while (search->statics < TRANSPORT_COUNT) {
        unsigned transport = search->statics++;
        const struct binding *binding =
            wants(search, transport) ? binding_find4(tables->bindings, transport, search->src4, search->port)
                                     : NULL;
        if (binding == NULL)
            continue;
        json_t *found = record(search, "static", &binding->src6, binding_port6(binding, search->port));
        json_object_set_new(found, "protocol", json_string(transport_names[transport]));
        json_object_set_new(found, "name", json_string(binding->name));
        return found;
    }
    return NULL;
}

static json_t *find_eam(struct search *search)
{
    struct in6_addr image;
    if (search->eam_seen)
        return NULL;
    search->eam_seen = true;
    if (!eam_find4(search->translator->tables->eam, search->src4, &image))
        return NULL;
    return record(search, "eam", &image, search->port);
}

static json_t *find_dynamic(struct search *search)
{
    const struct state *state = &search->translator->tables->shared.state;
    char since[UTC_TEXT_LEN];
    struct natevent_clock clock = {0};
    while (search->slot < state->header->bib_slots) {
        struct bib_entry entry;
        if (!bib_peek(state->bib, search->slot++, &entry) || entry.src4 != search->src4 ||
            entry.src4_port != search->port || entry.is_static || entry.transport >= TRANSPORT_COUNT ||
            !wants(search, entry.transport))
            continue;
        natevent_clock_look(&clock, clock_now_ns(), clock_utc_ns());
        json_t *found = record(search, "dynamic", &entry.src6, entry.src6_port);
        json_object_set_new(found, "protocol", json_string(transport_names[entry.transport]));
        json_object_set_new(found, "since",
                            json_string(utc_print(natevent_clock_utc(&clock, entry.created_ns), since)));
        return found;
    }
    return NULL;
}

/* One record, of tables that stand still meanwhile. */
static bool next(void *cursor, json_t **ret_record)
{
    struct search *search = cursor;
    pthread_mutex_lock(&search->translator->mutex);
    json_t *found = find_eam(search);
    if (found == NULL)
        found = find_static(search);
    if (found == NULL)
        found = find_dynamic(search);
    pthread_mutex_unlock(&search->translator->mutex);
    *ret_record = found;
    return found != NULL;
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
    char *end;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    unsigned long port = strtoul(text, &end, 10);
    *ret_port = (uint16_t)port;
    return *end == '\0' && port <= UINT16_MAX;
}

/* NULL when all is well, else what is wrong. */
static const char *parse(struct control_request *request, struct search *search)
{
    const char *address = control_query(request, "address"), *protocol = control_query(request, "protocol");
    search->transport = -1;
    for (int t = 0; protocol != NULL && t < TRANSPORT_COUNT; t++)
        if (strcmp(protocol, transport_names[t]) == 0)
            search->transport = t;
    if (protocol != NULL && search->transport < 0)
        return "protocol: one of tcp, udp, icmp";
    if (address == NULL || addr_parse4(address, &search->src4) < 0)
        return "address: an IPv4 address";
    return parse_port(control_query(request, "port"), &search->port) ? NULL : "port: 0 to 65535";
}

void control_who(struct control_request *request, void *context)
{
    const struct control_target *target = context;
    struct search *search = calloc(1, sizeof(*search));
    if (search == NULL) {
        control_reply_error(request, 500, "out of memory");
        return;
    }
    search->translator = target->translator;
    const char *wrong = parse(request, search);
    if (wrong == NULL) {
        control_reply_stream(request, next, free, search);
        return;
    }
    control_reply_error(request, 400, wrong);
    free(search);
}
