/*
 * Whether the kernel passes on what the translator writes, and still hears router advertisements then.
 *
 * Layer: edge
 * Specification: Linux Documentation/networking/ip-sysctl.rst (forwarding, accept_ra); RFC 4861 6.2.2
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "gate64/host_file.h"
#include "gate64/probe.h"

enum {
    ROUTE_FROM_RA = 0x00040000, /* RTF_ADDRCONF of linux/ipv6_route.h */
    PATH_LEN = 96,
    DEVICES_MAX = 64,
};

static void judge_family(struct check *check, const char *family, const char *path)
{
    int value;
    if (host_file_sysctl(path, &value) < 0) {
        check_failed(check, "cannot read /proc/sys/net/%s", path);
        return;
    }
    if (value != 0)
        return;
    check_finding(check, "%s forwarding is off, so nothing that is translated gets through", family);
    check_command_sysctl(check, path, "1");
}

/* A router does not listen to other routers unless accept_ra is 2, so what it learnt runs out. */
static void judge_device(struct check *check, const char *device)
{
    char path[PATH_LEN];
    int forwarding, accept;
    snprintf(path, sizeof(path), "ipv6/conf/%s/forwarding", device);
    if (host_file_sysctl(path, &forwarding) < 0 || forwarding == 0)
        return;
    snprintf(path, sizeof(path), "ipv6/conf/%s/accept_ra", device);
    if (host_file_sysctl(path, &accept) < 0 || accept != 1)
        return;
    check_finding(
        check,
        "%s has IPv6 routes from router advertisements, and as it forwards it hears no more of them: "
        "they run out",
        device);
    check_command_sysctl(check, path, "2");
}

/* A line of /proc/net/ipv6_route: ten words, the flags in the ninth and the device in the last. */
static bool take_route(char *line, char device[IF_NAMESIZE])
{
    enum { WORDS = 10, FLAGS = 8, DEVICE = 9 };
    char *words[WORDS], *rest = line;
    for (int i = 0; i < WORDS; i++) {
        words[i] = strtok_r(rest, " \n", &rest);
        if (words[i] == NULL)
            return false;
    }
    snprintf(device, IF_NAMESIZE, "%s", words[DEVICE]);
    return (strtoul(words[FLAGS], NULL, 16) & ROUTE_FROM_RA) != 0;
}

static void judge_advertisements(struct check *check)
{
    char seen[DEVICES_MAX][IF_NAMESIZE], *text, *rest, *line;
    size_t count = 0;
    if (host_file_read("/proc/net/ipv6_route", &text) < 0)
        return; /* no IPv6 at all; the forwarding says so */
    for (rest = text; (line = strtok_r(rest, "\n", &rest)) != NULL && count < DEVICES_MAX;) {
        bool known = false;
        if (!take_route(line, seen[count]))
            continue;
        for (size_t i = 0; i < count; i++)
            known |= strcmp(seen[i], seen[count]) == 0;
        if (!known)
            judge_device(check, seen[count++]);
    }
    free(text);
}

void probe_forwarding(struct check *check)
{
    judge_family(check, "IPv4", "ipv4/ip_forward");
    judge_family(check, "IPv6", "ipv6/conf/all/forwarding");
    judge_advertisements(check);
}
