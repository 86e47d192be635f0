/*
 * gate64 reload: the configuration anew, in both daemons or in neither.
 *
 * Layer: edge
 * Specification: man/gate64.1
 *
 * Each daemon first checks the file and names it by its hash; only if none refuses are they told to apply
 * just that file. A file that is written meanwhile has another hash, and is refused.
 */
#include "gate64/cmd.h"

#include <errno.h>
#include <string.h>

#include "gate64/client.h"
#include "gate64/text.h"

enum {
    DAEMONS = 2,
    CHECKS = 2, /* the file may be written while it is checked, but not for ever */
    HASH_LEN = 16,
    TARGET_LEN = 64,
};

struct side {
    const char *program;
    bool asked;
    bool running;
    char hash[HASH_LEN + 1];
    char error[CLIENT_ERROR_LEN];
};

static int take_hash(struct side *side, const json_t *document)
{
    const char *hash = json_string_value(json_object_get(document, "hash"));
    if (hash == NULL || strlen(hash) != HASH_LEN || strspn(hash, "0123456789abcdefABCDEF") != HASH_LEN) {
        snprintf(side->error, sizeof(side->error), "the answer to the check has no hash of the file");
        return -EPROTO;
    }
    memcpy(side->hash, hash, HASH_LEN + 1);
    return 0;
}

static int check(const struct cmd_options *options, struct side *side)
{
    json_t *document = NULL;
    int r = cmd_action(options, side->program, "/v1/reload?check=1", &document, side->error);
    side->running = r != -ENOTCONN;
    if (r == 0)
        r = take_hash(side, document);
    json_decref(document);
    return r;
}

/* CMD_EXIT_GOOD: those that run find the file good. A line that both say is told once. */
static int check_all(const struct cmd_options *options, struct side *sides)
{
    int status = CMD_EXIT_NOT_RUNNING;
    const char *told = "";
    for (int i = 0; i < DAEMONS; i++) {
        if (!sides[i].asked)
            continue;
        int r = check(options, &sides[i]);
        if (r == -ENOTCONN)
            continue;
        if (r < 0 && strcmp(sides[i].error, told) != 0)
            cmd_failed(options, sides[i].program, r, told = sides[i].error);
        status = cmd_combine(status, r < 0 ? CMD_EXIT_FINDING : CMD_EXIT_GOOD);
    }
    return status;
}

static bool same_hash(const struct side *sides)
{
    return !sides[0].running || !sides[1].running || strcmp(sides[0].hash, sides[1].hash) == 0;
}

static void show_applied(const struct cmd_options *options, const char *program, json_t *document)
{
    char text[CLIENT_ERROR_LEN];
    const char *said = json_string_value(json_object_get(document, "text"));
    if (options->json) {
        json_object_set_new(document, "program", json_string(program));
        json_object_set_new(document, "running", json_true());
        print_json(options->out, document);
        return;
    }
    cmd_show_name(options, program);
    fprintf(options->out, "%s\n", text_clean(said != NULL ? said : "-", text, sizeof(text)));
}

/* What a failed second half leaves: said plainly, since each daemon may now have another configuration. */
static void tell_failure(const struct cmd_options *options, const struct side *side, const char *before,
                         int r)
{
    bool certain = r == -EREMOTEIO || r == -ENOTCONN || r == -EACCES;
    fprintf(options->err, "gate64: %s: %s\n", side->program, side->error);
    if (!certain)
        fprintf(options->err, "gate64: it is not known whether %s has taken the new configuration\n",
                side->program);
    if (before != NULL)
        fprintf(options->err,
                "gate64: %s has the new configuration, %s %s; mend the cause and run gate64 reload again\n",
                before, side->program, certain ? "has not" : "may not have");
    else if (certain)
        fputs("gate64: nothing was changed\n", options->err);
}

static int apply_all(const struct cmd_options *options, struct side *sides)
{
    const char *before = NULL; /* the daemon that has applied it already */
    for (int i = 0; i < DAEMONS; i++) {
        char target[TARGET_LEN];
        json_t *document = NULL;
        if (!sides[i].asked)
            continue;
        if (!sides[i].running) {
            cmd_show_not_running(options, sides[i].program);
            continue;
        }
        snprintf(target, sizeof(target), "/v1/reload?hash=%s", sides[i].hash);
        int r = cmd_action(options, sides[i].program, target, &document, sides[i].error);
        if (r < 0) {
            tell_failure(options, &sides[i], before, r);
            return CMD_EXIT_FINDING;
        }
        show_applied(options, sides[i].program, document);
        json_decref(document);
        before = sides[i].program;
    }
    return CMD_EXIT_GOOD;
}

int cmd_reload(const struct cmd_options *options)
{
    struct side sides[DAEMONS] = {{.program = cmd_nat64d}, {.program = cmd_dns64}};
    int status = cmd_programs(options, &sides[0].asked, &sides[1].asked);
    if (status != CMD_EXIT_GOOD)
        return status;
    for (int i = 0; i < CHECKS; i++) {
        status = check_all(options, sides);
        if (status == CMD_EXIT_FINDING)
            fputs("gate64: nothing was changed\n", options->err);
        if (status == CMD_EXIT_FINDING)
            return status;
        if (status == CMD_EXIT_GOOD && same_hash(sides))
            return apply_all(options, sides);
        if (status == CMD_EXIT_NOT_RUNNING)
            break;
    }
    if (status == CMD_EXIT_GOOD) {
        fputs("gate64: the file changed while it was checked; run gate64 reload again when it is written\n"
              "gate64: nothing was changed\n",
              options->err);
        return CMD_EXIT_FINDING;
    }
    for (int i = 0; i < DAEMONS; i++)
        if (sides[i].asked)
            cmd_failed(options, sides[i].program, -ENOTCONN, sides[i].error);
    return status;
}
