/*
 * Layer: edge
 * Specification: libnftables-json(5)
 */
#include "gate64/nft_rules.h"

#include <string.h>

static const json_t *entry(const json_t *document, size_t i, const char *kind)
{
    return json_object_get(json_array_get(json_object_get(document, "nftables"), i), kind);
}

static bool text_is(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL && strcmp(value, text) == 0;
}

size_t nft_rules_count(const json_t *document)
{
    return json_array_size(json_object_get(document, "nftables"));
}

bool nft_rules_is_forward(const json_t *document, size_t i, struct nft_rules_chain *ret_chain)
{
    const json_t *chain = entry(document, i, "chain");
    struct nft_rules_chain result = {
        .family = json_string_value(json_object_get(chain, "family")),
        .table = json_string_value(json_object_get(chain, "table")),
        .name = json_string_value(json_object_get(chain, "name")),
    };
    if (!text_is(chain, "hook", "forward") || !text_is(chain, "type", "filter") || result.family == NULL ||
        result.table == NULL || result.name == NULL ||
        (strcmp(result.family, "inet") != 0 && strcmp(result.family, "ip") != 0 &&
         strcmp(result.family, "ip6") != 0) ||
        strcmp(result.name, "FORWARD") == 0)
        return false;
    *ret_chain = result;
    return true;
}

/* What a rule does with packets: all of them, or those from or to the device. */
struct effect {
    bool in, out, accepts, drops;
};

static void take_match(const json_t *match, const char *device, struct effect *effect)
{
    const json_t *meta = json_object_get(json_object_get(match, "left"), "meta");
    bool ours = text_is(match, "op", "==") && text_is(match, "right", device);
    effect->in &= ours && (text_is(meta, "key", "iifname") || text_is(meta, "key", "iif"));
    effect->out &= ours && (text_is(meta, "key", "oifname") || text_is(meta, "key", "oif"));
}

static struct effect effect_of(const json_t *rule, const char *device)
{
    const json_t *expressions = json_object_get(rule, "expr");
    struct effect effect = {.in = true, .out = true};
    for (size_t i = 0; i < json_array_size(expressions); i++) {
        const json_t *one = json_array_get(expressions, i);
        const json_t *match = json_object_get(one, "match");
        if (match != NULL)
            take_match(match, device, &effect);
        else if (json_object_get(one, "accept") != NULL)
            effect.accepts = true;
        else if (json_object_get(one, "drop") != NULL || json_object_get(one, "reject") != NULL)
            effect.drops = true;
        else if (json_object_get(one, "counter") == NULL && json_object_get(one, "log") == NULL)
            effect.in = effect.out = false; /* a limit, a set, a jump: a condition that is not judged here */
    }
    return effect;
}

struct firewall_text nft_rules_judge(const json_t *document, const char *device)
{
    struct firewall_text result = {false, false};
    bool dropping = false;
    for (size_t i = 0; i < nft_rules_count(document); i++) {
        const json_t *rule = entry(document, i, "rule");
        dropping |= text_is(entry(document, i, "chain"), "policy", "drop");
        if (rule == NULL)
            continue;
        struct effect effect = effect_of(rule, device);
        result.in |= effect.accepts && effect.in;
        result.out |= effect.accepts && effect.out;
        if (effect.drops && effect.in && effect.out) { /* both: without a condition */
            dropping = true;
            break;
        }
    }
    return dropping ? result : (struct firewall_text){true, true};
}
