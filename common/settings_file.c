/*
 * Layer: edge
 * Specification: man/gate64.conf.5
 */
#include "common/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/pref64.h"
#include "common/settings_check.h"
#include "common/settings_text.h"
#include "common/settings_value.h"

enum {
    FILE_MAX = 4 << 20, /* a longer configuration is a mistake */
    PATH_LEN = 160,
    ALLOWED_LEN = 256,
    VALUE_LEN = 64,
};

/* One reading: where errors go and what they name. */
struct reader {
    const char *name;
    char *error;
    const config_t *config; /* the file */
};

__attribute__((format(printf, 3, 4))) static int fail(const struct reader *reader, int line,
                                                      const char *format, ...)
{
    va_list arguments;
    int len = snprintf(reader->error, SETTINGS_ERROR_LEN, "%s:%d: ", reader->name, line);
    va_start(arguments, format);
    if (len > 0 && len < SETTINGS_ERROR_LEN)
        vsnprintf(reader->error + len, (size_t)(SETTINGS_ERROR_LEN - len), format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* The part of a path behind its group: "timeouts.udp" has none in "nat64." but "timeouts" has. */
static const char *member_name(const char *path, const char *group)
{
    size_t len = strlen(group);
    if (strncmp(path, group, len) != 0 || path[len] == '\0' || strpbrk(path + len, ".[") != NULL)
        return NULL;
    return path + len;
}

static int unknown_key(const struct reader *reader, const config_setting_t *setting, const char *group)
{
    char names[SETTINGS_ERROR_LEN / 2] = "";
    size_t len = 0;
    for (size_t i = 0; i < settings_schema_count; i++) {
        const char *name = member_name(settings_schema[i].path, group);
        if (name != NULL && len + strlen(name) + 3 < sizeof(names))
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len > 0 ? ", " : "", name);
    }
    return fail(reader, config_setting_source_line(setting), "unknown key %s%s; allowed here: %s", group,
                config_setting_name(setting), names);
}

static int wrong_value(const struct reader *reader, int line, const struct settings_key *key,
                       const config_setting_t *bad)
{
    char allowed[ALLOWED_LEN], value[VALUE_LEN];
    settings_schema_allowed(key, allowed, sizeof(allowed));
    settings_value_quote(bad, value, sizeof(value));
    return fail(reader, line, "wrong value %s of %s; allowed: %s", value, key->path, allowed);
}

static int missing(const struct reader *reader, int line, const struct settings_key *key)
{
    char allowed[ALLOWED_LEN];
    settings_schema_allowed(key, allowed, sizeof(allowed));
    return fail(reader, line, "%s is missing and has no default; allowed: %s", key->path, allowed);
}

static int read_group(const struct reader *reader, config_setting_t *setting, const char *group, void *base);

/* ( { ... }, ... ): an array of structs. The count is kept up so that settings_file_free finds what is there.
 */
static int read_groups(const struct reader *reader, config_setting_t *setting, const struct settings_key *key,
                       void *base)
{
    char group[PATH_LEN];
    const struct settings_element *element = settings_schema_element(key);
    struct settings_value_list *list = (void *)((char *)base + key->offset);
    int line = config_setting_source_line(setting), count = config_setting_length(setting);
    if (!config_setting_is_list(setting) && !(config_setting_is_array(setting) && count == 0))
        return wrong_value(reader, line, key, setting);
    if (count < key->min || count > key->max)
        return fail(reader, line, "%d groups in %s; allowed: %d to %d", count, key->path, (int)key->min,
                    (int)key->max);
    list->items = calloc((size_t)count + 1, element->size);
    if (list->items == NULL)
        return -ENOMEM;
    snprintf(group, sizeof(group), "%s[].", key->path);
    for (int i = 0; i < count; i++) {
        config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
        char *at = (char *)list->items + (size_t)i * element->size;
        int member_line = config_setting_source_line(member);
        list->count = (size_t)i + 1;
        if (!config_setting_is_group(member))
            return wrong_value(reader, member_line, key, member);
        memcpy(at + element->line_offset, &member_line, sizeof(member_line));
        int r = read_group(reader, member, group, at);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_key(const struct reader *reader, config_setting_t *setting, const struct settings_key *key,
                    void *base)
{
    char group[PATH_LEN];
    int line = config_setting_source_line(setting);
    if (key->type == SETTINGS_TYPE_GROUPS)
        return read_groups(reader, setting, key, base);
    if (key->type != SETTINGS_TYPE_GROUP) {
        const config_setting_t *bad;
        int r = settings_value_read(setting, key, base, &bad);
        return r == -EINVAL ? wrong_value(reader, line, key, bad) : r;
    }
    if (!config_setting_is_group(setting))
        return wrong_value(reader, line, key, setting);
    snprintf(group, sizeof(group), "%s.", key->path);
    return read_group(reader, setting, group, base);
}

/* An absent key: its default, read by the same code. */
static int read_fallback(const struct reader *reader, const struct settings_key *key, const char *fallback,
                         void *base)
{
    char text[PATH_LEN];
    config_t config;
    config_init(&config);
    snprintf(text, sizeof(text), "v = %s;", fallback);
    int r = config_read_string(&config, text) ? read_key(reader, config_lookup(&config, "v"), key, base)
                                              : -EINVAL;
    config_destroy(&config);
    return r;
}

/* A view's own value, or what holds outside of the view. */
static int read_absent(const struct reader *reader, const config_setting_t *group,
                       const struct settings_key *key, void *base)
{
    const struct settings_key *outside = settings_schema_inherited(key);
    if (outside == NULL && key->fallback == NULL)
        return missing(reader, config_setting_source_line(group), key);
    if (outside == NULL)
        return read_fallback(reader, key, key->fallback, base);
    config_setting_t *setting = config_lookup(reader->config, outside->path);
    return setting != NULL ? read_key(reader, setting, key, base)
                           : read_fallback(reader, key, outside->fallback, base);
}

static int read_group(const struct reader *reader, config_setting_t *setting, const char *group, void *base)
{
    char path[PATH_LEN];
    for (int i = 0; i < config_setting_length(setting); i++) {
        config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
        snprintf(path, sizeof(path), "%s%s", group, config_setting_name(member));
        if (settings_schema_find(path) == NULL)
            return unknown_key(reader, member, group);
    }
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        const char *name = member_name(key->path, group);
        int r;
        if (name == NULL)
            continue;
        config_setting_t *member = config_setting_get_member(setting, name);
        if (member != NULL)
            r = read_key(reader, member, key, base);
        else
            r = read_absent(reader, setting, key, base);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_text(const struct reader *reader, const char *text, size_t len)
{
    char path[SETTINGS_TEXT_PATH_LEN], allowed[ALLOWED_LEN] = "an integer of 32 bits";
    int line;
    const struct settings_key *key;
    switch (settings_text_check(text, len, &line, path)) {
    case SETTINGS_TEXT_OK: return 0;
    case SETTINGS_TEXT_INCLUDE:
        return fail(reader, line, "@include is not supported; allowed: everything in one file");
    case SETTINGS_TEXT_NUL: return fail(reader, line, "a NUL byte; allowed: text");
    case SETTINGS_TEXT_UNCLOSED:
        return fail(reader, line,
                    "%s is never closed; allowed: what begins here must end before the file does", path);
    case SETTINGS_TEXT_INTEGER:
        key = settings_schema_find(path);
        if (key != NULL)
            settings_schema_allowed(key, allowed, sizeof(allowed));
        return fail(reader, line, "the integer at %s is too large; allowed: %s", path, allowed);
    }
    return 0;
}

/* What libconfig could not read. */
static int wrong_grammar(const struct reader *reader, const config_t *config)
{
    const char *what = config_error_text(config);
    bool twice = strncmp(what, "duplicate", strlen("duplicate")) == 0;
    return fail(reader, config_error_line(config), "%s; allowed: %s", what,
                twice ? "each key once" : "KEY = VALUE; with groups { }, lists ( ) and [ ]");
}

static int read_config(struct reader *reader, const char *text, struct settings *settings)
{
    config_t config;
    config_init(&config);
    reader->config = &config;
    int r;
    if (!config_read_string(&config, text))
        r = wrong_grammar(reader, &config);
    else
        r = read_group(reader, config_root_setting(&config), "", settings);
    config_destroy(&config);
    return r;
}

/* The default depends on another key of the pool. */
static int default_ports(struct settings *settings)
{
    for (size_t i = 0; i < settings->pools_count; i++) {
        struct settings_pool *pool = &settings->pools[i];
        if (pool->ports_count > 0)
            continue;
        free(pool->ports);
        pool->ports = malloc(sizeof(*pool->ports));
        if (pool->ports == NULL)
            return -ENOMEM;
        pool->ports[0] = (struct addr_port_range){
            pool->shared ? SETTINGS_SHARED_FIRST : SETTINGS_ROUTED_FIRST, UINT16_MAX};
        pool->ports_count = 1;
    }
    return 0;
}

int settings_file_load_text(const char *text, size_t len, const char *name, struct settings **ret_settings,
                            char error[SETTINGS_ERROR_LEN])
{
    struct reader reader = {.name = name, .error = error};
    struct settings *settings = calloc(1, sizeof(*settings));
    char *copy = malloc(len + 1), what[SETTINGS_ERROR_LEN / 2];
    int line, r = -ENOMEM;
    error[0] = '\0';
    if (settings == NULL || copy == NULL)
        goto out;
    memcpy(copy, text, len);
    copy[len] = '\0';
    snprintf(settings->file, sizeof(settings->file), "%s", name);
    r = check_text(&reader, copy, len);
    if (r == 0)
        r = read_config(&reader, copy, settings);
    if (r == 0)
        r = default_ports(settings);
    if (r == 0 && settings_check(settings, &line, what, sizeof(what)) < 0)
        r = fail(&reader, line, "%s", what);
    if (r < 0)
        goto out;
    free(copy);
    *ret_settings = settings;
    return 0;
out:
    if (r == -ENOMEM)
        snprintf(error, SETTINGS_ERROR_LEN, "%s:0: out of memory", name);
    free(copy);
    settings_file_free(settings);
    return r;
}

/* The whole file, NUL behind it. */
static int slurp(int fd, char **ret_text, size_t *ret_len)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode) || info.st_size > FILE_MAX)
        return -EFBIG;
    size_t size = (size_t)info.st_size, len = 0;
    char *text = malloc(size + 1);
    if (text == NULL)
        return -ENOMEM;
    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);
        if (n < 0) {
            int r = -errno;
            free(text);
            return r;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_text = text;
    *ret_len = len;
    return 0;
}

const char settings_file_default[] = SYSCONFDIR "/gate64/gate64.conf";

int settings_file_read(const char *path, char **ret_text, size_t *ret_len, char error[SETTINGS_ERROR_LEN])
{
    const char *name = path != NULL ? path : settings_file_default;
    int fd = -ENAMETOOLONG;
    if (strlen(name) < SETTINGS_PATH_LEN) {
        fd = open(name, O_RDONLY | O_CLOEXEC);
        fd = fd < 0 ? -errno : fd;
    }
    if (fd == -ENOENT && path == NULL) {
        *ret_text = NULL;
        *ret_len = 0;
        return 0;
    }
    int r = fd < 0 ? fd : slurp(fd, ret_text, ret_len);
    if (fd >= 0)
        close(fd);
    if (r < 0)
        snprintf(error, SETTINGS_ERROR_LEN, "%s:0: cannot read it: %s; name a readable file with -c", name,
                 strerror(-r));
    return r;
}

int settings_file_load(const char *path, struct settings **ret_settings, char error[SETTINGS_ERROR_LEN])
{
    char *text;
    size_t len;
    int r = settings_file_read(path, &text, &len, error);
    if (r < 0)
        return r;
    const char *name = path != NULL ? path : text != NULL ? settings_file_default : "";
    r = settings_file_load_text(text != NULL ? text : "", len, name, ret_settings, error);
    free(text);
    return r;
}

int settings_file_line(const char *text, size_t len, const char *path)
{
    config_t config;
    int line = 0;
    char *copy = strndup(text, len);
    config_init(&config);
    if (copy != NULL && config_read_string(&config, copy)) {
        const config_setting_t *setting = config_lookup(&config, path);
        line = setting != NULL ? config_setting_source_line(setting) : 0;
    }
    config_destroy(&config);
    free(copy);
    return line;
}

static void free_pref64(struct settings_pref64 *pref64, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pref64[i].allow4);
        free(pref64[i].for4);
    }
    free(pref64);
}

