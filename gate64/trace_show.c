/*
 * Layer: edge
 * Specification: man/gate64.1 (trace)
 */
#include "gate64/trace_show.h"

#include <string.h>
#include <time.h>

#include "gate64/print.h"
#include "gate64/text.h"

enum {
    INDENT = 3,
    LABEL = 12,
    TEXT_AT = INDENT + LABEL + 1,
    LINE_LEN = 1024, /* of a text as it came */
    US_PER_S = 1000000,
};

/* The words of a text from column TEXT_AT on, in as many lines as they take. */
static void show_words(FILE *out, const char *text)
{
    size_t column = TEXT_AT;
    while (*text != '\0') {
        size_t len = strcspn(text, " "), blanks = strspn(text + len, " ");
        char word[LINE_LEN];
        snprintf(word, sizeof(word), "%.*s", (int)len, text);
        size_t columns = text_columns(word);
        if (column > TEXT_AT && column + 1 + columns > TRACE_SHOW_COLUMNS) {
            fprintf(out, "\n%*s", TEXT_AT, "");
            column = TEXT_AT;
        } else if (column > TEXT_AT) {
            fputc(' ', out);
            column++;
        }
        fputs(word, out);
        column += columns;
        text += len + blanks;
    }
    fputc('\n', out);
}

static void show_line(FILE *out, bool colour, enum print_style style, const char *label, const char *text)
{
    char clean[LINE_LEN], name[LABEL + 1];
    text_clean(label, name, sizeof(name));
    fprintf(out, "%*s", INDENT, "");
    print_styled(out, colour, style, name);
    fprintf(out, "%*s", (int)(LABEL + 1 - text_columns(name)), "");
    show_words(out, text_clean(text, clean, sizeof(clean)));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static void show_time(FILE *out, bool colour, const json_t *packet)
{
    json_int_t us = json_integer_value(json_object_get(packet, "time_utc_us"));
    time_t seconds = (time_t)(us / US_PER_S);
    char text[64], digits[16];
    struct tm local;
    if (us < 0 || localtime_r(&seconds, &local) == NULL || strftime(text, sizeof(text), "%T", &local) == 0)
        return;
    snprintf(digits, sizeof(digits), ".%06d", (int)(us % US_PER_S));
    print_styled(out, colour, PRINT_HEADER, strcat(text, digits));
}

static void show_number(FILE *out, const json_t *packet, const char *before, const char *key,
                        const char *behind)
{
    const json_t *value = json_object_get(packet, key);
    if (json_is_integer(value))
        fprintf(out, "%s%lld%s", before, (long long)json_integer_value(value), behind);
}

static void show_fragment(FILE *out, bool colour, const json_t *packet)
{
    char line[PRINT_CELL_LEN];
    const json_t *fragment = json_object_get(packet, "fragment");
    if (!json_is_object(fragment))
        return;
    snprintf(line, sizeof(line), "from byte %lld of datagram %lld, %s",
             (long long)json_integer_value(json_object_get(fragment, "offset")),
             (long long)json_integer_value(json_object_get(fragment, "id")),
             json_is_true(json_object_get(fragment, "more")) ? "more follow" : "the last");
    show_line(out, colour, PRINT_PLAIN, "fragment", line);
}

/* When, from where, what kind, how long. */
static void show_head(FILE *out, bool colour, const json_t *packet)
{
    const char *from = text_of(packet, "from");
    char protocol[PRINT_CELL_LEN], flags[PRINT_CELL_LEN];
    show_time(out, colour, packet);
    fprintf(out, "  from %s", strcmp(from, "ipv6") == 0 ? "IPv6" : strcmp(from, "ipv4") == 0 ? "IPv4" : "?");
    show_number(out, packet, ", worker ", "worker", "");
    fprintf(out, ": %s", text_clean(text_of(packet, "protocol"), protocol, sizeof(protocol)));
    if (text_of(packet, "flags")[0] != '\0')
        fprintf(out, " %s", text_clean(text_of(packet, "flags"), flags, sizeof(flags)));
    if (text_of(packet, "icmp")[0] != '\0')
        fprintf(out, " %s", text_clean(text_of(packet, "icmp"), flags, sizeof(flags)));
    else
        show_number(out, packet, " type ", "icmp_type", "");
    show_number(out, packet, " code ", "icmp_code", "");
    show_number(out, packet, ", ", "length", " bytes");
    show_number(out, packet, " in ", "segments", " segments");
    show_number(out, packet, " of ", "segment_length", "");
    fputc('\n', out);
}

static void show_addresses(FILE *out, bool colour, const json_t *packet)
{
    char source[PRINT_CELL_LEN], destination[PRINT_CELL_LEN], line[2 * PRINT_CELL_LEN + 8];
    if (text_of(packet, "source")[0] == '\0')
        return;
    if (json_object_get(packet, "source_port") != NULL)
        print_endpoint(source, packet, "source", "source_port");
    else
        print_text(source, packet, "source");
    if (json_object_get(packet, "destination_port") != NULL)
        print_endpoint(destination, packet, "destination", "destination_port");
    else
        print_text(destination, packet, "destination");
    snprintf(line, sizeof(line), "%s to %s", source, destination);
    show_line(out, colour, PRINT_PLAIN, "packet", line);
}

static void show_verdict(FILE *out, bool colour, const json_t *packet)
{
    const char *verdict = text_of(packet, "verdict");
    enum print_style style = strcmp(verdict, "sent") == 0      ? PRINT_GOOD
                             : strcmp(verdict, "dropped") == 0 ? PRINT_BAD
                                                               : PRINT_HEADER;
    show_line(out, colour, style, verdict, text_of(packet, "text"));
    if (text_of(packet, "advice")[0] != '\0')
        show_line(out, colour, PRINT_PLAIN, "advice", text_of(packet, "advice"));
    const json_t *answer = json_object_get(packet, "answer");
    if (json_is_object(answer))
        show_line(out, colour, PRINT_PLAIN, "answered", text_of(answer, "text"));
}

void trace_show_packet(FILE *out, bool colour, const json_t *packet)
{
    size_t i;
    const json_t *step;
    show_head(out, colour, packet);
    show_addresses(out, colour, packet);
    show_fragment(out, colour, packet);
    json_array_foreach(json_object_get(packet, "steps"), i, step)
        show_line(out, colour, strcmp(text_of(step, "result"), "no") == 0 ? PRINT_HEADER : PRINT_PLAIN,
                  text_of(step, "step"), text_of(step, "text"));
    show_verdict(out, colour, packet);
    fputc('\n', out);
}
