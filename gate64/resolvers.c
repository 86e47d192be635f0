/*
 * Layer: edge
 * Specification: resolv.conf(5); RFC 1035 4.1; udp(7)
 */
#include "gate64/resolvers.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/sockaddr.h"
#include "common/time_units.h"
#include "gate64/socket_line.h"

enum {
    LINE_LEN = 512,
    PORT = 53,
    HEADER_LEN = 12, /* RFC 1035 4.1.1 */
    ANSWER_LEN = 4096,
};

void resolvers_from_settings(const struct settings_dns64 *dns64, struct resolvers *ret_resolvers)
{
    memset(ret_resolvers, 0, sizeof(*ret_resolvers));
    for (size_t i = 0; i < dns64->upstream_count && i < RESOLVERS_MAX; i++)
        if (!dns64->upstream[i].tls) /* which hears nothing by UDP */
            ret_resolvers->list[ret_resolvers->count++].endpoint = dns64->upstream[i].at;
}

void resolvers_from_file(const char *path, struct resolvers *ret_resolvers)
{
    char line[LINE_LEN], word[LINE_LEN];
    struct addr addr;
    FILE *file = fopen(path, "re");
    memset(ret_resolvers, 0, sizeof(*ret_resolvers));
    while (file != NULL && ret_resolvers->count < RESOLVERS_MAX && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "nameserver %511s", word) == 1 && addr_parse(word, &addr) == 0)
            ret_resolvers->list[ret_resolvers->count++].endpoint = (struct addr_endpoint){addr, PORT};
    if (file != NULL)
        fclose(file);
}

static bool is_own(const struct addr *addr, const struct links *links)
{
    return addr_is_loopback(addr) || links_is_own(links, addr);
}

/* Whether a question sent there comes to dns64: another resolver of this host has another address or port. */
static bool is_ourselves(const struct addr_endpoint *endpoint, const struct settings_dns64 *dns64,
                         const struct links *links)
{
    for (size_t i = 0; is_own(&endpoint->addr, links) && i < dns64->listen_count; i++) {
        const struct addr *at = &dns64->listen[i].addr;
        if (dns64->listen[i].port == endpoint->port &&
            ((at->family == endpoint->addr.family && addr_is_any(at)) || addr_equal(at, &endpoint->addr)))
            return true;
    }
    return false;
}

/* A socket that hears of nobody but the resolver; -1 if there is no way to it. */
static int connect_to(const struct addr_endpoint *endpoint)
{
    struct sockaddr_storage address;
    socklen_t len = sockaddr_of(endpoint, &address);
    int fd = socket(endpoint->addr.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, len) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ". IN NS" with recursion desired. */
static void send_question(int fd, uint16_t id)
{
    uint8_t question[HEADER_LEN + 5] = {
        (uint8_t)(id >> 8), (uint8_t)id, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    if (send(fd, question, sizeof(question), MSG_NOSIGNAL) < 0)
        return; /* an error of the try before; the answer will be missed */
}

static bool has_answer(int fd, uint16_t id)
{
    uint8_t answer[ANSWER_LEN];
    ssize_t n = recv(fd, answer, sizeof(answer), 0);
    return n >= HEADER_LEN && (answer[0] << 8 | answer[1]) == id && (answer[2] & 0x80) != 0;
}

/* One try: asks those that were silent so far. */
static void try_silent(struct resolvers *resolvers, struct pollfd *wait, uint16_t id)
{
    uint64_t until = clock_now_ns() + RESOLVERS_WAIT_MS * NS_PER_MS, now;
    size_t silent = 0;
    for (size_t i = 0; i < resolvers->count; i++) {
        wait[i].events = resolvers->list[i].state == RESOLVERS_SILENT && wait[i].fd >= 0 ? POLLIN : 0;
        if (wait[i].events != 0) {
            send_question(wait[i].fd, id);
            silent++;
        }
    }
    while (silent > 0 && (now = clock_now_ns()) < until) {
        if (poll(wait, resolvers->count, (int)((until - now) / NS_PER_MS) + 1) <= 0)
            continue;
        for (size_t i = 0; i < resolvers->count; i++) {
            if (wait[i].events == 0 || wait[i].revents == 0)
                continue;
            if (has_answer(wait[i].fd, id))
                resolvers->list[i].state = RESOLVERS_GOOD;
            else if ((wait[i].revents & POLLERR) == 0)
                continue;
            wait[i].events = 0; /* answered, or nobody is there */
            silent--;
        }
    }
}

void resolvers_ask(struct resolvers *resolvers, const struct settings_dns64 *dns64, const struct links *links)
{
    struct pollfd wait[RESOLVERS_MAX] = {{0}};
    uint16_t id;
    clock_random(&id, sizeof(id));
    for (size_t i = 0; i < resolvers->count; i++) {
        bool ourselves = is_ourselves(&resolvers->list[i].endpoint, dns64, links);
        resolvers->list[i].state = ourselves ? RESOLVERS_OURSELVES : RESOLVERS_SILENT;
        wait[i].fd = ourselves ? -1 : connect_to(&resolvers->list[i].endpoint);
    }
    for (int i = 0; i < RESOLVERS_TRIES; i++)
        try_silent(resolvers, wait, id);
    for (size_t i = 0; i < resolvers->count; i++)
        if (wait[i].fd >= 0)
            close(wait[i].fd);
}

size_t resolvers_count(const struct resolvers *resolvers, enum resolvers_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < resolvers->count; i++)
        count += resolvers->list[i].state == state;
    return count;
}
