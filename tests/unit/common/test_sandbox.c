/*
 * What a process may do once its system calls are restricted. Each attempt is a child's own, since the
 * restriction lasts.
 *
 * Layer: test
 * Specification: seccomp(2)
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sandbox.h"

enum { NOT_RESTRICTED = 100 };

/* The errno that `attempt` ends with in a restricted process; 0 when it succeeds. */
static int restricted(int (*attempt)(void))
{
    static const int more[] = {SCMP_SYS(umask)};
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || sandbox_restrict(more, 1) < 0)
            _exit(NOT_RESTRICTED);
        errno = 0;
        _exit(attempt() < 0 ? errno : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), NOT_RESTRICTED);
    return WEXITSTATUS(status);
}

static int run_program(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int write_file(void)
{
    return open("/dev/null", O_WRONLY);
}

static int make_file(void)
{
    return open("/tmp/gate64-sandbox", O_RDONLY | O_CREAT, 0600);
}

static int remove_file(void)
{
    return unlink("/nonexistent");
}

static int raw_packets(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static int own_namespace(void)
{
    return unshare(CLONE_NEWUSER);
}

static int executable_memory(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int make_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int set_limit(void)
{
    struct rlimit limit = {16, 16};
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static void SEC_60_a_restricted_process_can_harm_nobody(void **state)
{
    int (*const attempts[])(void) = {run_program,       write_file,      make_file,
                                     remove_file,       raw_packets,     own_namespace,
                                     executable_memory, make_executable, set_limit};
    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        assert_int_equal(restricted(attempts[i]), EPERM);
}

static void *idle(void *argument)
{
    return argument;
}

/* Threads, memory, files to read, sockets: what a daemon needs after its start. */
static int daily_work(void)
{
    pthread_t thread;
    struct rlimit limit;
    char byte;
    int families[] = {AF_UNIX, AF_NETLINK, AF_INET, AF_INET6};
    if (pthread_create(&thread, NULL, idle, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        int fd = socket(families[i], SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return -1;
        close(fd);
    }
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &byte, 1) != 1 || close(fd) < 0)
        return -1;
    void *memory = malloc(16 << 20);
    if (memory == NULL)
        return -1;
    free(memory);
    return getrlimit(RLIMIT_NOFILE, &limit);
}

static void SEC_60_a_daemons_daily_work_goes_on(void **state)
{
    (void)state;
    assert_int_equal(restricted(daily_work), 0);
}

static int asked_for(void)
{
    return umask(077) == (mode_t)-1 ? -1 : 0;
}

static void SEC_60_what_was_asked_for_is_allowed_besides(void **state)
{
    (void)state;
    assert_int_equal(restricted(asked_for), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SEC_60_a_restricted_process_can_harm_nobody),
        cmocka_unit_test(SEC_60_a_daemons_daily_work_goes_on),
        cmocka_unit_test(SEC_60_what_was_asked_for_is_allowed_besides),
    };
    return RUN(tests);
}
