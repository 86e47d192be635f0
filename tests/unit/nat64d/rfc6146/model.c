/*
 * Layer: test
 * Specification: RFC 6146 3.1 - 3.8
 */
#include "tests/unit/nat64d/rfc6146/model.h"

#include <string.h>

#include "tests/unit/test.h"

enum {
    SESSIONS = 512,
    SYNS = 64,
    LOWEST_PORT = 1024,
    PORT_DNS = 53,
    L_UDP = 300, /* lifetimes in seconds: those of the gateway of the tests */
    L_DNS = 17,
    L_ICMP = 60,
    L_OPENING = 240,
    L_CLOSING = 120,
    L_SYN = 6,
};

struct binding {
    bool used, fixed;
    int host;
    unsigned x, t;
};

struct session {
    bool used;
    enum model_proto proto;
    int binding, remote;
    unsigned z;
    uint64_t until;
    enum tcp_state state;
};

struct syn {
    bool used;
    unsigned t, z;
    int remote;
    uint64_t due;
};

static struct binding bindings[MODEL_PROTOS][MODEL_BINDINGS];
static struct session sessions[SESSIONS];
static struct syn syns[SYNS];
static bool independent[MODEL_PROTOS];
static uint64_t clock_s;

static int find_x(enum model_proto proto, int host, unsigned x)
{
    for (int i = 0; i < MODEL_BINDINGS; i++)
        if (bindings[proto][i].used && bindings[proto][i].host == host && bindings[proto][i].x == x)
            return i;
    return -1;
}

static int find_t(enum model_proto proto, unsigned t)
{
    for (int i = 0; i < MODEL_BINDINGS; i++)
        if (bindings[proto][i].used && bindings[proto][i].t == t)
            return i;
    return -1;
}

/* The port was chosen by the translator: it must have been free. */
static int make_binding(enum model_proto proto, int host, unsigned x, unsigned t)
{
    int i = 0;
    assert_int_equal(find_t(proto, t), -1);
    assert_in_range(t, LOWEST_PORT, 65535);
    while (bindings[proto][i].used)
        i++;
    assert_true(i < MODEL_BINDINGS);
    bindings[proto][i] = (struct binding){true, false, host, x, t};
    return i;
}

static struct session *find_session(enum model_proto proto, int binding, int remote, unsigned z)
{
    for (int i = 0; i < SESSIONS; i++) {
        struct session *session = &sessions[i];
        if (session->used && session->proto == proto && session->binding == binding &&
            session->remote == remote && session->z == z)
            return session;
    }
    return NULL;
}

static struct session *make_session(enum model_proto proto, int binding, int remote, unsigned z)
{
    int i = 0;
    while (sessions[i].used)
        i++;
    assert_true(i < SESSIONS);
    sessions[i] = (struct session){true, proto, binding, remote, z, 0, TCP_STATE_NONE};
    return &sessions[i];
}

static void end_session(struct session *session)
{
    session->used = false;
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].used && sessions[i].proto == session->proto &&
            sessions[i].binding == session->binding)
            return;
    struct binding *binding = &bindings[session->proto][session->binding];
    binding->used = binding->fixed;
}

static struct syn *find_syn(unsigned t, int remote, unsigned z)
{
    for (int i = 0; i < SYNS; i++)
        if (syns[i].used && syns[i].t == t && syns[i].remote == remote && syns[i].z == z)
            return &syns[i];
    return NULL;
}

static void keep_syn(unsigned t, int remote, unsigned z)
{
    int i = 0;
    if (find_syn(t, remote, z) != NULL)
        return; /* the first one's time runs on */
    while (syns[i].used)
        i++;
    assert_true(i < SYNS);
    syns[i] = (struct syn){true, t, z, remote, clock_s + L_SYN};
}

/* RFC 6146 3.5: whether the filter lets an address in that has no session of this port. */
static bool admits(enum model_proto proto, int binding, int remote)
{
    if (independent[proto] || bindings[proto][binding].fixed)
        return true;
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].used && sessions[i].proto == proto && sessions[i].binding == binding &&
            sessions[i].remote == remote)
            return true;
    return false;
}

/* Lifetimes. */

static void at_least(struct session *session, uint64_t seconds)
{
    if (session->until < clock_s + seconds)
        session->until = clock_s + seconds;
}

static void at_most(struct session *session, uint64_t seconds)
{
    if (session->until > clock_s + seconds)
        session->until = clock_s + seconds;
}

