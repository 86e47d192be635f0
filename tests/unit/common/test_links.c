/*
 * The picture of this host's network: the look-ups on snapshots made by hand, the reading in a network
 * namespace of its own (skipped where that is not allowed).
 *
 * Layer: test
 * Specification: rtnetlink(7)
 */
#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/links.h"

enum { WAIT_MS = 3000 };

static bool have_namespace;

static struct links_address address(const char *text, uint8_t len, uint32_t ifindex)
{
    struct links_address own = {.ifindex = ifindex};
    assert_int_equal(addr_parse(text, &own.addr), 0);
    own.subnet.family = own.addr.family;
    own.subnet.v4 = (struct addr_prefix4){addr_mask4(own.addr.v4, len > 32 ? 32 : len), len};
    own.subnet.v6 = (struct addr_prefix6){addr_mask6(&own.addr.v6, len), len};
    return own;
}

static void expect_backends(const struct links *links, const char *expected)
{
    struct addr_prefix6 *prefixes = NULL;
    size_t count = 0;
    char list[512] = "", text[ADDR_TEXT_LEN];
    assert_int_equal(links_default_backends(links, &prefixes, &count), 0);
    for (size_t i = 0; i < count; i++) {
        strcat(list, addr_print_prefix6(&prefixes[i], text));
        strcat(list, " ");
    }
    free(prefixes);
    assert_string_equal(list, expected);
}

TEST(SEC_17_default_backends_leave_the_uplink_out)
{
    struct links_address own[] = {
        address("::1", 128, 1),           address("2001:db8:1::1", 64, 2), address("fe80::1", 64, 3),
        address("2001:db8:2::1", 64, 3),  address("192.0.2.1", 24, 3),     address("2001:db8:3::1", 60, 4),
        address("2001:db8:4::1", 128, 4),
    };
    own[0].host_scope = true;
    own[2].link_local = true;
    struct links links = {.addresses = own, .addresses_count = sizeof(own) / sizeof(own[0]), .uplink6 = 2};
    expect_backends(&links, "2001:db8:2::/64 2001:db8:3::/60 2001:db8:4::1/128 ");
    links.uplink6 = 0;
    links.uplink4 = 3; /* no IPv6 default route: the IPv4 one says which is the uplink */
    expect_backends(&links, "2001:db8:1::/64 2001:db8:3::/60 2001:db8:4::1/128 ");
}

TEST(SEC_17_the_only_link_serves_as_both)
{
    struct links_address own[] = {address("::1", 128, 1), address("fe80::1", 64, 2),
                                  address("2001:db8:1::1", 64, 2)};
    own[0].host_scope = true;
    own[1].link_local = true;
    struct links links = {.addresses = own, .addresses_count = 3, .uplink6 = 2};
    expect_backends(&links, "2001:db8:1::/64 ");
    links.addresses_count = 2;
    expect_backends(&links, "");
}

TEST(own_addresses_of_both_families)
{
    struct links_address own[] = {address("2001:db8:1::1", 64, 2), address("192.0.2.1", 24, 2)};
    const struct links links = {.addresses = own, .addresses_count = 2};
    static const char *const ours[] = {"2001:db8:1::1", "192.0.2.1"};
    static const char *const others[] = {"2001:db8:1::2", "192.0.2.2", "::", "0.0.0.0", "::192.0.2.1"};
    struct addr addr;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        assert_int_equal(addr_parse(ours[i], &addr), 0);
        assert_true(links_is_own(&links, &addr));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(addr_parse(others[i], &addr), 0);
        assert_false(links_is_own(&links, &addr));
    }
}

