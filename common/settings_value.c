/*
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#include "common/settings_value.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/pref64.h"
#include "common/settings.h"
#include "common/settings_upstream.h"

enum {
    PORT_DNS = 53, /* RFC 1035 4.2: of a listed server without a port */
    LIST_MAX = 65536,
    ITEM_TEXT_LEN = SETTINGS_UPSTREAM_TEXT_LEN, /* of the longest item */
};

static_assert((int)ITEM_TEXT_LEN >= (int)SETTINGS_LINE_LEN, "a line is an item too");

static int parse_prefix4(const char *text, void *at)
{
    return addr_parse_prefix4(text, at);
}

static int parse_prefix6(const char *text, void *at)
{
    return addr_parse_prefix6(text, at);
}

static int parse_prefix(const char *text, void *at)
{
    return addr_parse_prefix(text, at);
}

static int parse_endpoint(const char *text, void *at)
{
    return addr_parse_endpoint(text, PORT_DNS, at);
}

static int parse_upstream(const char *text, void *at)
{
    return settings_upstream_parse(text, at);
}

static int parse_range(const char *text, void *at)
{
    struct addr_port_range range;
    if (addr_parse_port_range(text, &range) < 0 || range.first == 0)
        return -EINVAL;
    memcpy(at, &range, sizeof(range));
    return 0;
}

/* Printable and without quotes, so that it prints back as it was. */
static bool prints_back(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
            return false;
    return true;
}

static int parse_line(const char *text, void *at)
{
    struct settings_line *line = at;
    if (text[0] == '\0' || strlen(text) >= sizeof(line->text) || !prints_back(text))
        return -EINVAL;
    strcpy(line->text, text);
    return 0;
}

static void print_prefix4(const void *at, char text[ITEM_TEXT_LEN])
{
    addr_print_prefix4(at, text);
}

static void print_prefix6(const void *at, char text[ITEM_TEXT_LEN])
{
    addr_print_prefix6(at, text);
}

static void print_prefix(const void *at, char text[ITEM_TEXT_LEN])
{
    addr_print_prefix(at, text);
}

static void print_endpoint(const void *at, char text[ITEM_TEXT_LEN])
{
    addr_print_endpoint(at, text);
}

static void print_upstream(const void *at, char text[ITEM_TEXT_LEN])
{
    settings_upstream_print(at, text);
}

static void print_range(const void *at, char text[ITEM_TEXT_LEN])
{
    const struct addr_port_range *range = at;
    snprintf(text, ITEM_TEXT_LEN, "%u-%u", range->first, range->last);
}

static void print_line(const void *at, char text[ITEM_TEXT_LEN])
{
    const struct settings_line *line = at;
    strcpy(text, line->text);
}

/* What a list is made of. */
struct item_type {
    size_t size;
    int (*parse)(const char *text, void *at);
    void (*print)(const void *at, char text[ITEM_TEXT_LEN]);
};

static const struct item_type *item_type(enum settings_type type)
{
    static const struct item_type prefixes4 = {sizeof(struct addr_prefix4), parse_prefix4, print_prefix4};
    static const struct item_type prefixes6 = {sizeof(struct addr_prefix6), parse_prefix6, print_prefix6};
    static const struct item_type prefixes = {sizeof(struct addr_prefix), parse_prefix, print_prefix};
    static const struct item_type endpoints = {sizeof(struct addr_endpoint), parse_endpoint, print_endpoint};
    static const struct item_type upstreams = {sizeof(struct settings_upstream), parse_upstream,
                                               print_upstream};
    static const struct item_type ranges = {sizeof(struct addr_port_range), parse_range, print_range};
    static const struct item_type lines = {sizeof(struct settings_line), parse_line, print_line};
    switch (type) {
    case SETTINGS_TYPE_TEXTS: return &lines;
    case SETTINGS_TYPE_PREFIXES4: return &prefixes4;
    case SETTINGS_TYPE_PREFIXES6: return &prefixes6;
    case SETTINGS_TYPE_PREFIXES: return &prefixes;
    case SETTINGS_TYPE_ENDPOINTS: return &endpoints;
    case SETTINGS_TYPE_UPSTREAMS: return &upstreams;
    case SETTINGS_TYPE_PORT_RANGES: return &ranges;
    case SETTINGS_TYPE_INT:
    case SETTINGS_TYPE_POWER:
    case SETTINGS_TYPE_BOOL:
    case SETTINGS_TYPE_WORD:
    case SETTINGS_TYPE_TEXT:
    case SETTINGS_TYPE_DOMAIN:
    case SETTINGS_TYPE_SECRET:
    case SETTINGS_TYPE_SHARE:
    case SETTINGS_TYPE_SIZE:
    case SETTINGS_TYPE_ROOM:
    case SETTINGS_TYPE_POOL4:
    case SETTINGS_TYPE_PREFIX4:
    case SETTINGS_TYPE_PREFIX6:
    case SETTINGS_TYPE_PREF64:
    case SETTINGS_TYPE_SPAN4:
    case SETTINGS_TYPE_SPAN6:
    case SETTINGS_TYPE_GROUP:
    case SETTINGS_TYPE_GROUPS: break;
    }
    return NULL;
}

