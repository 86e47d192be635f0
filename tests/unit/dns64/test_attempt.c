/*
 * A question on its way through upstreams of a script, by a clock of ours: packets are counted and times
 * seen.
 *
 * Layer: test
 * Specification: RFC 5452 9, RFC 7766 5, RFC 7873 5.3, RFC 6891 6.2.2, RFC 8767 5
 */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "dns64/upstream/attempt.h"

enum {
    UPSTREAMS = 4,
    ID = 4711,
    NOTHING = 0xffff, /* instead of an RCODE: no reply */
    DELAY_MS = 5,
};

#define MS UINT64_C(1000000)

static struct choice_upstream learned[UPSTREAMS];
static struct choice choice;
static struct attempt attempt;
static struct ask ask;
static uint64_t now_ns;
static unsigned packets[UPSTREAMS];
static uint8_t bytes[MESSAGE_MAX];

static int set_up(void **context)
{
    static const uint8_t fresh[EDNS_COOKIE_CLIENT] = {1, 2, 3, 4, 5, 6, 7, 8};
    (void)context;
    memset(learned, 0, sizeof(learned));
    memset(packets, 0, sizeof(packets));
    choice = (struct choice){.count = UPSTREAMS};
    for (unsigned i = 0; i < UPSTREAMS; i++) {
        choice.upstreams[i] = &learned[i];
        client_cookie_renew(&learned[i].cookie, fresh);
        learned[i].asked_ns = 1; /* no probe, but where a test wants one */
    }
    ask = (struct ask){.type = MESSAGE_TYPE_A, .class = MESSAGE_CLASS_IN, .edns_size = 1232, .own_hop = 7};
    assert_true(name_from_text("www.Example.com", &ask.name));
    now_ns = 1000 * MS;
    return 0;
}

/* A packet goes out: it is counted. */
static enum attempt_step sent(enum attempt_step step)
{
    if (step == ATTEMPT_SEND)
        packets[attempt.sends[attempt.count - 1].upstream]++;
    return step;
}

static unsigned last(void)
{
    return attempt.count - 1;
}

static unsigned all_packets(void)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < UPSTREAMS; i++)
        sum += packets[i];
    return sum;
}

static enum attempt_step begin_at(uint64_t set, bool dnssec)
{
    return sent(attempt_begin(&attempt, &choice, set, now_ns + ATTEMPT_BUDGET_MS * MS, dnssec, now_ns));
}

static enum attempt_step begin(uint64_t set)
{
    return begin_at(set, false);
}

/* What an upstream says. */
struct said {
    unsigned rcode;
    uint16_t flags;
    const struct name *name;
    uint16_t type, class, id;
    bool no_opt, no_question;
    const char *cookie; /* of the server, 8 bytes; NULL: none */
    bool wrong_cookie;
    bool bare_cookie; /* ours alone */
};

static size_t write_reply(const struct said *said)
{
    struct message_writer writer;
    struct edns_options options = {0};
    static const struct edns_options none;
    uint8_t cookie[EDNS_COOKIE_MIN];
    message_begin(&writer, bytes, sizeof(bytes), said->id != 0 ? said->id : ID,
                  (uint16_t)((MESSAGE_QR ^ said->flags) | (said->rcode & MESSAGE_RCODE)),
                  said->no_question    ? NULL
                  : said->name != NULL ? said->name
                                       : &ask.name,
                  said->type != 0 ? said->type : MESSAGE_TYPE_A,
                  said->class != 0 ? said->class : MESSAGE_CLASS_IN);
    if (said->cookie != NULL) {
        memcpy(cookie, learned[0].cookie.client, EDNS_COOKIE_CLIENT);
        memcpy(cookie + EDNS_COOKIE_CLIENT, said->cookie, 8);
        cookie[0] ^= said->wrong_cookie;
        edns_put(&options, EDNS_COOKIE, cookie, said->bare_cookie ? EDNS_COOKIE_CLIENT : sizeof(cookie));
    }
    if (!said->no_opt)
        edns_add(&writer, 1232, said->rcode, 0, &options, &none);
    return message_end(&writer);
}

static enum attempt_step reply_to(unsigned i, struct said said)
{
    struct message message;
    assert_int_equal(message_parse(bytes, write_reply(&said), &message), MESSAGE_OK);
    return sent(attempt_reply(&attempt, i, &message, ask_check(&ask, ID, &message), now_ns));
}

