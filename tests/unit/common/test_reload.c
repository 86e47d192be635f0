/*
 * What may change while a daemon runs: for each key of the schema two files that differ in that key alone,
 * and a file that comes, goes and changes.
 *
 * Layer: test
 * Specification: man/gate64.conf.5
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/reload.h"
#include "common/settings_file.h"

enum { VARIANTS = 3, PATH_LEN = 100, ANSWER_LEN = 16 * 1024 };

static const char *const values[][VARIANTS] = {
    [SETTINGS_TYPE_BOOL] = {"false", "true", "true"},
    [SETTINGS_TYPE_TEXT] = {"\"/a\"", "\"/b\"", "\"/ab\""},
    [SETTINGS_TYPE_SECRET] = {"\"e5e973e5a6b2a43f48e7dc849e37bfcf\"", "\"\"",
                              "\"DD3bdf9344b678b185a6f5cb60fca715\""},
    [SETTINGS_TYPE_POWER] = {"0", "64", "128"},
    [SETTINGS_TYPE_SHARE] = {"\"10%\"", "\"11%\"", "10"},
    [SETTINGS_TYPE_ROOM] = {"\"0\"", "\"1M\"", "\"1025K\""},
    [SETTINGS_TYPE_SIZE] = {"\"1M\"", "\"1025K\"", "\"3G\""},
    [SETTINGS_TYPE_POOL4] = {"\"192.0.2.1\"", "\"192.0.2.2\"", "\"192.0.2.3\""},
    [SETTINGS_TYPE_PREFIX4] = {"\"198.51.100.0/28\"", "\"198.51.100.16/28\"", "\"198.51.100.0/27\""},
    [SETTINGS_TYPE_PREFIX6] = {"\"2001:db8:5::/64\"", "\"2001:db8:6::/64\"", "\"2001:db8:5::/65\""},
    [SETTINGS_TYPE_PREF64] = {"\"64:ff9b::/96\"", "\"2001:db8:64::/96\"", "\"2001:db8:64::/64\""},
    [SETTINGS_TYPE_SPAN4] = {"\"192.0.2.1#80\"", "\"192.0.2.1#81\"", "\"192.0.2.1#8080\""},
    [SETTINGS_TYPE_SPAN6] = {"\"2001:db8::1#80\"", "\"2001:db8::2#80\"", "\"2001:db8::1#81\""},
    [SETTINGS_TYPE_PREFIXES] = {"[\"192.0.2.0/24\"]", "[\"2001:db8::/32\"]",
                                "[\"192.0.2.0/24\", \"2001:db8::/32\"]"},
    [SETTINGS_TYPE_PREFIXES4] = {"[\"192.0.2.0/24\"]", "[\"192.0.2.0/25\"]",
                                 "[\"192.0.2.0/24\", \"198.51.100.0/24\"]"},
    [SETTINGS_TYPE_PREFIXES6] = {"[\"2001:db8::/32\"]", "[\"2001:db8::/30\"]", "[]"},
    [SETTINGS_TYPE_ENDPOINTS] = {"[\"192.0.2.1#53\"]", "[\"192.0.2.1#54\"]",
                                 "[\"192.0.2.1#53\", \"2001:db8::53\"]"},
    [SETTINGS_TYPE_TEXTS] = {"[\"10.in-addr.arpa\"]", "[\"test\"]", "[\"10.in-addr.arpa\", \"test\"]"},
    [SETTINGS_TYPE_UPSTREAMS] = {"[\"192.0.2.1#53\"]", "[\"tls://192.0.2.1#853/dns.example\"]",
                                 "[\"192.0.2.1#53\", \"2001:db8::53\"]"},
    [SETTINGS_TYPE_DOMAIN] = {"\"corp.example\"", "\"lab.example\"", "\"a.corp.example\""},
    [SETTINGS_TYPE_PORT_RANGES] = {"[\"1024-2047\"]", "[\"1024-2048\"]", "[\"1024-2047\", \"4096-4096\"]"},
};

static void put_value(FILE *out, const struct settings_key *key, unsigned variant)
{
    const char *dot = strrchr(key->path, '.');
    fprintf(out, "%s = ", dot != NULL ? dot + 1 : key->path);
    if (key->type == SETTINGS_TYPE_INT)
        fprintf(out, "%lld;\n", (long long)key->min + variant);
    else if (key->type == SETTINGS_TYPE_WORD)
        fprintf(out, "\"%s\";\n", key->words[variant > 0]);
    else
        fprintf(out, "%s;\n", values[key->type][variant]);
}

static bool is_member(const char *path, const char *list)
{
    size_t len = strlen(list);
    return strncmp(path, list, len) == 0 && strncmp(path + len, "[].", 3) == 0;
}

static bool is_own_member(const char *path, const char *list)
{
    return is_member(path, list) && strchr(path + strlen(list) + strlen("[]."), '[') == NULL;
}

static void put_list(FILE *out, const char *list, const struct settings_key *odd, unsigned variant)
{
    const char *dot = strrchr(list, '.');
    fprintf(out, "%s = ( {\n", dot != NULL ? dot + 1 : list);
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (!is_own_member(key->path, list))
            continue;
        if (key->type == SETTINGS_TYPE_GROUPS)
            put_list(out, key->path, odd, variant);
        else
            put_value(out, key, key == odd ? variant : 0);
    }
    fputs("} );\n", out);
}

static unsigned depth_of(const char *path)
{
    unsigned depth = 0;
    for (; *path != '\0'; path++)
        depth += *path == '.';
    return depth;
}

/* All keys at their first value, `odd` at another one. A static binding needs its address to be a pool's. */
static char *make_file(const struct settings_key *odd, unsigned variant)
{
    char *text;
    size_t len;
    unsigned depth = 0;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (strstr(key->path, "[]") != NULL)
            continue;
        for (; depth > depth_of(key->path); depth--)
            fputs("};\n", out);
        if (key->type == SETTINGS_TYPE_GROUP) {
            const char *dot = strrchr(key->path, '.');
            fprintf(out, "%s: {\n", dot != NULL ? dot + 1 : key->path);
            depth++;
        } else if (key->type != SETTINGS_TYPE_GROUPS) {
            put_value(out, key, key == odd ? variant : 0);
        } else if (strcmp(key->path, "static") != 0 || is_member(odd->path, key->path)) {
            put_list(out, key->path, odd, variant);
        }
    }
    for (; depth > 0; depth--)
        fputs("};\n", out);
    fclose(out);
    return text;
}

