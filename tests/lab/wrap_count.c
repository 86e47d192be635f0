/*
 * Counters around mutexes and hand-over rings, for the lab's proof that established flows share nothing:
 * linked into nat64d with --wrap, it changes nothing of what they do. A thread that asks a ring is a packet
 * thread.
 *
 * Layer: test
 * Specification: ld(1) --wrap
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nat64d/table/ring.h"

struct counts {
    _Atomic uint64_t mutexes;
    _Atomic uint64_t handovers;
};

static struct counts *counts;
static _Thread_local bool is_packet_thread;

__attribute__((constructor)) static void open_counts(void)
{
    const char *path = getenv("G64_COUNT_FILE");
    int fd = path != NULL ? open(path, O_RDWR | O_CREAT, 0666) : -1;
    /* The keeper makes it, and the translator, another user, counts in it. */
    if (fd >= 0 && fchmod(fd, 0666) < 0 && errno != EPERM)
        abort();
    if (fd < 0 || ftruncate(fd, sizeof(*counts)) < 0)
        abort();
    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (counts == MAP_FAILED)
        abort();
    close(fd);
}

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
bool __real_ring_push(struct ring *ring, void *item);
bool __wrap_ring_push(struct ring *ring, void *item);
void *__real_ring_pop(struct ring *ring);
void *__wrap_ring_pop(struct ring *ring);

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (is_packet_thread)
        atomic_fetch_add(&counts->mutexes, 1);
    return __real_pthread_mutex_lock(mutex);
}

bool __wrap_ring_push(struct ring *ring, void *item)
{
    atomic_fetch_add(&counts->handovers, 1);
    return __real_ring_push(ring, item);
}

void *__wrap_ring_pop(struct ring *ring)
{
    is_packet_thread = true;
    return __real_ring_pop(ring);
}
