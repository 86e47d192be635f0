/*
 * What the subcommands share: options, exit statuses, how a daemon is asked and a list is shown.
 *
 * Layer: edge
 * Specification: man/gate64.1
 *
 * A subcommand is one file cmd_<name>.c with one function cmd_<name> and one row in main.c.
 */
#ifndef GATE64_GATE64_CMD_H
#define GATE64_GATE64_CMD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/settings.h"
#include "gate64/print.h"

enum cmd_exit {
    CMD_EXIT_GOOD = 0,
    CMD_EXIT_FINDING = 1, /* or a refusal */
    CMD_EXIT_USAGE = 2,
    CMD_EXIT_NOT_RUNNING = 3,
};

struct cmd_options {
    const char *file; /* -c; NULL: the default one */
    const char *state_dir;
    const struct settings
        *settings; /* of the file, for subcommands that need more of it than the state-dir */
    bool json;
    bool all;                 /* --all */
    bool below;               /* --below */
    bool reset;               /* --reset */
    const char *name;         /* --name, NULL: none */
    const char *client;       /* --client, NULL: this host */
    const char *backend;      /* --backend, NULL: any */
    const char *address;      /* --address, NULL: any */
    const char *protocol;     /* --protocol, NULL: any */
    int64_t limit;            /* --limit; -1: none */
    int64_t count;            /* --count; 0: as many as usual */
    int64_t seconds;          /* --for; 0: as long as usual */
    const char *at;           /* --at, NULL: now */
    const char *const *files; /* --file, each */
    size_t files_count;
    char *const *operands; /* what stands behind the subcommand */
    int operands_count;
    FILE *out, *err;
};

extern const char cmd_nat64d[];
extern const char cmd_dns64[];

int cmd_status(const struct cmd_options *options);
int cmd_sessions(const struct cmd_options *options);
int cmd_bindings(const struct cmd_options *options);
int cmd_mtu(const struct cmd_options *options);
int cmd_pool(const struct cmd_options *options);
int cmd_counters(const struct cmd_options *options);
int cmd_check(const struct cmd_options *options);
int cmd_reload(const struct cmd_options *options);
int cmd_upgrade(const struct cmd_options *options);
int cmd_who(const struct cmd_options *options);
int cmd_dns(const struct cmd_options *options);
int cmd_down(const struct cmd_options *options);
int cmd_trace(const struct cmd_options *options);
int cmd_names(const struct cmd_options *options);

/* Which daemons the operands name; none: both. CMD_EXIT_USAGE, told, if one is no daemon. */
int cmd_programs(const struct cmd_options *options, bool *ret_nat64d, bool *ret_dns64);

/* The exit status for two daemons: a finding counts first, and one that runs is enough. */
int cmd_combine(int a, int b);

/* One document of a daemon; 0 or what client_document says. */
int cmd_document(const struct cmd_options *options, const char *program, const char *target,
                 json_t **ret_document, char *error) __attribute__((warn_unused_result));

/* Has a daemon do something; 0 or what client_action says. */
int cmd_action(const struct cmd_options *options, const char *program, const char *target,
               json_t **ret_document, char *error) __attribute__((warn_unused_result));

/* Each record of a daemon's list; 0 or what client_list says. */
int cmd_records(const struct cmd_options *options, const char *program, const char *target,
                int (*take)(void *context, json_t *record), void *context, char *error)
    __attribute__((warn_unused_result));

/* A list that is shown as a table, or as JSON lines. */
struct cmd_list {
    const struct cmd_options *options;
    const struct print_column *columns;
    void (*fill)(json_t *record, char (*cells)[PRINT_CELL_LEN]);
    bool (*wants)(const struct cmd_options *options, const json_t *record); /* NULL: every record */
    struct print_table *table;
    int64_t left;        /* records until --limit; -1: no limit */
    bool shown;          /* a record has been */
    const char *program; /* that is asked now; added to each record when `name_program` */
    bool name_program;
};

int cmd_list_begin(struct cmd_list *list) __attribute__((warn_unused_result));
/* Asks one daemon; 0 or what client_list says. */
int cmd_list_add(struct cmd_list *list, const char *program, const char *target, char *error)
    __attribute__((warn_unused_result));
/* A record (lent) of a list that does not come from a control socket; false when no more are wanted. */
bool cmd_list_show(struct cmd_list *list, json_t *record);
/* `failed` and no record: not even the header is shown. */
void cmd_list_end(struct cmd_list *list, bool failed);

/* The whole of a subcommand that shows one list of nat64d. `path` gets the filters as its query. */
int cmd_list_run(struct cmd_list *list, const char *path);

/* Tells why a daemon could not be asked, and how to start it if it does not run; returns the exit status. */
int cmd_failed(const struct cmd_options *options, const char *program, int r, const char *error);

/* That a daemon does not run, among what is told of others; with the command that starts it. */
void cmd_show_not_running(const struct cmd_options *options, const char *program);

/* The name of a daemon at the beginning of a line, and blanks up to where the text begins. */
void cmd_show_name(const struct cmd_options *options, const char *program);

/* "systemctl start nat64d", or "nat64d -c FILE -f" where systemd does not run. */
void cmd_start_line(const struct cmd_options *options, const char *program, char *buffer, size_t size);

#endif
