/*
 * Layer: edge
 * Specification: hosts(5)
 */
#include "dns64/edge/local_data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "dns64/edge/line_file.h"
#include "dns64/local/hosts.h"

static const char *what_of(int r)
{
    switch (r) {
    case -ENOSPC: return "too many local names; allowed: 1048576, with their reverse names";
    case -E2BIG: return "too many addresses of one name; allowed: 64 of each family";
    default: return "out of memory";
    }
}

/* On failure *ret_what says what is wrong and what is allowed. */
static int take_line(struct roster *roster, const char *text, size_t len, const char **ret_what)
{
    struct hosts_line line;
    struct name name;
    enum hosts_fault fault = hosts_parse(text, len, &line);
    *ret_what = hosts_text(fault);
    if (fault != HOSTS_OK)
        return fault == HOSTS_BLANK ? 0 : -EINVAL;
    for (bool canonical = true; hosts_next(&line, &name); canonical = false) {
        int r = roster_add(roster, &name, &line.addr, canonical);
        if (r < 0) {
            *ret_what = what_of(r);
            return r;
        }
    }
    return 0;
}

struct reading {
    struct roster *roster;
    const char *path;
    char *error;
};

static int take_file_line(void *context, unsigned number, char *line, size_t len)
{
    struct reading *reading = context;
    const char *what;
    int r = take_line(reading->roster, line, len, &what);
    if (r < 0)
        snprintf(reading->error, SETTINGS_ERROR_LEN, "%s:%u: %s", reading->path, number, what);
    return r;
}

static int read_file(struct roster *roster, const char *path, char error[SETTINGS_ERROR_LEN])
{
    struct reading reading = {roster, path, error};
    return line_file_read(path, "name in dns64.local a file that the user of dns64 may read", take_file_line,
                          &reading, error);
}

/* A path, or what could be a line of such a file. */
static int take_entry(struct roster *roster, const struct settings *settings, const char *text,
                      char error[SETTINGS_ERROR_LEN])
{
    const char *what;
    if (text[0] == '/')
        return read_file(roster, text, error);
    int r = take_line(roster, text, strlen(text), &what);
    if (r < 0)
        snprintf(error, SETTINGS_ERROR_LEN, "%s:0: wrong value \"%.200s\" of dns64.local: %s", settings->file,
                 text, what);
    return r;
}

int local_data_names(const struct settings *settings, const struct settings_line *lines, size_t count,
                     struct roster **ret_roster, char error[SETTINGS_ERROR_LEN])
{
    struct siphash_key secret;
    int r = 0;
    *ret_roster = NULL;
    if (count == 0)
        return 0;
    clock_random(&secret, sizeof(secret));
    struct roster *roster = roster_new(secret);
    if (roster == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count && r == 0; i++)
        r = take_entry(roster, settings, lines[i].text, error);
    if (r < 0)
        roster_free(roster);
    else
        *ret_roster = roster;
    return r;
}

int local_data_zones(const struct settings *settings, const struct settings_view *view,
                     struct zones *ret_zones, char error[SETTINGS_ERROR_LEN])
{
    struct name name;
    *ret_zones = (struct zones){0};
    if (!view->local_zones)
        zones_switch_all_off(ret_zones);
    for (size_t i = 0; i < view->local_zones_off_count; i++) {
        const char *text = view->local_zones_off[i].text;
        if (name_from_text(text, &name) && zones_switch_off(ret_zones, &name) > 0)
            continue;
        snprintf(error, SETTINGS_ERROR_LEN,
                 "%s:%d: wrong value \"%.64s\" of dns64.local-zones-off; allowed: a zone of LOCAL ZONES in "
                 "gate64.conf(5), or a domain above some",
                 settings->file, view->line, text);
        return -EINVAL;
    }
    return 0;
}