static int read_list(const config_setting_t *setting, const struct item_type *type,
                     struct settings_value_list *list, const config_setting_t **ret_bad)
{
    int count = config_setting_length(setting);
    if ((!config_setting_is_array(setting) && !config_setting_is_list(setting)) || count > LIST_MAX)
        return -EINVAL;
    char *items = calloc((size_t)count + 1, type->size);
    if (items == NULL)
        return -ENOMEM;
    for (int i = 0; i < count; i++) {
        const char *text = config_setting_get_string_elem(setting, i);
        if (text == NULL || type->parse(text, items + (size_t)i * type->size) < 0) {
            *ret_bad = config_setting_get_elem(setting, (unsigned)i);
            free(items);
            return -EINVAL;
        }
    }
    free(list->items);
    *list = (struct settings_value_list){items, (size_t)count};
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct addr_port_range *x = a, *y = b;
    return (int)x->first - (int)y->first;
}

/* Sorted, so that an overlap is between neighbours. */
static int check_ranges(const struct settings_value_list *list)
{
    struct addr_port_range *ranges = list->items;
    if (list->count > 0)
        qsort(ranges, list->count, sizeof(*ranges), compare_ranges);
    for (size_t i = 1; i < list->count; i++)
        if (ranges[i].first <= ranges[i - 1].last)
            return -EINVAL;
    return 0;
}

static int read_int(const config_setting_t *setting, const struct settings_key *key, int *value)
{
    if (config_setting_type(setting) != CONFIG_TYPE_INT)
        return -EINVAL;
    int read = config_setting_get_int(setting);
    if (read < key->min || read > key->max)
        return -EINVAL;
    *value = read;
    return 0;
}

static int read_power(const config_setting_t *setting, const struct settings_key *key, int *value)
{
    if (config_setting_type(setting) != CONFIG_TYPE_INT)
        return -EINVAL;
    int read = config_setting_get_int(setting);
    if (read != 0 && (read < key->min || read > key->max || (read & (read - 1)) != 0))
        return -EINVAL;
    *value = read;
    return 0;
}

static int read_word(const char *text, const struct settings_key *key, int *value)
{
    for (int i = 0; text != NULL && key->words[i] != NULL; i++)
        if (strcmp(key->words[i], text) == 0) {
            *value = i;
            return 0;
        }
    return -EINVAL;
}

static int read_text(const char *text, const struct settings_key *key, char *value)
{
    if (text == NULL || strlen(text) < (size_t)key->min || strlen(text) > (size_t)key->max ||
        !prints_back(text))
        return -EINVAL;
    strcpy(value, text);
    return 0;
}

static int read_domain(const char *text, char *value)
{
    if (text == NULL || !settings_domain_is_one(text))
        return -EINVAL;
    strcpy(value, text);
    return 0;
}

static int read_secret(const char *text, const struct settings_key *key, char *value)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    size_t len = text == NULL ? 0 : strlen(text);
    if (text == NULL || (len > 0 && len != (size_t)key->max) || strspn(text, digits) != len)
        return -EINVAL;
    strcpy(value, text);
    return 0;
}

static const char uplink_word[] = "uplink";

/* ADDRESS, and behind a # its ports. The address of the uplink is found out at the start. */
static int read_span(const char *text, int family, struct settings_span *value)
{
    struct settings_span span = {.ports = {0, UINT16_MAX}};
    char address[ADDR_TEXT_LEN];
    const char *hash = text == NULL ? NULL : strchr(text, '#');
    size_t len = text == NULL ? 0 : hash == NULL ? strlen(text) : (size_t)(hash - text);
    if (len == 0 || len >= sizeof(address))
        return -EINVAL;
    memcpy(address, text, len);
    address[len] = '\0';
    if (hash != NULL && (addr_parse_port_range(hash + 1, &span.ports) < 0 || span.ports.first == 0))
        return -EINVAL;
    if (family == AF_INET && strcmp(address, uplink_word) == 0)
        span.addr.family = AF_INET;
    else if (addr_parse(address, &span.addr) < 0 || span.addr.family != family)
        return -EINVAL;
    *value = span;
    return 0;
}

static int read_pref64(const char *text, struct addr_prefix6 *value)
{
    struct addr_prefix6 prefix;
    if (text == NULL || addr_parse_prefix6(text, &prefix) < 0 || pref64_check(&prefix) < 0)
        return -EINVAL;
    *value = prefix;
    return 0;
}

