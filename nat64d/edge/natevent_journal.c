/*
 * Layer: edge
 * Specification: sd_journal_sendv(3)
 */
#include "nat64d/edge/natevent_journal.h"

#include <errno.h>

#include "config.h"

#ifdef HAVE_SYSTEMD
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

enum {
    FIELDS = 24,     /* more than any line has members */
    FIELD_LEN = 256, /* longer than any member */
    MESSAGE_LEN = 1100,
};

/* GATE64_SRC4_PORT=31337 */
static void set_field(char field[FIELD_LEN], const char *key, const json_t *value)
{
    int len = snprintf(field, FIELD_LEN, "GATE64_%s=", key);
    for (char *at = field; *at != '='; at++)
        *at = (char)toupper((unsigned char)*at);
    if (json_is_string(value))
        snprintf(field + len, (size_t)(FIELD_LEN - len), "%s", json_string_value(value));
    else
        snprintf(field + len, (size_t)(FIELD_LEN - len), "%" PRId64, (int64_t)json_integer_value(value));
}

int natevent_journal_send(const char *line, size_t len)
{
    char message[MESSAGE_LEN], fields[FIELDS][FIELD_LEN];
    static const char *const fixed[] = {"PRIORITY=6", "SYSLOG_IDENTIFIER=nat64d", "GATE64_AREA=events"};
    enum { FIXED = sizeof(fixed) / sizeof(fixed[0]) };
    struct iovec parts[FIELDS + FIXED + 1];
    struct stat about;
    int count = 0;
    /* Without one that listens the library takes everything and does nothing. */
    if (stat("/run/systemd/journal/socket", &about) < 0)
        return -ENOTCONN;
    int message_len = snprintf(message, sizeof(message), "MESSAGE=%.*s", (int)len, line);
    parts[count++] = (struct iovec){message, (size_t)message_len};
    for (unsigned i = 0; i < FIXED; i++)
        parts[count++] = (struct iovec){(char *)fixed[i], strlen(fixed[i])};
    json_t *object = json_loadb(line, len, 0, NULL);
    unsigned used = 0;
    for (void *at = json_object_iter(object); at != NULL && used < FIELDS;
         at = json_object_iter_next(object, at)) {
        char *field = fields[used++];
        set_field(field, json_object_iter_key(at), json_object_iter_value(at));
        parts[count++] = (struct iovec){field, strlen(field)};
    }
    int r = sd_journal_sendv(parts, count);
    json_decref(object);
    return r;
}
#else
int natevent_journal_send(const char *line, size_t len)
{
    (void)line, (void)len;
    return -ENOTSUP;
}
#endif
