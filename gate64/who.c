/*
 * Layer: table
 * Specification: RFC 6888 REQ-12, man/nat64d.8
 */
#include "gate64/who.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utc.h"

struct who {
    struct who_query query;
    char quoted[ADDR_TEXT_LEN + 16]; /* "src4":"192.0.2.1" */
    struct who_holder *holders;
    size_t count, room;
    uint64_t stop_ns;   /* the translator ended, and no start came since; 0 */
    uint64_t config_ns; /* lines of a configuration come; 0 */
    uint8_t eam_len;    /* of the longest mapping of it that has the address */
    uint64_t lost;
    int64_t step_ms;
};

int who_new(const struct who_query *query, struct who **ret_who)
{
    char address[ADDR_TEXT_LEN];
    struct who *who = calloc(1, sizeof(*who));
    if (who == NULL)
        return -ENOMEM;
    who->query = *query;
    snprintf(who->quoted, sizeof(who->quoted), "\"src4\":\"%s\"", addr_print4(query->src4, address));
    *ret_who = who;
    return 0;
}

void who_free(struct who *who)
{
    if (who == NULL)
        return;
    free(who->holders);
    free(who);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static int number_of(const json_t *object, const char *key, int fallback)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int)json_integer_value(value) : fallback;
}

static uint64_t time_of(const json_t *object, const char *key)
{
    uint64_t ns, span_ns;
    return utc_parse(text_of(object, key), &ns, &span_ns) == 0 ? ns : 0;
}

