/*
 * Layer: edge
 * Specification: man/gate64.1 (dns lookup)
 */
#include "dns64/control_local.h"

#include <stdlib.h>

#include "dns64/control_record.h"
#include "dns64/wire/type.h"

/* A query of nobody, so that what is shown is what is answered. */
struct probe {
    struct counters counters;
    struct query query;
    uint8_t out[MESSAGE_MAX];
    struct message answer;
};

static bool ask(struct probe *probe, const struct query_policy *policy, const struct name *name,
                uint16_t type)
{
    static const struct query_client nobody = {.allowed = true};
    uint8_t question[MESSAGE_HEADER + NAME_MAX_LEN + 2 * sizeof(uint16_t)];
    struct message_writer writer;
    size_t len = 0;
    /* RD is 0 and nothing is kept: only what is known here is answered. */
    message_begin(&writer, question, sizeof(question), 0, 0, name, type, MESSAGE_CLASS_IN);
    unsigned actions = query_begin(&probe->query, policy, &probe->counters, NULL, 0, question,
                                   message_end(&writer), &nobody, probe->out, &len);
    query_done(&probe->query);
    return actions == QUERY_DO_SEND && message_parse(probe->out, len, &probe->answer) == MESSAGE_OK &&
           message_rcode(&probe->answer) != MESSAGE_REFUSED;
}

/* For how long clients may keep it. */
static uint32_t ttl_of(const struct message *message)
{
    struct message_walk walk;
    struct message_record record;
    message_walk_init(&walk, message);
    return message_walk_next(&walk, &record) ? record.ttl : 0;
}

static json_t *tell(const struct probe *probe, const char *type)
{
    const struct message *answer = &probe->answer;
    return json_pack("{s:s, s:s, s:i, s:I, s:i, s:I, s:o}", "kind", "local", "type", type, "class",
                     MESSAGE_CLASS_IN, "left_s", (json_int_t)ttl_of(answer), "rcode",
                     (int)message_rcode(answer), "bytes", (json_int_t)answer->len, "answer",
                     control_record_answers(answer));
}

void control_local_look(const struct query_policy *policy, const struct name *name, json_t *records)
{
    static const uint16_t types[] = {MESSAGE_TYPE_A, MESSAGE_TYPE_AAAA, MESSAGE_TYPE_PTR, MESSAGE_TYPE_NS};
    char type[TYPE_TEXT_LEN];
    bool denied = false;
    struct probe *probe = calloc(1, sizeof(*probe));
    for (size_t i = 0; probe != NULL && !denied && i < sizeof(types) / sizeof(types[0]); i++) {
        if (!ask(probe, policy, name, types[i]))
            continue;
        denied =
            message_rcode(&probe->answer) == MESSAGE_NXDOMAIN && probe->answer.counts[MESSAGE_ANSWER] == 0;
        if (denied || probe->answer.counts[MESSAGE_ANSWER] > 0)
            json_array_append_new(records, tell(probe, denied ? "-" : type_text(types[i], type)));
    }
    free(probe);
}
