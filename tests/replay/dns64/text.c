/*
 * Layer: test
 * Specification: tests/replay/dns64/README.md, RFC 1035 5.1
 */
#include "tests/replay/dns64/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/unit/test.h"

enum {
    RECORD_LEN = 4096,
    MS_PER_S = 1000,
};

void text_fail(const struct text_line *line, const char *format, ...)
{
    va_list arguments;
    print_error("%s:%u: ", line->file, line->number);
    va_start(arguments, format);
    vprint_error(format, arguments);
    va_end(arguments);
    print_error("\n");
    fail();
    abort(); /* fail() does not return */
}

char *text_word(char **text)
{
    char *word = *text;
    size_t len = strcspn(word, " \t");
    char *end = word + len;
    *text = end + strspn(end, " \t");
    *end = '\0';
    return word;
}

bool text_take(char **text, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*text, word, len) != 0 || ((*text)[len] != '\0' && !isblank((unsigned char)(*text)[len])))
        return false;
    text_word(text);
    return true;
}

char *text_part(char **text)
{
    char *part = *text + strspn(*text, " \t");
    if (*part == '\0')
        return NULL;
    size_t len = strcspn(part, ";");
    *text = part + len + (part[len] == ';');
    while (len > 0 && isblank((unsigned char)part[len - 1]))
        len--;
    part[len] = '\0';
    return part;
}

uint64_t text_number(const struct text_line *line, const char *word)
{
    char *end;
    unsigned long long number = strtoull(word, &end, 10);
    if (end == word || *end != '\0')
        text_fail(line, "\"%s\" is no number", word);
    return number;
}

uint64_t text_duration(const struct text_line *line, const char *word)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {
        {"ms", 1}, {"s", MS_PER_S}, {"m", 60 * MS_PER_S}, {"h", 3600 * MS_PER_S}, {"d", 86400 * MS_PER_S}};
    char *end;
    unsigned long long number = strtoull(word, &end, 10);
    for (size_t i = 0; end != word && i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(end, units[i].name) == 0)
            return number * units[i].ms;
    text_fail(line, "\"%s\" is no time; allowed: a number and ms, s, m, h or d", word);
}

ldns_rr_type text_type(const struct text_line *line, const char *word)
{
    ldns_rr_type type = ldns_get_rr_type_by_name(word);
    if (type == 0)
        text_fail(line, "\"%s\" is no type of records", word);
    return type;
}

int text_rcode(const char *word)
{
    static const char *const names[] = {"noerror", "formerr", "servfail", "nxdomain", "notimp", "refused"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(word, names[i]) == 0)
            return (int)i;
    return -1;
}

/* The name of the question, not escaped further: names of scenarios need none. */
static void expand(const struct text_line *line, const char *text, const ldns_rdf *at,
                   char ret_text[RECORD_LEN])
{
    char *name = at != NULL ? ldns_rdf2str(at) : NULL;
    const char *rest = text[0] == '@' ? text + 1 : text;
    int len = snprintf(ret_text, RECORD_LEN, "%s%s", text[0] == '@' && name != NULL ? name : "", rest);
    free(name);
    if (len < 0 || len >= RECORD_LEN)
        text_fail(line, "the record is too long");
}

ldns_rr *text_record(const struct text_line *line, const char *text, const ldns_rdf *at)
{
    char expanded[RECORD_LEN];
    ldns_rdf *root = ldns_dname_new_frm_str(".");
    ldns_rr *record = NULL;
    expand(line, text, at, expanded);
    ldns_status status = ldns_rr_new_frm_str(&record, expanded, 0, root, NULL);
    ldns_rdf_deep_free(root);
    if (status != LDNS_STATUS_OK)
        text_fail(line, "\"%s\" is no record: %s", text, ldns_get_errorstr_by_id(status));
    return record;
}
