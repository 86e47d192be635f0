/*
 * The table of keys: path, type, range, default, what is allowed, why it is so.
 *
 * Layer: pure
 * Specification: man/gate64.conf.5 (one entry a key)
 *
 * A key stands here with the code that obeys it, and nowhere else is a default or a range written: the
 * reader, `-T` and the generated tests of bad files all walk this table. Lists of groups (pref64, pools,
 * static) have their member keys as rows too, under `pools[].address`.
 */
#ifndef GATE64_COMMON_SETTINGS_SCHEMA_H
#define GATE64_COMMON_SETTINGS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settings_type {
    SETTINGS_TYPE_INT,
    SETTINGS_TYPE_POWER, /* 0, or a power of two in the range */
    SETTINGS_TYPE_BOOL,
    SETTINGS_TYPE_WORD,    /* one of `words` */
    SETTINGS_TYPE_TEXT,    /* free text of at most `max` bytes */
    SETTINGS_TYPE_DOMAIN,  /* a domain name */
    SETTINGS_TYPE_SECRET,  /* "", or `max` hexadecimal digits */
    SETTINGS_TYPE_SHARE,   /* a number, or "N%" */
    SETTINGS_TYPE_SIZE,    /* bytes as "NK", "NM" or "NG" */
    SETTINGS_TYPE_ROOM,    /* the same, or "0" for none */
    SETTINGS_TYPE_POOL4,   /* an IPv4 prefix, or "uplink" */
    SETTINGS_TYPE_PREFIX4, /* ADDRESS/LEN or ADDRESS */
    SETTINGS_TYPE_PREFIX6,
    SETTINGS_TYPE_PREF64, /* RFC 6052 prefix */
    SETTINGS_TYPE_SPAN4,  /* ADDRESS#PORT, ADDRESS#FIRST-LAST or ADDRESS */
    SETTINGS_TYPE_SPAN6,
    SETTINGS_TYPE_PREFIXES, /* lists of texts */
    SETTINGS_TYPE_PREFIXES4,
    SETTINGS_TYPE_PREFIXES6,
    SETTINGS_TYPE_ENDPOINTS,
    SETTINGS_TYPE_UPSTREAMS, /* ADDRESS#PORT, or tls://ADDRESS#PORT/WHO */
    SETTINGS_TYPE_PORT_RANGES,
    SETTINGS_TYPE_TEXTS,  /* free texts: struct settings_line */
    SETTINGS_TYPE_GROUP,  /* { ... } */
    SETTINGS_TYPE_GROUPS, /* ( { ... }, ... ) */
};

struct settings_key {
    const char *path; /* "nat64.timeouts.udp", "pools[].ports" */
    enum settings_type type;
    size_t offset;            /* into struct settings, or into the element of the list of groups */
    int64_t min, max;         /* INT, POWER, SIZE, ROOM: the range; TEXT: max bytes */
    const char *fallback;     /* the default as it would stand in the file; NULL: the key is required */
    const char *const *words; /* WORD: NULL-terminated, in enum order */
    bool restart;             /* needs a restart to change (what `reload` refuses) */
    const char *reason;       /* one line: what it is for, and the source of its range */
};

extern const struct settings_key settings_schema[];
extern const size_t settings_schema_count;

const struct settings_key *settings_schema_find(const char *path);

/* The key outside of all views whose value a view has that does not name this one; NULL: another kind of key.
 */
const struct settings_key *settings_schema_inherited(const struct settings_key *key);

/* What a list of groups is made of. */
struct settings_element {
    const char *path; /* of the list */
    size_t size;
    size_t line_offset; /* of the int that holds the line of the element in the file */
};

/* NULL for a key that is no list of groups. */
const struct settings_element *settings_schema_element(const struct settings_key *key);

/* "an integer from 120 to 86400", "one of \"compute\", \"drop\"": the second half of an error line. */
void settings_schema_allowed(const struct settings_key *key, char *buffer, size_t size);

#endif
