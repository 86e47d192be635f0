/*
 * gate64 down: takes away what nat64d has set up on this host, once it does not run any more.
 *
 * Layer: edge
 * Specification: man/gate64.1, man/nat64d.8
 *
 * nat64d alone knows what that is, so its own command does it and its exit status is ours.
 */
#include "gate64/cmd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int cmd_down(const struct cmd_options *options)
{
    char *arguments[] = {(char *)cmd_nat64d, (char *)"--host-down", (char *)"-c", (char *)options->file,
                         NULL};
    if (options->file == NULL)
        arguments[2] = NULL;
    fflush(options->out);
    execvp(cmd_nat64d, arguments);
    if (errno == ENOENT) /* not every user's PATH has the folder of daemons */
        execv(SBINDIR "/nat64d", arguments);
    fprintf(options->err, "gate64: cannot start nat64d: %s; it is neither in PATH nor in " SBINDIR "\n",
            strerror(errno));
    return CMD_EXIT_FINDING;
}
