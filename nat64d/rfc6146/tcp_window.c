/*
 * Layer: pure
 * Specification: RFC 6146 5.2, RFC 7857 2.2, RFC 5961 3 and 4, RFC 7323 2, RFC 5927 4.1
 */
#include "nat64d/rfc6146/tcp_window.h"

#include "common/bytes.h"
#include "nat64d/packet/parse.h"

enum {
    TCP_ACK = 8,
    TCP_WINDOW = 14,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_SCALE = 3,
    OPTION_SCALE_LEN = 3,
    WINDOW_MAX = 65535,
};

/* RFC 9293 3.4: numbers go round; how far `a` is ahead of `b`. */
static int32_t ahead(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return ahead(a, b) > 0 ? a : b;
}

static uint8_t read_scale(const uint8_t *tcp, uint32_t len)
{
    uint32_t at = PACKET_TCP_HEADER;
    while (at < len && tcp[at] != OPTION_END) {
        if (tcp[at] == OPTION_NOP) {
            at++;
            continue;
        }
        if (len - at < 2 || tcp[at + 1] < 2 || tcp[at + 1] > len - at)
            break;
        if (tcp[at] == OPTION_SCALE && tcp[at + 1] == OPTION_SCALE_LEN) {
            uint8_t shift = tcp[at + 2];
            return (uint8_t)((shift < TCP_WINDOW_SHIFT_MAX ? shift : TCP_WINDOW_SHIFT_MAX) + 1);
        }
        at += tcp[at + 1];
    }
    return TCP_WINDOW_UNSCALED;
}

void tcp_window_read(const struct packet *packet, struct tcp_window_segment *ret_segment)
{
    const uint8_t *tcp = packet_l4(packet);
    uint8_t flags = parse_tcp_flags(packet);
    uint32_t data = packet_l4_total(packet) - packet->l4_len;
    *ret_segment = (struct tcp_window_segment){
        .seq = parse_tcp_sequence(packet),
        .ack = bytes_get32(tcp + TCP_ACK),
        .window = bytes_get16(tcp + TCP_WINDOW),
        .flags = flags,
    };
    ret_segment->end =
        ret_segment->seq + data + ((flags & PARSE_TCP_SYN) != 0) + ((flags & PARSE_TCP_FIN) != 0);
    if (flags & PARSE_TCP_SYN)
        ret_segment->scale = read_scale(tcp, packet->l4_len);
}

/* RFC 7323 2.2: in force only if both SYNs had it. Not seen: as much as there can be. */
static unsigned shift_of(uint8_t own, uint8_t other)
{
    if (own == 0 || other == 0)
        return TCP_WINDOW_SHIFT_MAX;
    return own == TCP_WINDOW_UNSCALED || other == TCP_WINDOW_UNSCALED ? 0 : own - 1u;
}

/* RFC 7323 2.2: the window of a SYN is never scaled; kept as if it were, rounded up. */
static uint16_t as_scaled(uint16_t value, unsigned shift)
{
    return (uint16_t)((value + (1u << shift) - 1) >> shift);
}

/* What the receiver allows, and what the sender may still repeat. */
struct bounds {
    uint32_t acked; /* by the receiver */
    uint32_t end;   /* the sender may begin nothing behind it */
    int32_t back;   /* the largest window that there can have been */
};

static struct bounds bounds6(const struct tcp_window *window)
{
    unsigned shift = shift_of(window->scale4, window->scale6);
    return (struct bounds){window->ack4,
                           later(window->seq6, window->ack4 + ((uint32_t)window->window4 << shift)),
                           (WINDOW_MAX << shift) + WINDOW_MAX};
}

static struct bounds bounds4(const struct tcp_window *window)
{
    unsigned shift = shift_of(window->scale6, window->scale4);
    return (struct bounds){window->ack6,
                           later(window->seq4, window->ack6 + ((uint32_t)window->window6 << shift)),
                           (WINDOW_MAX << shift) + WINDOW_MAX};
}

/* Data may come again; a SYN, FIN or RST that the receiver is past does nothing there (RFC 9293 3.10.7). One
 * number less than is due is allowed to a RST, as to a keep-alive. */
static bool fits(const struct bounds *bounds, const struct tcp_window_segment *segment)
{
    if (ahead(segment->seq, bounds->end) > 0)
        return false;
    if (segment->flags & (PARSE_TCP_SYN | PARSE_TCP_RST))
        return ahead(segment->seq + 1, bounds->acked) >= 0;
    if (segment->flags & PARSE_TCP_FIN)
        return ahead(segment->end, bounds->acked) >= 0;
    return ahead(segment->end, bounds->acked) >= -bounds->back;
}

/* An acknowledgment of something that was sent, and not longer ago than a window. */
static bool acknowledges(uint32_t ack, uint32_t sent, int32_t back)
{
    return ahead(sent, ack) >= 0 && ahead(sent, ack) <= back;
}

