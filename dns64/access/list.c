/*
 * Layer: table
 * Specification: man/gate64.conf.5, RFC 4343
 */
#include "dns64/access/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_FIRST = 64, /* a power of two; doubled when half full */
    NAMES_FIRST = 4096,
};

struct slot {
    uint32_t hash;
    uint32_t at; /* into the names, plus one; 0: free */
    uint8_t scope;
};

struct list {
    struct siphash_key secret;
    struct slot *slots;
    size_t slots_count, used;
    uint8_t *names; /* each with its length in front, in lower case */
    size_t names_len, names_size;
};

struct list *list_new(struct siphash_key secret)
{
    struct list *list = calloc(1, sizeof(*list));
    if (list == NULL)
        return NULL;
    list->secret = secret;
    list->slots_count = SLOTS_FIRST;
    list->slots = calloc(SLOTS_FIRST, sizeof(*list->slots));
    list->names_size = NAMES_FIRST;
    list->names = malloc(NAMES_FIRST);
    if (list->slots != NULL && list->names != NULL)
        return list;
    list_free(list);
    return NULL;
}

void list_free(struct list *list)
{
    if (list == NULL)
        return;
    free(list->slots);
    free(list->names);
    free(list);
}

/* Length bytes are below 64, so that no letter is among them. */
static void lower(const struct name *name, struct name *ret_name)
{
    ret_name->len = name->len;
    for (size_t i = 0; i < name->len; i++) {
        uint8_t c = name->bytes[i];
        ret_name->bytes[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
    }
}

/* The slot of a name in lower case, or the free one where it would be. */
static struct slot *find_slot(const struct list *list, const uint8_t *name, uint8_t len, uint32_t *ret_hash)
{
    uint32_t hash = (uint32_t)siphash13(list->secret, name, len);
    size_t at = hash & (list->slots_count - 1);
    *ret_hash = hash;
    for (;; at = (at + 1) & (list->slots_count - 1)) {
        struct slot *slot = &list->slots[at];
        if (slot->at == 0)
            return slot;
        const uint8_t *own = list->names + slot->at - 1;
        if (slot->hash == hash && own[0] == len && memcmp(own + 1, name, len) == 0)
            return slot;
    }
}

static int grow_slots(struct list *list)
{
    struct slot *old = list->slots, *slots = calloc(2 * list->slots_count, sizeof(*slots));
    size_t old_count = list->slots_count;
    if (slots == NULL)
        return -ENOMEM;
    list->slots = slots;
    list->slots_count *= 2;
    for (size_t i = 0; i < old_count; i++) {
        size_t at = old[i].hash & (list->slots_count - 1);
        if (old[i].at == 0)
            continue;
        while (slots[at].at != 0)
            at = (at + 1) & (list->slots_count - 1);
        slots[at] = old[i];
    }
    free(old);
    return 0;
}

static int grow_names(struct list *list)
{
    uint8_t *names = list->names_size > UINT32_MAX / 2 ? NULL : realloc(list->names, 2 * list->names_size);
    if (names == NULL)
        return -ENOMEM;
    list->names = names;
    list->names_size *= 2;
    return 0;
}

static int parse(const char *text, struct name *ret_name, uint8_t *ret_scope)
{
    struct name name;
    *ret_scope = LIST_SELF | LIST_BELOW;
    if (text[0] == '=') {
        *ret_scope = LIST_SELF;
        text++;
    } else if (strncmp(text, "*.", 2) == 0) {
        *ret_scope = LIST_BELOW;
        text += 2;
    }
    if (text[0] == '\0' || strchr(text, '*') != NULL || !name_from_text(text, &name))
        return -EINVAL;
    lower(&name, ret_name);
    return 0;
}

int list_add(struct list *list, const char *text)
{
    struct name name;
    uint8_t scope;
    uint32_t hash;
    int r = parse(text, &name, &scope);
    if (r == 0 && 2 * (list->used + 1) > list->slots_count)
        r = grow_slots(list);
    if (r == 0 && list->names_size - list->names_len <= name.len)
        r = grow_names(list);
    if (r < 0)
        return r;
    struct slot *slot = find_slot(list, name.bytes, name.len, &hash);
    if (slot->at == 0) {
        *slot = (struct slot){.hash = hash, .at = (uint32_t)list->names_len + 1};
        list->names[list->names_len] = name.len;
        memcpy(list->names + list->names_len + 1, name.bytes, name.len);
        list->names_len += (size_t)name.len + 1;
        list->used++;
    }
    slot->scope |= scope;
    return 0;
}

struct list_match list_find(const struct list *list, const struct name *name)
{
    struct list_match match = {0};
    struct name own;
    size_t at = 0;
    uint32_t hash;
    if (list == NULL || list->used == 0)
        return match;
    lower(name, &own);
    while (at < own.len) {
        const uint8_t *tail = own.bytes + at;
        const struct slot *slot = find_slot(list, tail, (uint8_t)(own.len - at), &hash);
        if (slot->at != 0 && slot->scope & (at == 0 ? LIST_SELF : LIST_BELOW)) {
            match.len = match.name.len = (uint8_t)(own.len - at);
            match.scope = slot->scope;
            memcpy(match.name.bytes, tail, match.len);
            return match;
        }
        at += (size_t)tail[0] + 1;
    }
    return match;
}

size_t list_count(const struct list *list)
{
    return list == NULL ? 0 : list->used;
}

char *list_print(const struct list_match *match, char text[LIST_TEXT_LEN])
{
    const char *mark = match->scope == LIST_SELF ? "=" : match->scope == LIST_BELOW ? "*." : "";
    strcpy(text, mark);
    name_print(&match->name, text + strlen(mark));
    return text;
}
