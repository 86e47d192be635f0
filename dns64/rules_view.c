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
#include "dns64/edge/local_data.h"

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
        .local = dns64->local,
        .local_count = dns64->local_count,
        .local_zones = dns64->local_zones,
        .local_zones_off = dns64->local_zones_off,
        .local_zones_off_count = dns64->local_zones_off_count,
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

/* What stands there already of equal entries; NULL: nothing. */
static const struct rules_list *find_made(const struct rules_lists *lists, bool names,
                                          const struct settings_line *entries, size_t count)
{
    for (size_t k = 0; k < lists->count; k++) {
        const struct rules_list *made = &lists->items[k];
        bool same = made->count == count && (made->roster != NULL) == names;
        for (size_t i = 0; same && i < count; i++)
            same = strcmp(made->entries[i].text, entries[i].text) == 0;
        if (same)
            return made;
    }
    return NULL;
}

/* With a copy of the entries, which outlives the settings that they stand in. */
static int keep_made(struct rules_lists *lists, const struct settings_line *entries,
                     const struct rules_list *made)
{
    struct rules_list *items = realloc(lists->items, (lists->count + 1) * sizeof(*items));
    if (items == NULL)
        return -ENOMEM;
    lists->items = items;
    items[lists->count] = *made;
    items[lists->count].entries = malloc(made->count * sizeof(*entries));
    if (items[lists->count].entries == NULL)
        return -ENOMEM;
    memcpy(items[lists->count++].entries, entries, made->count * sizeof(*entries));
    return 0;
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
    const struct rules_list *found = find_made(lists, false, entries, count);
    struct siphash_key secret;
    *ret_list = found != NULL ? found->list : NULL;
    if (count == 0 || found != NULL)
        return 0;
    clock_random(&secret, sizeof(secret));
    struct rules_list made = {.count = count, .list = list_new(secret)};
    int r = made.list != NULL ? fill(made.list, entries, count, error) : -ENOMEM;
    if (r == 0)
        r = keep_made(lists, entries, &made);
    if (r < 0)
        list_free(made.list);
    else
        *ret_list = made.list;
    return r;
}

static int find_roster(struct rules_lists *lists, const struct settings *settings,
                       const struct settings_view *from, const struct roster **ret_roster,
                       char error[SETTINGS_ERROR_LEN])
{
    const struct rules_list *found = find_made(lists, true, from->local, from->local_count);
    *ret_roster = found != NULL ? found->roster : NULL;
    if (from->local_count == 0 || found != NULL)
        return 0;
    struct rules_list made = {.count = from->local_count};
    int r = local_data_names(settings, from->local, from->local_count, &made.roster, error);
    if (r == 0)
        r = keep_made(lists, from->local, &made);
    if (r < 0)
        roster_free(made.roster);
    else
        *ret_roster = made.roster;
    return r;
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
    view->refuse = from->refuse;
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
        r = find_list(lists, settings->dns64.uncut, settings->dns64.uncut_count, &policy->uncut, error);
    if (r == 0)
        r = find_list(lists, from->always, from->always_count, &policy->always, error);
    if (r == 0)
        r = find_list(lists, from->hide_a, from->hide_a_count, &policy->hide_a, error);
    if (r == 0)
        r = find_roster(lists, settings, from, &policy->roster, error);
    if (r == 0)
        r = local_data_zones(settings, from, &policy->zones, error);
    policy->pref64 = view->pref64;
    return r;
}

void rules_view_done(struct rules_view *view)
{
    free(view->pref64);
    free(view->forwards);
}

struct rules_lists *rules_lists_new(void)
{
    struct rules_lists *lists = calloc(1, sizeof(*lists));
    if (lists != NULL)
        lists->holders = 1;
    return lists;
}

struct rules_lists *rules_lists_hold(struct rules_lists *lists)
{
    atomic_fetch_add(&lists->holders, 1);
    return lists;
}

void rules_lists_release(struct rules_lists *lists)
{
    if (lists == NULL || atomic_fetch_sub(&lists->holders, 1) > 1)
        return;
    for (size_t i = 0; i < lists->count; i++) {
        free(lists->items[i].entries);
        list_free(lists->items[i].list);
        roster_free(lists->items[i].roster);
    }
    free(lists->items);
    free(lists);
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
