/*
 * gate64 upgrade: nat64d goes over to the program that is installed now, and keeps its sessions.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include "gate64/cmd.h"

#include <errno.h>
#include <time.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "gate64/client.h"
#include "gate64/text.h"

enum {
    WAIT_S = 15, /* for the new program to answer */
    POLL_MS = 100,
};

/* What /v1/status says of the program that answers. */
struct running {
    int64_t started_utc_ms;
    char version[PRINT_CELL_LEN];
};

static int ask_running(const struct cmd_options *options, struct running *ret_running, char *error)
{
    json_t *document = NULL;
    int r = cmd_document(options, cmd_nat64d, "/v1/status", &document, error);
    if (r < 0)
        return r;
    const json_t *started = json_object_get(document, "started_utc_ms");
    if (json_is_integer(started)) {
        ret_running->started_utc_ms = json_integer_value(started);
        print_text(ret_running->version, document, "version");
    } else {
        snprintf(error, CLIENT_ERROR_LEN, "its status does not say when it started");
        r = -EPROTO;
    }
    json_decref(document);
    return r;
}

/* Until a program that started at another time answers; while one goes and the other comes, nobody may. */
static int wait_for_other(const struct cmd_options *options, const struct running *old,
                          struct running *ret_new, char *error)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * (long)NS_PER_MS};
    uint64_t until = clock_now_ns() + WAIT_S * NS_PER_S;
    snprintf(error, CLIENT_ERROR_LEN, "the old program still answers");
    do {
        struct running now;
        int r = ask_running(options, &now, error);
        if (r == 0 && now.started_utc_ms != old->started_utc_ms) {
            *ret_new = now;
            return 0;
        }
        nanosleep(&pause, NULL);
    } while (clock_now_ns() < until);
    return -ETIMEDOUT;
}

static void show(const struct cmd_options *options, const struct running *old, const struct running *new,
                 const json_t *document)
{
    char text[CLIENT_ERROR_LEN];
    const char *said = json_string_value(json_object_get(document, "text"));
    text_clean(said != NULL ? said : "-", text, sizeof(text));
    if (options->json) {
        json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "program", cmd_nat64d, "old_version", old->version,
                                 "new_version", new->version, "text", text);
        print_json(options->out, line);
        json_decref(line);
        return;
    }
    cmd_show_name(options, cmd_nat64d);
    fprintf(options->out, "%s\n", text);
    cmd_show_name(options, cmd_nat64d);
    fprintf(options->out, "was version %s, is version %s\n", old->version, new->version);
}

int cmd_upgrade(const struct cmd_options *options)
{
    char error[CLIENT_ERROR_LEN];
    struct running old, new;
    json_t *document = NULL;
    int r = ask_running(options, &old, error);
    if (r == 0)
        r = cmd_action(options, cmd_nat64d, "/v1/upgrade", &document, error);
    if (r < 0)
        return cmd_failed(options, cmd_nat64d, r, error);
    r = wait_for_other(options, &old, &new, error);
    if (r == 0)
        show(options, &old, &new, document);
    else
        fprintf(options->err,
                "gate64: nat64d has not come back within %d s (%s); see its log and gate64 status nat64d\n",
                WAIT_S, error);
    json_decref(document);
    return r == 0 ? CMD_EXIT_GOOD : CMD_EXIT_FINDING;
}