static enum attempt_step reply(struct said said)
{
    return reply_to(last(), said);
}

/* Nobody answers until the next time is over. */
static enum attempt_step wait_out(void)
{
    uint64_t due_ns = attempt_due(&attempt);
    assert_true(due_ns >= now_ns);
    now_ns = due_ns;
    return sent(attempt_timer(&attempt, now_ns));
}

static void later(uint32_t ms)
{
    now_ns += ms * MS;
}

/* A whole question to a set, answered after DELAY_MS; returns whom it went to. */
static unsigned quick_question(uint64_t set)
{
    assert_int_equal(begin(set), ATTEMPT_SEND);
    unsigned upstream = attempt.sends[0].upstream;
    later(DELAY_MS);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
    return upstream;
}

TEST(SPF_5452_01_a_reply_must_match_in_everything)
{
    struct name other = ask.name;
    other.bytes[1]++;
    begin(1);
    assert_int_equal(reply((struct said){.id = ID + 1}), ATTEMPT_WAIT);
    assert_int_equal(reply((struct said){.name = &other}), ATTEMPT_WAIT);
    assert_int_equal(reply((struct said){.type = MESSAGE_TYPE_AAAA}), ATTEMPT_WAIT);
    assert_int_equal(reply((struct said){.class = 3}), ATTEMPT_WAIT);
    assert_int_equal(reply((struct said){.no_question = true}), ATTEMPT_WAIT);
    assert_int_equal(learned[0].counters[CHOICE_WRONG], 5);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
    assert_int_equal(all_packets(), 1);
}

TEST(TRAP_01_what_is_no_answer_starts_nothing)
{
    begin(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reply((struct said){.flags = MESSAGE_QR}), ATTEMPT_WAIT); /* QR is 0 */
        assert_int_equal(reply((struct said){.flags = 0x2000}), ATTEMPT_WAIT);     /* another opcode */
    }
    assert_int_equal(all_packets(), 1);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

/* Whatever comes back: never more than three. */
TEST(TRAP_01_three_packets_whatever_comes_back)
{
    static const unsigned rcodes[] = {MESSAGE_FORMERR, MESSAGE_SERVFAIL,  MESSAGE_NOTIMP,  MESSAGE_REFUSED,
                                      MESSAGE_BADVERS, MESSAGE_BADCOOKIE, MESSAGE_NOERROR, NOTHING};
    enum { RCODES = sizeof(rcodes) / sizeof(rcodes[0]) };
    srand(1);
    for (int round = 0; round < 20000; round++) {
        set_up(NULL);
        for (unsigned i = 0; i < UPSTREAMS; i++)
            learned[i].asked_ns = (uint64_t)(rand() % 2);
        enum attempt_step step = begin_at((uint64_t)(1 + rand() % 15), rand() % 2);
        if (sent(attempt_probe(&attempt, now_ns)) == ATTEMPT_SEND)
            step = ATTEMPT_SEND;
        for (int events = 0; events < 40 && step != ATTEMPT_END && step != ATTEMPT_TAKE; events++) {
            unsigned rcode = rcodes[rand() % RCODES], i = (unsigned)rand() % attempt.count;
            if (rcode == NOTHING && attempt_due(&attempt) != 0)
                step = wait_out();
            else if (rcode == NOTHING || rand() % 16 == 0)
                step = sent(attempt_broken(&attempt, i, (enum attempt_fault)(rand() % 3), now_ns));
            else
                step = reply_to(i, (struct said){.rcode = rcode,
                                                 .flags = rand() % 2 ? MESSAGE_TC : 0,
                                                 .no_opt = rand() % 2,
                                                 .type = rand() % 4 == 0 ? 99 : 0,
                                                 .cookie = rand() % 2 ? "serverck" : NULL,
                                                 .wrong_cookie = rand() % 4 == 0});
            assert_true(all_packets() <= ATTEMPT_PACKETS);
            assert_int_equal(attempt.count, all_packets());
        }
    }
}

