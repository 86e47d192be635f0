/*
 * Layer: test
 * Specification: RFC 1035 4.1, RFC 6147 5.1
 */
#include "tests/lab/soak_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    HUNDREDTHS = 10000,
    NOTHING_PART = 500, /* 5 % */
    FAIL_PART = 50,     /* 0.5 % each of the four ways to fail */
    ALIAS_PART = 1000,
    DUAL_PART = 2000,
    NS_A_S = 1000000000,
};

static const uint8_t tail[] = "\4soak\7example"; /* with the root label */

/* SplitMix64: each bit of the result depends on each of the value. */
uint64_t soak_mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27) * 0x94d049bb133111ebU;
    return value ^ value >> 31;
}

struct soak_name soak_name(uint64_t seed, uint32_t number)
{
    uint64_t mixed = soak_mix(seed ^ soak_mix(number));
    unsigned part = (unsigned)(mixed % HUNDREDTHS);
    static const struct {
        enum soak_kind kind;
        unsigned part;
    } parts[] = {{SOAK_NOTHING, NOTHING_PART}, {SOAK_FAILS, FAIL_PART},  {SOAK_FAILS_LATE, FAIL_PART},
                 {SOAK_SILENT, FAIL_PART},     {SOAK_BREAKS, FAIL_PART}, {SOAK_ALIAS, ALIAS_PART},
                 {SOAK_DUAL, DUAL_PART},       {SOAK_IPV4, HUNDREDTHS}};
    size_t i = 0;
    while (part >= parts[i].part)
        part -= parts[i++].part;
    mixed = soak_mix(mixed);
    return (struct soak_name){.kind = parts[i].kind,
                              .ttl_s = SOAK_TTL_MIN_S + (uint32_t)(mixed % SOAK_TTL_SPAN),
                              .bits = (uint32_t)(mixed >> 32)};
}

uint32_t soak_version(uint64_t start_ns, uint64_t now_ns)
{
    return now_ns < start_ns ? 0 : (uint32_t)((now_ns - start_ns) / NS_A_S / SOAK_PERIOD_S);
}

/* The first tells the name, the second the version. */
void soak_ipv4(const struct soak_name *name, uint32_t version, uint8_t out[2][4])
{
    memcpy(out[0], (uint8_t[]){192, 52, 193, (uint8_t)name->bits}, 4);
    memcpy(out[1], (uint8_t[]){192, 175, 48, (uint8_t)((name->bits >> 8) + version)}, 4);
}

void soak_ipv6(const struct soak_name *name, uint32_t version, uint8_t out[16])
{
    memcpy(out, (uint8_t[16]){0x20, 1, 0xd, 0xb8, 0, 0x99}, 16);
    for (int i = 0; i < 4; i++)
        out[8 + i] = (uint8_t)(name->bits >> 8 * i);
    out[15] = (uint8_t)version;
}

size_t soak_pack_name(char letter, uint32_t number, uint8_t *out)
{
    char label[16];
    int len = snprintf(label, sizeof(label), "%c%u", letter, number);
    out[0] = (uint8_t)len;
    memcpy(out + 1, label, (size_t)len);
    memcpy(out + 1 + len, tail, sizeof(tail));
    return 1 + (size_t)len + sizeof(tail);
}

int64_t soak_number(const uint8_t *name, size_t len, char *ret_letter)
{
    int64_t number = 0;
    size_t label = len > 0 ? name[0] : 0;
    if (label < 2 || len != 1 + label + sizeof(tail))
        return -1;
    for (size_t i = 0; i < sizeof(tail); i++)
        if (tolower(name[1 + label + i]) != tail[i])
            return -1;
    for (size_t i = 2; i <= label; i++) {
        if (!isdigit(name[i]))
            return -1;
        number = number * 10 + (name[i] - '0');
    }
    *ret_letter = (char)tolower(name[1]);
    return number;
}

uint64_t soak_now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * NS_A_S + (uint64_t)at.tv_nsec;
}
