/*
 * Layer: table
 * Specification: RFC 4787 4.1, RFC 6888 REQ-2, REQ-4 and REQ-5, RFC 7857 4
 */
#include "pool/quota.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/time_units.h"
#include "pool/quota_record.h"

struct quota {
    _Atomic uint32_t sessions; /* of all backends */
    struct quota_limits limits;
    const struct group_table *groups;
    struct quota_records records;
};

int quota_new(uint32_t records, const struct quota_limits *limits, struct siphash_key key,
              const struct group_table *groups, struct quota **ret_quota)
{
    struct quota *quota = calloc(1, sizeof(*quota));
    if (quota == NULL)
        return -ENOMEM;
    quota->limits = *limits;
    quota->groups = groups;
    int r = quota_records_init(&quota->records, records, key);
    if (r < 0) {
        quota_free(quota);
        return r;
    }
    *ret_quota = quota;
    return 0;
}

void quota_free(struct quota *quota)
{
    if (quota == NULL)
        return;
    quota_records_done(&quota->records);
    free(quota);
}

static struct quota_place place_of(struct quota *quota, enum quota_level level,
                                   const struct in6_addr *backend)
{
    struct in6_addr prefix = addr_mask6(backend, quota->limits.prefix_len[level]);
    return quota_record_place(&quota->records, &prefix, level);
}

/* Where the ports of the level are counted: a network's backends may be of several groups, and what it has of
 * one pool takes nothing from its share of another. */
static struct quota_place place_of_ports(struct quota *quota, enum quota_level level,
                                         const struct in6_addr *backend)
{
    uint32_t group = group_find(quota->groups, backend);
    uint32_t kind = level == QUOTA_NETWORK && group != GROUP_DEFAULT ? QUOTA_LEVELS + group : level;
    struct in6_addr prefix = addr_mask6(backend, quota->limits.prefix_len[level]);
    return quota_record_place(&quota->records, &prefix, kind);
}

/* A bucket of one second's sessions, kept as the time when the next is due at the full rate. */
static bool within_rate(struct quota_record *record, uint32_t rate, uint64_t now_ns)
{
    uint64_t due = record->next_ns > now_ns ? record->next_ns : now_ns;
    if (rate == 0 || due - now_ns > NS_PER_S - NS_PER_S / rate)
        return false;
    record->next_ns = due + NS_PER_S / rate;
    return true;
}

static enum quota_result add_session(struct quota *quota, enum quota_level level,
                                     const struct in6_addr *backend, uint64_t now_ns)
{
    const struct quota_limits *limits = &quota->limits;
    struct quota_place place = place_of(quota, level, backend);
    enum quota_result result = QUOTA_OK;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_take(&place);
    if (record == NULL) {
        result = QUOTA_NO_RECORD;
    } else if (record->sessions >= limits->sessions[level]) {
        result = QUOTA_SESSIONS;
    } else if (record->unanswered >= limits->unanswered[level]) {
        result = QUOTA_UNANSWERED;
    } else if (!within_rate(record, limits->rate[level], now_ns)) {
        result = QUOTA_RATE;
    } else {
        record->sessions++;
        record->unanswered++;
    }
    if (record != NULL)
        quota_record_put(&place, record);
    pthread_mutex_unlock(&place.stripe->mutex);
    return result;
}

/* One less; false when there was none: what is dropped twice takes nothing from others. */
static bool count_down(uint32_t *count)
{
    bool any = *count > 0;
    *count -= any;
    return any;
}

