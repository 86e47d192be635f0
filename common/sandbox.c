/*
 * Layer: edge
 * Specification: capabilities(7), prctl(2), seccomp(2)
 */
#include "common/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/log.h"

/* gcc says it by a macro, clang by a feature. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* Whatever their arguments. */
static const int plain_calls[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* threads and signals */
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(tgkill),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(signalfd4),
    /* who and when */
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep),
    SCMP_SYS(time),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getuid),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    /* descriptors */
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(eventfd2),
    SCMP_SYS(fcntl),
    SCMP_SYS(fstat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(lseek),
    SCMP_SYS(newfstatat),
    SCMP_SYS(pipe2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(pread64),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    /* sockets */
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(bind),
    SCMP_SYS(connect),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(listen),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
#ifdef __SANITIZE_ADDRESS__
    /* the leak detector, which stops its own process */
    SCMP_SYS(clone),
    SCMP_SYS(getdents),
    SCMP_SYS(getdents64),
    SCMP_SYS(kill),
    SCMP_SYS(open),
    SCMP_SYS(prctl),
    SCMP_SYS(ptrace),
    SCMP_SYS(readlink),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(wait4),
#endif
};

/* An argument whose bits of `mask` are `value`. */
struct part {
    int call;
    unsigned argument;
    scmp_datum_t mask;
    scmp_datum_t value;
};

#define ALL_BITS ((scmp_datum_t)-1)

static const struct part part_calls[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    /* A thread, in no namespace of its own. */
    {SCMP_SYS(clone), 0,
     CLONE_THREAD | CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
         CLONE_NEWCGROUP,
     CLONE_THREAD},
    {SCMP_SYS(prlimit64), 2, ALL_BITS, 0}, /* asks, sets nothing */
    {SCMP_SYS(ioctl), 1, ALL_BITS, FIONREAD},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFINDEX},
    {SCMP_SYS(prctl), 0, ALL_BITS, PR_SET_NAME},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_UNIX},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_NETLINK},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_INET},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_INET6},
};

static int allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return r;
}

static int allow_parts(scmp_filter_ctx filter)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof(part_calls) / sizeof(part_calls[0]); i++) {
        const struct part *part = &part_calls[i];
        r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, part->call, 1,
                             SCMP_CMP(part->argument, SCMP_CMP_MASKED_EQ, part->mask, part->value));
    }
    return r;
}

int sandbox_restrict(const int *more, size_t count)
{
    int r = -ENOMEM;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL)
        goto out;
    /* Our filter is no reason to slow down speculation: what we read of others is never run. */
    r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    if (r == 0)
        r = allow(filter, plain_calls, sizeof(plain_calls) / sizeof(plain_calls[0]));
    if (r == 0)
        r = allow_parts(filter);
    if (r == 0)
        r = allow(filter, more, count);
    /* Its arguments lie in memory, where no filter sees them: the C library then takes clone. */
    if (r == 0)
        r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (r == 0)
        r = seccomp_load(filter);
out:
    if (r < 0)
        log_error("sandbox", "cannot restrict system calls: %s; a kernel with seccomp filters is needed",
                  strerror(-r));
    seccomp_release(filter);
    return r;
}

int sandbox_keep(const int *capabilities, size_t count)
{
    capng_clear(CAPNG_SELECT_BOTH);
    for (size_t i = 0; i < count; i++)
        capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET),
                     (unsigned)capabilities[i]);
    if (capng_apply(CAPNG_SELECT_BOTH) < 0) {
        log_error("sandbox", "cannot give up capabilities; start as root or through systemd");
        return -EPERM;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        int r = -errno;
        log_error("sandbox", "cannot set no-new-privs: %s", strerror(-r));
        return r;
    }
    return 0;
}
