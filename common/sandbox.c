/*
 * Layer: edge
 * Specification: capabilities(7), prctl(2)
 */
#include "common/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "common/log.h"

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