static void copy(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static struct who_holder holder_of(const char *kind, const json_t *object)
{
    struct who_holder holder = {
        .src6_port = number_of(object, "src6_port", -1),
        .dst4_port = number_of(object, "dst4_port", 0),
        .since_ns = time_of(object, "since"),
        .until_ns = WHO_NEVER,
    };
    copy(holder.kind, sizeof(holder.kind), kind);
    copy(holder.protocol, sizeof(holder.protocol), text_of(object, "protocol"));
    copy(holder.src6, sizeof(holder.src6), text_of(object, "src6"));
    copy(holder.dst4, sizeof(holder.dst4), text_of(object, "dst4"));
    copy(holder.name, sizeof(holder.name), text_of(object, "name"));
    return holder;
}

static bool is_kind(const struct who_holder *holder, const char *kind)
{
    return strcmp(holder->kind, kind) == 0;
}

static bool is_configured(const struct who_holder *holder)
{
    return is_kind(holder, "static") || is_kind(holder, "eam");
}

static bool same(const struct who_holder *a, const struct who_holder *b)
{
    return is_kind(a, b->kind) && strcmp(a->protocol, b->protocol) == 0 && strcmp(a->src6, b->src6) == 0 &&
           a->src6_port == b->src6_port && strcmp(a->dst4, b->dst4) == 0 && a->dst4_port == b->dst4_port;
}

static struct who_holder *find_open(struct who *who, const struct who_holder *like)
{
    for (size_t i = who->count; i > 0; i--)
        if (who->holders[i - 1].until_ns == WHO_NEVER && same(&who->holders[i - 1], like))
            return &who->holders[i - 1];
    return NULL;
}

static int add(struct who *who, const struct who_holder *holder)
{
    if (who->count == who->room) {
        size_t room = who->room == 0 ? 16 : who->room * 2;
        struct who_holder *more = realloc(who->holders, room * sizeof(*more));
        if (more == NULL)
            return -ENOMEM;
        who->holders = more;
        who->room = room;
    }
    who->holders[who->count++] = *holder;
    return 0;
}

/* Its end is not in the log, but has come by then. */
static void close_unsure(struct who_holder *holder, uint64_t until_ns)
{
    holder->until_ns = until_ns;
    holder->unsure = true;
}

static int began(struct who *who, struct who_holder *holder, uint64_t time_ns)
{
    if (find_open(who, holder) != NULL)
        return 0; /* a line that was written twice */
    /* Nobody else can have it now. */
    for (size_t i = 0; holder->dst4[0] == '\0' && i < who->count; i++) {
        struct who_holder *other = &who->holders[i];
        if (other->until_ns == WHO_NEVER && is_kind(other, holder->kind) &&
            strcmp(other->protocol, holder->protocol) == 0)
            close_unsure(other, time_ns);
    }
    holder->since_ns = time_ns;
    return add(who, holder);
}

static int ended(struct who *who, struct who_holder *holder, uint64_t time_ns)
{
    struct who_holder *open = find_open(who, holder);
    if (open == NULL) {
        holder->until_ns = time_ns;
        return add(who, holder);
    }
    open->until_ns = time_ns;
    if (holder->since_ns != 0 && holder->since_ns < open->since_ns)
        open->since_ns = holder->since_ns;
    return 0;
}

/* What the newest configuration does not name any more ended with it. */
static void leave_configured(struct who *who)
{
    for (size_t i = 0; who->config_ns != 0 && i < who->count; i++) {
        struct who_holder *holder = &who->holders[i];
        if (holder->left && holder->until_ns == WHO_NEVER)
            holder->until_ns = who->config_ns;
        holder->left = false;
    }
    who->config_ns = 0;
}

/* "start", "reload": lines of what is configured follow. */
static void took_configuration(struct who *who, const json_t *object, const char *event, uint64_t time_ns)
{
    leave_configured(who);
    who->config_ns = time_ns;
    who->eam_len = 0;
    bool fresh = strcmp(event, "start") == 0 && number_of(object, "bindings", 1) == 0;
    if (strcmp(event, "start") == 0)
        who->stop_ns = 0;
    for (size_t i = 0; i < who->count; i++) {
        struct who_holder *holder = &who->holders[i];
        if (holder->until_ns != WHO_NEVER)
            continue;
        holder->left = is_configured(holder);
        if (fresh && !is_configured(holder))
            close_unsure(holder, time_ns);
    }
}

static int is_configured_now(struct who *who, struct who_holder *holder, uint64_t time_ns)
{
    struct who_holder *open = find_open(who, holder);
    if (open != NULL) {
        open->left = false;
        return 0;
    }
    holder->since_ns = time_ns;
    return add(who, holder);
}

/* RFC 7757 3.3.1: the IPv6 prefix, then the bits of the IPv4 address behind its own. */
static struct in6_addr image_of(const struct addr_prefix4 *prefix4, const struct addr_prefix6 *prefix6,
                                uint32_t address)
{
    struct in6_addr image = prefix6->address;
    for (unsigned i = prefix4->len; i < 32; i++) {
        unsigned to = prefix6->len + i - prefix4->len;
        if (to < 128 && (address >> (31 - i) & 1) != 0)
            image.s6_addr[to / 8] |= (uint8_t)(0x80 >> to % 8);
    }
    return image;
}

static int eam_line(struct who *who, const json_t *object, uint64_t time_ns)
{
    struct addr_prefix4 prefix4;
    struct addr_prefix6 prefix6;
    struct who_holder holder = holder_of("eam", object);
    if (addr_parse_prefix4(text_of(object, "src4"), &prefix4) < 0 ||
        addr_parse_prefix6(text_of(object, "src6"), &prefix6) < 0 ||
        !addr_in_prefix4(who->query.src4, &prefix4) || prefix4.len < who->eam_len)
        return 0;
    who->eam_len = prefix4.len;
    struct in6_addr image = image_of(&prefix4, &prefix6, who->query.src4);
    addr_print6(&image, holder.src6);
    holder.src6_port = who->query.port;
    return is_configured_now(who, &holder, time_ns);
}

static bool wants_protocol(const struct who *who, const json_t *object)
{
    const char *protocol = text_of(object, "protocol");
    return who->query.protocol == NULL || protocol[0] == '\0' || strcmp(protocol, who->query.protocol) == 0;
}

/* What names the address: its port must be the one, or lie in the range. */
static int holder_line(struct who *who, const json_t *object, const char *event, uint64_t time_ns)
{
    int first = number_of(object, "src4_port", -1), last = number_of(object, "src4_last", first);
    bool is_static = strcmp(event, "static") == 0, is_block = strncmp(event, "block-", 6) == 0;
    if (first < 0 || who->query.port < first || who->query.port > last || !wants_protocol(who, object))
        return 0;
    struct who_holder holder = holder_of(is_static ? "static" : is_block ? "block" : "dynamic", object);
    if (is_static) {
        holder.src6_port += who->query.port - first;
        return is_configured_now(who, &holder, time_ns);
    }
    const char *what = strrchr(event, '-');
    if (what == NULL)
        return 0;
    if (strcmp(what, "-create") == 0 || strcmp(what, "-allocated") == 0)
        return began(who, &holder, time_ns);
    if (strcmp(what, "-delete") == 0 || strcmp(what, "-freed") == 0)
        return ended(who, &holder, time_ns);
    return 0;
}

static int take(struct who *who, const json_t *object)
{
    const char *event = text_of(object, "event");
    uint64_t time_ns = time_of(object, "time");
    if (time_ns == 0)
        return 0;
    if (strcmp(event, "start") == 0 || strcmp(event, "reload") == 0)
        took_configuration(who, object, event, time_ns);
    else if (strcmp(event, "eam") == 0)
        return eam_line(who, object, time_ns);
    else if (strcmp(event, "stop") == 0)
        who->stop_ns = time_ns;
    else if (strcmp(event, "lost") == 0 && time_of(object, "since") < who->query.to_ns)
        who->lost += time_ns >= who->query.from_ns ? (uint64_t)number_of(object, "count", 0) : 0;
    else if (strcmp(event, "clock") == 0 && time_ns >= who->query.from_ns && who->step_ms == 0)
        who->step_ms = json_integer_value(json_object_get(object, "step_ms"));
    else if (strcmp(text_of(object, "src4"), "") != 0)
        return holder_line(who, object, event, time_ns);
    return 0;
}

/* Few lines of many are about one address; the others need not be taken apart. "event" stands where it does
 * in each line (natevent_text). */
static bool concerns(const struct who *who, const char *line, size_t len)
{
    static const char *const always[] = {"start\"", "reload\"", "stop\"", "lost\"", "clock\"", "eam\""};
    static const char before[] = "{\"time\":\"0000-00-00T00:00:00.000Z\",\"event\":\"";
    enum { BEFORE = sizeof(before) - 1 };
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        size_t word = strlen(always[i]);
        if (len >= BEFORE + word && memcmp(line + BEFORE, always[i], word) == 0)
            return true;
    }
    return memmem(line, len, who->quoted, strlen(who->quoted)) != NULL;
}