static void refresh(struct session *session)
{
    at_least(session, session->proto == MODEL_ICMP ? L_ICMP : session->z == PORT_DNS ? L_DNS : L_UDP);
}

/* RFC 6146 3.5.2.2, a session's part. */
static void tcp_session(struct session *session, const struct model_event *event)
{
    bool rst = event->flags & MODEL_RST, syn = !rst && (event->flags & MODEL_SYN),
         fin = !rst && (event->flags & MODEL_FIN);
    bool own_fin = fin && event->from6;
    switch (session->state) {
    case TCP_STATE_V4_INIT:
        if (syn && event->from6) {
            session->state = TCP_STATE_ESTABLISHED;
            at_least(session, MODEL_ESTABLISHED_S);
        }
        return;
    case TCP_STATE_V6_INIT:
        if (syn && !event->from6) {
            session->state = TCP_STATE_ESTABLISHED;
            at_least(session, MODEL_ESTABLISHED_S);
        } else if (syn) {
            at_least(session, L_OPENING);
        } else if (rst && !event->from6) {
            at_most(session, L_CLOSING);
        }
        return;
    case TCP_STATE_ESTABLISHED:
        if (rst)
            session->until = clock_s + L_CLOSING;
        else if (!fin)
            at_least(session, MODEL_ESTABLISHED_S);
        if (rst || fin)
            session->state = rst ? TCP_STATE_TRANS : own_fin ? TCP_STATE_V6_FIN : TCP_STATE_V4_FIN;
        return;
    case TCP_STATE_V4_FIN:
    case TCP_STATE_V6_FIN:
        if (fin && own_fin == (session->state == TCP_STATE_V4_FIN)) {
            session->state = TCP_STATE_BOTH_FIN;
            session->until = clock_s + L_CLOSING;
        } else {
            at_least(session, MODEL_ESTABLISHED_S);
        }
        return;
    case TCP_STATE_TRANS:
        if (!rst) {
            session->state = TCP_STATE_ESTABLISHED;
            at_least(session, MODEL_ESTABLISHED_S);
        }
        return;
    case TCP_STATE_BOTH_FIN:
    case TCP_STATE_NONE:
    case TCP_STATE_COUNT: return;
    }
}

static bool invalid(const struct model_event *event)
{
    return event->proto == MODEL_TCP &&
           (event->flags == 0 || ((event->flags & MODEL_SYN) && (event->flags & (MODEL_FIN | MODEL_RST))));
}

static struct model_outcome to6(const struct model_event *event, int binding)
{
    const struct binding *of = &bindings[event->proto][binding];
    return (struct model_outcome){
        true, 6, of->host, event->remote, event->proto == MODEL_ICMP ? of->x : event->z, of->x};
}

/* Steps 2 and 3 for what comes from IPv4. */
struct model_outcome model_from4(const struct model_event *event)
{
    const struct model_outcome dropped = {false};
    int binding = find_t(event->proto, event->t);
    bool is_syn = event->proto == MODEL_TCP && (event->flags & MODEL_SYN);
    struct session *session =
        binding < 0 ? NULL : find_session(event->proto, binding, event->remote, event->z);
    if (invalid(event))
        return dropped;
    if (session == NULL && (binding < 0 || !admits(event->proto, binding, event->remote))) {
        if (is_syn)
            keep_syn(event->t, event->remote, event->z);
        return dropped;
    }
    if (session == NULL && (is_syn || event->proto != MODEL_TCP)) {
        /* A connection that may come in has no MODEL_SYN that waits any more. */
        struct syn *kept = is_syn ? find_syn(event->t, event->remote, event->z) : NULL;
        if (kept != NULL)
            kept->used = false;
        session = make_session(event->proto, binding, event->remote, event->z);
        session->state = TCP_STATE_V4_INIT;
        session->until = is_syn ? clock_s + L_OPENING : 0;
    } else if (session != NULL && event->proto == MODEL_TCP && !event->stray) {
        tcp_session(session, event);
    }
    if (event->proto != MODEL_TCP)
        refresh(session);
    return to6(event, binding);
}

/* The session of a MODEL_SYN from IPv6: one that IPv4 sent before has waited for it. */
static struct session *open_session(const struct model_event *event, int binding)
{
    struct syn *crossed = find_syn(bindings[MODEL_TCP][binding].t, event->remote, event->z);
    struct session *session = make_session(MODEL_TCP, binding, event->remote, event->z);
    session->state = crossed != NULL ? TCP_STATE_ESTABLISHED : TCP_STATE_V6_INIT;
    session->until = clock_s + (crossed != NULL ? MODEL_ESTABLISHED_S : L_OPENING);
    if (crossed != NULL)
        crossed->used = false;
    return session;
}