static struct settings *load(const char *text)
{
    struct settings *settings = NULL;
    char error[SETTINGS_ERROR_LEN];
    int r = settings_file_load_text(text, strlen(text), "test.conf", &settings, error);
    if (r < 0)
        print_message("%s\nin %s\n", error, text);
    assert_int_equal(r, 0);
    return settings;
}

static const struct settings_key *list_of(const struct settings_key *member)
{
    for (size_t i = 0; i < settings_schema_count; i++)
        if (is_member(member->path, settings_schema[i].path))
            return &settings_schema[i];
    return member;
}

static void check_key(const struct settings_key *key, const struct settings *old, const struct settings *new)
{
    const struct settings_key *told = list_of(key);
    char text[SETTINGS_ERROR_LEN];
    const char *restart = settings_file_needs_restart(old, new, "");
    for (size_t i = 0; i < settings_schema_count; i++)
        assert_int_equal(settings_file_differs(&settings_schema[i], old, new), &settings_schema[i] == told);
    if (told->restart)
        assert_ptr_equal(restart, told->path);
    else
        assert_null(restart);
    assert_true(reload_describe(old, new, "", text));
    assert_non_null(strstr(text, told->path));
    if (strchr(key->path, '.') != NULL && told == key) {
        char group[32];
        snprintf(group, sizeof(group), "%.*s", (int)strcspn(key->path, "."), key->path);
        assert_null(settings_file_needs_restart(old, new, group));
        assert_false(reload_describe(old, new, group, text));
    }
}

