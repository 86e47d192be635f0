/*
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 6891 6.1, RFC 8914 2
 */
#include "tests/replay/dns64/script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/replay/dns64/reply.h"
#include "tests/unit/test.h"

enum {
    RULES_MAX = 512,
    QUESTIONS_MAX = 4096,
    QUESTION_LEN = 320,
};

struct rule {
    unsigned block;
    char *name; /* "*", "*.example", "example" */
    ldns_rr_type type;
    bool any_type;
    bool checking_disabled; /* for questions with CD alone */
    unsigned uses;          /* left; 0: no end */
    bool used_up;
    struct reply_item items[REPLY_ITEMS];
    size_t items_count;
};

struct script {
    struct upstream *upstream;
    struct rule rules[RULES_MAX];
    size_t rules_count;
    unsigned block;
    char questions[QUESTIONS_MAX][QUESTION_LEN];
    size_t questions_count;
};

/* ldns writes a final dot; the root alone keeps it. */
static void print_name(const ldns_rdf *name, char *ret_text, size_t size)
{
    char *text = ldns_rdf2str(name);
    size_t len = strlen(text);
    if (len > 1 && text[len - 1] == '.')
        text[len - 1] = '\0';
    for (size_t i = 0; text[i] != '\0'; i++)
        text[i] = (char)tolower((unsigned char)text[i]);
    snprintf(ret_text, size, "%s", text);
    free(text);
}

static bool name_matches(const char *pattern, const char *name)
{
    if (strcmp(pattern, "*") == 0)
        return true;
    if (pattern[0] != '*')
        return strcasecmp(pattern, name) == 0;
    size_t len = strlen(name), suffix = strlen(pattern) - 1;
    return len > suffix && strcasecmp(name + len - suffix, pattern + 1) == 0;
}

/* The first rule of the latest block that has one. */
static struct rule *find_rule(struct script *script, const char *name, ldns_rr_type type, bool cd)
{
    struct rule *best = NULL;
    for (size_t i = 0; i < script->rules_count; i++) {
        struct rule *rule = &script->rules[i];
        if (!rule->used_up && (cd || !rule->checking_disabled) && (rule->any_type || rule->type == type) &&
            name_matches(rule->name, name) && (best == NULL || rule->block > best->block))
            best = rule;
    }
    if (best != NULL && best->uses > 0 && --best->uses == 0)
        best->used_up = true;
    return best;
}

static void note(struct script *script, const struct upstream_asker *asker, const ldns_pkt *query,
                 const char *name, ldns_rr_type type)
{
    char *type_text = ldns_rr_type2str(type);
    if (script->questions_count < QUESTIONS_MAX)
        snprintf(script->questions[script->questions_count++], QUESTION_LEN, "%s%s %.255s%s%s%s%s",
                 asker->tcp ? "tcp " : "", type_text, name, ldns_pkt_edns_do(query) ? " +do" : "",
                 ldns_pkt_cd(query) ? " +cd" : "", ldns_pkt_ad(query) ? " +ad" : "",
                 ldns_pkt_edns(query) ? "" : " +noedns");
    free(type_text);
}

static void on_asked(void *context, const struct upstream_asker *asker, const uint8_t *bytes, size_t len)
{
    struct script *script = context;
    ldns_pkt *query;
    char name[QUESTION_LEN];
    if (ldns_wire2pkt(&query, bytes, len) != LDNS_STATUS_OK || ldns_pkt_qdcount(query) != 1)
        fail_msg("an upstream was asked what is no question");
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    print_name(ldns_rr_owner(question), name, sizeof(name));
    note(script, asker, query, name, ldns_rr_get_type(question));
    const struct rule *rule = find_rule(script, name, ldns_rr_get_type(question), ldns_pkt_cd(query));
    if (rule != NULL)
        reply_give(asker, query, rule->items, rule->items_count);
    ldns_pkt_free(query);
}

struct script *script_new(struct event_base *base, const char *address)
{
    struct script *script = calloc(1, sizeof(*script));
    assert_non_null(script);
    script->upstream = upstream_new(base, address, on_asked, script);
    return script;
}

void script_free(struct script *script)
{
    if (script == NULL)
        return;
    upstream_free(script->upstream);
    for (size_t i = 0; i < script->rules_count; i++) {
        free(script->rules[i].name);
        for (size_t n = 0; n < script->rules[i].items_count; n++)
            reply_item_done(&script->rules[i].items[n]);
    }
    free(script);
}

struct upstream *script_upstream(struct script *script)
{
    return script->upstream;
}

void script_begin_block(struct script *script)
{
    script->block++;
}

static void begin_rule(struct script *script, const struct text_line *line, char *head)
{
    if (script->rules_count == RULES_MAX)
        text_fail(line, "more than %d rules", RULES_MAX);
    struct rule *rule = &script->rules[script->rules_count++];
    char *name = text_word(&head), *type = text_word(&head);
    *rule = (struct rule){.block = script->block, .name = strdup(name), .any_type = strcmp(type, "*") == 0};
    if (!rule->any_type)
        rule->type = text_type(line, type);
    rule->checking_disabled = text_take(&head, "+cd");
    if (text_take(&head, "times"))
        rule->uses = (unsigned)text_number(line, text_word(&head));
    if (*head != '\0')
        text_fail(line, "\"%s\" before ->; allowed: NAME TYPE [+cd] [times N]", head);
}

void script_line(struct script *script, const struct text_line *line)
{
    char *text = strdup(line->text), *rest = text, *part, *arrow = strstr(text, "->");
    if (arrow != NULL) {
        *arrow = '\0';
        begin_rule(script, line, text);
        rest = arrow + strlen("->");
    }
    if (script->rules_count == 0)
        text_fail(line, "no rule begins here; one is NAME TYPE -> ITEM; ITEM");
    struct rule *rule = &script->rules[script->rules_count - 1];
    while ((part = text_part(&rest)) != NULL) {
        if (rule->items_count == REPLY_ITEMS)
            text_fail(line, "more than %d items", REPLY_ITEMS);
        rule->items[rule->items_count++] = reply_item(line, part);
    }
    free(text);
}

const char *script_question(const struct script *script, size_t number)
{
    return number < script->questions_count ? script->questions[number] : NULL;
}

void script_forget(struct script *script)
{
    script->questions_count = 0;
}