TEST(LIM_04_LES_D_42_wrong_replies_end_no_wait)
{
    begin(1);
    for (int i = 0; i < ATTEMPT_WRONG_MAX - 1; i++)
        assert_int_equal(reply((struct said){.id = 1}), ATTEMPT_WAIT);
    assert_int_equal(attempt_due(&attempt), now_ns + CHOICE_WAIT_FIRST_MS * MS);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

TEST(SPF_5452_03_many_mismatches_and_the_question_goes_by_tcp)
{
    begin(1);
    for (int i = 0; i < ATTEMPT_WRONG_MAX - 1; i++)
        assert_int_equal(reply((struct said){.id = 1}), ATTEMPT_WAIT);
    assert_int_equal(reply((struct said){.id = 1}), ATTEMPT_SEND);
    assert_true(attempt.sends[1].stream);
    assert_int_equal(attempt.sends[1].upstream, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(reply_to(0, (struct said){.id = 1}), ATTEMPT_WAIT);
    assert_int_equal(all_packets(), 2);
    /* The right one by UDP is as good. */
    assert_int_equal(reply_to(0, (struct said){0}), ATTEMPT_TAKE);
}

TEST(SPF_OURS_01_letters_must_come_back_as_they_were_sent)
{
    struct name folded;
    assert_true(name_from_text("www.example.com", &folded));
    begin(1);
    assert_int_equal(reply((struct said){.name = &folded}), ATTEMPT_TAKE);
    ask.mixed = true;
    begin(1);
    assert_int_equal(reply((struct said){.name = &folded}), ATTEMPT_SEND); /* by TCP, at once */
    assert_true(attempt.sends[1].stream);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

TEST(FWD_02_another_one_is_asked_when_one_is_silent)
{
    begin(3);
    assert_int_equal(attempt.sends[0].upstream, 0);
    uint64_t start_ns = now_ns;
    assert_int_equal(wait_out(), ATTEMPT_SEND);
    assert_int_equal(attempt.sends[1].upstream, 1);
    assert_int_equal(now_ns - start_ns, CHOICE_WAIT_FIRST_MS * MS);
    later(DELAY_MS);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
    /* From then on the other one is asked first. */
    assert_int_equal(quick_question(3), 1);
}

TEST(FWD_02_an_error_is_given_only_if_nobody_does_better)
{
    begin(3);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_SERVFAIL}), ATTEMPT_SEND);
    assert_true(attempt.keep);
    assert_int_equal(attempt.sends[1].upstream, 1);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
    begin(3);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_REFUSED}), ATTEMPT_SEND);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_SERVFAIL}), ATTEMPT_END);
    assert_true(attempt.keep);
    assert_int_equal(all_packets(), 4);
}

TEST(FWD_02_silence_of_all_is_three_packets_within_ten_seconds)
{
    uint64_t start_ns = now_ns;
    begin(1);
    assert_int_equal(wait_out(), ATTEMPT_SEND);
    assert_int_equal(wait_out(), ATTEMPT_SEND);
    assert_int_equal(wait_out(), ATTEMPT_END);
    assert_int_equal(packets[0], 3);
    assert_true(now_ns - start_ns <= ATTEMPT_BUDGET_MS * MS);
    assert_true(now_ns - start_ns >= 2 * CHOICE_WAIT_FIRST_MS * MS);
}

TEST(FWD_02_what_is_left_of_the_time_of_a_query_is_all_there_is)
{
    uint64_t until_ns = now_ns + 500 * MS;
    assert_int_equal(attempt_begin(&attempt, &choice, 3, until_ns, false, now_ns), ATTEMPT_SEND);
    assert_int_equal(attempt_due(&attempt), until_ns);
    now_ns = until_ns;
    assert_int_equal(attempt_timer(&attempt, now_ns), ATTEMPT_END);
    assert_int_equal(attempt_begin(&attempt, &choice, 3, until_ns, false, now_ns), ATTEMPT_END);
}

TEST(FWD_02_a_late_reply_is_an_answer_too)
{
    begin(3);
    assert_int_equal(wait_out(), ATTEMPT_SEND);
    later(DELAY_MS);
    assert_int_equal(reply_to(0, (struct said){0}), ATTEMPT_TAKE);
    assert_int_equal(learned[0].silent, 0);
    assert_true(learned[0].latency_us > CHOICE_WAIT_FIRST_MS * 1000);
}

