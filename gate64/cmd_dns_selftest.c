/*
 * gate64 dns selftest: asks the running dns64 what RFC 6147 and RFC 8880 are about, as a client would.
 *
 * Layer: edge
 * Specification: RFC 8880 7.1, RFC 7050 3, RFC 6147 5, RFC 6891 6.1.3, RFC 7766 5; man/gate64.1
 */
#include "gate64/cmd_dns.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/pref64.h"
#include "common/sockaddr.h"
#include "gate64/client.h"
#include "gate64/question.h"

enum {
    WAIT_MS = 5000, /* longer than dns64 lets a client wait for its upstreams, mostly */
    MESSAGE_LEN = 65535,
    FRAME = 2, /* RFC 1035 4.2.2 */
    SAYS_LEN = 200,
    PREFIXES_MAX = 64,
    FIRST = 0xc00000aa, /* 192.0.0.170 and .171 (RFC 7050 8) */
    SECOND = 0xc00000ab,
};

static const char zone[] = "ipv4only.arpa";

struct selftest {
    const struct cmd_options *options;
    struct print_table *table; /* NULL: JSON */
    struct addr_endpoint listen[SETTINGS_LISTEN_MAX];
    size_t listen_count;
    struct addr_prefix6 prefixes[PREFIXES_MAX];
    size_t prefixes_count;
    unsigned failed;
    struct question_answer answer;
};

static const struct print_column columns[] = {
    {"CHECK", false}, {"RESULT", false}, {"BY", false}, {"SAYS", false}, {NULL, false}};

/* `says` NULL: it is as it should be; `skipped`: it could not be looked at. */
static void report(struct selftest *test, const char *check, const char *by, const char *says, bool skipped)
{
    const char *result = skipped ? "-" : says == NULL ? "ok" : "FAILED";
    test->failed += !skipped && says != NULL;
    if (test->table == NULL) {
        json_t *record =
            json_pack("{s:s, s:s, s:s, s:s?}", "check", check, "result", result, "by", by, "says", says);
        print_json(test->options->out, record);
        json_decref(record);
        return;
    }
    json_t *record = json_pack("{s:s, s:s}", "check", check, "says", says != NULL ? says : "");
    char(*cells)[PRINT_CELL_LEN] = print_table_row(test->table);
    print_text(cells[0], record, "check");
    snprintf(cells[1], PRINT_CELL_LEN, "%s", result);
    snprintf(cells[2], PRINT_CELL_LEN, "%s", by);
    print_text(cells[3], record, "says");
    json_decref(record);
}

static int connect_to(const struct addr_endpoint *to, int type)
{
    struct sockaddr_storage address;
    socklen_t len = sockaddr_of(to, &address);
    const struct timeval wait = {.tv_sec = WAIT_MS / 1000};
    int fd = socket(to->addr.family, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
        connect(fd, (const struct sockaddr *)&address, len) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

/* So many bytes of a stream; false: they do not come. */
static bool read_all(int fd, uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, bytes, len, 0);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* The answer's bytes; their number, or 0. */
static size_t exchange(int fd, bool tcp, const uint8_t *question, size_t len, uint8_t bytes[MESSAGE_LEN])
{
    uint8_t frame[FRAME + QUESTION_LEN];
    if (!tcp) {
        ssize_t n = send(fd, question, len, MSG_NOSIGNAL) < 0 ? -1 : recv(fd, bytes, MESSAGE_LEN, 0);
        return n > 0 ? (size_t)n : 0;
    }
    bytes_put16(frame, (uint16_t)len);
    memcpy(frame + FRAME, question, len);
    if (send(fd, frame, FRAME + len, MSG_NOSIGNAL) < 0 || !read_all(fd, frame, FRAME))
        return 0;
    size_t size = bytes_get16(frame);
    return read_all(fd, bytes, size) ? size : 0;
}

/* Asks; NULL, or what is wrong. The answer is in test->answer. */
static const char *ask_at(struct selftest *test, const struct addr_endpoint *to, bool tcp,
                          const struct question *question)
{
    static uint8_t bytes[MESSAGE_LEN];
    uint8_t message[QUESTION_LEN];
    uint16_t id;
    clock_random(&id, sizeof(id));
    size_t len = question_build(question, id, message);
    if (len == 0)
        return "this is no domain name";
    int fd = connect_to(to, tcp ? SOCK_STREAM : SOCK_DGRAM);
    if (fd < 0)
        return "nobody listens there";
    size_t got = exchange(fd, tcp, message, len, bytes);
    close(fd);
    if (got == 0)
        return "no answer";
    return question_read(bytes, got, message, len, &test->answer) ? NULL : "the answer is malformed";
}

static const char *ask(struct selftest *test, const char *name, uint16_t type)
{
    const struct question question = {name, type, QUESTION_RD, 0};
    return ask_at(test, &test->listen[0], false, &question);
}

static bool has4(const struct question_answer *answer, uint32_t address)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->records[i].type == QUESTION_A && answer->records[i].data.v4 == address)
            return true;
    return false;
}

