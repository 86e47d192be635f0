/*
 * Layer: pure
 * Specification: none
 */
#include "nat64d/keeper/record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "nat64d/keeper/builder.h"

static const char *const names[] = {
    [RECORD_DEVICE] = "device",   [RECORD_SYSCTL] = "sysctl",   [RECORD_LINK] = "link",
    [RECORD_ADDRESS] = "address", [RECORD_RESERVE] = "reserve", [RECORD_RULES] = "rules",
    [RECORD_ROUTE] = "route",     [RECORD_PROXY] = "proxy",
};
static_assert(sizeof(names) / sizeof(names[0]) == RECORD_VERBS, "a name for each verb");

const char *record_verb_name(enum record_verb verb)
{
    return names[verb];
}

/* The next word of a line at *at, which moves behind the blank that follows it. */
static bool take_word(const char **at, char *word, size_t size)
{
    size_t len = strcspn(*at, " ");
    if (len == 0 || len >= size)
        return false;
    memcpy(word, *at, len);
    word[len] = '\0';
    *at += len;
    if (**at == ' ')
        (*at)++;
    if (strcmp(word, "-") == 0)
        word[0] = '\0';
    return true;
}

static bool take_verb(const char **at, enum record_verb *ret_verb)
{
    char word[RECORD_VALUE_LEN];
    if (!take_word(at, word, sizeof(word)))
        return false;
    for (int i = 0; i < RECORD_VERBS; i++) {
        if (strcmp(word, names[i]) == 0) {
            *ret_verb = (enum record_verb)i;
            return true;
        }
    }
    return false;
}

int record_parse(const char *line, enum record_mark *ret_mark, struct record_entry *ret_entry)
{
    struct record_entry entry = {0};
    const char *at = line + 2;
    if (line[0] == '\0' || strchr("+=-", line[0]) == NULL || line[1] != ' ')
        return -EINVAL;
    enum record_mark mark = (enum record_mark)line[0];
    if (!take_verb(&at, &entry.verb) || !take_word(&at, entry.what, sizeof(entry.what)))
        return -EINVAL;
    if (mark == RECORD_BEGUN && (!take_word(&at, entry.now, sizeof(entry.now)) ||
                                 !take_word(&at, entry.before, sizeof(entry.before))))
        return -EINVAL;
    if (*at != '\0')
        return -EINVAL;
    *ret_mark = mark;
    *ret_entry = entry;
    return 0;
}

static const char *word_of(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

char *record_print(enum record_mark mark, const struct record_entry *entry, char buffer[RECORD_LINE_LEN])
{
    const char start[] = {(char)mark, ' ', '\0'};
    struct builder builder;
    builder_init(&builder, buffer, RECORD_LINE_LEN);
    builder_put_all(&builder, start, names[entry->verb], " ", word_of(entry->what), NULL);
    if (mark == RECORD_BEGUN)
        builder_put_all(&builder, " ", word_of(entry->now), " ", word_of(entry->before), NULL);
    builder_put(&builder, "\n");
    return buffer;
}

bool record_same(const struct record_entry *a, const struct record_entry *b)
{
    return a->verb == b->verb && strcmp(a->what, b->what) == 0;
}
