/*
 * Layer: pure
 * Specification: man/gate64.conf.5
 */
#include "common/settings_views.h"

#include <string.h>

#include "common/settings_upstream.h"

static const char file_scheme[] = "file:";

const char *settings_views_file(const struct settings_line *entry)
{
    size_t len = strlen(file_scheme);
    return strncmp(entry->text, file_scheme, len) == 0 ? entry->text + len : NULL;
}

/* Whether access/list takes it. */
static bool is_entry(const char *text)
{
    if (strcmp(text, ".") == 0)
        return true;
    if (text[0] == '=')
        text++;
    else if (strncmp(text, "*.", 2) == 0)
        text += 2;
    return settings_domain_is_one(text);
}

static const char *check_list(const struct settings_line *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *file = settings_views_file(&list[i]);
        if (file != NULL && file[0] != '/')
            return "never, always, hide-a, nxdomain-uncut: file: without an absolute path; allowed: "
                   "\"file:/PATH\"";
        if (file == NULL && !is_entry(list[i].text))
            return "never, always, hide-a, nxdomain-uncut: no domain; allowed: \"example.com\", "
                   "\"*.example.com\", "
                   "\"=example.com\", \".\" for all, \"file:/PATH\"";
    }
    return NULL;
}

static bool share_clients(const struct settings_view *a, const struct settings_view *b)
{
    for (size_t i = 0; i < a->clients_count; i++)
        for (size_t k = 0; k < b->clients_count; k++)
            if (addr_equal_prefix(&a->clients[i], &b->clients[k]))
                return true;
    return false;
}

static const char *check_view(const struct settings_dns64 *dns64, size_t at)
{
    const struct settings_view *view = &dns64->views[at];
    const char *what = check_list(view->never, view->never_count);
    if (what == NULL)
        what = check_list(view->always, view->always_count);
    if (what == NULL)
        what = check_list(view->hide_a, view->hide_a_count);
    if (what == NULL && view->clients_count == 0)
        what = "dns64.views: no clients; allowed: at least one prefix";
    for (size_t i = 0; what == NULL && i < at; i++)
        if (share_clients(view, &dns64->views[i]))
            what = "dns64.views: clients are those of another view; allowed: each prefix once, also within "
                   "longer ones";
    return what;
}

const char *settings_views_check(const struct settings_dns64 *dns64, int *ret_line)
{
    *ret_line = 0;
    const char *what = check_list(dns64->never, dns64->never_count);
    if (what == NULL)
        what = check_list(dns64->always, dns64->always_count);
    if (what == NULL)
        what = check_list(dns64->hide_a, dns64->hide_a_count);
    if (what == NULL)
        what = check_list(dns64->uncut, dns64->uncut_count);
    for (size_t i = 0; what == NULL && i < dns64->views_count; i++) {
        *ret_line = dns64->views[i].line;
        what = check_view(dns64, i);
    }
    return what;
}