static bool has6(const struct question_answer *answer, const struct in6_addr *address)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->records[i].type == QUESTION_AAAA && addr_equal6(&answer->records[i].data.v6, address))
            return true;
    return false;
}

static const char *judge_discovery_a(const struct question_answer *answer)
{
    if (answer->rcode != QUESTION_NOERROR || answer->count != 2 || !has4(answer, FIRST) ||
        !has4(answer, SECOND))
        return "ipv4only.arpa A is not 192.0.0.170 and 192.0.0.171";
    return NULL;
}

static void check_listeners(struct selftest *test)
{
    const struct question question = {zone, QUESTION_A, QUESTION_RD, 0};
    for (size_t i = 0; i < test->listen_count; i++)
        for (int tcp = 0; tcp < 2; tcp++) {
            char check[SAYS_LEN], at[ADDR_TEXT_LEN];
            snprintf(check, sizeof(check), "%s %s", tcp ? "TCP" : "UDP",
                     addr_print_endpoint(&test->listen[i], at));
            const char *wrong = ask_at(test, &test->listen[i], tcp, &question);
            report(test, check, tcp ? "RFC 7766 5" : "RFC 8880 7.1",
                   wrong != NULL ? wrong : judge_discovery_a(&test->answer), false);
        }
}

static const char *judge_prefixes(const struct selftest *test)
{
    static const uint32_t addresses[] = {FIRST, SECOND};
    if (test->answer.rcode != QUESTION_NOERROR || test->answer.count == 0)
        return "there is none: clients find no prefix";
    for (size_t i = 0; i < test->prefixes_count; i++)
        for (size_t k = 0; k < 2; k++) {
            struct in6_addr image = pref64_embed(&test->prefixes[i], addresses[k]);
            if (!has6(&test->answer, &image))
                return "a prefix of the configuration is missing";
        }
    return test->answer.count != 2 * test->prefixes_count ? "there are others than those of the configuration"
                                                          : NULL;
}

static const char *judge_empty(const struct selftest *test)
{
    if (test->answer.rcode != QUESTION_NOERROR || test->answer.count + test->answer.others > 0)
        return "the answer is not empty";
    return test->answer.has_soa ? NULL : "the answer has no SOA record (RFC 2308 3)";
}

static const char *judge_rcode(const struct selftest *test, unsigned rcode, const char *wrong)
{
    return test->answer.rcode == rcode ? NULL : wrong;
}

static void check_discovery(struct selftest *test)
{
    const char *wrong = ask(test, zone, QUESTION_AAAA);
    report(test, "ipv4only.arpa AAAA", "RFC 7050 3", wrong != NULL ? wrong : judge_prefixes(test), false);
    wrong = ask(test, zone, QUESTION_TXT);
    report(test, "ipv4only.arpa TXT", "RFC 8880 7.1", wrong != NULL ? wrong : judge_empty(test), false);
    wrong = ask(test, "selftest.ipv4only.arpa", QUESTION_AAAA);
    report(test, "below ipv4only.arpa", "RFC 8880 7.1",
           wrong != NULL ? wrong : judge_rcode(test, QUESTION_NXDOMAIN, "the name exists"), false);
}

static const char *judge_ptr(const struct selftest *test)
{
    static const uint8_t wanted[] = "\10ipv4only\4arpa";
    for (size_t i = 0; i < test->answer.count; i++)
        if (test->answer.records[i].type == QUESTION_PTR &&
            memcmp(test->answer.records[i].data.name, wanted, sizeof(wanted)) == 0)
            return NULL;
    return "it does not lead to ipv4only.arpa";
}

static void check_reverse(struct selftest *test)
{
    for (size_t i = 0; i < test->prefixes_count; i++) {
        struct in6_addr image = pref64_embed(&test->prefixes[i], FIRST);
        char name[QUESTION_REVERSE_LEN], check[SAYS_LEN], text[ADDR_TEXT_LEN];
        snprintf(check, sizeof(check), "reverse of %s", addr_print6(&image, text));
        question_reverse(&image, name);
        const char *wrong = ask(test, name, QUESTION_PTR);
        report(test, check, "RFC 8880 7.1", wrong != NULL ? wrong : judge_ptr(test), false);
    }
}

/* Whether each AAAA record is the image of one of these A records. */
static const char *judge_images(const struct selftest *test, const struct question_answer *a)
{
    size_t images = 0;
    for (size_t i = 0; i < test->answer.count; i++) {
        uint32_t address;
        bool image = false;
        for (size_t k = 0; k < test->prefixes_count && test->answer.records[i].type == QUESTION_AAAA; k++)
            image |= pref64_extract(&test->prefixes[k], &test->answer.records[i].data.v6, &address) &&
                     has4(a, address);
        if (test->answer.records[i].type == QUESTION_AAAA && !image)
            return "it has IPv6 addresses of its own; name one that has none";
        images += image;
    }
    return images > 0 ? NULL : "no AAAA record was made of its A records; gate64 counters says why (aaaa_)";
}

