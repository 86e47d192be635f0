/*
 * Layer: test
 * Specification: tests/replay/dns64/README.md
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"
#include "tests/replay/dns64/expect.h"
#include "tests/replay/dns64/gateway.h"
#include "tests/replay/dns64/scenario.h"
#include "tests/replay/dns64/script.h"
#include "tests/unit/test.h"

enum {
    UPSTREAMS_MAX = 9,  /* numbered from 1 to 8 */
    UPSTREAM_LOCAL = 8, /* on the gateway itself */
    GROUPS_MAX = 256,
    CONFIG_LEN = 8192,
    ADDRESS_LEN = 64,
    EDNS_SIZE = 1232,
    PATIENCE_MS = 30000,   /* longer than any answer may take */
    AFTERWARDS_MS = 15000, /* for what comes unasked */
};

/* A question, asked by one client or by many. */
struct group {
    char *label;
    struct client **clients;
    size_t count;
    bool expected;
};

struct play {
    const struct scenario *scenario;
    struct gateway *gateway;
    struct script *scripts[UPSTREAMS_MAX];
    bool counted[UPSTREAMS_MAX]; /* what it is asked must be expected */
    struct group groups[GROUPS_MAX];
    size_t groups_count;
    size_t at;
};

static struct play *current; /* NULL: none is played */

static const struct text_line *next_line(struct play *play)
{
    return play->at < play->scenario->count ? &play->scenario->lines[play->at++] : NULL;
}

static unsigned upstream_number(const struct text_line *line, const char *word)
{
    uint64_t number = text_number(line, word);
    if (number == 0 || number >= UPSTREAMS_MAX)
        text_fail(line, "upstreams have the numbers 1 to %d", UPSTREAMS_MAX - 1);
    return (unsigned)number;
}

static void append(char config[CONFIG_LEN], const struct text_line *line, const char *text)
{
    size_t len = strlen(config);
    if (snprintf(config + len, CONFIG_LEN - len, "%s\n", text) >= (int)(CONFIG_LEN - len))
        text_fail(line, "the configuration is too long");
}

static void upstream_address(unsigned number, char address[ADDRESS_LEN])
{
    if (number == UPSTREAM_LOCAL)
        snprintf(address, ADDRESS_LEN, "::1");
    else
        snprintf(address, ADDRESS_LEN, "2001:db8:53::%u", number);
}

/* The upstreams that are asked by default: those of the line `ask-upstreams`, or all. */
static void append_upstreams(const struct play *play, char config[CONFIG_LEN], const char *chosen)
{
    static const struct text_line nowhere = {"play.c", 0, NULL};
    char address[ADDRESS_LEN], text[2 * ADDRESS_LEN];
    const char *separator = "upstream = [";
    for (unsigned i = 1; i < UPSTREAMS_MAX; i++)
        if (play->counted[i] && (chosen == NULL || strchr(chosen, (char)('0' + i)) != NULL)) {
            upstream_address(i, address);
            snprintf(text, sizeof(text), "%s\"%s#53\"", separator, address);
            append(config, &nowhere, text);
            separator = ", ";
        }
    append(config, &nowhere, "];");
}

/* Whether a later line of the same keyword sets the same key. */
static bool is_overridden(const struct scenario *scenario, size_t at)
{
    const char *text = scenario->lines[at].text;
    size_t keyword = strcspn(text, " "), len = keyword + 1 + strcspn(text + keyword + 1, " =");
    for (size_t i = at + 1; i < scenario->count; i++)
        if (strncmp(scenario->lines[i].text, text, len + 1) == 0)
            return true;
    return false;
}

/* The lines of `config` and `global`, wherever they stand. */
static void make_config(struct play *play, char config[CONFIG_LEN])
{
    static const struct text_line nowhere = {"play.c", 0, NULL};
    const char *chosen = NULL;
    append(config, &nowhere, "backends = [\"2001:db8:1::/48\", \"2001:db8:2::/48\"];");
    for (int global = 1; global >= 0; global--) {
        for (size_t i = 0; i < play->scenario->count; i++) {
            const struct text_line *line = &play->scenario->lines[i];
            char *text = strdup(line->text), *rest = text;
            if (text_take(&rest, global ? "global" : "config")) {
                if (!is_overridden(play->scenario, i))
                    append(config, line, rest);
            } else if (text_take(&rest, "ask-upstreams"))
                chosen = line->text;
            else if (text_take(&rest, "upstream"))
                play->counted[upstream_number(line, text_word(&rest))] = true;
            free(text);
        }
        if (global)
            append(config, &nowhere, "dns64: { listen = [\"" GATEWAY_ADDRESS "#53\"]; workers = 1;");
    }
    if (strstr(config, "\nupstream =") == NULL)
        append_upstreams(play, config, chosen);
    append(config, &nowhere, "};");
}

