/*
 * Reading the configuration again while the daemon runs: by SIGHUP, or over the control socket, where a
 * client has both daemons check the file first and then apply what they checked.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5
 *
 * POST /v1/reload?check=1 -> 200 {"hash":"16 hex digits"}; 409 {"error":"FILE:LINE: what; allowed"}.
 * POST /v1/reload?hash=H  -> 200 {"changed":bool,"text":"..."}; 409 also when the file is not the checked
 * one any more. POST /v1/reload checks and applies. GET /v1/settings -> 200 {"text":"..."}.
 */
#ifndef GATE64_COMMON_RELOAD_H
#define GATE64_COMMON_RELOAD_H

#include "common/control.h"
#include "common/settings.h"

/* A file that may come into force. */
struct reload {
    struct settings *settings;
    uint64_t hash; /* of the bytes: against a change between check and apply, not against who can write it */
    char *text;    /* the bytes that `settings` was made of, for a process that cannot read the file */
    size_t len;
};

/* Reads current->file once ("": the default path, and the defaults while nothing is there). Refuses what does
 * not parse, a key that needs a restart, and a file that is gone. `other` is the other daemon's group. */
int reload_read(const struct settings *current, const char *other, struct reload *ret_reload,
                char error[SETTINGS_ERROR_LEN]) __attribute__((warn_unused_result));
/* Frees what is there and was not taken (set to NULL). */
void reload_done(struct reload *reload);

/* One line of what is new in `new`, and whether anything is. */
bool reload_describe(const struct settings *old, const struct settings *new, const char *other,
                     char text[SETTINGS_ERROR_LEN]);

/* What a request wants. All zero, as for SIGHUP: check and apply. */
struct reload_order {
    bool check; /* only */
    bool hashed;
    uint64_t hash; /* apply only the file that has it */
};

/* A daemon's side. */
struct reload_target {
    const struct settings *current; /* in force */
    const char *other;
    /* Puts reload->settings into force and takes them; with `check` only says whether it could. On failure
     * nothing has changed and `error` says why. */
    int (*apply)(void *context, struct reload *reload, bool check, char error[SETTINGS_ERROR_LEN]);
    void *context;
};

struct reload_outcome {
    uint64_t hash;
    bool changed;
    char text[SETTINGS_ERROR_LEN]; /* what is new, or why it was refused */
};

/* Reads, compares, checks, applies. */
int reload_run(const struct reload_target *target, const struct reload_order *order,
               struct reload_outcome *ret_outcome);

/* The query of POST /v1/reload. False: it makes no sense and was answered with 400. */
bool reload_parse(struct control_request *request, struct reload_order *ret_order);
/* The answer to what reload_run, or a caller's own way to apply, returned. */
void reload_reply(struct control_request *request, const struct reload_order *order, int result,
                  const struct reload_outcome *outcome);

/* GET /v1/settings: what is in force, as a file; or as one that settings_file_show made (NULL: no memory).
 */
void reload_reply_settings(struct control_request *request, const struct settings *settings);
void reload_reply_printed(struct control_request *request, const char *text);

#endif
