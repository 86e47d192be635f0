/*
 * Layer: test
 * Specification: tests/replay/dns64/README.md
 */
#include "tests/replay/dns64/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    struct text_line *at;
    size_t count;
};

static void stop(const char *path)
{
    fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
    abort();
}

static void add_line(struct lines *lines, const struct text_line *line)
{
    lines->at = realloc(lines->at, (lines->count + 1) * sizeof(*lines->at));
    if (lines->at == NULL)
        abort();
    lines->at[lines->count] = *line;
    lines->at[lines->count++].text = strdup(line->text);
}

/* Without the comment and the blanks around it. */
static char *strip(char *text)
{
    char *comment = strchr(text, '#');
    text += strspn(text, " \t");
    if (comment != NULL && (comment == text || comment[-1] == ' ') && comment >= text)
        *comment = '\0';
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\n", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

static struct scenario *begin(struct scenario **list, size_t *count, const char *name,
                              const struct lines *common)
{
    *list = realloc(*list, (*count + 1) * sizeof(**list));
    if (*list == NULL)
        abort();
    struct scenario *scenario = &(*list)[(*count)++];
    struct lines own = {0};
    for (size_t i = 0; i < common->count; i++)
        add_line(&own, &common->at[i]);
    *scenario = (struct scenario){strdup(name), own.at, own.count};
    return scenario;
}

void scenario_read(const char *path, struct scenario **list, size_t *count)
{
    static const char keyword[] = "scenario ";
    struct lines common = {0};
    struct scenario *scenario = NULL;
    char *text = NULL;
    size_t room = 0;
    unsigned number = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        stop(path);
    while (getline(&text, &room, file) >= 0) {
        struct text_line line = {path, ++number, strip(text)};
        if (line.text[0] == '\0')
            continue;
        if (strncmp(line.text, keyword, sizeof(keyword) - 1) == 0) {
            scenario = begin(list, count, line.text + sizeof(keyword) - 1, &common);
        } else if (scenario == NULL) {
            add_line(&common, &line);
        } else {
            struct lines own = {scenario->lines, scenario->count};
            add_line(&own, &line);
            scenario->lines = own.at;
            scenario->count = own.count;
        }
    }
    fclose(file);
    free(text);
    for (size_t i = 0; i < common.count; i++)
        free(common.at[i].text);
    free(common.at);
}

void scenario_free(struct scenario *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < list[i].count; n++)
            free(list[i].lines[n].text);
        free(list[i].lines);
        free(list[i].name);
    }
    free(list);
}