TEST(every_key_is_seen_to_change)
{
    for (size_t i = 0; i < settings_schema_count; i++) {
        const struct settings_key *key = &settings_schema[i];
        if (key->type == SETTINGS_TYPE_GROUP || key->type == SETTINGS_TYPE_GROUPS)
            continue;
        char *text = make_file(key, 0);
        struct settings *old = load(text), *same = load(text);
        assert_null(settings_file_needs_restart(old, same, ""));
        for (unsigned variant = 1; variant < VARIANTS; variant++) {
            char *other = make_file(key, variant);
            struct settings *new = load(other);
            check_key(key, old, new);
            check_key(key, new, old);
            free(other);
            settings_file_free(new);
        }
        free(text);
        settings_file_free(old);
        settings_file_free(same);
    }
}

/* A list of groups is compared as a whole, so the flag is its own. */
TEST(members_of_lists_leave_the_flag_to_the_list)
{
    for (size_t i = 0; i < settings_schema_count; i++)
        if (strstr(settings_schema[i].path, "[]") != NULL || settings_schema[i].type == SETTINGS_TYPE_GROUP)
            assert_false(settings_schema[i].restart);
}

TEST(one_group_more_or_less_is_a_change)
{
    struct settings *one = load("pools = ( { address = \"192.0.2.1\"; } );");
    struct settings *two = load("pools = ( { address = \"192.0.2.1\"; }, { address = \"192.0.2.2\"; } );");
    struct settings *none = load("pools = ();");
    const struct settings_key *pools = settings_schema_find("pools");
    assert_true(settings_file_differs(pools, one, two));
    assert_true(settings_file_differs(pools, one, none));
    assert_false(settings_file_differs(pools, one, one));
    settings_file_free(one);
    settings_file_free(two);
    settings_file_free(none);
}

static char folder[PATH_LEN / 2], path[PATH_LEN];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/gate64-reload-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/gate64.conf", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static struct settings *start(const char *text)
{
    struct settings *settings;
    char error[SETTINGS_ERROR_LEN];
    write_file(text);
    assert_int_equal(settings_file_load(path, &settings, error), 0);
    return settings;
}

static void reload_refused(const struct settings *current, int line, const char *fragment)
{
    struct reload reload;
    char error[SETTINGS_ERROR_LEN] = "", place[PATH_LEN + 16];
    snprintf(place, sizeof(place), "%s:%d: ", path, line);
    assert_true(reload_read(current, "nat64", &reload, error) < 0);
    assert_memory_equal(error, place, strlen(place));
    assert_non_null(strstr(error, fragment));
}

TEST(a_file_is_read_once_and_whole)
{
    static const char first[] = "dns64: { aaaa-wait-ms = 100; };\n";
    struct settings *current = start(first);
    struct reload reload, again;
    char error[SETTINGS_ERROR_LEN];
    assert_int_equal(reload_read(current, "nat64", &reload, error), 0);
    assert_int_equal(reload.len, strlen(first));
    assert_memory_equal(reload.text, first, reload.len);
    assert_string_equal(reload.settings->file, path);
    assert_int_equal(reload.settings->dns64.aaaa_wait_ms, 100);
    assert_int_equal(reload_read(current, "nat64", &again, error), 0);
    assert_true(reload.hash == again.hash);
    reload_done(&again);
    write_file("dns64: { aaaa-wait-ms = 101; };\n");
    assert_int_equal(reload_read(current, "nat64", &again, error), 0);
    assert_true(reload.hash != again.hash);
    reload_done(&again);
    reload_done(&reload);
    reload_done(&reload);
    settings_file_free(current);
}

