/*
 * Layer: edge
 * Specification: man/gate64.conf.5 (dns64.views), RFC 6147 5.2
 */
#include "dns64/rules_view.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pref64.h"
#include "common/settings_views.h"
#include "dns64/edge/list_file.h"

/* Of policies made since the start. */
static atomic_uint generations;

struct settings_view rules_view_outside(const struct settings *settings)
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    return (struct settings_view){
        .dns64 = true,
        .pref64 = settings->pref64,
        .pref64_count = settings->pref64_count,
        .upstream = dns64->upstream,
        .upstream_count = dns64->upstream_count,
        .forward = dns64->forward,
        .forward_count = dns64->forward_count,
        .exclude_aaaa = dns64->exclude_aaaa,
        .exclude_aaaa_count = dns64->exclude_aaaa_count,
        .on_aaaa_failure = dns64->on_aaaa_failure,
        .aaaa_wait_ms = dns64->aaaa_wait_ms,
        .never = dns64->never,
        .never_count = dns64->never_count,
        .always = dns64->always,
        .always_count = dns64->always_count,
        .hide_a = dns64->hide_a,
        .hide_a_count = dns64->hide_a_count,
        .signed_for_do = dns64->signed_for_do,
    };
}

static bool same_entries(const struct rules_list *list, const struct settings_line *entries, size_t count)
{
    if (list->count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list->entries[i].text, entries[i].text) != 0)
            return false;
    return true;
}

static int fill(struct list *list, const struct settings_line *entries, size_t count,
                char error[SETTINGS_ERROR_LEN])
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        const char *file = settings_views_file(&entries[i]);
        r = file != NULL ? list_file_read(file, list, error) : list_add(list, entries[i].text);
    }
    return r;
}

static int find_list(struct rules_lists *lists, const struct settings_line *entries, size_t count,
                     const struct list **ret_list, char error[SETTINGS_ERROR_LEN])
{
    struct siphash_key secret;
    *ret_list = NULL;
    if (count == 0)
        return 0;
    for (size_t i = 0; i < lists->count; i++)
        if (same_entries(&lists->items[i], entries, count)) {
            *ret_list = lists->items[i].list;
            return 0;
        }
    struct rules_list *items = realloc(lists->items, (lists->count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    lists->items = items;
    clock_random(&secret, sizeof(secret));
    struct list *list = list_new(secret);
    if (list == NULL)
        return -ENOMEM;
    items[lists->count++] = (struct rules_list){entries, count, list};
    *ret_list = list;
    return fill(list, entries, count, error);
}

static int make_pref64(const struct settings *settings, const struct settings_view *from,
                       struct rules_view *view)
{
    view->pref64 = calloc(from->pref64_count + 1, sizeof(*view->pref64));
    if (view->pref64 == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < from->pref64_count; i++) {
        const struct settings_pref64 *at = &from->pref64[i];
        view->pref64[i] =
            (struct synthesize_pref64){at->prefix,     at->allow4,      at->allow4_count,     at->for4,
                                       at->for4_count, settings->deny4, settings->deny4_count};
    }
    return 0;
}

int rules_view_make(const struct settings *settings, const struct settings_view *from,
                    struct rules_lists *lists, struct rules_view *view, char error[SETTINGS_ERROR_LEN])
{
    struct query_policy *policy = &view->policy;
    policy->view = from->name;
    policy->plain = !from->dns64;
    policy->refuse = from->refuse;
    policy->filter.excluded = from->exclude_aaaa;
    policy->filter.excluded_count = from->exclude_aaaa_count;
    policy->signed_for_do = from->signed_for_do;
    policy->on_aaaa_failure = from->on_aaaa_failure;
    policy->aaaa_wait_ms = (uint32_t)from->aaaa_wait_ms;
    policy->route = &view->route;
    policy->pref64_count = from->pref64_count;
    policy->generation = atomic_fetch_add(&generations, 1);
    int r = make_pref64(settings, from, view);
    if (r == 0)
        r = find_list(lists, from->never, from->never_count, &policy->never, error);
    if (r == 0)
        r = find_list(lists, from->always, from->always_count, &policy->always, error);
    if (r == 0)
        r = find_list(lists, from->hide_a, from->hide_a_count, &policy->hide_a, error);
    policy->pref64 = view->pref64;
    return r;
}

void rules_view_done(struct rules_view *view)
{
    free(view->pref64);
    free(view->forwards);
}

void rules_lists_done(struct rules_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++)
        list_free(lists->items[i].list);
    free(lists->items);
}

/* Each prefix once. */
static void add_images(const struct settings_pref64 *pref64, size_t pref64_count, struct addr_prefix6 *images,
                       size_t *count)
{
    for (size_t i = 0; i < pref64_count; i++) {
        const struct addr_prefix6 *own = &pref64[i].prefix;
        size_t k = 0;
        while (k < *count && (images[k].len != own->len || !addr_equal6(&images[k].address, &own->address)))
            k++;
        if (k == *count)
            images[(*count)++] = *own;
    }
}

struct addr_prefix6 *rules_view_images(const struct settings *settings, size_t *ret_count)
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    size_t count = settings->pref64_count + 1;
    for (size_t i = 0; i < dns64->views_count; i++)
        count += dns64->views[i].pref64_count;
    struct addr_prefix6 *images = calloc(count, sizeof(*images));
    if (images == NULL)
        return NULL;
    images[0] = pref64_well_known;
    *ret_count = 1;
    add_images(settings->pref64, settings->pref64_count, images, ret_count);
    for (size_t i = 0; i < dns64->views_count; i++)
        add_images(dns64->views[i].pref64, dns64->views[i].pref64_count, images, ret_count);
    return images;
}
