/*
 * Whether links carry what IPv6 asks for, and our device whatever the translator writes.
 *
 * Layer: edge
 * Specification: RFC 8200 5 (1280 bytes); netdevice(7)
 */
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate64/probe.h"

enum {
    TUN_MTU = 65535,   /* of our device, so that every size rule is the translator's */
    LOWEST_MTU = 1280, /* RFC 8200 5 */
};

static void judge(struct check *check, int socket, const char *device)
{
    struct ifreq request = {0};
    char quoted[64];
    bool ours = strcmp(device, check->settings->nat64.tun) == 0;
    memcpy(request.ifr_name, device, strnlen(device, IF_NAMESIZE - 1));
    if (ioctl(socket, SIOCGIFFLAGS, &request) < 0 || (request.ifr_flags & IFF_UP) == 0 ||
        (request.ifr_flags & IFF_LOOPBACK) != 0 || ioctl(socket, SIOCGIFMTU, &request) < 0)
        return; /* gone meanwhile, or not in use */
    if (ours && request.ifr_mtu != TUN_MTU)
        check_finding(check, "the MTU of %s is %d: packets are lost that its links would carry", device,
                      request.ifr_mtu);
    else if (!ours && request.ifr_mtu < LOWEST_MTU)
        check_finding(check, "the MTU of %s is %d, which is too small for IPv6 and for what is translated",
                      device, request.ifr_mtu);
    else
        return;
    check_command(check, "ip link set dev %s mtu %d", check_quote(device, quoted, sizeof(quoted)),
                  ours ? TUN_MTU : LOWEST_MTU);
}

void probe_mtu(struct check *check)
{
    struct if_nameindex *devices = if_nameindex();
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (devices == NULL || fd < 0)
        check_failed(check, "cannot list the network devices");
    for (size_t i = 0; devices != NULL && fd >= 0 && devices[i].if_index != 0; i++)
        judge(check, fd, devices[i].if_name);
    if (fd >= 0)
        close(fd);
    if_freenameindex(devices);
}