static void begin(struct play *play)
{
    char config[CONFIG_LEN] = "", error[SETTINGS_ERROR_LEN], address[ADDRESS_LEN];
    make_config(play, config);
    play->gateway = gateway_new(config, error);
    if (play->gateway == NULL)
        text_fail(&play->scenario->lines[0], "%s\n%s", error, config);
    for (unsigned i = 1; i < UPSTREAMS_MAX; i++) {
        upstream_address(i, address);
        if (play->counted[i])
            play->scripts[i] = script_new(gateway_base(play->gateway), address);
        play->counted[i] = false;
    }
}

static struct script *script_of(const struct play *play, const struct text_line *line, const char *word)
{
    return play->scripts[upstream_number(line, word)];
}

/* upstream N { ... } */
static void do_upstream(struct play *play, const struct text_line *line, char *rest)
{
    struct script *script = script_of(play, line, text_word(&rest));
    if (strcmp(rest, "{") != 0)
        text_fail(line, "a block begins with: upstream N {");
    script_begin_block(script);
    const struct text_line *first = line;
    while ((line = next_line(play)) != NULL && strcmp(line->text, "}") != 0)
        script_line(script, line);
    if (line == NULL)
        text_fail(first, "the block does not end");
}

/* What may stand behind type and name of a question. */
static void take_option(const struct text_line *line, const char *word, char **rest,
                        struct client_question *question, const char **address, uint64_t *ret_count)
{
    if (strcmp(word, "+do") == 0)
        question->dnssec_ok = true;
    else if (strcmp(word, "+cd") == 0)
        question->checking_disabled = true;
    else if (strcmp(word, "+ad") == 0)
        question->authentic = true;
    else if (strcmp(word, "+tcp") == 0)
        question->tcp = true;
    else if (strcmp(word, "+noedns") == 0)
        question->edns = false;
    else if (strcmp(word, "+norec") == 0)
        question->recursion = false;
    else if (strcmp(word, "+chaos") == 0)
        question->class = LDNS_RR_CLASS_CH;
    else if (strcmp(word, "size") == 0)
        question->size = (uint16_t)text_number(line, text_word(rest));
    else if (strcmp(word, "from") == 0)
        *address = text_word(rest);
    else if (strcmp(word, "x") == 0)
        *ret_count = text_number(line, text_word(rest));
    else
        text_fail(line, "\"%s\" is nothing that a client does", word);
}

/* "a:" at the beginning; NULL: there is none. */
static char *take_label(char **rest)
{
    size_t len = strcspn(*rest, " \t");
    if (len == 0 || (*rest)[len - 1] != ':')
        return NULL;
    char *label = text_word(rest);
    label[len - 1] = '\0';
    return label;
}

/* ask [LABEL:] TYPE NAME [options] */
static void do_ask(struct play *play, const struct text_line *line, char *rest)
{
    struct client_question question = {
        .class = LDNS_RR_CLASS_IN, .recursion = true, .edns = true, .size = EDNS_SIZE};
    const char *label = take_label(&rest), *address = "2001:db8:1::1";
    char many[ADDRESS_LEN];
    uint64_t count = 1;
    question.type = text_type(line, text_word(&rest));
    question.name = text_word(&rest);
    while (*rest != '\0') {
        char *word = text_word(&rest);
        take_option(line, word, &rest, &question, &address, &count);
    }
    if (play->groups_count == GROUPS_MAX)
        text_fail(line, "more than %d questions", GROUPS_MAX);
    struct group *group = &play->groups[play->groups_count++];
    *group = (struct group){.label = strdup(label != NULL ? label : ""),
                            .clients = calloc(count, sizeof(*group->clients)),
                            .count = count};
    for (uint64_t i = 0; i < count; i++) {
        snprintf(many, sizeof(many), "2001:db8:1::1:%llx", (unsigned long long)i + 1);
        group->clients[i] = client_new(gateway_base(play->gateway), count > 1 ? many : address, &question);
    }
}

static struct group *find_group(struct play *play, const struct text_line *line, const char *label)
{
    for (size_t i = play->groups_count; i-- > 0;)
        if (label == NULL || strcmp(play->groups[i].label, label) == 0)
            return &play->groups[i];
    text_fail(line, label != NULL ? "no question is called %s" : "nothing was asked%s",
              label != NULL ? label : "");
}

/* expect upstream N: nothing | QUESTION, QUESTION, ... */
static void do_expect_upstream(struct play *play, const struct text_line *line, char *rest)
{
    const char *number = take_label(&rest);
    if (number == NULL)
        text_fail(line, "expect upstream N: ...");
    unsigned n = upstream_number(line, number);
    size_t i = 0;
    play->counted[n] = true;
    if (strcmp(rest, "nothing") != 0) {
        for (char *save, *word = strtok_r(rest, ",", &save); word != NULL;
             word = strtok_r(NULL, ",", &save)) {
            const char *got = script_question(play->scripts[n], i++);
            word += strspn(word, " ");
            if (got == NULL || strcmp(got, word) != 0)
                text_fail(line, "question %zu is %s; expected: %s", i, got != NULL ? got : "none", word);
        }
    }
    if (script_question(play->scripts[n], i) != NULL)
        text_fail(line, "upstream %u is asked %s, too", n, script_question(play->scripts[n], i));
    script_forget(play->scripts[n]);
}

