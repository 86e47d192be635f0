/*
 * Layer: edge
 * Specification: hosts(5)
 */
#include "dns64/edge/local_data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "dns64/local/hosts.h"

enum {
    FILE_MAX = 64 << 20, /* bytes; a longer one is a mistake */
};

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

static int take_file(struct roster *roster, FILE *in, const char *path, char error[SETTINGS_ERROR_LEN])
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    unsigned number = 0;
    const char *what = "cannot be read to its end; allowed: a file on a disk that is well";
    int r = 0;
    while (r == 0 && (len = getline(&text, &room, in)) >= 0) {
        number++;
        r = take_line(roster, text, (size_t)len - (text[len - 1] == '\n'), &what);
    }
    free(text);
    if (r == 0 && ferror(in))
        r = -EIO;
    if (r < 0)
        snprintf(error, SETTINGS_ERROR_LEN, "%s:%u: %s", path, number, what);
    return r;
}

static int read_file(struct roster *roster, const char *path, char error[SETTINGS_ERROR_LEN])
{
    struct stat info;
    FILE *in = fopen(path, "re");
    int r = in == NULL || fstat(fileno(in), &info) < 0 ? -errno : 0;
    if (r == 0 && (!S_ISREG(info.st_mode) || info.st_size > FILE_MAX))
        r = -EFBIG;
    if (r < 0)
        snprintf(error, SETTINGS_ERROR_LEN,
                 "%s:0: cannot read it: %s; allowed in dns64.local: files of at most 64 MiB that the user of "
                 "dns64 may read",
                 path, strerror(-r));
    else
        r = take_file(roster, in, path, error);
    if (in != NULL)
        fclose(in);
    return r;
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

static int load_names(const struct settings *settings, struct roster **ret_roster,
                      char error[SETTINGS_ERROR_LEN])
{
    struct siphash_key secret;
    int r = 0;
    clock_random(&secret, sizeof(secret));
    struct roster *roster = roster_new(secret);
    if (roster == NULL) {
        snprintf(error, SETTINGS_ERROR_LEN, "out of memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < settings->dns64.local_count && r == 0; i++)
        r = take_entry(roster, settings, settings->dns64.local[i].text, error);
    if (r < 0)
        roster_free(roster);
    else
        *ret_roster = roster;
    return r;
}

static int load_zones(const struct settings *settings, struct zones *ret_zones,
                      char error[SETTINGS_ERROR_LEN])
{
    const struct settings_dns64 *dns64 = &settings->dns64;
    struct name name;
    *ret_zones = (struct zones){0};
    if (!dns64->local_zones)
        zones_switch_all_off(ret_zones);
    for (size_t i = 0; i < dns64->local_zones_off_count; i++) {
        const char *text = dns64->local_zones_off[i].text;
        if (name_from_text(text, &name) && zones_switch_off(ret_zones, &name) > 0)
            continue;
        snprintf(error, SETTINGS_ERROR_LEN,
                 "%s:0: wrong value \"%.64s\" of dns64.local-zones-off; allowed: a zone of LOCAL ZONES in "
                 "gate64.conf(5), or a domain above some",
                 settings->file, text);
        return -EINVAL;
    }
    return 0;
}

int local_data_load(const struct settings *settings, struct roster **ret_roster, struct zones *ret_zones,
                    char error[SETTINGS_ERROR_LEN])
{
    struct roster *roster = NULL;
    int r = load_zones(settings, ret_zones, error);
    if (r == 0 && settings->dns64.local_count > 0)
        r = load_names(settings, &roster, error);
    if (r == 0)
        *ret_roster = roster;
    return r;
}
