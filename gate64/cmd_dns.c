/*
 * gate64 dns: what dns64 has learned, and how to make it forget.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd_dns.h"

#include <errno.h>
#include <string.h>

#include "gate64/client.h"

enum {
    NAME_TEXT_MAX = 255,
};

/* RFC 3986 2.1: every byte that is not unreserved is escaped. */
int cmd_dns_append(char target[CMD_DNS_TARGET_LEN], const char *key, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t at = strlen(target);
    if (strlen(value) > NAME_TEXT_MAX || at + strlen(key) + 3 * strlen(value) >= CMD_DNS_TARGET_LEN)
        return -EINVAL;
    at += (size_t)snprintf(target + at, CMD_DNS_TARGET_LEN - at, "%s", key);
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_';
        if (plain) {
            target[at++] = (char)c;
            continue;
        }
        target[at++] = '%';
        target[at++] = digits[c >> 4];
        target[at++] = digits[c & 15];
    }
    target[at] = '\0';
    return 0;
}

static int make_target(const char *path, const char *name, bool below, char target[CMD_DNS_TARGET_LEN])
{
    snprintf(target, CMD_DNS_TARGET_LEN, "%s", path);
    return cmd_dns_append(target, below ? "?below=1&name=" : "?name=", name);
}

static void show_row(FILE *out, const char *title, const json_t *document, const char *key,
                     void (*print)(char cell[PRINT_CELL_LEN], const json_t *object, const char *key))
{
    char cell[PRINT_CELL_LEN];
    print(cell, document, key);
    fprintf(out, "%-10s %s\n", title, cell);
}

static int show_numbers(const struct cmd_options *options, const char *name)
{
    static const struct {
        const char *title, *key;
    } rows[] = {{"entries", "entries"}, {"answers", "answers"},   {"replies", "replies"},
                {"denied", "denied"},   {"failures", "failures"}, {"stale", "stale"},
                {"misses", "misses"},   {"joined", "joined"},     {"refreshed", "refreshed"}};
    char error[CLIENT_ERROR_LEN];
    json_t *document = NULL;
    (void)name;
    int r = cmd_document(options, cmd_dns64, "/v1/cache", &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    if (options->json) {
        print_json(options->out, document);
    } else {
        show_row(options->out, "size", document, "size", print_bytes);
        show_row(options->out, "in use", document, "bytes", print_bytes);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            show_row(options->out, rows[i].title, document, rows[i].key, print_count);
    }
    json_decref(document);
    return CMD_EXIT_GOOD;
}

static int flush(const struct cmd_options *options, const char *name)
{
    char target[CMD_DNS_TARGET_LEN], error[CLIENT_ERROR_LEN] = "too long for a name", cell[PRINT_CELL_LEN];
    json_t *document = NULL;
    int r = make_target("/v1/cache/flush", name, options->below, target);
    if (r == 0)
        r = cmd_action(options, cmd_dns64, target, &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    print_count(cell, document, "dropped");
    if (options->json)
        print_json(options->out, document);
    else
        fprintf(options->out, "%s entries dropped\n", cell);
    json_decref(document);
    return CMD_EXIT_GOOD;
}

static const struct print_column columns[] = {
    {"WORKER", true}, {"KIND", false}, {"TYPE", false},   {"RCODE", true},
    {"AGE", true},    {"LEFT", true},  {"ANSWER", false}, {NULL, false},
};

static void fill(json_t *record, char (*cells)[PRINT_CELL_LEN])
{
    const json_t *list = json_object_get(record, "answer");
    json_t *joined = json_object();
    char text[PRINT_CELL_LEN] = "";
    size_t len = 0, count = json_array_size(list);
    print_number(cells[0], record, "worker");
    print_text(cells[1], record, "kind");
    print_text(cells[2], record, "type");
    print_number(cells[3], record, "rcode");
    print_duration(cells[4], record, "age_s");
    if (json_integer_value(json_object_get(record, "left_s")) > 0)
        print_duration(cells[5], record, "left_s");
    else
        snprintf(cells[5], PRINT_CELL_LEN, "over");
    for (size_t i = 0; i < count && len < sizeof(text); i++) {
        const char *says = json_string_value(json_array_get(list, i));
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? ", " : "",
                                says != NULL ? says : "-");
    }
    json_object_set_new(joined, "answer", json_string(text));
    print_text(cells[6], joined, "answer");
    json_decref(joined);
}

static int lookup(const struct cmd_options *options, const char *name)
{
    struct cmd_list list = {.options = options, .columns = columns, .fill = fill};
    char target[CMD_DNS_TARGET_LEN], error[CLIENT_ERROR_LEN] = "too long for a name";
    int r = make_target("/v1/cache/lookup", name, false, target);
    if (r == 0)
        r = cmd_list_begin(&list);
    if (r == 0) {
        r = cmd_list_add(&list, cmd_dns64, target, error);
        cmd_list_end(&list, r < 0);
    }
    return r == 0 ? CMD_EXIT_GOOD : cmd_failed(options, cmd_dns64, r, error);
}

/* Options that only some verbs take. */
enum {
    TAKES_BELOW = 1 << 0,
    TAKES_LIMIT = 1 << 1,
    TAKES_RESET = 1 << 2,
    TAKES_NAME = 1 << 3,
    TAKES_CLIENT = 1 << 4,
};

static const struct verb {
    const char *name;
    const char *usage;
    int operands, operands_max; /* behind it */
    unsigned takes;
    int (*run)(const struct cmd_options *options, const char *operand); /* NULL: none was given */
} verbs[] = {
    {"cache", "cache", 0, 0, 0, show_numbers},
    {"flush", "flush [--below] NAME", 1, 1, TAKES_BELOW, flush},
    {"explain", "explain [--client ADDRESS] NAME [TYPE]", 1, 2, TAKES_CLIENT, cmd_dns_explain},
    {"lookup", "lookup NAME", 1, 1, 0, lookup},
    {"selftest", "selftest [--name NAME]", 0, 0, TAKES_NAME, cmd_dns_selftest},
    {"top", "top [--limit N] [--reset] [names|clients|upstreams]", 0, 1, TAKES_LIMIT | TAKES_RESET,
     cmd_dns_top},
};

enum {
    VERBS = sizeof(verbs) / sizeof(verbs[0]),
};

static unsigned given(const struct cmd_options *options)
{
    return (options->below ? TAKES_BELOW : 0) | (options->limit >= 0 ? TAKES_LIMIT : 0) |
           (options->reset ? TAKES_RESET : 0) | (options->name != NULL ? TAKES_NAME : 0) |
           (options->client != NULL ? TAKES_CLIENT : 0);
}

static bool fits(const struct verb *verb, const struct cmd_options *options)
{
    int operands = options->operands_count - 1;
    return operands >= verb->operands && operands <= verb->operands_max &&
           (given(options) & ~verb->takes) == 0;
}

int cmd_dns(const struct cmd_options *options)
{
    const char *asked = options->operands_count > 0 ? options->operands[0] : "";
    for (size_t i = 0; i < VERBS; i++)
        if (strcmp(verbs[i].name, asked) == 0 && fits(&verbs[i], options))
            return verbs[i].run(options, options->operands_count > 1 ? options->operands[1] : NULL);
    fputs("gate64: dns wants one of: ", options->err);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(options->err, "%s%s", i > 0 ? "; " : "", verbs[i].usage);
    fputs("\n", options->err);
    return CMD_EXIT_USAGE;
}
