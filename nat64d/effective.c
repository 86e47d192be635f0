/*
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#include "nat64d/effective.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/settings_check.h"
#include "common/settings_file.h"
#include "common/settings_uplink.h"

enum {
    POOLS_MAX = 256, /* as many as the schema allows: a session names its pool in a byte */
};

int effective_resolve(struct settings *settings, uint32_t uplink4, char error[SETTINGS_ERROR_LEN])
{
    char what[SETTINGS_ERROR_LEN - SETTINGS_PATH_LEN - 16];
    int line = 0;
    if (settings->pools_count == 0 && settings->eam_count == 0) {
        snprintf(error, SETTINGS_ERROR_LEN,
                 "%s: no pools and no eam; leave pools out to share the address of the uplink, or name IPv4 "
                 "addresses that are routed to this gateway",
                 settings->file);
        return -EINVAL;
    }
    if (!settings_uplink_wanted(settings))
        return 0;
    if (uplink4 == 0) {
        snprintf(
            error, SETTINGS_ERROR_LEN,
            "%s: a pool shares the address of the uplink, and there is no IPv4 default route; add one, or "
            "name the address in pools",
            settings->file[0] != '\0' ? settings->file : "no configuration");
        return -ENOENT;
    }
    settings_uplink_resolve(settings, uplink4);
    int r = settings_check(settings, &line, what, sizeof(what));
    if (r < 0)
        snprintf(error, SETTINGS_ERROR_LEN, "%s:%d: %s", settings->file, line, what);
    return r;
}

uint32_t effective_uplink4(const struct links *links)
{
    for (size_t i = 0; links->uplink4 != 0 && i < links->addresses_count; i++) {
        const struct links_address *own = &links->addresses[i];
        if (own->addr.family == AF_INET && own->ifindex == links->uplink4 && !own->host_scope)
            return own->addr.v4;
    }
    return 0;
}

static bool is_kept(const struct settings_pool *pool, const struct settings *new)
{
    for (size_t i = 0; i < new->pools_count; i++)
        if (addr_overlap4(&pool->address, &new->pools[i].address))
            return true;
    return false;
}

static void print_pool(FILE *out, const struct settings_pool *pool)
{
    char text[ADDR_TEXT_LEN];
    fprintf(out, "{ name = \"%s\"; address = \"%s\"; shared = %s; ports = [", pool->name,
            addr_print_prefix4(&pool->address, text), pool->shared ? "true" : "false");
    for (size_t i = 0; i < pool->ports_count; i++)
        fprintf(out, "%s\"%u-%u\"", i > 0 ? ", " : "", pool->ports[i].first, pool->ports[i].last);
    fputs("]; }", out);
}

char *effective_drains(const struct settings *old, const struct settings *new)
{
    char *text = NULL;
    size_t len;
    unsigned count = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    fputs("pools = (", out);
    for (size_t i = 0; i < old->pools_count; i++) {
        if (is_kept(&old->pools[i], new))
            continue;
        fputs(count++ > 0 ? ", " : " ", out);
        print_pool(out, &old->pools[i]);
    }
    fputs(" );\n", out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

int effective_add_drains(struct settings *settings, const char *text, size_t len)
{
    struct settings *from;
    char error[SETTINGS_ERROR_LEN];
    int r = settings_file_load_text(text, len, "drains", &from, error);
    if (r < 0)
        return r;
    size_t count = from->pools_count;
    if (count > POOLS_MAX - settings->pools_count)
        count = POOLS_MAX - settings->pools_count;
    struct settings_pool *pools =
        realloc(settings->pools, (settings->pools_count + count + 1) * sizeof(*pools));
    if (pools == NULL) {
        settings_file_free(from);
        return -ENOMEM;
    }
    settings->pools = pools;
    for (size_t i = 0; i < count; i++) {
        struct settings_pool *pool = &pools[settings->pools_count++];
        *pool = from->pools[i];
        pool->drain = true;
        from->pools[i].ports = NULL; /* they went along */
        from->pools[i].for6 = NULL;
    }
    settings_file_free(from);
    return 0;
}