static void check_group(struct play *play, const struct expect *expect, struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct client *client = group->clients[i];
        gateway_run(play->gateway, expect->none ? expect->within_ms : PATIENCE_MS,
                    expect->none ? NULL : client_answered, client);
        expect_answer(expect, client);
        if (expect->same_as != NULL)
            expect_same(expect, client, find_group(play, expect->line, expect->same_as)->clients[0]);
    }
    group->expected = true;
}

/* expect [LABEL:] words, with the records below */
static void do_expect(struct play *play, const struct text_line *line, char *rest)
{
    struct expect expect;
    if (text_take(&rest, "upstream")) {
        do_expect_upstream(play, line, rest);
        return;
    }
    const char *label = take_label(&rest);
    struct group *group = find_group(play, line, label);
    expect_init(&expect, line, rest);
    while (play->at < play->scenario->count && expect_record(&expect, &play->scenario->lines[play->at]))
        play->at++;
    check_group(play, &expect, group);
    expect_done(&expect);
}

/* counter NAME VALUE */
static void do_counter(struct play *play, const struct text_line *line, char *rest)
{
    const char *name = text_word(&rest);
    uint64_t wanted = text_number(line, text_word(&rest)), value;
    if (!gateway_counter(play->gateway, name, &value))
        text_fail(line, "no counter is called %s", name);
    if (value != wanted)
        text_fail(line, "%s is %llu", name, (unsigned long long)value);
}

static void do_connections(struct play *play, const struct text_line *line, char *rest)
{
    struct script *script = script_of(play, line, text_word(&rest));
    uint64_t wanted = text_number(line, text_word(&rest));
    if (upstream_connections(script_upstream(script)) != wanted)
        text_fail(line, "%u connections", upstream_connections(script_upstream(script)));
}

static void do_line(struct play *play, const struct text_line *line, char *rest)
{
    if (text_take(&rest, "config") || text_take(&rest, "global") || text_take(&rest, "ask-upstreams"))
        return;
    if (text_take(&rest, "upstream"))
        do_upstream(play, line, rest);
    else if (text_take(&rest, "ask"))
        do_ask(play, line, rest);
    else if (text_take(&rest, "expect"))
        do_expect(play, line, rest);
    else if (text_take(&rest, "wait"))
        gateway_run(play->gateway, text_duration(line, rest), NULL, NULL);
    else if (text_take(&rest, "kill"))
        upstream_kill(script_upstream(script_of(play, line, rest)));
    else if (text_take(&rest, "revive"))
        upstream_revive(script_upstream(script_of(play, line, rest)));
    else if (text_take(&rest, "counter"))
        do_counter(play, line, rest);
    else if (text_take(&rest, "connections"))
        do_connections(play, line, rest);
    else
        text_fail(line, "no line begins with \"%s\"", text_word(&rest));
}

/* Nobody is answered twice, and no upstream is asked what was not expected. */
static void check_end(struct play *play)
{
    const struct text_line *last = &play->scenario->lines[play->scenario->count - 1];
    for (unsigned i = 1; i < UPSTREAMS_MAX; i++)
        if (play->counted[i] && script_question(play->scripts[i], 0) != NULL)
            text_fail(last, "upstream %u is asked %s in the end", i, script_question(play->scripts[i], 0));
    gateway_run(play->gateway, AFTERWARDS_MS, NULL, NULL);
    for (size_t i = 0; i < play->groups_count; i++)
        for (size_t n = 0; n < play->groups[i].count; n++)
            if (play->groups[i].clients[n]->answers > 1 || !play->groups[i].expected)
                text_fail(last, "question \"%s\" of %s: %s", play->groups[i].label, play->scenario->name,
                          play->groups[i].expected ? "two answers" : "nothing is expected");
}

void scenario_end(void)
{
    struct play *play = current;
    current = NULL;
    if (play == NULL)
        return;
    for (size_t i = 0; i < play->groups_count; i++) {
        for (size_t n = 0; n < play->groups[i].count; n++)
            client_free(play->groups[i].clients[n]);
        free(play->groups[i].clients);
        free(play->groups[i].label);
    }
    for (unsigned i = 1; i < UPSTREAMS_MAX; i++)
        script_free(play->scripts[i]);
    if (play->gateway != NULL)
        gateway_free(play->gateway);
    free(play);
}

static size_t open_files(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

void scenario_play(const struct scenario *scenario)
{
    struct play *play = calloc(1, sizeof(*play));
    const struct text_line *line;
    size_t before = open_files();
    assert_non_null(play);
    current = play;
    play->scenario = scenario;
    begin(play);
    while ((line = next_line(play)) != NULL) {
        char *text = strdup(line->text);
        do_line(play, line, text);
        free(text);
    }
    check_end(play);
    scenario_end();
    assert_int_equal(open_files(), before);
}
