/*
 * The Internet checksum: whole sums, incremental updates, pseudo-headers.
 *
 * Layer: pure
 * Specification: RFC 1071, RFC 1624 3 (equation 3), RFC 768, RFC 9293 3.1, RFC 8200 8.1
 *
 * A "sum" is an unfolded or folded one's complement sum (not inverted) kept in 32 or 64 bits;
 * checksum_finish inverts and folds it. Values are host order; odd lengths are padded with zero.
 */
#ifndef GATE64_NAT64D_PACKET_CHECKSUM_H
#define GATE64_NAT64D_PACKET_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds `len` bytes to `sum`. Fast for large payloads (8 bytes a step). */
uint64_t checksum_add(uint64_t sum, const void *data, size_t len);
uint16_t checksum_fold(uint64_t sum);
uint16_t checksum_finish(uint64_t sum); /* ~fold */

uint64_t checksum_pseudo4(uint32_t source, uint32_t destination, uint8_t protocol, uint32_t len);
/* `source` and `destination` are 16 bytes each. */
uint64_t checksum_pseudo6(const void *source, const void *destination, uint8_t protocol, uint32_t len);

/* RFC 1624 equation 3: the checksum after the summed words `removed` were replaced by `added`. */
uint16_t checksum_update(uint16_t checksum, uint64_t removed, uint64_t added);

/* The same for a partial checksum (the folded pseudo-header sum that waits for hardware): not inverted. */
uint16_t checksum_update_partial(uint16_t partial, uint64_t removed, uint64_t added);

#endif
