/*
 * Layer: edge
 * Specification: resolv.conf(5)
 */
#include "dns64/edge/resolv.h"

#include <stdio.h>
#include <string.h>

enum {
    LINE_LEN = 512,
    PORT = 53,
};

/* Whether a question sent there would come to us. */
static bool is_ourselves(const struct addr *server, const struct links *links,
                         const struct addr_endpoint *listen, size_t listen_count)
{
    bool own = addr_is_loopback(server) || links_is_own(links, server);
    for (size_t i = 0; own && i < listen_count; i++) {
        const struct addr *at = &listen[i].addr;
        if (listen[i].port == PORT &&
            ((at->family == server->family && addr_is_any(at)) || addr_equal(at, server)))
            return true;
    }
    return false;
}

size_t resolv_read(const char *path, const struct links *links, const struct addr_endpoint *listen,
                   size_t listen_count, struct addr_endpoint *endpoints, size_t room)
{
    char line[LINE_LEN], word[LINE_LEN];
    size_t count = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (count < room && fgets(line, sizeof(line), file) != NULL) {
        struct addr addr;
        /* An address with a zone (%eth0) is not parsed: link-local resolvers are not asked. */
        if (sscanf(line, "nameserver %511s", word) != 1 || addr_parse(word, &addr) < 0 ||
            is_ourselves(&addr, links, listen, listen_count))
            continue;
        endpoints[count++] = (struct addr_endpoint){addr, PORT};
    }
    fclose(file);
    return count;
}
