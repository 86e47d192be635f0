/*
 * Whether the clock can be trusted: certificates, signatures and log lines depend on it.
 *
 * Layer: edge
 * Specification: adjtimex(2), sd_booted(3), timedatectl(1)
 *
 * A clock before the release of this program is wrong wherever we run. One that is not synchronised is a
 * finding only where it is this host's to set: a container has the clock of its host, and without systemd
 * nobody here says how it is kept.
 */
#include <sys/timex.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/time_units.h"
#include "gate64/probe.h"

enum {
    RELEASE_UTC_S = 1767225600, /* 2026-01-01: no copy of this program is older */
};

void probe_clock_judge(struct check *check, const struct probe_clock_state *state)
{
    bool wrong = state->utc_ns / NS_PER_S < RELEASE_UTC_S;
    if (wrong)
        check_finding(check,
                      "the clock is before 2026, so it is wrong, and certificates and signatures fail");
    else if (state->own_clock && !state->synchronised)
        check_finding(check, "the clock is not synchronised; signatures and logs of others will not fit");
    else
        return;
    if (!state->own_clock) {
        check_command(check, "chronyd -q 'pool 2.debian.pool.ntp.org iburst'");
        return;
    }
    if (!state->has_service)
        check_command(check, "apt-get install -y systemd-timesyncd");
    check_command(check, "timedatectl set-ntp true");
}

static bool has_service(void)
{
    static const char *const programs[] = {"/lib/systemd/systemd-timesyncd", "/usr/sbin/chronyd",
                                           "/usr/sbin/ntpd"};
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (access(programs[i], X_OK) == 0)
            return true;
    return false;
}

void probe_clock(struct check *check)
{
    struct timex timex = {.modes = 0};
    int r = adjtimex(&timex);
    struct probe_clock_state state = {
        .utc_ns = clock_utc_ns(),
        .synchronised = r != TIME_ERROR && (timex.status & STA_UNSYNC) == 0,
        .has_service = has_service(),
        .own_clock = access("/run/systemd/system", F_OK) == 0 && access("/run/systemd/container", F_OK) < 0,
    };
    if (r < 0)
        check_failed(check, "cannot read the state of the clock");
    probe_clock_judge(check, &state);
}
