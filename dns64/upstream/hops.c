/*
 * Layer: pure
 * Specification: RFC 6891 6.1.2
 */
#include "dns64/upstream/hops.h"

static uint64_t read_id(const uint8_t *bytes)
{
    return (uint64_t)bytes_get32(bytes) << 32 | bytes_get32(bytes + HOPS_ID_LEN / 2);
}

void hops_read(const struct message *query, struct hops *ret_hops)
{
    struct edns_walk walk;
    struct edns_option option;
    *ret_hops = (struct hops){0};
    edns_walk_init(&walk, query);
    while (edns_walk_next(&walk, &option))
        for (size_t at = 0; option.code == HOPS_OPTION && at + HOPS_ID_LEN <= option.len; at += HOPS_ID_LEN)
            if (ret_hops->count < HOPS_MAX)
                ret_hops->ids[ret_hops->count++] = read_id(option.bytes + at);
}

bool hops_is_loop(const struct hops *hops, uint64_t own)
{
    for (unsigned i = 0; i < hops->count; i++)
        if (hops->ids[i] == own)
            return true;
    return hops->count == HOPS_MAX;
}

size_t hops_write(const struct hops *hops, uint64_t own, uint8_t out[HOPS_MAX * HOPS_ID_LEN])
{
    size_t len = 0;
    for (unsigned i = 0; i <= hops->count; i++, len += HOPS_ID_LEN) {
        uint64_t id = i < hops->count ? hops->ids[i] : own;
        bytes_put32(out + len, (uint32_t)(id >> 32));
        bytes_put32(out + len + HOPS_ID_LEN / 2, (uint32_t)id);
    }
    return len;
}