/* The backend opens: whatever was before is over. */
static void open6(struct tcp_window *window, const struct tcp_window_segment *segment)
{
    window->seq6 = segment->end;
    window->ack4 = segment->seq;
    window->window4 = WINDOW_MAX;
    window->scale6 = segment->scale;
    window->known = TCP_WINDOW_KNOWN6;
    if (!(segment->flags & PARSE_TCP_ACK))
        window->scale4 = 0;
}

static void keep_seq6(struct tcp_window *window, const struct tcp_window_segment *segment,
                      const struct bounds *bounds)
{
    if ((window->known & TCP_WINDOW_KNOWN6) && fits(bounds, segment)) {
        window->seq6 = later(window->seq6, segment->end);
        return;
    }
    window->seq6 = segment->end;
    window->ack4 = segment->seq - WINDOW_MAX; /* what came before may be on its way */
    window->window4 = WINDOW_MAX;
    window->known |= TCP_WINDOW_KNOWN6;
}

static void keep_ack6(struct tcp_window *window, const struct tcp_window_segment *segment)
{
    bool fits4 =
        (window->known & TCP_WINDOW_KNOWN4) && acknowledges(segment->ack, window->seq4, bounds4(window).back);
    if (fits4 && ahead(segment->ack, window->ack6) < 0)
        return;
    if (!fits4)
        window->seq4 = segment->ack;
    window->ack6 = segment->ack;
    window->window6 = segment->window;
    if (segment->flags & PARSE_TCP_SYN)
        window->window6 = as_scaled(segment->window, shift_of(window->scale6, window->scale4));
    window->known |= TCP_WINDOW_KNOWN4;
}

bool tcp_window_step6(struct tcp_window *window, const struct tcp_window_segment *segment)
{
    const struct bounds bounds = bounds6(window);
    if ((segment->flags & (PARSE_TCP_RST | PARSE_TCP_FIN)) && (window->known & TCP_WINDOW_KNOWN6) &&
        !fits(&bounds, segment))
        return false;
    if (segment->flags & PARSE_TCP_RST)
        return true;
    if (segment->flags & PARSE_TCP_SYN) {
        open6(window, segment);
        window->window6 = segment->window;
    } else {
        keep_seq6(window, segment, &bounds);
    }
    if (segment->flags & PARSE_TCP_ACK)
        keep_ack6(window, segment);
    return true;
}

/* What answers the backend's SYN must acknowledge it. A SYN that crosses it has nothing to show yet. */
static bool answer4(struct tcp_window *window, const struct tcp_window_segment *segment)
{
    if (!(segment->flags & PARSE_TCP_ACK)) {
        if (segment->flags & PARSE_TCP_SYN)
            window->scale4 = segment->scale;
        return segment->flags & PARSE_TCP_SYN;
    }
    if (ahead(segment->ack, window->ack4) <= 0 || ahead(window->seq6, segment->ack) < 0)
        return false;
    if (segment->flags & PARSE_TCP_RST)
        return true;
    window->seq4 = segment->end;
    window->ack6 = segment->seq;
    window->ack4 = segment->ack;
    window->window4 = segment->window;
    if (segment->flags & PARSE_TCP_SYN) {
        window->scale4 = segment->scale;
        window->window4 = as_scaled(segment->window, shift_of(window->scale4, window->scale6));
        window->window6 = as_scaled(window->window6, shift_of(window->scale6, window->scale4));
    }
    window->known |= TCP_WINDOW_KNOWN4;
    return true;
}

bool tcp_window_step4(struct tcp_window *window, const struct tcp_window_segment *segment)
{
    if (!(window->known & TCP_WINDOW_KNOWN6)) {
        if (segment->flags & PARSE_TCP_SYN)
            window->scale4 = segment->scale;
        return true;
    }
    if (!(window->known & TCP_WINDOW_KNOWN4))
        return answer4(window, segment);
    const struct bounds bounds = bounds4(window);
    if (!fits(&bounds, segment))
        return false;
    if (segment->flags & PARSE_TCP_RST)
        return true;
    if (!(segment->flags & PARSE_TCP_ACK))
        return segment->flags & PARSE_TCP_SYN;
    if (!acknowledges(segment->ack, window->seq6, bounds6(window).back))
        return false;
    window->seq4 = later(window->seq4, segment->end);
    if (ahead(segment->ack, window->ack4) >= 0 && !(segment->flags & PARSE_TCP_SYN)) {
        window->ack4 = segment->ack;
        window->window4 = segment->window;
    }
    return true;
}

bool tcp_window_in_flight(const struct tcp_window *window, bool sent_by_backend, uint32_t seq)
{
    if (!(window->known & (sent_by_backend ? TCP_WINDOW_KNOWN6 : TCP_WINDOW_KNOWN4)))
        return true;
    uint32_t acked = sent_by_backend ? window->ack4 : window->ack6;
    uint32_t next = sent_by_backend ? window->seq6 : window->seq4;
    /* A segment without data has the next number, a keep-alive one less than the first that is due. */
    return ahead(seq + 1, acked) >= 0 && ahead(next, seq) >= 0;
}