TEST(FWD_02_the_silent_one_is_tried_again_seldom_and_never_given_up)
{
    unsigned probes = 0;
    /* One that is silent for a hundred seconds, a question every 100 ms. */
    for (int i = 0; i < 1000; i++) {
        now_ns += 100 * MS - DELAY_MS * MS;
        begin(3);
        bool probed = sent(attempt_probe(&attempt, now_ns)) == ATTEMPT_SEND;
        unsigned to = attempt.sends[0].upstream == 0 ? 0 : 1;
        if (to == 0 && !probed) {
            assert_int_equal(wait_out(), ATTEMPT_SEND); /* not known yet */
            to = 1;
        }
        probes += probed;
        later(DELAY_MS);
        assert_int_equal(reply_to(attempt.sends[0].upstream == 1 ? 0 : 1, (struct said){0}), ATTEMPT_TAKE);
        if (attempt_due(&attempt) != 0)
            wait_out();
    }
    assert_true(packets[0] >= 6 && packets[0] <= 12);
    assert_true(learned[0].bad);
    /* It answers again, by a probe, and is then as good as any. */
    for (int i = 0; i < 400 && learned[0].bad; i++) {
        later(100);
        begin(3);
        if (sent(attempt_probe(&attempt, now_ns)) == ATTEMPT_SEND)
            reply((struct said){0});
    }
    assert_false(learned[0].bad);
}

/* While other names are answered, one name never is: by nobody. */
TEST(FWD_02_a_name_that_is_silent_is_not_its_upstreams_fault)
{
    for (int i = 0; i < 10; i++)
        quick_question(1);
    for (int i = 0; i < 10; i++) {
        begin(1);
        struct attempt silent = attempt;
        later(1);
        quick_question(1);
        attempt = silent;
        while (attempt_due(&attempt) != 0 && wait_out() == ATTEMPT_SEND) {
            silent = attempt;
            later(1);
            quick_question(1);
            attempt = silent;
        }
    }
    assert_false(learned[0].bad);
    assert_int_equal(learned[0].silent, 0);
    assert_int_equal(choice_wait_ms(&learned[0]), CHOICE_WAIT_MIN_MS);
    /* But if another one has the answer, it is. */
    begin(3);
    struct attempt unanswered = attempt;
    later(1);
    quick_question(1);
    attempt = unanswered;
    assert_int_equal(attempt.sends[0].upstream, 0);
    assert_int_equal(wait_out(), ATTEMPT_SEND);
    assert_int_equal(learned[0].silent, 0);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
    assert_int_equal(learned[0].silent, 1);
}

TEST(FWD_02_its_own_answer_blames_an_upstream_for_nothing)
{
    for (int i = 0; i < 10; i++)
        quick_question(1);
    begin(1);
    struct attempt silent = attempt;
    later(1);
    quick_question(1);
    attempt = silent;
    assert_int_equal(wait_out(), ATTEMPT_SEND);
    assert_true(attempt.sends[0].doubt);
    later(1);
    assert_int_equal(reply_to(1, (struct said){0}), ATTEMPT_TAKE);
    assert_int_equal(learned[0].silent, 0);
    assert_int_equal(learned[0].retry_ns, 0);
}

TEST(FWD_02_a_timer_that_is_early_ends_no_wait)
{
    begin(3);
    uint64_t due_ns = attempt_due(&attempt);
    now_ns = due_ns - 1;
    assert_int_equal(sent(attempt_timer(&attempt, now_ns)), ATTEMPT_WAIT);
    assert_int_equal(all_packets(), 1);
    assert_int_equal(attempt_due(&attempt), due_ns);
    now_ns = due_ns;
    assert_int_equal(sent(attempt_timer(&attempt, now_ns)), ATTEMPT_SEND);
    assert_int_equal(learned[0].counters[CHOICE_TIMEOUTS], 1);
}

TEST(FWD_02_an_error_says_nothing_of_speed)
{
    for (int i = 0; i < 10; i++)
        quick_question(1);
    uint32_t latency_us = learned[0].latency_us;
    begin(1);
    later(250); /* it waited for others, and in vain */
    reply((struct said){.rcode = MESSAGE_SERVFAIL});
    assert_int_equal(learned[0].latency_us, latency_us);
    assert_int_equal(learned[0].silent, 0);
}

TEST(FWD_02_one_probe_at_a_time)
{
    for (int i = 0; i < 3; i++) {
        begin(1);
        while (attempt_due(&attempt) != 0 && wait_out() == ATTEMPT_SEND)
            ;
    }
    assert_true(learned[0].bad);
    later(CHOICE_RETRY_MAX_MS);
    unsigned before = packets[0];
    for (int i = 0; i < 100; i++) { /* a burst before the first probe's end */
        begin(3);
        sent(attempt_probe(&attempt, now_ns));
    }
    assert_int_equal(packets[0], before + 1);
}