TEST(a_key_that_needs_a_restart_and_one_of_the_other_daemon)
{
    struct settings *current = start("dns64: { workers = 2; };\n");
    struct reload reload;
    char error[SETTINGS_ERROR_LEN];
    write_file("\ndns64: {\n workers = 3;\n};\n");
    reload_refused(current, 3, "dns64.workers cannot change without a restart");
    write_file("\n");
    reload_refused(current, 0, "dns64.workers cannot change without a restart");
    write_file("dns64: { workers = 2; };\nstate-dir = \"/x\";\n");
    reload_refused(current, 2, "state-dir cannot change without a restart");
    write_file("dns64: { workers = 2; };\nnat64: { workers = 7; tun = \"b\"; };\n");
    assert_int_equal(reload_read(current, "nat64", &reload, error), 0);
    reload_done(&reload);
    settings_file_free(current);
}

TEST(a_file_that_is_wrong_or_gone)
{
    struct settings *current = start("");
    write_file("\n\nunheard = 1;\n");
    reload_refused(current, 3, "unknown key");
    assert_int_equal(unlink(path), 0);
    reload_refused(current, 0, "gone since the start");
    write_file("");
    settings_file_free(current);
}

/* Without a file at the start, the default one counts as soon as it is there; here it is not. */
TEST(no_file_at_the_start)
{
    struct settings *current, *appeared = load("deny-ipv4 = [\"192.0.2.0/24\"];");
    struct reload reload;
    char error[SETTINGS_ERROR_LEN], text[SETTINGS_ERROR_LEN];
    if (access(settings_file_default, F_OK) == 0) {
        settings_file_free(appeared);
        skip();
    }
    assert_int_equal(settings_file_load(NULL, &current, error), 0);
    assert_int_equal(reload_read(current, "nat64", &reload, error), 0);
    assert_false(reload_describe(current, reload.settings, "nat64", text));
    assert_non_null(strstr(text, "nothing changed"));
    assert_true(reload_describe(current, appeared, "nat64", text));
    assert_string_equal(text, "test.conf is there now: changed deny-ipv4");
    reload_done(&reload);
    settings_file_free(appeared);
    settings_file_free(current);
}

struct daemon {
    struct settings *settings;
    int applied, checked;
    bool unwilling;
};

static int apply(void *context, struct reload *reload, bool check, char error[SETTINGS_ERROR_LEN])
{
    struct daemon *daemon = context;
    if (daemon->unwilling) {
        strcpy(error, "no");
        return -EBUSY;
    }
    if (check) {
        daemon->checked++;
        return 0;
    }
    daemon->applied++;
    settings_file_free(daemon->settings);
    daemon->settings = reload->settings;
    reload->settings = NULL;
    return 0;
}

static int run(struct daemon *daemon, const struct reload_order *order, struct reload_outcome *outcome)
{
    const struct reload_target target = {daemon->settings, "nat64", apply, daemon};
    return reload_run(&target, order, outcome);
}

TEST(check_then_apply_what_was_checked)
{
    struct daemon daemon = {.settings = start("")};
    struct reload_outcome outcome;
    const struct reload_order check = {.check = true}, plain = {0};
    write_file("deny-ipv4 = [\"192.0.2.0/24\"];");
    assert_int_equal(run(&daemon, &check, &outcome), 0);
    assert_int_equal(daemon.checked, 1);
    const struct reload_order checked = {.hashed = true, .hash = outcome.hash};
    write_file("deny-ipv4 = [\"192.0.2.0/25\"];");
    assert_int_equal(run(&daemon, &checked, &outcome), -ESTALE);
    assert_non_null(strstr(outcome.text, "changed after it was checked"));
    assert_int_equal(daemon.applied, 0);
    write_file("deny-ipv4 = [\"192.0.2.0/24\"];");
    assert_int_equal(run(&daemon, &checked, &outcome), 0);
    assert_int_equal(daemon.applied, 1);
    assert_int_equal(daemon.settings->deny4_count, 1);
    assert_true(outcome.changed);
    assert_non_null(strstr(outcome.text, "changed deny-ipv4"));
    assert_int_equal(run(&daemon, &plain, &outcome), 0);
    assert_false(outcome.changed);
    daemon.unwilling = true;
    assert_int_equal(run(&daemon, &plain, &outcome), -EBUSY);
    assert_string_equal(outcome.text, "no");
    settings_file_free(daemon.settings);
}

