/*
 * The event log, as far as it is the keeper's: the memory of its rings, and its file.
 *
 * Layer: edge
 * Specification: man/nat64d.8 (EVENT LOG)
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/line_file.h"
#include "common/log.h"
#include "common/time_units.h"
#include "nat64d/edge/natevent_log.h"
#include "nat64d/keeper/keeper_own.h"

enum {
    RETRY_S = 10, /* a folder that is not there yet may come */
};

int keeper_events_open(struct keeper *keeper)
{
    size_t len = natevent_log_size(keeper->workers);
    int fd = inherit_take(&keeper->inherited, "events");
    if (fd >= 0 && mapping_open(fd, &keeper->rings) == 0) {
        bool fits = keeper->rings.len >= len;
        keeper->rings.fd = fd;
        if (fits)
            return keeper_events_reserve(keeper, keeper->in_force.effective);
        mapping_close(&keeper->rings);
    } else if (fd >= 0) {
        close(fd);
    }
    fd = memfd_create("gate64-events", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = ftruncate(fd, (off_t)len) < 0 ? -errno : mapping_open(fd, &keeper->rings);
    if (r < 0) {
        close(fd);
        return r;
    }
    keeper->rings.fd = fd;
    return keeper_events_reserve(keeper, keeper->in_force.effective);
}

int keeper_events_reserve(struct keeper *keeper, const struct settings *settings)
{
    if (!settings_has_events(settings))
        return 0;
    return -posix_fallocate(keeper->rings.fd, 0, (off_t)keeper->rings.len);
}

/* -1: there is none to write to. */
static int open_file(struct keeper *keeper)
{
    const struct settings *settings = keeper->in_force.effective;
    bool again = keeper->events_retry_ns != 0;
    keeper->events_retry_ns = 0;
    if (!settings_has_events(settings) || settings_events_journal(settings))
        return -1;
    int fd = line_file_open(settings->log.events, keeper->identity.gid);
    if (fd >= 0)
        return fd;
    if (!again)
        log_error(
            "events",
            "cannot open %s: %s; continuing, and trying again every %d s; make its folder, owned by root",
            settings->log.events, strerror(-fd), RETRY_S);
    keeper->events_retry_ns = clock_now_ns() + RETRY_S * NS_PER_S;
    return -1;
}

void keeper_events_send(struct keeper *keeper)
{
    const struct channel_message message = {.kind = CHANNEL_EVENTS};
    if (keeper->channel < 0)
        return;
    int fd = open_file(keeper);
    int r = channel_send(keeper->channel, &message, &fd, fd >= 0);
    if (r < 0)
        log_warning("events", "the translator cannot be told where to write: %s", strerror(-r));
    if (fd >= 0)
        close(fd);
}
