/*
 * Layer: edge
 * Specification: getrandom(2)
 */
#include "common/random.h"

#include <string.h>

#include "common/clock.h"

void random_bytes(struct random *random, void *ret_bytes, size_t len)
{
    if (random->left < len) {
        clock_random(random->bytes, sizeof(random->bytes));
        random->left = sizeof(random->bytes);
    }
    uint8_t *at = random->bytes + random->left - len;
    memcpy(ret_bytes, at, len);
    memset(at, 0, len); /* nobody finds later what was given */
    random->left -= (unsigned)len;
}
