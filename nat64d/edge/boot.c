/*
 * Layer: edge
 * Specification: random(4)
 */
#include "nat64d/edge/boot.h"

#include <errno.h>
#include <stdio.h>

int boot_id_read(uint8_t ret_id[STATE_BOOT_ID])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    unsigned byte, count = 0;
    int c;
    if (file == NULL)
        return -errno;
    /* 32 hexadecimal digits with hyphens between some. */
    while (count < STATE_BOOT_ID) {
        if (fscanf(file, "%2x", &byte) == 1)
            ret_id[count++] = (uint8_t)byte;
        else if ((c = fgetc(file)) != '-')
            break;
    }
    fclose(file);
    return count == STATE_BOOT_ID ? 0 : -EBADMSG;
}
