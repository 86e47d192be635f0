/*
 * ICMP extensions behind a quoted packet, found by the length attribute.
 *
 * Layer: pure
 * Specification: RFC 4884 3 - 5
 * Fuzz: fuzz_icmp
 */
#ifndef GATE64_NAT64D_RFC7915_EXTENSION_H
#define GATE64_NAT64D_RFC7915_EXTENSION_H

#include <stdbool.h>
#include <stdint.h>

enum {
    EXTENSION_QUOTED_MIN = 128, /* RFC 4884 5.3: the quoted packet is padded to this */
};

struct extension {
    uint32_t quoted_len; /* bytes of the quoted packet, padding included */
    uint32_t offset;     /* of the extension structure in the ICMP message; 0 none */
    uint32_t len;
};

/* `message` is the whole ICMP message of `len` >= 8 bytes. False: the length attribute points past the end.
 */
bool extension_find(const uint8_t *message, uint32_t len, uint8_t family, struct extension *ret_extension);

/* Pads the quoted packet that ends at `quoted_len` (from the message's byte 8) and appends the extension, if
 * that leaves the message within `room`; sets the length attribute. Returns the new length of the message.
 * The extension is left out when it does not fit or `allowed` is false. */
uint32_t extension_append(uint8_t *message, uint32_t quoted_len, uint32_t room, uint8_t family, bool allowed,
                          const uint8_t *extension, uint32_t extension_len);

#endif
