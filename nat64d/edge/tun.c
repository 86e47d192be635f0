/*
 * Layer: edge
 * Specification: Linux Documentation/networking/tuntap.rst
 */
#include "nat64d/edge/tun.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/log.h"

/* Linux 6.2 include/uapi/linux/if_tun.h; Debian 12's headers are older. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static_assert(sizeof(struct packet_vnet) == sizeof(struct virtio_net_hdr), "the header on the wire");

/* Kernels before 6.2 refuse the two USO flags with EINVAL for the whole call. */
static int set_offloads(int fd, struct tun_offloads *ret_offloads)
{
    unsigned base = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    if (ioctl(fd, TUNSETOFFLOAD, base | TUN_F_USO4 | TUN_F_USO6) == 0) {
        *ret_offloads = (struct tun_offloads){.tso = true, .uso = true};
        return 0;
    }
    if (errno == EINVAL && ioctl(fd, TUNSETOFFLOAD, base) == 0) {
        *ret_offloads = (struct tun_offloads){.tso = true};
        return 0;
    }
    return -errno;
}

static int open_queue(const char *name, int *ret_fd)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int r = -errno;
        log_error(
            "tun",
            "cannot open /dev/net/tun: %s; load the tun module and run nat64d as root or through systemd",
            strerror(-r));
        return r;
    }
    strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        int r = -errno;
        log_error("tun", "cannot make device %s: %s; %s", name, strerror(-r),
                  r == -EBUSY || r == -EINVAL ? "another program has a device of that name, choose nat64.tun"
                                              : "nat64d needs CAP_NET_ADMIN");
        close(fd);
        return r == -EINVAL ? -EBUSY : r;
    }
    *ret_fd = fd;
    return 0;
}

int tun_open(const char *name, unsigned queues, int fds[], struct tun_offloads *ret_offloads)
{
    int r = 0;
    unsigned opened = 0;
    while (opened < queues) {
        r = open_queue(name, &fds[opened]);
        if (r < 0)
            goto out;
        opened++;
        r = set_offloads(fds[opened - 1], ret_offloads);
        if (r < 0) {
            log_error("tun",
                      "device %s refuses TCP segmentation offload: %s; a kernel of at least 3.10 has it",
                      name, strerror(-r));
            goto out;
        }
    }
    return 0;
out:
    while (opened > 0)
        close(fds[--opened]);
    return r;
}

int tun_make(const char *name)
{
    int fd, r = open_queue(name, &fd);
    if (r < 0)
        return r;
    if (ioctl(fd, TUNSETPERSIST, 1) < 0) {
        r = -errno;
        log_error("tun", "cannot make device %s stay: %s; nat64d needs CAP_NET_ADMIN", name, strerror(-r));
    }
    close(fd);
    return r;
}

bool tun_is_attached(int fd, const char *name)
{
    struct ifreq request;
    return ioctl(fd, TUNGETIFF, &request) == 0 && strncmp(request.ifr_name, name, IFNAMSIZ) == 0;
}

int tun_read(int fd, uint8_t *buffer, struct packet *packet)
{
    packet->data = buffer + PACKET_HEADROOM;
    struct iovec parts[2] = {
        {&packet->vnet, sizeof(packet->vnet)},
        {packet->data, PACKET_MAX},
    };
    ssize_t n = readv(fd, parts, 2);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if ((size_t)n <= sizeof(packet->vnet))
        return -EBADMSG;
    packet->len = (uint32_t)((size_t)n - sizeof(packet->vnet));
    packet->hairpin = packet->gso_guessed = packet->collected = packet->counted = false;
    packet->trace = (struct packet_trace){0};
    return 1;
}

int tun_write(int fd, const struct packet *packet)
{
    struct packet_vnet vnet = packet->vnet;
    struct iovec parts[2] = {
        {&vnet, sizeof(vnet)},
        {packet->data, packet->len},
    };
    return writev(fd, parts, 2) < 0 ? -errno : 0;
}
