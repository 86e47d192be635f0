/*
 * Layer: edge
 * Specification: syslog(3) priorities; sd_journal_send(3)
 */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"

#ifdef HAVE_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

enum {
    LINE_LEN = 1024,
    ESCAPE_LEN = 4, /* \\xHH */
};

static const char *program_name = "gate64";
static _Atomic enum log_level wanted = LOG_LEVEL_INFO;
static bool to_journal;

#ifdef HAVE_SYSTEMD
/* Priorities of syslog(3). */
static const int priorities[] = {
    [LOG_LEVEL_ERROR] = 3,
    [LOG_LEVEL_WARNING] = 4,
    [LOG_LEVEL_INFO] = 6,
    [LOG_LEVEL_DEBUG] = 7,
};
#endif

static const char *const words[] = {
    [LOG_LEVEL_ERROR] = "error: ",
    [LOG_LEVEL_WARNING] = "warning: ",
    [LOG_LEVEL_INFO] = "",
    [LOG_LEVEL_DEBUG] = "",
};

static bool journal_listens(void)
{
#ifdef HAVE_SYSTEMD
    return access("/run/systemd/journal/socket", W_OK) == 0;
#else
    return false;
#endif
}

void log_open(const char *program, enum log_level level, enum log_sink sink)
{
    program_name = program;
    wanted = level;
    to_journal = sink == LOG_SINK_JOURNAL && journal_listens();
}

void log_set_level(enum log_level level)
{
    wanted = level;
}

bool log_wants(enum log_level level)
{
    return level <= wanted;
}

/* Nothing from outside may move a terminal's cursor or begin a line of its own: control characters stand as
 * \xHH. */
static void escape(const char *text, char *out, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const char *last = out + size - ESCAPE_LEN - 1; /* room for one more and the NUL */
    for (; *text != '\0' && out <= last; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != 0x7f) {
            *out++ = *text;
            continue;
        }
        *out++ = '\\';
        *out++ = 'x';
        *out++ = hex[c >> 4];
        *out++ = hex[c & 0xf];
    }
    *out = '\0';
}

void log_line(enum log_level level, const char *area, const char *format, ...)
{
    char raw[LINE_LEN], text[LINE_LEN];
    va_list arguments;
    if (!log_wants(level))
        return;
    va_start(arguments, format);
    vsnprintf(raw, sizeof(raw), format, arguments);
    va_end(arguments);
    escape(raw, text, sizeof(text));
#ifdef HAVE_SYSTEMD
    if (to_journal) {
        sd_journal_send("MESSAGE=%s: %s", area, text, "PRIORITY=%i", priorities[level],
                        "SYSLOG_IDENTIFIER=%s", program_name, "GATE64_AREA=%s", area, NULL);
        return;
    }
#endif
    fprintf(stderr, "%s: %s%s: %s\n", program_name, words[level], area, text);
}
