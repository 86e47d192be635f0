/*
 * Layer: edge
 * Specification: man/gate64.1; POSIX.1-2017 XCU 2.2 (quoting)
 */
#include "gate64/check.h"

#include <stdarg.h>
#include <string.h>

#include "gate64/sockets.h"
#include "gate64/text.h"

/* Names of programs and devices come from outside: nothing of them steers a terminal. */
static json_t *clean_text(const char *format, va_list arguments)
{
    char text[CHECK_TEXT_LEN], cleaned[CHECK_TEXT_LEN];
    vsnprintf(text, sizeof(text), format, arguments);
    return json_string(text_clean(text, cleaned, sizeof(cleaned)));
}

void check_finding(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    json_array_append_new(check->findings, json_pack("{s:s, s:o, s:[]}", "probe", check->probe, "finding",
                                                     clean_text(format, arguments), "commands"));
    va_end(arguments);
}

void check_command(struct check *check, const char *format, ...)
{
    char command[CHECK_TEXT_LEN];
    va_list arguments;
    const json_t *finding = json_array_get(check->findings, json_array_size(check->findings) - 1);
    va_start(arguments, format);
    int len = vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    bool printable = true;
    for (const char *at = command; *at != '\0'; at++)
        printable &= (unsigned char)*at >= ' ' && *at != '\177';
    /* Half a command is worse than none, and one that steers the terminal, too. */
    if (len < (int)sizeof(command) && printable)
        json_array_append_new(json_object_get(finding, "commands"), json_string(command));
}

void check_command_sysctl(struct check *check, const char *path, const char *value)
{
    char name[CHECK_TEXT_LEN / 2], quoted[CHECK_TEXT_LEN];
    snprintf(name, sizeof(name), "net/%s", path);
    /* sysctl(8) takes both forms; with dots it is the known one, but a device may have dots in its name. */
    if (strchr(name, '.') == NULL)
        for (char *at = name; *at != '\0'; at++)
            *at = *at == '/' ? '.' : *at;
    check_command(check, "sysctl -w %s=%s", check_quote(name, quoted, sizeof(quoted)), value);
}

void check_command_end(struct check *check, pid_t pid)
{
    char unit[CHECK_TEXT_LEN / 4], quoted[CHECK_TEXT_LEN];
    if (sockets_find_unit(pid, unit, sizeof(unit)))
        check_command(check, "systemctl disable --now %s", check_quote(unit, quoted, sizeof(quoted)));
    else
        check_command(check, "kill %d", (int)pid);
}

void check_failed(struct check *check, const char *format, ...)
{
    va_list arguments;
    fprintf(check->err, "gate64: check: %s: ", check->probe);
    va_start(arguments, format);
    vfprintf(check->err, format, arguments);
    va_end(arguments);
    fputc('\n', check->err);
    check->failed = true;
}

char *check_quote(const char *text, char *buffer, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
    size_t len = 0;
    if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        snprintf(buffer, size, "%s", text);
        return buffer;
    }
    buffer[len++] = '\'';
    for (; *text != '\0' && len + 6 < size; text++) {
        if (*text == '\'') {
            memcpy(buffer + len, "'\\'", 3);
            len += 3;
        }
        buffer[len++] = *text;
    }
    buffer[len++] = '\'';
    buffer[len] = '\0';
    return buffer;
}

bool check_pool_address(const struct check *check, const struct settings_pool *pool,
                        struct addr_prefix4 *ret_address)
{
    if (pool->address.len != SETTINGS_UPLINK) {
        *ret_address = pool->address;
        return true;
    }
    for (size_t i = 0; check->links->uplink4 != 0 && i < check->links->addresses_count; i++) {
        const struct links_address *own = &check->links->addresses[i];
        if (own->addr.family == AF_INET && own->ifindex == check->links->uplink4 && !own->host_scope &&
            !own->link_local) {
            *ret_address = (struct addr_prefix4){own->addr.v4, 32};
            return true;
        }
    }
    return false;
}