int who_line(struct who *who, const char *line, size_t len)
{
    if (!concerns(who, line, len))
        return 0;
    json_t *object = json_loadb(line, len, 0, NULL);
    int r = json_is_object(object) ? take(who, object) : 0;
    json_decref(object);
    return r;
}

int who_live(struct who *who, const json_t *record)
{
    struct who_holder holder = holder_of(text_of(record, "kind"), record);
    bool found = false;
    leave_configured(who);
    for (size_t i = 0; i < who->count; i++) {
        struct who_holder *open = &who->holders[i];
        /* In the log a binding of several protocols is one line, and one of sessions has their destinations.
         */
        if (open->until_ns == WHO_NEVER && is_kind(open, holder.kind) &&
            strcmp(open->src6, holder.src6) == 0 && open->src6_port == holder.src6_port &&
            (open->protocol[0] == '\0' || strcmp(open->protocol, holder.protocol) == 0))
            open->live = found = true;
    }
    if (found)
        return 0;
    holder.live = true;
    return add(who, &holder);
}

static int by_since(const void *a, const void *b)
{
    const struct who_holder *x = a, *y = b;
    return x->since_ns < y->since_ns ? -1 : x->since_ns > y->since_ns;
}

void who_end(struct who *who, bool asked)
{
    leave_configured(who);
    for (size_t i = 0; i < who->count; i++) {
        struct who_holder *holder = &who->holders[i];
        if (holder->until_ns != WHO_NEVER || holder->live)
            continue;
        if (who->stop_ns != 0)
            holder->until_ns = who->stop_ns;
        else
            holder->unsure = asked;
    }
    if (who->count > 0)
        qsort(who->holders, who->count, sizeof(*who->holders), by_since);
}

static bool matches(const struct who *who, const struct who_holder *holder)
{
    return holder->since_ns < who->query.to_ns && holder->until_ns >= who->query.from_ns;
}

const struct who_holder *who_get(const struct who *who, size_t index)
{
    for (size_t i = 0; i < who->count; i++)
        if (matches(who, &who->holders[i]) && index-- == 0)
            return &who->holders[i];
    return NULL;
}

const struct who_holder *who_before(const struct who *who)
{
    const struct who_holder *found = NULL;
    for (size_t i = 0; i < who->count; i++) {
        const struct who_holder *holder = &who->holders[i];
        if (holder->until_ns < who->query.from_ns && (found == NULL || holder->until_ns > found->until_ns))
            found = holder;
    }
    return found;
}

const struct who_holder *who_after(const struct who *who)
{
    for (size_t i = 0; i < who->count; i++)
        if (who->holders[i].since_ns >= who->query.to_ns)
            return &who->holders[i];
    return NULL;
}

uint64_t who_lost(const struct who *who)
{
    return who->lost;
}

int64_t who_clock_step_ms(const struct who *who)
{
    return who->step_ms;
}
