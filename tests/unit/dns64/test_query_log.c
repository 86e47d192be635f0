/*
 * The query log: its lines, its thread with a file that is exchanged or stands still, and the process that
 * opens the file.
 *
 * Layer: test
 * Specification: man/dns64.8 (QUERY LOG)
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns64/edge/opener.h"
#include "dns64/edge/query_log.h"
#include "dns64/observe/log_text.h"
#include "dns64/query/outcome.h"

#define UTC_NS UINT64_C(1795660867132000000) /* 2026-11-26T02:41:07.132Z */

static char folder[64], path[128], other[128], config[128];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/g64-log-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/queries", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    snprintf(config, sizeof(config), "%s/gate64.conf", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    unlink(config);
    return rmdir(folder);
}

static struct log_record model(void)
{
    struct log_record record = {.took_ns = 1234567,
                                .client = {.family = AF_INET6},
                                .type = MESSAGE_TYPE_AAAA,
                                .class = 1,
                                .outcome = OUTCOME_AAAA_SYNTHESISED,
                                .size = 109,
                                .from = TALLY_UPSTREAM,
                                .udp = true};
    assert_int_equal(addr_parse("2001:db8:2::2", &record.client), 0);
    assert_int_equal(addr_parse_endpoint("192.52.193.53#53", 0, &record.upstream), 0);
    assert_true(name_from_text("Api.legacy.example", &record.name));
    return record;
}

TEST(SEC_64_a_line_says_all_in_utc)
{
    char line[LOG_TEXT_LEN];
    struct log_record record = model();
    size_t len = log_text_record(&record, UTC_NS, line);
    assert_int_equal(len, strlen(line));
    assert_string_equal(
        line,
        "{\"time\":\"2026-11-26T02:41:07.132Z\",\"client\":\"2001:db8:2::2\",\"name\":\"Api.legacy.example\","
        "\"type\":\"AAAA\",\"class\":\"IN\",\"rcode\":\"NOERROR\",\"outcome\":\"aaaa_synthesised\","
        "\"from\":\"upstream\",\"upstream\":\"192.52.193.53#53\",\"ms\":1.234,\"size\":109,"
        "\"transport\":\"udp\"}\n");
    record.udp = false;
    record.upstream.port = 0;
    record.class = 3;
    record.type = 1234;
    record.rcode = 77;
    record.from = TALLY_CACHE;
    strcpy(record.view, "a\"b");
    log_text_record(&record, UTC_NS, line);
    assert_non_null(strstr(line, "\"type\":\"TYPE1234\",\"class\":\"CLASS3\",\"rcode\":\"RCODE77\""));
    assert_non_null(strstr(line, "\"from\":\"cache\",\"ms\":1.234"));
    assert_non_null(strstr(line, "\"transport\":\"tcp\",\"view\":\"a\\\"b\"}"));
    record.name.len = 0;
    log_text_record(&record, UTC_NS, line);
    assert_null(strstr(line, "\"name\""));
    assert_null(strstr(line, "\"type\""));
    log_text_lost(7, UTC_NS, line);
    assert_string_equal(line, "{\"time\":\"2026-11-26T02:41:07.132Z\",\"event\":\"lost\",\"count\":7}\n");
}

TEST(any_name_makes_a_line_of_json)
{
    char line[LOG_TEXT_LEN];
    struct log_record record = model();
    static const uint8_t worst[] = {0, '"', '\\', '\n', 0xff, 0x7f};
    memset(record.view, '"', sizeof(record.view) - 1);
    for (size_t i = 0; i < sizeof(worst); i++) {
        record.name.len = NAME_MAX_LEN;
        memset(record.name.bytes, worst[i], NAME_MAX_LEN);
        for (unsigned label = 0; label < 4; label++)
            record.name.bytes[64 * label] = label < 3 ? 63 : 61;
        record.name.bytes[NAME_MAX_LEN - 1] = 0;
        size_t len = log_text_record(&record, UTC_NS, line);
        assert_int_equal(line[len - 1], '\n');
        json_t *parsed = json_loads(line, 0, NULL);
        assert_non_null(parsed);
        json_decref(parsed);
    }
}