static void free_forward(struct settings_forward *forward, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(forward[i].upstream);
    free(forward);
}

static void free_dns64(struct settings_dns64 *dns64)
{
    for (size_t i = 0; i < dns64->views_count; i++) {
        struct settings_view *view = &dns64->views[i];
        free(view->clients);
        free_pref64(view->pref64, view->pref64_count);
        free(view->upstream);
        free_forward(view->forward, view->forward_count);
        free(view->local);
        free(view->local_zones_off);
        free(view->exclude_aaaa);
        free(view->never);
        free(view->always);
        free(view->hide_a);
    }
    free(dns64->views);
    free(dns64->listen);
    free(dns64->allow);
    free(dns64->upstream);
    free_forward(dns64->forward, dns64->forward_count);
    free(dns64->local);
    free(dns64->local_zones_off);
    free(dns64->exclude_aaaa);
    free(dns64->never);
    free(dns64->uncut);
    free(dns64->always);
    free(dns64->hide_a);
}

void settings_file_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    free_pref64(settings->pref64, settings->pref64_count);
    for (size_t i = 0; i < settings->pools_count; i++) {
        free(settings->pools[i].ports);
        free(settings->pools[i].for6);
    }
    for (size_t i = 0; i < settings->statics_count; i++)
        free(settings->statics[i].from);
    free(settings->backends);
    free(settings->deny4);
    free(settings->pools);
    free(settings->statics);
    free(settings->eam);
    free(settings->nat64.translation.icmp_source4);
    free_dns64(&settings->dns64);
    free(settings);
}
