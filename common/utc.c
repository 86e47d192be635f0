/*
 * Layer: pure
 * Specification: RFC 3339 5.6
 */
#include "common/utc.h"

#include <errno.h>
#include <stdbool.h>

#include "common/time_units.h"

#define NS_PER_DAY (86400 * NS_PER_S)

enum {
    S_PER_MINUTE = 60,
    S_PER_HOUR = 3600,
    S_PER_DAY = 86400,
    DAYS_PER_ERA = 146097,  /* of 400 years */
    DAYS_TO_EPOCH = 719468, /* from 0000-03-01, where an era begins, to 1970-01-01 */
    LAST_YEAR = 2262,       /* that nanoseconds in 64 bits, with a sign, can say */
};

struct date {
    unsigned year, month, day;
};

/* Years that begin in March: the day that comes and goes is the last. */
static struct date date_of(unsigned days)
{
    unsigned from_era = days + DAYS_TO_EPOCH;
    unsigned era = from_era / DAYS_PER_ERA, day = from_era % DAYS_PER_ERA;
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153;
    return (struct date){
        .year = era * 400 + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day - (153 * month + 2) / 5 + 1,
    };
}

static unsigned days_of(struct date date)
{
    unsigned year = date.year - (date.month <= 2), era = year / 400;
    unsigned month = date.month > 2 ? date.month - 3 : date.month + 9;
    unsigned of_year = (153 * month + 2) / 5 + date.day - 1;
    year %= 400;
    return era * DAYS_PER_ERA + year * 365 + year / 4 - year / 100 + of_year - DAYS_TO_EPOCH;
}

static char *put(char *at, unsigned value, unsigned digits, char behind)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    at[digits] = behind;
    return at + digits + 1;
}

char *utc_print(uint64_t utc_ns, char buffer[UTC_TEXT_LEN])
{
    unsigned of_day = (unsigned)(utc_ns / NS_PER_S % S_PER_DAY);
    struct date date = date_of((unsigned)(utc_ns / NS_PER_DAY));
    char *at = put(buffer, date.year, 4, '-');
    at = put(at, date.month, 2, '-');
    at = put(at, date.day, 2, 'T');
    at = put(at, of_day / S_PER_HOUR, 2, ':');
    at = put(at, of_day / S_PER_MINUTE % 60, 2, ':');
    at = put(at, of_day % S_PER_MINUTE, 2, '.');
    at = put(at, (unsigned)(utc_ns % NS_PER_S / NS_PER_MS), 3, 'Z');
    *at = '\0';
    return buffer;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* So many digits, of at least `min` and at most `max`. */
static bool take(const char **at, unsigned digits, unsigned min, unsigned max, unsigned *ret_value)
{
    unsigned value = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (!is_digit(**at))
            return false;
        value = value * 10 + (unsigned)(*(*at)++ - '0');
    }
    *ret_value = value;
    return value >= min && value <= max;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **at, uint64_t *ret_ns)
{
    struct date date;
    if (!take(at, 4, 1970, LAST_YEAR - 1, &date.year) || !take_char(at, '-') ||
        !take(at, 2, 1, 12, &date.month) || !take_char(at, '-') ||
        !take(at, 2, 1, days_in(date.year, date.month), &date.day))
        return false;
    *ret_ns = days_of(date) * NS_PER_DAY;
    return true;
}

/* Behind the dot; more digits than nanoseconds have are looked at and left. */
static bool take_fraction(const char **at, uint64_t *ns, uint64_t *span_ns)
{
    uint64_t unit = NS_PER_S;
    if (!is_digit(**at))
        return false;
    for (; is_digit(**at); ++*at) {
        unit /= 10;
        *ns += unit * (uint64_t)(**at - '0');
        *span_ns = unit > 0 ? unit : 1;
    }
    return true;
}

static bool take_time(const char **at, uint64_t *ns, uint64_t *span_ns)
{
    unsigned hours, minutes, seconds;
    if (!take(at, 2, 0, 23, &hours) || !take_char(at, ':') || !take(at, 2, 0, 59, &minutes))
        return false;
    *ns += ((uint64_t)hours * S_PER_HOUR + (uint64_t)minutes * S_PER_MINUTE) * NS_PER_S;
    *span_ns = S_PER_MINUTE * NS_PER_S;
    if (!take_char(at, ':'))
        return true;
    if (!take(at, 2, 0, 60, &seconds)) /* 60: a leap second */
        return false;
    *ns += seconds * NS_PER_S;
    *span_ns = NS_PER_S;
    return !take_char(at, '.') || take_fraction(at, ns, span_ns);
}

/* Z, +HH:MM, -HH:MM, without the colon, or nothing. */
static bool take_zone(const char **at, uint64_t *ns)
{
    unsigned hours, minutes;
    char sign = **at;
    if (sign == '\0' || take_char(at, 'Z') || take_char(at, 'z'))
        return true;
    if (sign != '+' && sign != '-')
        return false;
    ++*at;
    if (!take(at, 2, 0, 23, &hours))
        return false;
    take_char(at, ':');
    if (!take(at, 2, 0, 59, &minutes))
        return false;
    uint64_t offset_ns = ((uint64_t)hours * S_PER_HOUR + (uint64_t)minutes * S_PER_MINUTE) * NS_PER_S;
    if (sign == '+' && offset_ns > *ns)
        return false;
    *ns += sign == '+' ? -offset_ns : offset_ns;
    return true;
}

int utc_parse(const char *text, uint64_t *ret_utc_ns, uint64_t *ret_span_ns)
{
    const char *at = text;
    uint64_t ns, span_ns = NS_PER_DAY;
    if (!take_date(&at, &ns))
        return -EINVAL;
    if ((take_char(&at, 'T') || take_char(&at, 't') || take_char(&at, ' ')) &&
        (!take_time(&at, &ns, &span_ns) || !take_zone(&at, &ns)))
        return -EINVAL;
    if (*at != '\0')
        return -EINVAL;
    *ret_utc_ns = ns;
    *ret_span_ns = span_ns;
    return 0;
}
