/*
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#include "common/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_file.h"
#include "common/siphash.h"

enum {
    HASH_DIGITS = 16,
    HASH_LEN = HASH_DIGITS + 1,
};

static uint64_t hash_bytes(const char *text, size_t len)
{
    const struct siphash_key none = {0, 0};
    return siphash13(none, text, len);
}

static const char *file_name(const struct settings *settings)
{
    return settings->file[0] != '\0' ? settings->file : settings_file_default;
}

/* The file may have come since the start, but not gone: an editor may just be replacing it, and the defaults
 * would shut out who was let in. */
static int read_text(const struct settings *current, struct reload *reload, char error[SETTINGS_ERROR_LEN])
{
    int r = settings_file_read(current->file[0] != '\0' ? current->file : NULL, &reload->text, &reload->len,
                               error);
    if (r == -ENOENT)
        snprintf(error, SETTINGS_ERROR_LEN,
                 "%s:0: the file is gone since the start; put it back, or restart to do without it",
                 current->file);
    if (r < 0 || reload->text != NULL)
        return r;
    reload->text = calloc(1, 1);
    if (reload->text == NULL)
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
    return reload->text == NULL ? -ENOMEM : 0;
}

static int refuse_restart(const struct reload *reload, const char *key, char error[SETTINGS_ERROR_LEN])
{
    snprintf(error, SETTINGS_ERROR_LEN,
             "%s:%d: %s cannot change without a restart; set it back, or restart the daemon",
             reload->settings->file, settings_file_line(reload->text, reload->len, key), key);
    return -EBUSY;
}

int reload_read(const struct settings *current, const char *other, struct reload *ret_reload,
                char error[SETTINGS_ERROR_LEN])
{
    struct reload reload = {0};
    const char *name = current->file, *key;
    int r = read_text(current, &reload, error);
    if (r < 0)
        return r;
    if (name[0] == '\0' && reload.len > 0)
        name = settings_file_default;
    reload.hash = hash_bytes(reload.text, reload.len);
    r = settings_file_load_text(reload.text, reload.len, name, &reload.settings, error);
    if (r == 0 && (key = settings_file_needs_restart(current, reload.settings, other)) != NULL)
        r = refuse_restart(&reload, key, error);
    if (r < 0)
        reload_done(&reload);
    else
        *ret_reload = reload;
    return r;
}

void reload_done(struct reload *reload)
{
    settings_file_free(reload->settings);
    free(reload->text);
    *reload = (struct reload){0};
}

bool reload_describe(const struct settings *old, const struct settings *new, const char *other,
                     char text[SETTINGS_ERROR_LEN])
{
    bool changed = false, appeared = old->file[0] == '\0' && new->file[0] != '\0';
    int len = snprintf(text, SETTINGS_ERROR_LEN, "%s%s: ", file_name(new),
                       appeared               ? " is there now"
                       : new->file[0] == '\0' ? " is not there"
                                              : "");
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (settings_file_in_group(key, other) || !settings_file_differs(key, old, new))
            continue;
        if (len < SETTINGS_ERROR_LEN)
            len += snprintf(text + len, (size_t)(SETTINGS_ERROR_LEN - len), "%s%s",
                            changed ? ", " : "changed ", key->path);
        changed = true;
    }
    if (!changed && len < SETTINGS_ERROR_LEN)
        snprintf(text + len, (size_t)(SETTINGS_ERROR_LEN - len), "nothing changed");
    return changed;
}

int reload_run(const struct reload_target *target, const struct reload_order *order,
               struct reload_outcome *ret_outcome)
{
    struct reload reload;
    *ret_outcome = (struct reload_outcome){0};
    int r = reload_read(target->current, target->other, &reload, ret_outcome->text);
    if (r < 0)
        return r;
    ret_outcome->hash = reload.hash;
    if (order->hashed && order->hash != reload.hash) {
        snprintf(ret_outcome->text, sizeof(ret_outcome->text),
                 "%s:0: the file changed after it was checked; check it again", file_name(reload.settings));
        r = -ESTALE;
    } else {
        char text[SETTINGS_ERROR_LEN];
        bool changed = reload_describe(target->current, reload.settings, target->other, text);
        r = target->apply(target->context, &reload, order->check, ret_outcome->text);
        if (r == 0) {
            ret_outcome->changed = changed;
            memcpy(ret_outcome->text, text, sizeof(text));
        }
    }
    reload_done(&reload);
    return r;
}

static bool parse_hash(const char *text, uint64_t *ret_hash)
{
    char *end;
    if (strlen(text) != HASH_DIGITS || strspn(text, "0123456789abcdef") != HASH_DIGITS)
        return false;
    *ret_hash = strtoull(text, &end, 16);
    return true;
}

bool reload_parse(struct control_request *request, struct reload_order *ret_order)
{
    const char *check = control_query(request, "check"), *hash = control_query(request, "hash");
    struct reload_order order = {.check = check != NULL, .hashed = hash != NULL};
    if ((check != NULL && strcmp(check, "1") != 0) || (hash != NULL && !parse_hash(hash, &order.hash))) {
        control_reply_error(request, 400, "wrong query; allowed: check=1, hash=16 hex digits, or none");
        return false;
    }
    *ret_order = order;
    return true;
}

void reload_reply(struct control_request *request, const struct reload_order *order, int result,
                  const struct reload_outcome *outcome)
{
    char hash[HASH_LEN];
    if (result < 0) {
        control_reply_error(request, 409, outcome->text);
        return;
    }
    snprintf(hash, sizeof(hash), "%016" PRIx64, outcome->hash);
    control_reply_json(request, 200,
                       order->check
                           ? json_pack("{s:s}", "hash", hash)
                           : json_pack("{s:b, s:s}", "changed", outcome->changed, "text", outcome->text));
}

void reload_reply_settings(struct control_request *request, const struct settings *settings)
{
    char *text = settings_file_show(settings);
    reload_reply_printed(request, text);
    free(text);
}

void reload_reply_printed(struct control_request *request, const char *text)
{
    control_reply_json(request, 200, text != NULL ? json_pack("{s:s}", "text", text) : NULL);
}
