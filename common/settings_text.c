/*
 * Layer: pure
 * Specification: libconfig manual 3
 */
#include "common/settings_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    DEPTH_MAX = 8,
};

struct scan {
    const char *at;
    const char *end;
    int line;
    char path[SETTINGS_TEXT_PATH_LEN]; /* of the group that we are in, with a dot at its end */
    char name[SETTINGS_TEXT_PATH_LEN]; /* the last name read */
    struct {
        size_t length; /* of path before it */
        int line;
        char sign;
    } opened[DEPTH_MAX];
    int depth;
    bool unclosed; /* the end of the file cuts what began at `line`; `name` is the sign that began it */
};

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '*' || c == '.';
}

static void set_unclosed(struct scan *scan, int line, const char *sign)
{
    scan->unclosed = true;
    scan->line = line;
    scan->path[0] = '\0';
    strcpy(scan->name, sign);
}

static void skip_string(struct scan *scan)
{
    int line = scan->line;
    while (++scan->at < scan->end && *scan->at != '"') {
        if (*scan->at == '\\' && scan->at + 1 < scan->end)
            scan->at++;
        if (*scan->at == '\n')
            scan->line++;
    }
    if (scan->at < scan->end) {
        scan->at++;
        return;
    }
    set_unclosed(scan, line, "\"");
}

static void skip_line(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at != '\n')
        scan->at++;
}

static void skip_block(struct scan *scan)
{
    int line = scan->line;
    for (scan->at += 2; scan->at < scan->end; scan->at++) {
        if (*scan->at == '\n')
            scan->line++;
        if (*scan->at == '*' && scan->at + 1 < scan->end && scan->at[1] == '/') {
            scan->at += 2;
            return;
        }
    }
    set_unclosed(scan, line, "/*");
}

static bool starts(const struct scan *scan, const char *with)
{
    size_t len = strlen(with);
    return *scan->at == *with && (size_t)(scan->end - scan->at) >= len && memcmp(scan->at, with, len) == 0;
}

/* Blanks, strings and comments; false when something else stands here. */
static bool skip_filling(struct scan *scan)
{
    if (*scan->at == '\n')
        scan->line++;
    if (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')
        scan->at++;
    else if (*scan->at == '"')
        skip_string(scan);
    else if (*scan->at == '#' || starts(scan, "//"))
        skip_line(scan);
    else if (starts(scan, "/*"))
        skip_block(scan);
    else
        return false;
    return true;
}

static void append(char *to, const char *from)
{
    size_t have = strlen(to), len = strlen(from);
    if (have + len < SETTINGS_TEXT_PATH_LEN)
        memcpy(to + have, from, len + 1);
}

static void open_bracket(struct scan *scan, char bracket)
{
    if (scan->depth < DEPTH_MAX) {
        scan->opened[scan->depth].length = strlen(scan->path);
        scan->opened[scan->depth].line = scan->line;
        scan->opened[scan->depth].sign = bracket;
    }
    scan->depth++;
    if (scan->name[0] == '\0' || bracket == '[')
        return;
    append(scan->path, scan->name);
    append(scan->path, bracket == '(' ? "[]." : ".");
    scan->name[0] = '\0';
}

static void close_bracket(struct scan *scan)
{
    if (scan->depth == 0)
        return;
    scan->depth--;
    scan->name[0] = '\0'; /* what follows in a list is not under the last name of this group */
    if (scan->depth < DEPTH_MAX)
        scan->path[scan->opened[scan->depth].length] = '\0';
}

static bool is_integer(const char *word, size_t len)
{
    return len > 0 && word[0] >= '0' && word[0] <= '9' && memchr(word, '.', len) == NULL;
}

/* A C integer as libconfig reads it: decimal or 0x..., an L at the end asks for 64 bits. */
static bool fits(const char *word, size_t len, bool negative)
{
    unsigned base = 10;
    uint64_t value = 0, max = negative ? UINT64_C(0x80000000) : UINT64_C(0x7fffffff);
    if (len > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        base = 16;
        word += 2;
        len -= 2;
    }
    for (size_t i = 0; i < len; i++) {
        char c = word[i];
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else if (base == 16 && c >= 'A' && c <= 'F')
            digit = (unsigned)(c - 'A') + 10;
        else
            return true; /* a suffix, or no number: the reader judges it */
        value = value * base + digit;
        if (value > max)
            return false;
    }
    return true;
}

/* A name or a number; true if it is an integer that does not fit. */
static bool word(struct scan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && name_char(*scan->at))
        scan->at++;
    size_t len = (size_t)(scan->at - start);
    bool negative = *start == '-';
    if (is_integer(start + negative, len - negative))
        return !fits(start + negative, len - negative, negative);
    if (len < sizeof(scan->name)) {
        memcpy(scan->name, start, len);
        scan->name[len] = '\0';
    }
    return false;
}

static enum settings_text_fault step(struct scan *scan)
{
    if (skip_filling(scan))
        return scan->unclosed ? SETTINGS_TEXT_UNCLOSED : SETTINGS_TEXT_OK;
    if (name_char(*scan->at))
        return word(scan) ? SETTINGS_TEXT_INTEGER : SETTINGS_TEXT_OK;
    if (starts(scan, "@include"))
        return SETTINGS_TEXT_INCLUDE;
    if (*scan->at == '{' || *scan->at == '(' || *scan->at == '[')
        open_bracket(scan, *scan->at);
    if (*scan->at == '}' || *scan->at == ')' || *scan->at == ']')
        close_bracket(scan);
    scan->at++;
    return SETTINGS_TEXT_OK;
}

/* libconfig reads a C string: it would take what stands before a NUL for the whole file. */
static bool has_nul(const char *text, size_t len, int *ret_line)
{
    const char *nul = memchr(text, '\0', len);
    if (nul == NULL)
        return false;
    *ret_line = 1;
    for (; text < nul; text++)
        *ret_line += *text == '\n';
    return true;
}

static enum settings_text_fault at_end(struct scan *scan)
{
    if (scan->depth == 0 || scan->depth > DEPTH_MAX)
        return SETTINGS_TEXT_OK; /* too deep: libconfig's to judge */
    const char sign[] = {scan->opened[scan->depth - 1].sign, '\0'};
    set_unclosed(scan, scan->opened[scan->depth - 1].line, sign);
    return SETTINGS_TEXT_UNCLOSED;
}

static enum settings_text_fault find_fault(struct scan *scan)
{
    enum settings_text_fault fault = SETTINGS_TEXT_OK;
    while (scan->at < scan->end && fault == SETTINGS_TEXT_OK)
        fault = step(scan);
    return fault == SETTINGS_TEXT_OK ? at_end(scan) : fault;
}

enum settings_text_fault settings_text_check(const char *text, size_t len, int *ret_line,
                                             char ret_path[SETTINGS_TEXT_PATH_LEN])
{
    struct scan scan = {.at = text, .end = text + len, .line = 1};
    ret_path[0] = '\0';
    if (has_nul(text, len, ret_line))
        return SETTINGS_TEXT_NUL;
    enum settings_text_fault fault = find_fault(&scan);
    if (fault == SETTINGS_TEXT_OK)
        return fault;
    *ret_line = scan.line;
    append(ret_path, scan.path);
    append(ret_path, scan.name);
    return fault;
}