TEST(FWD_02_all_silent_and_still_asked)
{
    for (int i = 0; i < 20; i++) {
        enum attempt_step step = begin(3);
        while (step == ATTEMPT_SEND)
            step = wait_out();
    }
    assert_true(learned[0].bad && learned[1].bad);
    assert_int_equal(packets[0] + packets[1], 60);
    assert_true(packets[0] >= 20 && packets[1] >= 20);
}

TEST(FWD_02_one_that_is_gone_is_passed_over_at_once)
{
    begin(3);
    assert_int_equal(sent(attempt_broken(&attempt, 0, ATTEMPT_GONE, now_ns)), ATTEMPT_SEND);
    assert_int_equal(attempt.sends[1].upstream, 1);
    assert_int_equal(sent(attempt_broken(&attempt, 1, ATTEMPT_GONE, now_ns)), ATTEMPT_END);
    assert_int_equal(all_packets(), 2);
}

TEST(FWD_02_what_we_have_no_room_for_is_not_held_against_an_upstream)
{
    begin(3);
    assert_int_equal(sent(attempt_broken(&attempt, 0, ATTEMPT_FULL, now_ns)), ATTEMPT_SEND);
    assert_int_equal(sent(attempt_broken(&attempt, 1, ATTEMPT_FULL, now_ns)), ATTEMPT_END);
    assert_int_equal(learned[0].silent + learned[1].silent, 0);
    assert_int_equal(learned[0].counters[CHOICE_TIMEOUTS], 0);
}

TEST(TRAP_02_waits_follow_a_delay_that_grows_and_falls)
{
    unsigned failed = 0, doubled = 0;
    for (int i = 0; i < 20; i++)
        quick_question(1);
    assert_int_equal(choice_wait_ms(&learned[0]), CHOICE_WAIT_MIN_MS);
    for (int i = 0; i < 50; i++) { /* 700 ms from then on */
        uint64_t answer_ns = now_ns + 700 * MS;
        begin(1);
        while (attempt_due(&attempt) < answer_ns && attempt_due(&attempt) != 0)
            if (wait_out() == ATTEMPT_SEND)
                doubled++;
        now_ns = answer_ns;
        failed += reply_to(0, (struct said){0}) != ATTEMPT_TAKE;
    }
    assert_int_equal(failed, 0);
    assert_true(doubled <= 3);
    assert_true(choice_wait_ms(&learned[0]) > 700);
    for (int i = 0; i < 60; i++)
        quick_question(1);
    assert_int_equal(choice_wait_ms(&learned[0]), CHOICE_WAIT_MIN_MS);
}

TEST(TRAP_02_one_that_became_quicker_is_found)
{
    for (int i = 0; i < 10; i++)
        quick_question(1);
    choice_answered(&learned[1], 50 * MS, now_ns);
    assert_int_equal(quick_question(3), 0);
    /* Number 0 is slow from then on, and number 1 would be quick. */
    for (int i = 0; i < 300; i++) {
        later(100);
        begin(3);
        unsigned first = attempt.sends[0].upstream;
        bool probed = sent(attempt_probe(&attempt, now_ns)) == ATTEMPT_SEND;
        if (first == 0 && probed) {
            later(1);
            assert_int_equal(reply_to(1, (struct said){0}), ATTEMPT_TAKE);
            later(20);
            reply_to(0, (struct said){0});
        } else {
            later(first == 0 ? 20 : 1);
            assert_int_equal(reply_to(0, (struct said){0}), ATTEMPT_TAKE);
        }
    }
    assert_int_equal(choice_next(&choice, 3), 1);
    assert_true(packets[0] >= 50 && packets[1] >= 50);
}

TEST(LES_D_26_a_cut_answer_is_asked_for_by_tcp)
{
    begin(1);
    assert_int_equal(reply((struct said){.flags = MESSAGE_TC}), ATTEMPT_SEND);
    assert_true(attempt.keep);
    assert_true(attempt.sends[1].stream);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

TEST(LES_D_26_and_stays_cut_if_tcp_does_not_bring_it)
{
    begin(1);
    reply((struct said){.flags = MESSAGE_TC});
    assert_int_equal(sent(attempt_broken(&attempt, 1, ATTEMPT_GONE, now_ns)), ATTEMPT_END);
    /* What an error says afterwards does not take its place. */
    begin(3);
    reply((struct said){.flags = MESSAGE_TC});
    assert_true(attempt.keep);
    assert_int_equal(sent(attempt_broken(&attempt, 1, ATTEMPT_GONE, now_ns)), ATTEMPT_SEND);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_SERVFAIL}), ATTEMPT_END);
    assert_false(attempt.keep);
}