static void sh(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

/* A fresh namespace with lan (backends), wan (uplink) and tun (ours); each test enters its own. */
static void enter(void)
{
    if (!have_namespace)
        skip();
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    sh("ip link set lo up && ip link add lan type veth peer name lan1 && ip link add wan type veth peer name "
       "wan1 &&"
       "ip link add ours type veth peer name ours1");
    sh("for i in lan wan ours; do ip link set $i up; ip link set ${i}1 up; done");
    sh("ip link set wan mtu 1400 && ip link set lan mtu 9000");
    sh("ip addr add 192.0.2.1/24 dev wan && ip addr add 2001:db8:1::1/64 dev lan nodad");
    sh("ip addr add 2001:db8:2::1/64 dev wan nodad && ip addr add 198.51.100.1/24 dev ours");
}

static struct links *read_links(void)
{
    struct links *links = NULL;
    assert_int_equal(links_read("ours", &links), 0);
    return links;
}

static const struct links_route *find_route(const struct links *links, const char *destination)
{
    char text[ADDR_TEXT_LEN];
    for (size_t i = 0; i < links->routes_count; i++)
        if (strcmp(addr_print_prefix(&links->routes[i].destination, text), destination) == 0)
            return &links->routes[i];
    return NULL;
}

TEST(reads_addresses_with_their_scope)
{
    enter();
    struct links *links = read_links();
    unsigned global6 = 0, link_local = 0, host = 0, four = 0;
    for (size_t i = 0; i < links->addresses_count; i++) {
        const struct links_address *own = &links->addresses[i];
        char text[ADDR_TEXT_LEN];
        assert_string_not_equal(addr_print(&own->addr, text), "198.51.100.1"); /* of the interface left out */
        if (own->host_scope)
            host++;
        else if (own->link_local)
            link_local++;
        else if (own->addr.family == AF_INET6)
            global6++;
        else
            four++;
        if (own->addr.family == AF_INET && !own->host_scope)
            assert_string_equal(addr_print_prefix4(&own->subnet.v4, text), "192.0.2.0/24");
    }
    assert_int_equal(global6, 2);
    assert_int_equal(four, 1);
    assert_int_equal(host, 2); /* 127.0.0.1 and ::1 */
    assert_true(link_local >= 2);
    links_free(links);
    links_free(NULL);
}

TEST(reads_routes_longest_first_with_their_mtu)
{
    enter();
    sh("ip route add default via 192.0.2.2 dev wan metric 20 && ip route add default dev lan metric 30");
    sh("ip -6 route add default via 2001:db8:2::2 dev wan && ip route add 203.0.113.0/24 dev lan mtu 1300");
    sh("ip route add 203.0.113.128/25 dev lan mtu 60000 && ip route add blackhole 198.18.0.0/15");
    sh("ip route add 192.31.196.0/24 dev lan table 77 && ip route add 192.52.193.0/24 dev ours");
    sh("ip -6 route add 2001:db8:9::/48 dev lan mtu 1280");
    struct links *links = read_links();

    assert_null(find_route(links, "198.18.0.0/15"));
    assert_null(find_route(links, "192.31.196.0/24"));
    assert_null(find_route(links, "192.52.193.0/24"));
    const struct links_route *route = find_route(links, "203.0.113.0/24");
    assert_non_null(route);
    assert_int_equal(route->mtu, 1300);
    assert_false(route->gateway);
    route = find_route(links, "203.0.113.128/25");
    assert_non_null(route);
    assert_int_equal(route->mtu, 9000);     /* a link carries no more than it can */
    route = find_route(links, "0.0.0.0/0"); /* the better of two */
    assert_non_null(route);
    assert_int_equal(route->metric, 20);
    assert_int_equal(route->mtu, 1400);
    assert_true(route->gateway);
    assert_int_equal(links->uplink4, route->ifindex);
    assert_int_equal(links->uplink6, route->ifindex);
    assert_int_equal(links->lowest_mtu4, 1300);
    assert_int_equal(links->lowest_mtu6, 1280);

    int last = 33;
    for (size_t i = 0; i < links->routes_count; i++)
        if (links->routes[i].destination.family == AF_INET) {
            assert_true(links->routes[i].destination.v4.len <= last);
            last = links->routes[i].destination.v4.len;
        }
    expect_backends(links, "2001:db8:1::/64 ");
    links_free(links);
}

TEST(a_host_without_routes)
{
    enter();
    sh("ip link set lan down && ip link set wan down");
    struct links *links = read_links();
    assert_int_equal(links->uplink4, 0);
    assert_int_equal(links->uplink6, 0);
    assert_int_equal(links->lowest_mtu4, 65535);
    links_free(links);
}

TEST(the_watch_tells_of_changes_once)
{
    enter();
    int watch = links_watch();
    struct pollfd wait = {.fd = watch, .events = POLLIN};
    assert_true(watch >= 0);
    assert_false(links_changed(watch));
    static const char *const changes[] = {"ip addr add 192.0.2.9/24 dev wan",
                                          "ip route add 203.0.113.0/24 dev lan", "ip link set lan mtu 1500",
                                          "ip -6 addr add 2001:db8:5::1/64 dev lan"};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        sh(changes[i]);
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        while (poll(&wait, 1, 100) == 1) /* one change comes as several messages */
            assert_true(links_changed(watch));
        assert_false(links_changed(watch));
    }
    close(watch);
}