/* "uplink" is an address that is found out at the start and followed. */
static int read_pool4(const char *text, struct addr_prefix4 *value)
{
    if (text == NULL)
        return -EINVAL;
    if (strcmp(text, "uplink") != 0)
        return addr_parse_prefix4(text, value);
    *value = (struct addr_prefix4){.len = SETTINGS_UPLINK};
    return 0;
}

static void print_pool4(FILE *out, const struct addr_prefix4 *value)
{
    char text[ADDR_TEXT_LEN];
    fprintf(out, "\"%s\"", value->len == SETTINGS_UPLINK ? "uplink" : addr_print_prefix4(value, text));
}

static int read_share(const config_setting_t *setting, const char *text, const struct settings_key *key,
                      struct settings_share *value)
{
    if (text == NULL) {
        value->percent = false;
        return read_int(setting, key, &value->value);
    }
    char *end;
    long percent = text[0] >= '1' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
    if (percent < 1 || percent > 100 || strcmp(end, "%") != 0)
        return -EINVAL;
    *value = (struct settings_share){(int)percent, true};
    return 0;
}

static void print_share(FILE *out, const struct settings_share *value)
{
    fprintf(out, value->percent ? "\"%d%%\"" : "%d", value->value);
}

/* Powers of 1024, by their letters. */
static const char size_letters[] = "KMG";

enum {
    SIZE_BITS = 10, /* between one letter and the next */
};

static int read_size(const char *text, const struct settings_key *key, uint64_t *value)
{
    char *end;
    unsigned long number = text != NULL && text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    const char *letter = number > 0 && *end != '\0' && end[1] == '\0' ? strchr(size_letters, *end) : NULL;
    if (letter == NULL || number > (uint64_t)key->max)
        return -EINVAL;
    uint64_t size = (uint64_t)number << (SIZE_BITS * (letter - size_letters + 1));
    if (size >> (SIZE_BITS * (letter - size_letters + 1)) != number || size < (uint64_t)key->min ||
        size > (uint64_t)key->max)
        return -EINVAL;
    *value = size;
    return 0;
}

static int read_room(const char *text, const struct settings_key *key, uint64_t *value)
{
    if (text == NULL || strcmp(text, "0") != 0)
        return read_size(text, key, value);
    *value = 0;
    return 0;
}

static void print_size(FILE *out, uint64_t value)
{
    size_t letter = 0;
    if (value == 0) {
        fputs("\"0\"", out);
        return;
    }
    value >>= SIZE_BITS;
    while (value >> SIZE_BITS << SIZE_BITS == value && size_letters[letter + 1] != '\0') {
        value >>= SIZE_BITS;
        letter++;
    }
    fprintf(out, "\"%llu%c\"", (unsigned long long)value, size_letters[letter]);
}

static int read_bool(const config_setting_t *setting, bool *value)
{
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
        return -EINVAL;
    *value = config_setting_get_bool(setting);
    return 0;
}

int settings_value_read(const config_setting_t *setting, const struct settings_key *key, void *base,
                        const config_setting_t **ret_bad)
{
    void *at = (char *)base + key->offset;
    const char *text =
        config_setting_type(setting) == CONFIG_TYPE_STRING ? config_setting_get_string(setting) : NULL;
    int r;
    *ret_bad = setting;
    switch (key->type) {
    case SETTINGS_TYPE_INT: return read_int(setting, key, at);
    case SETTINGS_TYPE_POWER: return read_power(setting, key, at);
    case SETTINGS_TYPE_BOOL: return read_bool(setting, at);
    case SETTINGS_TYPE_WORD: return read_word(text, key, at);
    case SETTINGS_TYPE_TEXT: return read_text(text, key, at);
    case SETTINGS_TYPE_DOMAIN: return read_domain(text, at);
    case SETTINGS_TYPE_SECRET: return read_secret(text, key, at);
    case SETTINGS_TYPE_SHARE: return read_share(setting, text, key, at);
    case SETTINGS_TYPE_SIZE: return read_size(text, key, at);
    case SETTINGS_TYPE_ROOM: return read_room(text, key, at);
    case SETTINGS_TYPE_POOL4: return read_pool4(text, at);
    case SETTINGS_TYPE_PREFIX4: return text == NULL ? -EINVAL : addr_parse_prefix4(text, at);
    case SETTINGS_TYPE_PREFIX6: return text == NULL ? -EINVAL : addr_parse_prefix6(text, at);
    case SETTINGS_TYPE_PREF64: return read_pref64(text, at);
    case SETTINGS_TYPE_SPAN4: return read_span(text, AF_INET, at);
    case SETTINGS_TYPE_SPAN6: return read_span(text, AF_INET6, at);
    case SETTINGS_TYPE_PORT_RANGES:
        r = read_list(setting, item_type(key->type), at, ret_bad);
        return r < 0 ? r : check_ranges(at);
    case SETTINGS_TYPE_PREFIXES:
    case SETTINGS_TYPE_PREFIXES4:
    case SETTINGS_TYPE_PREFIXES6:
    case SETTINGS_TYPE_TEXTS:
    case SETTINGS_TYPE_UPSTREAMS:
    case SETTINGS_TYPE_ENDPOINTS: return read_list(setting, item_type(key->type), at, ret_bad);
    case SETTINGS_TYPE_GROUP:
    case SETTINGS_TYPE_GROUPS: break;
    }
    return -EINVAL;
}