TEST(TCP_7766_06_what_a_closing_peer_left_unanswered_is_asked_again)
{
    choice.tls = 1;
    begin(1);
    assert_true(attempt.sends[0].stream);
    assert_int_equal(sent(attempt_broken(&attempt, 0, ATTEMPT_CLOSED, now_ns)), ATTEMPT_SEND);
    assert_int_equal(attempt.sends[1].upstream, 0);
    assert_int_equal(learned[0].silent, 0); /* nobody's fault */
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

TEST(DOT_01_an_upstream_over_tls_is_never_asked_otherwise)
{
    static const struct said all[] = {{.rcode = MESSAGE_FORMERR, .no_opt = true},
                                      {.rcode = MESSAGE_SERVFAIL},
                                      {.flags = MESSAGE_TC},
                                      {.rcode = MESSAGE_BADCOOKIE}};
    choice.tls = 1;
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        set_up(NULL);
        choice.tls = 1;
        enum attempt_step step = begin(1);
        while (step == ATTEMPT_SEND) {
            assert_true(attempt.sends[last()].stream);
            assert_false(attempt.sends[last()].cookie);
            step = i % 2 ? reply(all[i]) : wait_out();
        }
        /* Not even when no connection comes to stand. */
        step = begin(1);
        while (step == ATTEMPT_SEND) {
            assert_true(attempt.sends[last()].stream);
            step = sent(attempt_broken(&attempt, last(), ATTEMPT_GONE, now_ns));
        }
    }
}

TEST(EDN_08_a_server_without_edns_is_asked_without_and_remembered_for_a_while)
{
    begin(1);
    assert_true(attempt.sends[0].edns);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_FORMERR, .no_opt = true}), ATTEMPT_SEND);
    assert_false(attempt.sends[1].edns);
    assert_int_equal(attempt.sends[1].upstream, 0);
    assert_int_equal(reply((struct said){.no_opt = true}), ATTEMPT_TAKE);
    begin(1);
    assert_false(attempt.sends[0].edns);
    begin_at(1, true); /* signatures are wanted: they cannot be had without */
    assert_true(attempt.sends[0].edns);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_FORMERR, .no_opt = true}), ATTEMPT_END);
    later(ATTEMPT_PLAIN_MS);
    begin(1);
    assert_true(attempt.sends[0].edns);
    /* One that read no further than the header is understood as well. */
    assert_int_equal(reply((struct said){.rcode = MESSAGE_NOTIMP, .no_opt = true, .no_question = true}),
                     ATTEMPT_SEND);
    assert_false(attempt.sends[1].edns);
}

TEST(EDN_08_a_format_error_with_opt_is_one)
{
    begin(1);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_FORMERR}), ATTEMPT_END);
    assert_int_equal(learned[0].plain_ns, 0);
}

TEST(CKI_08_a_reply_must_have_our_cookie)
{
    begin(1);
    assert_true(attempt.sends[0].cookie);
    assert_int_equal(reply((struct said){.cookie = "serverck", .wrong_cookie = true}), ATTEMPT_WAIT);
    assert_int_equal(learned[0].cookie.server_len, 0);
    assert_int_equal(learned[0].counters[CHOICE_WRONG], 1);
    assert_int_equal(reply((struct said){.cookie = "serverck"}), ATTEMPT_TAKE);
    assert_memory_equal(learned[0].cookie.server, "serverck", 8);
}

TEST(CKI_08_none_is_wrong_where_one_is_expected)
{
    begin(1);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE); /* it never gave one */
    begin(1);
    reply((struct said){.cookie = "serverck"});
    begin(1);
    assert_int_equal(reply((struct said){0}), ATTEMPT_SEND); /* by TCP, where nobody can forge it */
    assert_true(attempt.sends[1].stream);
    assert_int_equal(reply_to(0, (struct said){.rcode = MESSAGE_NXDOMAIN}), ATTEMPT_WAIT);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
    assert_int_equal(learned[0].cookie.server_len, 0); /* it gives none any more */
    begin(1);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

TEST(CKI_08_ours_alone_is_none_of_the_server)
{
    begin(1);
    assert_int_equal(reply((struct said){.cookie = "serverck", .bare_cookie = true}), ATTEMPT_TAKE);
    begin(1);
    reply((struct said){.cookie = "serverck"});
    begin(1);
    assert_int_equal(reply((struct said){.cookie = "serverck", .bare_cookie = true}), ATTEMPT_SEND);
    assert_true(attempt.sends[1].stream); /* at once, as where none came */
}