static void post_reload(struct control_request *request, void *context)
{
    struct reload_order order;
    struct reload_outcome outcome;
    if (reload_parse(request, &order))
        reload_reply(request, &order, run(context, &order, &outcome), &outcome);
}

static void get_settings(struct control_request *request, void *context)
{
    const struct daemon *daemon = context;
    reload_reply_settings(request, daemon->settings);
}

/* The status; the body behind the header in `answer`. */
static int ask(const char *method, const char *query, char answer[ANSWER_LEN])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;
    ssize_t n;
    size_t len = 0;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", folder);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    dprintf(fd, "%s /v1/reload%s HTTP/1.1\r\nConnection: close\r\n\r\n", method, query);
    while ((n = read(fd, answer + len, ANSWER_LEN - 1 - len)) > 0)
        len += (size_t)n;
    answer[len] = '\0';
    close(fd);
    sscanf(answer, "HTTP/1.%*d %d", &status);
    return status;
}

TEST(requests_and_their_answers)
{
    static const struct control_route routes[] = {
        {"POST", "/v1/reload", post_reload}, {"GET", "/v1/reload", get_settings}, {NULL, NULL, NULL}};
    struct daemon daemon = {.settings = start("")};
    struct control *control;
    char answer[ANSWER_LEN], socket_path[PATH_LEN], query[64];
    snprintf(socket_path, sizeof(socket_path), "%s/control", folder);
    assert_int_equal(control_start(socket_path, routes, &daemon, &control), 0);
    if (getuid() == 0) {
        write_file("deny-ipv4 = [\"192.0.2.0/24\"];");
        assert_int_equal(ask("POST", "?check=1", answer), 200);
        const char *hash = strstr(answer, "\r\n\r\n{\"hash\":\"");
        assert_non_null(hash);
        assert_int_equal(strspn(hash + 13, "0123456789abcdef"), 16);
        assert_int_equal(daemon.applied, 0);
        snprintf(query, sizeof(query), "?hash=%.16s", hash + 13);
        assert_int_equal(ask("POST", "?hash=0000000000000000", answer), 409);
        assert_non_null(strstr(answer, "{\"error\":"));
        assert_int_equal(ask("POST", query, answer), 200);
        assert_non_null(strstr(answer, "{\"changed\":true,\"text\":\""));
        assert_int_equal(ask("POST", "", answer), 200);
        assert_non_null(strstr(answer, "{\"changed\":false,"));
        assert_int_equal(ask("POST", "?check=2", answer), 400);
        assert_int_equal(ask("POST", "?hash=12", answer), 400);
        write_file("\nunheard = 1;");
        assert_int_equal(ask("POST", "?check=1", answer), 409);
        assert_non_null(strstr(answer, ":2: unknown key"));
    }
    assert_int_equal(ask("GET", "", answer), 200);
    assert_non_null(strstr(answer, "{\"text\":\"backends = [];\\n"));
    control_stop(control);
    settings_file_free(daemon.settings);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_seen_to_change),
        cmocka_unit_test(members_of_lists_leave_the_flag_to_the_list),
        cmocka_unit_test(one_group_more_or_less_is_a_change),
        WITH_FOLDER(a_file_is_read_once_and_whole),
        WITH_FOLDER(a_key_that_needs_a_restart_and_one_of_the_other_daemon),
        WITH_FOLDER(a_file_that_is_wrong_or_gone),
        cmocka_unit_test(no_file_at_the_start),
        WITH_FOLDER(check_then_apply_what_was_checked),
        WITH_FOLDER(requests_and_their_answers),
    };
    return RUN(tests);
}