/* What is not printable ASCII becomes `?`. */
static void quote_text(const char *text, char *buffer, size_t size)
{
    snprintf(buffer, size, "\"%s\"", text);
    for (char *p = buffer; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

void settings_value_quote(const config_setting_t *setting, char *buffer, size_t size)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING: quote_text(config_setting_get_string(setting), buffer, size); break;
    case CONFIG_TYPE_INT: snprintf(buffer, size, "%d", config_setting_get_int(setting)); break;
    case CONFIG_TYPE_INT64: snprintf(buffer, size, "%lldL", config_setting_get_int64(setting)); break;
    case CONFIG_TYPE_FLOAT: snprintf(buffer, size, "%g", config_setting_get_float(setting)); break;
    case CONFIG_TYPE_BOOL:
        snprintf(buffer, size, "%s", config_setting_get_bool(setting) ? "true" : "false");
        break;
    case CONFIG_TYPE_GROUP: snprintf(buffer, size, "{ ... }"); break;
    case CONFIG_TYPE_LIST: snprintf(buffer, size, "( ... )"); break;
    case CONFIG_TYPE_ARRAY: snprintf(buffer, size, "[ ... ]"); break;
    default: buffer[0] = '\0';
    }
}

static void print_list(FILE *out, const struct item_type *type, const struct settings_value_list *list)
{
    char text[ITEM_TEXT_LEN];
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        type->print((const char *)list->items + i * type->size, text);
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", text);
    }
    fputc(']', out);
}

static void print_span(FILE *out, const struct settings_span *span)
{
    char text[ADDR_TEXT_LEN];
    bool uplink = span->addr.family == AF_INET && span->addr.v4 == 0;
    fprintf(out, "\"%s", uplink ? uplink_word : addr_print(&span->addr, text));
    if (!settings_span_is_whole(span))
        fprintf(out, "#%u", span->ports.first);
    if (!settings_span_is_whole(span) && span->ports.last > span->ports.first)
        fprintf(out, "-%u", span->ports.last);
    fputc('"', out);
}

void settings_value_print(FILE *out, const struct settings_key *key, const void *base)
{
    const void *at = (const char *)base + key->offset;
    char text[ADDR_TEXT_LEN];
    switch (key->type) {
    case SETTINGS_TYPE_INT:
    case SETTINGS_TYPE_POWER: fprintf(out, "%d", *(const int *)at); break;
    case SETTINGS_TYPE_BOOL: fputs(*(const bool *)at ? "true" : "false", out); break;
    case SETTINGS_TYPE_WORD: fprintf(out, "\"%s\"", key->words[*(const int *)at]); break;
    case SETTINGS_TYPE_DOMAIN:
    case SETTINGS_TYPE_SECRET:
    case SETTINGS_TYPE_TEXT: fprintf(out, "\"%s\"", (const char *)at); break;
    case SETTINGS_TYPE_SHARE: print_share(out, at); break;
    case SETTINGS_TYPE_SIZE:
    case SETTINGS_TYPE_ROOM: print_size(out, *(const uint64_t *)at); break;
    case SETTINGS_TYPE_POOL4: print_pool4(out, at); break;
    case SETTINGS_TYPE_PREFIX4: fprintf(out, "\"%s\"", addr_print_prefix4(at, text)); break;
    case SETTINGS_TYPE_PREFIX6:
    case SETTINGS_TYPE_PREF64: fprintf(out, "\"%s\"", addr_print_prefix6(at, text)); break;
    case SETTINGS_TYPE_SPAN4:
    case SETTINGS_TYPE_SPAN6: print_span(out, at); break;
    case SETTINGS_TYPE_PREFIXES:
    case SETTINGS_TYPE_PREFIXES4:
    case SETTINGS_TYPE_PREFIXES6:
    case SETTINGS_TYPE_UPSTREAMS:
    case SETTINGS_TYPE_ENDPOINTS:
    case SETTINGS_TYPE_TEXTS:
    case SETTINGS_TYPE_PORT_RANGES: print_list(out, item_type(key->type), at); break;
    case SETTINGS_TYPE_GROUP:
    case SETTINGS_TYPE_GROUPS: break;
    }
}