static bool drop_session(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
                         bool answered)
{
    struct quota_place place = place_of(quota, level, backend);
    bool dropped = false;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_find(&place);
    if (record != NULL) {
        dropped = count_down(&record->sessions);
        if (!answered || record->unanswered > record->sessions)
            count_down(&record->unanswered);
        quota_record_put(&place, record);
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return dropped;
}

/* The backend's part of a session that its network was refused, with what it took of the rate. */
static void take_back(struct quota *quota, const struct in6_addr *backend)
{
    struct quota_place place = place_of(quota, QUOTA_BACKEND, backend);
    uint64_t step_ns = NS_PER_S / quota->limits.rate[QUOTA_BACKEND];
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_find(&place);
    if (record != NULL) {
        count_down(&record->sessions);
        count_down(&record->unanswered);
        record->next_ns -= record->next_ns >= step_ns ? step_ns : 0;
        quota_record_put(&place, record);
    }
    pthread_mutex_unlock(&place.stripe->mutex);
}

/* The backend's and the network's part of quota_session_add. */
static enum quota_result count_session(struct quota *quota, const struct in6_addr *backend, uint64_t now_ns)
{
    enum quota_result result = add_session(quota, QUOTA_BACKEND, backend, now_ns);
    if (result != QUOTA_OK)
        return result;
    result = add_session(quota, QUOTA_NETWORK, backend, now_ns);
    if (result != QUOTA_OK)
        take_back(quota, backend);
    return result;
}

enum quota_result quota_session_add(struct quota *quota, const struct in6_addr *backend, uint64_t now_ns)
{
    enum quota_result result = QUOTA_TABLE;
    if (atomic_fetch_add(&quota->sessions, 1) < quota->limits.sessions_in_all)
        result = count_session(quota, backend, now_ns);
    if (result != QUOTA_OK)
        atomic_fetch_sub(&quota->sessions, 1);
    return result;
}

void quota_session_drop(struct quota *quota, const struct in6_addr *backend, bool answered)
{
    atomic_fetch_sub(&quota->sessions, 1);
    if (drop_session(quota, QUOTA_BACKEND, backend, answered))
        drop_session(quota, QUOTA_NETWORK, backend, answered);
}

void quota_session_answered(struct quota *quota, const struct in6_addr *backend)
{
    bool counted = true;
    for (unsigned level = 0; level < QUOTA_LEVELS && counted; level++) {
        struct quota_place place = place_of(quota, level, backend);
        pthread_mutex_lock(&place.stripe->mutex);
        struct quota_record *record = quota_record_find(&place);
        counted = record != NULL && count_down(&record->unanswered);
        pthread_mutex_unlock(&place.stripe->mutex);
    }
}

static uint32_t port_limit(const struct quota *quota, enum quota_level level, uint32_t group,
                           uint32_t address)
{
    const struct settings_share *share = &quota->limits.ports[level];
    if (!share->percent)
        return (uint32_t)share->value;
    /* A backend has one address; a network's backends may have any. */
    uint64_t all =
        level == QUOTA_NETWORK ? group_ports(quota->groups, group) : group_pool_ports(quota->groups, address);
    uint64_t ports = all * (uint32_t)share->value / 100;
    if (ports == 0)
        return 1; /* the share of a small pool is a port at least */
    return ports < UINT32_MAX ? (uint32_t)ports : UINT32_MAX;
}

/* The backend's own record; chooses the address. The group has one. */
static enum quota_result bind_backend(struct quota *quota, const struct in6_addr *backend,
                                      enum transport transport, uint32_t group, uint32_t attempt,
                                      uint32_t *ret_address, bool *ret_first)
{
    uint32_t addresses = group_addresses(quota->groups, group);
    struct quota_place place = place_of(quota, QUOTA_BACKEND, backend);
    enum quota_result result = QUOTA_OK;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_take(&place);
    if (record == NULL) {
        result = QUOTA_NO_RECORD;
    } else {
        *ret_first = !quota_record_has_ports(record) || !group_holds(quota->groups, group, record->address);
        if (*ret_first)
            record->address =
                group_address(quota->groups, group, (uint32_t)(((place.hash >> 32) + attempt) % addresses));
        *ret_address = record->address;
        if (record->ports[transport] >= port_limit(quota, QUOTA_BACKEND, group, record->address))
            result = QUOTA_PORTS;
        else
            record->ports[transport]++;
        quota_record_put(&place, record);
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return result;
}

static enum quota_result bind_network(struct quota *quota, const struct in6_addr *backend,
                                      enum transport transport, uint32_t group, uint32_t address)
{
    struct quota_place place = place_of_ports(quota, QUOTA_NETWORK, backend);
    enum quota_result result = QUOTA_OK;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_take(&place);
    if (record == NULL)
        result = QUOTA_NO_RECORD;
    else if (record->ports[transport] >= port_limit(quota, QUOTA_NETWORK, group, address))
        result = QUOTA_PORTS;
    else
        record->ports[transport]++;
    if (record != NULL)
        quota_record_put(&place, record);
    pthread_mutex_unlock(&place.stripe->mutex);
    return result;
}

/* False when there was none; *ret_last says that it was the last one. */
static bool unbind(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
                   enum transport transport, bool *ret_last)
{
    struct quota_place place = place_of_ports(quota, level, backend);
    bool dropped = false;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_find(&place);
    if (record != NULL) {
        dropped = count_down(&record->ports[transport]);
        *ret_last = dropped && !quota_record_has_ports(record);
        quota_record_put(&place, record);
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return dropped;
}

enum quota_result quota_bind(struct quota *quota, const struct in6_addr *backend, enum transport transport,
                             uint32_t attempt, uint32_t *ret_address, bool *ret_first)
{
    uint32_t group = group_find(quota->groups, backend);
    if (group_addresses(quota->groups, group) == 0)
        return QUOTA_NO_ADDRESS;
    enum quota_result result =
        bind_backend(quota, backend, transport, group, attempt, ret_address, ret_first);
    if (result != QUOTA_OK)
        return result;
    bool last;
    result = bind_network(quota, backend, transport, group, *ret_address);
    if (result != QUOTA_OK)
        unbind(quota, QUOTA_BACKEND, backend, transport, &last);
    return result;
}

bool quota_unbind(struct quota *quota, const struct in6_addr *backend, enum transport transport)
{
    bool last = false, last_of_network;
    if (unbind(quota, QUOTA_BACKEND, backend, transport, &last))
        unbind(quota, QUOTA_NETWORK, backend, transport, &last_of_network);
    return last;
}

/* A backend may have a block when it has less than it may have; a network's blocks are within its share, but
 * for a first one. */
static bool may_have_block(const struct quota_record *record, enum quota_level level, uint32_t limit,
                           uint32_t ports)
{
    if (level == QUOTA_BACKEND || record->blocks == 0)
        return record->blocks < limit;
    return record->blocks + ports <= limit;
}

static enum quota_result add_block(struct quota *quota, enum quota_level level,
                                   const struct in6_addr *backend, uint32_t address, uint32_t ports)
{
    uint32_t limit = port_limit(quota, level, group_find(quota->groups, backend), address);
    struct quota_place place = place_of_ports(quota, level, backend);
    enum quota_result result = QUOTA_OK;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_take(&place);
    if (record == NULL)
        result = QUOTA_NO_RECORD;
    else if (!may_have_block(record, level, limit, ports))
        result = QUOTA_PORTS;
    else
        record->blocks += ports;
    if (record != NULL)
        quota_record_put(&place, record);
    pthread_mutex_unlock(&place.stripe->mutex);
    return result;
}

static bool drop_block(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
                       uint32_t ports)
{
    struct quota_place place = place_of_ports(quota, level, backend);
    bool last = false;
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_find(&place);
    if (record != NULL) {
        record->blocks -= ports < record->blocks ? ports : record->blocks;
        last = !quota_record_has_ports(record);
        quota_record_put(&place, record);
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return last;
}

enum quota_result quota_block_add(struct quota *quota, const struct in6_addr *backend, uint32_t address,
                                  uint32_t ports)
{
    enum quota_result result = add_block(quota, QUOTA_BACKEND, backend, address, ports);
    if (result != QUOTA_OK)
        return result;
    result = add_block(quota, QUOTA_NETWORK, backend, address, ports);
    if (result != QUOTA_OK)
        drop_block(quota, QUOTA_BACKEND, backend, ports);
    return result;
}

bool quota_block_drop(struct quota *quota, const struct in6_addr *backend, uint32_t ports)
{
    drop_block(quota, QUOTA_NETWORK, backend, ports);
    return drop_block(quota, QUOTA_BACKEND, backend, ports);
}

void quota_block_restore(struct quota *quota, const struct in6_addr *backend, uint32_t ports)
{
    for (unsigned level = 0; level < QUOTA_LEVELS; level++) {
        struct quota_place place = place_of_ports(quota, level, backend);
        pthread_mutex_lock(&place.stripe->mutex);
        struct quota_record *record = quota_record_find(&place);
        if (record != NULL && quota_record_has_ports(record))
            record->blocks += ports;
        pthread_mutex_unlock(&place.stripe->mutex);
    }
}

/* Which of two addresses of a backend is for new bindings: the one of its group; the other drains. */
static bool is_better(const struct quota *quota, const struct in6_addr *backend, uint32_t address,
                      uint32_t other)
{
    uint32_t group = group_find(quota->groups, backend);
    bool holds = group_holds(quota->groups, group, address);
    return holds != group_holds(quota->groups, group, other) ? holds : address < other;
}

static bool restore_port(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
                         enum transport transport, uint32_t address)
{
    struct quota_place place = place_of_ports(quota, level, backend);
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_take(&place);
    if (record != NULL) {
        if (!quota_record_has_ports(record) || is_better(quota, backend, address, record->address))
            record->address = address;
        record->ports[transport]++;
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return record != NULL;
}

static bool restore_sessions(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
                             uint32_t sessions, uint32_t unanswered)
{
    struct quota_place place = place_of(quota, level, backend);
    pthread_mutex_lock(&place.stripe->mutex);
    struct quota_record *record = quota_record_take(&place);
    if (record != NULL) {
        record->sessions += sessions;
        record->unanswered += unanswered;
        quota_record_put(&place, record); /* a static binding without sessions needs none */
    }
    pthread_mutex_unlock(&place.stripe->mutex);
    return record != NULL;
}

bool quota_restore(struct quota *quota, const struct in6_addr *backend, enum transport transport,
                   const uint32_t *address, uint32_t sessions, uint32_t answered)
{
    uint32_t unanswered = answered < sessions ? sessions - answered : 0;
    unsigned bound = 0, counted = 0;
    atomic_fetch_add(&quota->sessions, sessions);
    while (address != NULL && bound < QUOTA_LEVELS &&
           restore_port(quota, bound, backend, transport, *address))
        bound++;
    while ((address == NULL || bound == QUOTA_LEVELS) && counted < QUOTA_LEVELS &&
           restore_sessions(quota, counted, backend, sessions, unanswered))
        counted++;
    if (counted == QUOTA_LEVELS)
        return true;
    while (counted-- > 0)
        for (uint32_t i = 0; i < sessions; i++)
            drop_session(quota, counted, backend, i >= unanswered);
    bool last;
    while (bound-- > 0)
        unbind(quota, bound, backend, transport, &last);
    return false;
}

static bool get(const struct quota_place *place, struct quota_use *ret_use)
{
    pthread_mutex_lock(&place->stripe->mutex);
    const struct quota_record *record = quota_record_find(place);
    if (record != NULL) {
        memcpy(ret_use->ports, record->ports, sizeof(ret_use->ports));
        ret_use->sessions = record->sessions;
        ret_use->unanswered = record->unanswered;
        ret_use->address = record->address;
        ret_use->blocks = record->blocks;
    }
    pthread_mutex_unlock(&place->stripe->mutex);
    return record != NULL;
}

bool quota_get(struct quota *quota, enum quota_level level, const struct in6_addr *backend,
               struct quota_use *ret_use)
{
    struct quota_place place = place_of(quota, level, backend),
                       of_ports = place_of_ports(quota, level, backend);
    struct quota_use ports;
    bool found = get(&place, ret_use);
    if (of_ports.kind == place.kind || !get(&of_ports, &ports))
        return found;
    if (!found)
        *ret_use = (struct quota_use){0};
    memcpy(ret_use->ports, ports.ports, sizeof(ports.ports));
    ret_use->blocks = ports.blocks;
    return true;
}
