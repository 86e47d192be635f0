/*
 * The program itself: what it takes on its command line, and its exit status.
 *
 * Layer: edge
 * Specification: man/gate64.1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/gate64/fake_daemon.h"

enum {
    OUTPUT_LEN = 8192,
    ARGUMENTS_MAX = 12,
};

static char output[OUTPUT_LEN]; /* of the last run, both streams */

static const char *program(void)
{
    static char path[4096];
    const char *build = getenv("G64_BUILD"); /* set by make check */
    snprintf(path, sizeof(path), "%s/gate64/gate64", build != NULL ? build : ".");
    return path;
}

/* A file of the source tree, as text with a NUL behind it. */
static char *read_source(const char *name)
{
    enum { TEXT_MAX = 64 * 1024 };
    char path[4096], *text = calloc(1, TEXT_MAX);
    const char *source = getenv("G64_SOURCE"); /* set by make check */
    snprintf(path, sizeof(path), "%s/%s", source != NULL ? source : ".", name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    assert_non_null(text);
    assert_true(fread(text, 1, TEXT_MAX - 1, in) < TEXT_MAX - 1);
    fclose(in);
    return text;
}

/* Runs gate64 with the words of `line`; returns its exit status. */
static int run(const char *line)
{
    char words[512], *argv[ARGUMENTS_MAX + 2] = {(char *)"gate64"};
    int pipes[2], status, argc = 1;
    size_t len = 0;
    ssize_t n;
    assert_true(snprintf(words, sizeof(words), "%s", line) < (int)sizeof(words));
    for (char *word = strtok(words, " "); word != NULL && argc <= ARGUMENTS_MAX; word = strtok(NULL, " "))
        argv[argc++] = word;
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        dup2(pipes[1], STDERR_FILENO);
        close(pipes[0]);
        execv(program(), argv);
        _exit(127);
    }
    close(pipes[1]);
    while (len < sizeof(output) - 1 && (n = read(pipes[0], output + len, sizeof(output) - 1 - len)) > 0)
        len += (size_t)n;
    output[len] = '\0';
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(const char *line, int status, const char *words)
{
    assert_int_equal(run(line), status);
    assert_non_null(strstr(output, words));
}

static void help_and_version_are_good(void **state)
{
    (void)state;
    expect("--help", 0, "usage: gate64");
    expect("-h", 0, "sessions");
    expect("--version", 0, "gate64 ");
    expect("sessions --help", 0, "usage: gate64");
}

static void wrong_use_is_2(void **state)
{
    (void)state;
    expect("", 2, "no command");
    expect("sesions", 2, "no such command: sesions");
    expect("--colour status", 2, "usage: gate64");
    expect("-c", 2, "usage: gate64");
    expect("trace", 2, "trace takes an IPv6 address");
    expect("trace 2001:db8::1 2001:db8::2", 2, "too many arguments for: trace");
    expect("trace 2001:db8::1 --count 0", 2, "--count takes a number of packets, 1 to 100000");
    expect("trace 2001:db8::1 --for 3601", 2, "--for takes a number of seconds, 1 to 3600");
    expect("status --count 3", 2, "does not belong to: status");
    expect("sessions all", 2, "too many arguments for: sessions");
    expect("status nat64d dns64 nat64d", 2, "too many arguments for: status");
    expect("status --all", 2, "does not belong to: status");
    expect("pool --backend 2001:db8::1", 2, "does not belong to: pool");
    expect("counters --protocol tcp", 2, "does not belong to: counters");
    expect("sessions --backend 192.0.2.1", 2, "--backend takes an IPv6 address");
    expect("sessions --backend 2001:db8::1&protocol=tcp", 2, "--backend takes an IPv6 address");
    expect("sessions --protocol sctp", 2, "--protocol takes one of tcp, udp, icmp");
    expect("down --state-dir /run/gate64", 2, "does not belong to: down");
    expect("down --json", 2, "does not belong to: down");
    expect("down now", 2, "too many arguments for: down");
    expect("upgrade nat64d", 2, "too many arguments for: upgrade");
    expect("reload everything", 2, "everything is no daemon of gate64");
    expect("check forwarding", 2, "too many arguments for: check");
    expect("sessions --limit 0", 2, "--limit takes");
    expect("sessions --limit 1x", 2, "--limit takes");
    expect("sessions --limit 99999999999999999999", 2, "--limit takes");
}

static void not_running_is_3(void **state)
{
    (void)state;
    expect("--state-dir /nonexistent sessions", 3, "nat64d is not running");
    expect("sessions --state-dir /nonexistent --backend 2001:db8::1 --limit 5", 3, "start it: ");
    expect("--state-dir /nonexistent status", 3, "dns64   not running");
}

/* A nat64d in PATH that says what it was started with; its exit status is that of gate64 down. */
static void down_is_left_to_nat64d(void **state)
{
    char folder[FAKE_DAEMON_PATH_LEN], file[FAKE_DAEMON_PATH_LEN + 16], path[4096];
    const char *before = getenv("PATH");
    (void)state;
    fake_daemon_folder(folder);
    snprintf(file, sizeof(file), "%s/nat64d", folder);
    snprintf(path, sizeof(path), "%s", before != NULL ? before : "");
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs("#!/bin/sh\necho \"nat64d $*.\"\nexit 7\n", out);
    fclose(out);
    assert_int_equal(chmod(file, 0755), 0);
    assert_int_equal(setenv("PATH", folder, 1), 0);
    expect("down -c /nonexistent/gate64.conf", 7, "nat64d --host-down -c /nonexistent/gate64.conf.\n");
    expect("down", 7, "nat64d --host-down.\n");
    unlink(file);
    if (access(SBINDIR "/nat64d", F_OK) < 0)
        expect("down", 1, "cannot start nat64d");
    assert_int_equal(setenv("PATH", path, 1), 0);
    fake_daemon_folder_drop(folder);
}

static void a_bad_file_is_a_finding(void **state)
{
    (void)state;
    expect("-c /nonexistent/gate64.conf status", 1, "/nonexistent/gate64.conf");
    expect("-c /nonexistent/gate64.conf check", 1, "/nonexistent/gate64.conf");
    expect("-c /nonexistent/gate64.conf reload", 1, "gate64: nothing was changed\n");
}

static void serve(int fd, void *context)
{
    (void)context;
    fake_daemon_send_chunks(fd, "{\"pool\":\"main\",\"address\":\"192.0.2.1\"}\n", 100);
}

/* The file says where the sockets are; without a terminal there is no colour. */
static void the_state_dir_comes_from_the_file(void **state)
{
    char folder[FAKE_DAEMON_PATH_LEN], file[FAKE_DAEMON_PATH_LEN + 16], line[512];
    (void)state;
    fake_daemon_folder(folder);
    struct fake_daemon *fake = fake_daemon_start(folder, "nat64d", serve, NULL);
    snprintf(file, sizeof(file), "%s/gate64.conf", folder);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fprintf(out, "state-dir = \"%s\"\n", folder);
    fclose(out);
    snprintf(line, sizeof(line), "-c %s pool", file);
    expect(line, 0, "main  192.0.2.1");
    assert_null(strchr(output, '\033'));
    snprintf(line, sizeof(line), "pool -c %s --json", file);
    expect(line, 0, "{\"pool\":\"main\",\"address\":\"192.0.2.1\"}\n");
    unlink(file);
    fake_daemon_stop(fake);
    fake_daemon_folder_drop(folder);
}

/* Each command of the usage has its entry in the manual and is completed by the shell. */
static void every_command_is_described(void **state)
{
    char *manual = read_source("man/gate64.1"), *completion = read_source("packaging/completion/gate64");
    char usage[OUTPUT_LEN], name[32], entry[64];
    int commands = 0;
    (void)state;
    assert_int_equal(run("--help"), 0);
    memcpy(usage, output, sizeof(usage));
    char *words = strstr(completion, "_gate64_commands=\"");
    assert_non_null(words);
    words[strcspn(words, "\n")] = '\0';
    for (const char *line = usage; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, "  %31[a-z]", name) != 1 || strncmp(line, "  ", 2) != 0 || line[2] == ' ')
            continue;
        commands++;
        snprintf(entry, sizeof(entry), "\n.It Cm %s", name);
        if (strstr(manual, entry) == NULL || strstr(words, name) == NULL) {
            print_error("the manual or the completion lacks %s\n", name);
            fail();
        }
    }
    assert_true(commands >= 9);
    free(manual);
    free(completion);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_version_are_good),
        cmocka_unit_test(wrong_use_is_2),
        cmocka_unit_test(not_running_is_3),
        cmocka_unit_test(down_is_left_to_nat64d),
        cmocka_unit_test(every_command_is_described),
        cmocka_unit_test(a_bad_file_is_a_finding),
        cmocka_unit_test(the_state_dir_comes_from_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