TEST(CKI_08_badcookie_is_asked_once_more_and_then_by_tcp)
{
    begin(1);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_BADCOOKIE, .cookie = "newer ck"}), ATTEMPT_SEND);
    assert_false(attempt.sends[1].stream);
    assert_memory_equal(learned[0].cookie.server, "newer ck", 8);
    assert_int_equal(reply((struct said){.rcode = MESSAGE_BADCOOKIE, .cookie = "other ck"}), ATTEMPT_SEND);
    assert_true(attempt.sends[2].stream);
    assert_int_equal(reply((struct said){0}), ATTEMPT_TAKE);
}

TEST(CKI_08_it_goes_along_and_is_another_one_after_a_renewal)
{
    static const uint8_t fresh[EDNS_COOKIE_CLIENT] = {9, 9, 9, 9, 9, 9, 9, 9};
    uint8_t out[ASK_MAX];
    struct message message;
    struct edns_walk walk;
    struct edns_option option;
    begin(1);
    reply((struct said){.cookie = "serverck"});
    assert_int_equal(message_parse(out, ask_write(&ask, 1, true, &learned[0].cookie, out), &message),
                     MESSAGE_OK);
    edns_walk_init(&walk, &message);
    assert_true(edns_walk_next(&walk, &option));
    assert_int_equal(option.code, EDNS_COOKIE);
    assert_int_equal(option.len, EDNS_COOKIE_MIN);
    assert_memory_equal(option.bytes, learned[0].cookie.client, EDNS_COOKIE_CLIENT);
    assert_memory_equal(option.bytes + EDNS_COOKIE_CLIENT, "serverck", 8);
    client_cookie_renew(&learned[0].cookie, fresh);
    assert_int_equal(client_cookie_write(&learned[0].cookie, out), EDNS_COOKIE_CLIENT);
    assert_memory_equal(out, fresh, EDNS_COOKIE_CLIENT);
}

TEST(LIM_06_LES_D_48_who_asked_is_told_and_found)
{
    uint8_t out[ASK_MAX];
    struct message message;
    struct hops hops;
    ask.own_hop = UINT64_C(0x1122334455667788);
    assert_int_equal(message_parse(out, ask_write(&ask, 1, true, NULL, out), &message), MESSAGE_OK);
    hops_read(&message, &hops);
    assert_int_equal(hops.count, 1);
    assert_true(hops_is_loop(&hops, ask.own_hop));
    assert_false(hops_is_loop(&hops, ask.own_hop + 1));
    /* Another one passes it on, and it comes back. */
    ask.hops = hops;
    ask.own_hop++;
    assert_int_equal(message_parse(out, ask_write(&ask, 1, true, NULL, out), &message), MESSAGE_OK);
    hops_read(&message, &hops);
    assert_int_equal(hops.count, 2);
    assert_true(hops_is_loop(&hops, ask.own_hop - 1));
    assert_false(hops_is_loop(&hops, 5));
    /* A row of those that do not know each other ends too. */
    for (unsigned i = 2; i < HOPS_MAX; i++) {
        ask.hops = hops;
        ask.own_hop = 100 + i;
        assert_int_equal(message_parse(out, ask_write(&ask, 1, true, NULL, out), &message), MESSAGE_OK);
        hops_read(&message, &hops);
    }
    assert_true(hops_is_loop(&hops, 5));
}

TEST(FWD_01_flags_of_the_client_go_along)
{
    static const uint16_t flags[] = {0, MESSAGE_CD, MESSAGE_AD, MESSAGE_CD | MESSAGE_AD};
    uint8_t out[ASK_MAX];
    struct message message;
    for (unsigned i = 0; i < 8; i++) {
        ask.flags = flags[i % 4];
        ask.dnssec = i >= 4;
        assert_int_equal(message_parse(out, ask_write(&ask, 1, true, NULL, out), &message), MESSAGE_OK);
        assert_int_equal(message.flags, MESSAGE_RD | ask.flags);
        assert_int_equal(message.opt_flags, ask.dnssec ? MESSAGE_DO : 0);
        assert_int_equal(message.opt_size, 1232);
    }
}

