/*
 * gate64 dns explain: why a name is answered as it is.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd_dns.h"

#include <string.h>

#include "gate64/client.h"
#include "gate64/text.h"

enum {
    RECORDS_SHOWN = 64,
    TITLE_WIDTH = 9,
};

static void put_title(FILE *out, const char *title)
{
    char cell[PRINT_CELL_LEN];
    fprintf(out, "%-*s ", TITLE_WIDTH, text_clean(title, cell, sizeof(cell)));
}

static void put_text(FILE *out, const json_t *object, const char *key)
{
    char cell[PRINT_CELL_LEN];
    print_text(cell, object, key);
    fputs(cell, out);
}

static bool is_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static bool is_there(const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL && !json_is_null(json_object_get(object, key));
}

static void put_list(FILE *out, const json_t *list)
{
    char cell[PRINT_CELL_LEN];
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < RECORDS_SHOWN; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        fprintf(out, "%s%s", i > 0 ? ", " : "", text_clean(text != NULL ? text : "", cell, sizeof(cell)));
    }
    if (count > RECORDS_SHOWN)
        fprintf(out, " and %zu more", count - RECORDS_SHOWN);
}

/* RCODE and records of what was asked, or of the answer. */
static void put_message(FILE *out, const json_t *object)
{
    const json_t *list = json_object_get(object, "answer");
    if (!is_there(object, "rcode")) {
        fputs("no answer", out);
        return;
    }
    put_text(out, object, "rcode");
    fputs(json_array_size(list) > 0 ? ": " : ", no records", out);
    put_list(out, list);
}

static void put_duration(FILE *out, const char *format, const json_t *object, const char *key)
{
    char cell[PRINT_CELL_LEN];
    print_duration(cell, object, key);
    fprintf(out, format, cell);
}

static void put_source(FILE *out, const json_t *part)
{
    static const struct {
        const char *from, *text;
    } sources[] = {{"upstream", "asked now"},
                   {"cache", "from the cache"},
                   {"denied", "denied in the cache, here or above"},
                   {"stale", "from the cache, over"},
                   {"failure", "failed before"}};
    const char *from = json_string_value(json_object_get(part, "from")), *text = "-";
    for (size_t i = 0; from != NULL && i < sizeof(sources) / sizeof(sources[0]); i++)
        if (strcmp(sources[i].from, from) == 0)
            text = sources[i].text;
    fprintf(out, " (%s", text);
    if (is_there(part, "upstream")) {
        fputs(" of ", out);
        put_text(out, part, "upstream");
    }
    if (is_there(part, "age_s"))
        put_duration(out, ", %s old", part, "age_s");
    if (is_there(part, "left_s"))
        put_duration(out, ", good for %s", part, "left_s");
    fputs(")\n", out);
}

static void put_view(FILE *out, const json_t *document)
{
    put_title(out, "client");
    put_text(out, document, "client");
    fputs(is_true(document, "allowed") ? ", may ask\n" : ", may not ask\n", out);
    put_title(out, "view");
    put_text(out, document, "view");
    if (is_true(document, "dns64")) {
        fputs(", DNS64 with ", out);
        put_list(out, json_object_get(document, "pref64"));
        fputc('\n', out);
    } else {
        fputs(", without DNS64\n", out);
    }
    put_title(out, "list");
    if (!is_there(document, "list")) {
        fputs("none\n", out);
        return;
    }
    put_text(out, document, "list");
    fputs(": ", out);
    put_text(out, document, "entry");
    fputs(", by ", out);
    put_text(out, document, "listed");
    fputc('\n', out);
}

static void show(FILE *out, const json_t *document)
{
    const json_t *asked = json_object_get(document, "asked");
    put_title(out, "question");
    put_text(out, document, "name");
    fputc(' ', out);
    put_text(out, document, "type");
    fprintf(out, "%s%s\n", is_true(document, "do") ? ", DO" : "", is_true(document, "cd") ? ", CD" : "");
    put_view(out, document);
    for (size_t i = 0; i < json_array_size(asked); i++) {
        const json_t *part = json_array_get(asked, i);
        const char *type = json_string_value(json_object_get(part, "type"));
        put_title(out, type != NULL ? type : "-");
        put_message(out, part);
        put_source(out, part);
    }
    if (is_true(document, "local")) {
        put_title(out, "local");
        fputs("the name is one of dns64.local\n", out);
    }
    put_title(out, "rule");
    put_text(out, document, "rule");
    fputs(" (", out);
    put_text(out, document, "text");
    fputs(")\n", out);
    put_title(out, "answer");
    put_message(out, document);
    if (is_there(document, "ttl"))
        put_duration(out, ", TTL %s", document, "ttl");
    fputc('\n', out);
}

int cmd_dns_explain(const struct cmd_options *options, const char *operand)
{
    char target[CMD_DNS_TARGET_LEN] = "/v1/explain", error[CLIENT_ERROR_LEN] = "too long for a name";
    json_t *document = NULL;
    int r = cmd_dns_append(target, "?name=", operand);
    if (r == 0 && options->operands_count > 2)
        r = cmd_dns_append(target, "&type=", options->operands[2]);
    if (r == 0 && options->client != NULL)
        r = cmd_dns_append(target, "&client=", options->client);
    if (r == 0)
        r = cmd_document(options, cmd_dns64, target, &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    if (options->json)
        print_json(options->out, document);
    else
        show(options->out, document);
    json_decref(document);
    return CMD_EXIT_GOOD;
}