static void put(struct query_log *log, unsigned worker, unsigned count)
{
    struct log_ring *ring = query_log_slots(log)[worker].ring;
    for (unsigned i = 0; i < count; i++) {
        struct log_record *record = log_ring_room(ring);
        if (record == NULL)
            continue;
        *record = model();
        log_ring_put(ring);
    }
}

static size_t count_lines(const char *file)
{
    FILE *in = fopen(file, "r");
    size_t count = 0;
    char line[LOG_TEXT_LEN];
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        json_t *parsed = json_loads(line, 0, NULL);
        assert_non_null(parsed);
        json_decref(parsed);
        count++;
    }
    if (in != NULL)
        fclose(in);
    return count;
}

static int open_file(const char *file)
{
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0600);
    assert_true(fd >= 0);
    return fd;
}

TEST(all_workers_records_are_written)
{
    struct query_log *log;
    assert_int_equal(query_log_new(2, &log), 0);
    assert_null(query_log_slots(log)[0].ring); /* off */
    assert_int_equal(query_log_open(log, path, open_file(path)), 0);
    put(log, 0, 3000);
    put(log, 1, 1000);
    query_log_free(log);
    assert_int_equal(count_lines(path), 4000);
}

TEST(another_file_takes_what_comes_from_then_on)
{
    struct query_log *log;
    assert_int_equal(query_log_new(1, &log), 0);
    assert_int_equal(query_log_open(log, path, open_file(path)), 0);
    put(log, 0, 10);
    for (int i = 0; i < 100 && count_lines(path) < 10; i++)
        usleep(20000);
    assert_int_equal(query_log_open(log, other, open_file(other)), 0);
    put(log, 0, 5);
    for (int i = 0; i < 100 && count_lines(other) < 5; i++)
        usleep(20000);
    query_log_close(log);
    assert_null(query_log_slots(log)[0].ring);
    query_log_free(log);
    assert_int_equal(count_lines(path), 10);
    assert_int_equal(count_lines(other), 5);
}

TEST(a_file_that_stands_still_loses_records_and_ends_in_time)
{
    struct query_log *log;
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDWR | O_NONBLOCK);
    int fd = open(path, O_WRONLY | O_NONBLOCK);
    assert_true(reader >= 0 && fd >= 0);
    assert_int_equal(query_log_new(1, &log), 0);
    assert_int_equal(query_log_open(log, path, fd), 0);
    struct log_ring *ring = query_log_slots(log)[0].ring;
    for (int i = 0; i < 100 && log_ring_lost(ring) == 0; i++) {
        put(log, 0, LOG_RING_RECORDS);
        usleep(10000);
    }
    assert_true(log_ring_lost(ring) > 0);
    query_log_free(log);
    close(reader);
}

static void write_config(const char *log_path)
{
    FILE *out = fopen(config, "w");
    assert_non_null(out);
    fprintf(out, "dns64: { query-log = \"%s\"; };\n", log_path);
    fclose(out);
}

TEST(SEC_63_the_file_is_opened_by_another_process_for_few)
{
    struct stat about;
    write_config(path);
    int opener = opener_start(config);
    assert_true(opener >= 0);
    mode_t before = umask(0);
    int fd = opener_ask(opener, path);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
    assert_int_equal(write(fd, "x\n", 2), 2);
    close(fd);
    /* Another one than the configuration names is opened for nobody. */
    assert_int_equal(opener_ask(opener, other), -ESTALE);
    assert_int_equal(access(other, F_OK), -1);
    write_config(other);
    fd = opener_ask(opener, other);
    assert_true(fd >= 0);
    close(fd);
    write_config("");
    assert_int_equal(opener_ask(opener, other), -ENOENT);
    write_config("/nonexistent/queries");
    assert_int_equal(opener_ask(opener, "/nonexistent/queries"), -ENOENT);
    umask(before);
    close(opener);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(SEC_64_a_line_says_all_in_utc),
        CASE(any_name_makes_a_line_of_json),
        CASE(all_workers_records_are_written),
        CASE(another_file_takes_what_comes_from_then_on),
        CASE(a_file_that_stands_still_loses_records_and_ends_in_time),
        CASE(SEC_63_the_file_is_opened_by_another_process_for_few),
    };
    return RUN(tests);
}