TEST(EDN_07_upstreams_have_an_edns_of_their_own)
{
    static const uint16_t sizes[] = {512, 1232, 4096};
    uint8_t out[ASK_MAX];
    struct message message;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        ask.edns_size = sizes[i]; /* ours, whatever the client's is, or whether it speaks EDNS */
        assert_int_equal(message_parse(out, ask_write(&ask, 1, true, NULL, out), &message), MESSAGE_OK);
        assert_true(message.has_opt);
        assert_int_equal(message.opt_size, sizes[i]);
    }
    assert_int_equal(message_parse(out, ask_write(&ask, 1, false, NULL, out), &message), MESSAGE_OK);
    assert_false(message.has_opt);
}

TEST(SPF_OURS_01_letters_by_chance)
{
    uint8_t bits[NAME_MAX_LEN / 8 + 1];
    struct name name = ask.name, expected;
    memset(bits, 0, sizeof(bits));
    ask_mix_case(&name, bits);
    assert_true(name_from_text("WWW.EXAMPLE.COM", &expected));
    assert_memory_equal(name.bytes, expected.bytes, name.len);
    memset(bits, 0xff, sizeof(bits));
    ask_mix_case(&name, bits);
    assert_true(name_from_text("www.example.com", &expected));
    assert_memory_equal(name.bytes, expected.bytes, name.len);
    assert_true(name_from_text("0-9[`{@z.1", &name));
    expected = name;
    memset(bits, 0x55, sizeof(bits));
    ask_mix_case(&name, bits);
    assert_true(name_equal(&name, &expected));
}

#define CASE(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(SPF_5452_01_a_reply_must_match_in_everything),
        CASE(TRAP_01_what_is_no_answer_starts_nothing),
        CASE(TRAP_01_three_packets_whatever_comes_back),
        CASE(LIM_04_LES_D_42_wrong_replies_end_no_wait),
        CASE(SPF_5452_03_many_mismatches_and_the_question_goes_by_tcp),
        CASE(SPF_OURS_01_letters_must_come_back_as_they_were_sent),
        CASE(FWD_02_another_one_is_asked_when_one_is_silent),
        CASE(FWD_02_an_error_is_given_only_if_nobody_does_better),
        CASE(FWD_02_silence_of_all_is_three_packets_within_ten_seconds),
        CASE(FWD_02_what_is_left_of_the_time_of_a_query_is_all_there_is),
        CASE(FWD_02_a_late_reply_is_an_answer_too),
        CASE(FWD_02_the_silent_one_is_tried_again_seldom_and_never_given_up),
        CASE(FWD_02_a_name_that_is_silent_is_not_its_upstreams_fault),
        CASE(FWD_02_its_own_answer_blames_an_upstream_for_nothing),
        CASE(FWD_02_a_timer_that_is_early_ends_no_wait),
        CASE(FWD_02_an_error_says_nothing_of_speed),
        CASE(FWD_02_one_probe_at_a_time),
        CASE(FWD_02_all_silent_and_still_asked),
        CASE(FWD_02_one_that_is_gone_is_passed_over_at_once),
        CASE(FWD_02_what_we_have_no_room_for_is_not_held_against_an_upstream),
        CASE(TRAP_02_waits_follow_a_delay_that_grows_and_falls),
        CASE(TRAP_02_one_that_became_quicker_is_found),
        CASE(LES_D_26_a_cut_answer_is_asked_for_by_tcp),
        CASE(LES_D_26_and_stays_cut_if_tcp_does_not_bring_it),
        CASE(TCP_7766_06_what_a_closing_peer_left_unanswered_is_asked_again),
        CASE(DOT_01_an_upstream_over_tls_is_never_asked_otherwise),
        CASE(EDN_08_a_server_without_edns_is_asked_without_and_remembered_for_a_while),
        CASE(EDN_08_a_format_error_with_opt_is_one),
        CASE(CKI_08_a_reply_must_have_our_cookie),
        CASE(CKI_08_none_is_wrong_where_one_is_expected),
        CASE(CKI_08_ours_alone_is_none_of_the_server),
        CASE(CKI_08_badcookie_is_asked_once_more_and_then_by_tcp),
        CASE(CKI_08_it_goes_along_and_is_another_one_after_a_renewal),
        CASE(LIM_06_LES_D_48_who_asked_is_told_and_found),
        CASE(FWD_01_flags_of_the_client_go_along),
        CASE(EDN_07_upstreams_have_an_edns_of_their_own),
        CASE(SPF_OURS_01_letters_by_chance),
    };
    return RUN(tests);
}
