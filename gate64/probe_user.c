/*
 * Whether the user is there as whom packets are handled.
 *
 * Layer: edge
 * Specification: man/gate64.conf.5 (user); getpwnam(3)
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "gate64/probe.h"

void probe_user(struct check *check)
{
    const char *user = check->settings->user;
    char quoted[SETTINGS_NAME_LEN * 4 + 3];
    errno = 0;
    if (getpwnam(user) != NULL)
        return;
    if (errno != 0 && errno != ENOENT) {
        check_failed(check, "cannot look up the user %s: %s", user, strerror(errno));
        return;
    }
    check_finding(check, "there is no user %s, as whom packets are handled", user);
    check_command(check, "useradd --system --no-create-home --shell /usr/sbin/nologin %s",
                  check_quote(user, quoted, sizeof(quoted)));
}