static void check_synthesis(struct selftest *test, const char *name)
{
    static const char *const checks[] = {"synthesis", "none with CD"};
    static struct question_answer a;
    const struct question disabled = {name, QUESTION_AAAA, QUESTION_RD | QUESTION_CD, 0};
    if (name == NULL) {
        report(test, checks[0], "RFC 6147 5.1", "name one that has A records alone: --name NAME", true);
        return;
    }
    const char *wrong = ask(test, name, QUESTION_A);
    if (wrong == NULL && (test->answer.rcode != QUESTION_NOERROR || test->answer.count == 0))
        wrong = "it has no A records, or no upstream answers";
    a = test->answer;
    if (wrong == NULL)
        wrong = ask(test, name, QUESTION_AAAA);
    report(test, checks[0], "RFC 6147 5.1", wrong != NULL ? wrong : judge_images(test, &a), false);
    wrong = ask_at(test, &test->listen[0], false, &disabled);
    if (wrong == NULL && judge_images(test, &a) == NULL)
        wrong = "records were made for a client that validates";
    report(test, checks[1], "RFC 6147 5.5", wrong, false);
}

/* A name that nobody has: below the one that was named, or of a zone that is always there. */
static void check_denial(struct selftest *test, const char *name)
{
    char absent[QUESTION_NAME_LEN + 32];
    uint32_t random;
    clock_random(&random, sizeof(random));
    snprintf(absent, sizeof(absent), "selftest-%08x.%s", random, name != NULL ? name : "arpa");
    const char *wrong = ask(test, absent, QUESTION_AAAA);
    report(test, "a name that does not exist", "RFC 6147 5.1.2",
           wrong != NULL ? wrong : judge_rcode(test, QUESTION_NXDOMAIN, "its answer is not NXDOMAIN"), false);
}

static void check_edns(struct selftest *test)
{
    const struct question next = {zone, QUESTION_A, QUESTION_RD, 1};
    const struct question none = {zone, QUESTION_A, QUESTION_RD, QUESTION_NO_EDNS};
    const struct question opcode = {zone, QUESTION_A, QUESTION_RD | 0x2000, 0};
    const char *wrong = ask_at(test, &test->listen[0], false, &next);
    if (wrong == NULL && (!test->answer.has_opt || test->answer.opt_version != 0))
        wrong = "the answer does not say that version 0 is spoken";
    report(test, "EDNS of a later version", "RFC 6891 6.1.3",
           wrong != NULL ? wrong : judge_rcode(test, QUESTION_BADVERS, "the answer is not BADVERS"), false);
    wrong = ask_at(test, &test->listen[0], false, &none);
    report(test, "no EDNS", "RFC 6891 7",
           wrong != NULL          ? wrong
           : test->answer.has_opt ? "the answer has EDNS for who does not speak it"
                                  : judge_discovery_a(&test->answer),
           false);
    wrong = ask_at(test, &test->listen[0], false, &opcode);
    report(test, "an opcode that nobody serves", "RFC 1035 4.1.1",
           wrong != NULL ? wrong : judge_rcode(test, QUESTION_NOTIMP, "the answer is not NOTIMP"), false);
}

/* Where a client of this host asks: any address is asked by the loopback one. */
static void take_listen(struct selftest *test, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && test->listen_count < SETTINGS_LISTEN_MAX; i++) {
        struct addr_endpoint *at = &test->listen[test->listen_count];
        const char *text = json_string_value(json_array_get(list, i));
        if (text == NULL || addr_parse_endpoint(text, 0, at) < 0)
            continue;
        if (at->addr.family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&at->addr.v6))
            at->addr.v6 = in6addr_loopback;
        if (at->addr.family == AF_INET && at->addr.v4 == 0)
            at->addr.v4 = INADDR_LOOPBACK;
        test->listen_count++;
    }
}

static void take_prefixes(struct selftest *test, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list) && test->prefixes_count < PREFIXES_MAX; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL && addr_parse_prefix6(text, &test->prefixes[test->prefixes_count]) == 0)
            test->prefixes_count++;
    }
}

static void run(struct selftest *test)
{
    check_listeners(test);
    check_discovery(test);
    check_reverse(test);
    check_synthesis(test, test->options->name);
    check_denial(test, test->options->name);
    check_edns(test);
}

int cmd_dns_selftest(const struct cmd_options *options, const char *operand)
{
    static struct selftest test;
    char error[CLIENT_ERROR_LEN];
    json_t *status = NULL;
    (void)operand;
    test = (struct selftest){.options = options};
    int r = cmd_document(options, cmd_dns64, "/v1/status", &status, error);
    if (r < 0)
        return cmd_failed(options, cmd_dns64, r, error);
    take_listen(&test, json_object_get(status, "listen"));
    take_prefixes(&test, json_object_get(status, "pref64"));
    json_decref(status);
    if (test.listen_count == 0)
        return cmd_failed(options, cmd_dns64, -EPROTO, "it does not say where it listens");
    if (!options->json)
        test.table = print_table_new(options->out, print_wants_colour(options->out), columns);
    run(&test);
    print_table_finish(test.table);
    return test.failed > 0 ? CMD_EXIT_FINDING : CMD_EXIT_GOOD;
}