/* Steps 2, 3 and 5 for what comes from IPv6; `chosen` is the port of a new binding. */
struct model_outcome model_from6(const struct model_event *event, unsigned chosen)
{
    const struct model_outcome dropped = {false};
    int binding = find_x(event->proto, event->host, event->x);
    bool opens = event->proto != MODEL_TCP || (event->flags & MODEL_SYN);
    if (invalid(event) || (binding < 0 && !opens))
        return dropped;
    if (binding < 0)
        binding = make_binding(event->proto, event->host, event->x, chosen);
    struct session *session = find_session(event->proto, binding, event->remote, event->z);
    if (session == NULL && opens)
        session = event->proto == MODEL_TCP ? open_session(event, binding)
                                            : make_session(event->proto, binding, event->remote, event->z);
    else if (session != NULL && event->proto == MODEL_TCP && !event->stray)
        tcp_session(session, event);
    if (event->proto != MODEL_TCP)
        refresh(session);
    unsigned t = bindings[event->proto][binding].t;
    if (event->remote != MODEL_POOL)
        return (struct model_outcome){true,          4, event->host,
                                      event->remote, t, event->proto == MODEL_ICMP ? t : event->z};
    struct model_event again = *event;
    again.from6 = false;
    again.t = event->proto == MODEL_ICMP ? t : event->z;
    again.z = event->proto == MODEL_ICMP ? 0 : t;
    return model_from4(&again);
}

/* Time. */

static bool is_near(uint64_t when)
{
    return when + 1 >= clock_s && when <= clock_s + 1;
}

static bool is_nothing_near(void)
{
    for (int i = 0; i < SESSIONS; i++)
        if (sessions[i].used && is_near(sessions[i].until))
            return false;
    for (int i = 0; i < SYNS; i++)
        if (syns[i].used && is_near(syns[i].due))
            return false;
    return true;
}

/* Of the model: what time brings to an end, and how many packets that makes. */
unsigned model_expire(void)
{
    unsigned packets = 0;
    for (int i = 0; i < SYNS; i++)
        if (syns[i].used && syns[i].due < clock_s) {
            syns[i].used = false;
            packets++; /* ICMPv4 3/3 */
        }
    for (int i = 0; i < SESSIONS; i++) {
        struct session *session = &sessions[i];
        if (!session->used || session->until > clock_s)
            continue;
        if (session->proto == MODEL_TCP && session->state == TCP_STATE_ESTABLISHED) {
            session->state = TCP_STATE_TRANS;
            session->until = clock_s + L_CLOSING;
            packets++; /* the probe */
        } else {
            end_session(session);
        }
    }
    return packets;
}

void model_init(uint64_t now_s, unsigned of, int host, unsigned x, unsigned t)
{
    memset(bindings, 0, sizeof(bindings));
    memset(sessions, 0, sizeof(sessions));
    memset(syns, 0, sizeof(syns));
    bindings[MODEL_TCP][0] = (struct binding){true, true, host, x, t};
    for (int proto = 0; proto < MODEL_PROTOS; proto++)
        independent[proto] = of >> proto & 1;
    clock_s = now_s;
}

uint64_t model_pass(uint64_t seconds)
{
    clock_s += seconds;
    while (!is_nothing_near())
        clock_s++;
    return clock_s;
}

bool model_is_bound(enum model_proto proto, int host, unsigned x)
{
    return find_x(proto, host, x) >= 0;
}

bool model_is_established(const struct model_event *event)
{
    int binding = event->from6 ? find_x(event->proto, event->host, event->x) : find_t(event->proto, event->t);
    const struct session *session =
        binding < 0 ? NULL : find_session(event->proto, binding, event->remote, event->z);
    return session != NULL && session->state == TCP_STATE_ESTABLISHED;
}

unsigned model_port(enum model_proto proto, unsigned place)
{
    return bindings[proto][place].t;
}

unsigned model_bindings_count(enum model_proto proto)
{
    unsigned count = 0;
    for (int i = 0; i < MODEL_BINDINGS; i++)
        count += bindings[proto][i].used;
    return count;
}

unsigned model_sessions_count(enum model_proto proto)
{
    unsigned count = 0;
    for (int i = 0; i < SESSIONS; i++)
        count += sessions[i].used && sessions[i].proto == proto;
    return count;
}