/* RFC 1071 */
static uint16_t checksum(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i += 2)
        sum += bytes_get16(bytes + i);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Fragmentation Needed about `packet` (RFC 1191 4), from and to where it came from. */
static void write_needed(int tun, const uint8_t *packet, uint16_t mtu)
{
    enum { HEADER = 20, QUOTE = 28 };
    uint8_t reply[HEADER + 8 + QUOTE] = {0x45, 0, 0, sizeof(reply), 0, 1, 0, 0, 64, 1};
    memcpy(reply + 12, packet + 16, 4);
    memcpy(reply + 16, packet + 12, 4);
    bytes_put16(reply + 10, checksum(reply, HEADER));
    reply[HEADER] = 3;
    reply[HEADER + 1] = 4;
    bytes_put16(reply + HEADER + 6, mtu);
    memcpy(reply + HEADER + 8, packet, QUOTE);
    bytes_put16(reply + HEADER + 2, checksum(reply + HEADER, 8 + QUOTE));
    assert_int_equal(write(tun, reply, sizeof(reply)), sizeof(reply));
}

static int open_tun(void)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    strcpy(request.ifr_name, "path");
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0)
        skip();
    return tun;
}

/* What the host itself learned about a path is neither a route nor told when it is forgotten. */
TEST(a_learned_path_mtu_is_no_route)
{
    uint8_t packet[2048] = {0};
    enter();
    int tun = open_tun();
    sh("ip link set path up && ip addr add 10.0.0.1/24 dev path && ip route add 203.0.113.0/24 dev path");
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in peer = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0xcb007105)};
    assert_int_equal(connect(fd, (struct sockaddr *)&peer, sizeof(peer)), 0);
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    struct pollfd wait = {.fd = tun, .events = POLLIN};
    do { /* IPv6 of the new link comes, too */
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        assert_true(read(tun, packet, sizeof(packet)) > 0);
    } while (packet[0] >> 4 != 4);
    write_needed(tun, packet, 600);
    sh("ip route get 203.0.113.5 | grep -q 'mtu 600'"); /* learned */
    struct links *links = read_links();
    assert_non_null(find_route(links, "203.0.113.0/24"));
    assert_null(find_route(links, "203.0.113.5/32"));
    assert_int_equal(links->lowest_mtu4, 1400);
    links_free(links);
    close(fd);
    close(tun);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SEC_17_default_backends_leave_the_uplink_out),
        cmocka_unit_test(SEC_17_the_only_link_serves_as_both),
        cmocka_unit_test(own_addresses_of_both_families),
        cmocka_unit_test(reads_addresses_with_their_scope),
        cmocka_unit_test(reads_routes_longest_first_with_their_mtu),
        cmocka_unit_test(a_host_without_routes),
        cmocka_unit_test(the_watch_tells_of_changes_once),
        cmocka_unit_test(a_learned_path_mtu_is_no_route),
    };
    have_namespace = unshare(CLONE_NEWNET) == 0 && system("ip link set lo up 2>/dev/null") == 0;
    return RUN(tests);
}
