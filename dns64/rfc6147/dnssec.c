/*
 * Layer: pure
 * Specification: RFC 4035 3.2, RFC 6840 5.7 and 5.8
 */
#include "dns64/rfc6147/dnssec.h"

#include "dns64/wire/message.h"

bool dnssec_keeps(const struct dnssec_client *client, uint16_t record_type)
{
    bool dnssec = record_type == MESSAGE_TYPE_RRSIG || record_type == MESSAGE_TYPE_NSEC ||
                  record_type == MESSAGE_TYPE_NSEC3;
    return !dnssec || client->wants_dnssec || client->type == record_type || client->type == MESSAGE_TYPE_ANY;
}

bool dnssec_says_ad(const struct dnssec_client *client, bool secure, bool touched)
{
    if (!secure || touched)
        return false;
    /* RFC 6147 3: DO = 0 and CD = 0 never get it from a DNS64, though RFC 6840 5.7 would let AD = 1 have it.
     */
    return client->wants_dnssec || (client->knows_ad && !client->by_dns64);
}
