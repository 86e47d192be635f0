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
    expect("sessions all", 2, "too many arguments for: sessions");
    expect("status nat64d dns64 nat64d", 2, "too many arguments for: status");
    expect("status --all", 2, "does not belong to: status");
    expect("pool --backend 2001:db8::1", 2, "does not belong to: pool");
    expect("counters --protocol tcp", 2, "does not belong to: counters");
    expect("sessions --backend 192.0.2.1", 2, "--backend takes an IPv6 address");
    expect("sessions --backend 2001:db8::1&protocol=tcp", 2, "--backend takes an IPv6 address");
    expect("sessions --protocol sctp", 2, "--protocol takes one of tcp, udp, icmp");
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

static void a_bad_file_is_a_finding(void **state)
{
    (void)state;
    expect("-c /nonexistent/gate64.conf status", 1, "/nonexistent/gate64.conf");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_version_are_good),
        cmocka_unit_test(wrong_use_is_2),
        cmocka_unit_test(not_running_is_3),
        cmocka_unit_test(a_bad_file_is_a_finding),
        cmocka_unit_test(the_state_dir_comes_from_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
