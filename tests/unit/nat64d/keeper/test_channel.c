/* What keeper and translator say to each other. */
#include "nat64d/keeper/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/test.h"

static int ends[2];

static int set_up(void **context)
{
    (void)context;
    return channel_pair(ends);
}

static int tear_down(void **context)
{
    (void)context;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

TEST(a_message_comes_with_its_descriptors)
{
    struct channel_message sent = {.kind = CHANNEL_RELOAD, .hash = 42, .name = "file"}, got;
    int fds[2] = {channel_text("settings", "hello", 5), channel_text("drains", "", 0)}, received[2];
    unsigned count;
    char text[8];
    assert_true(fds[0] >= 0 && fds[1] >= 0);
    assert_int_equal(channel_send(ends[0], &sent, fds, 2), 0);
    assert_int_equal(channel_receive(ends[1], 1000, &got, received, 2, &count), 1);
    assert_int_equal(count, 2);
    assert_memory_equal(&sent, &got, sizeof(got));
    assert_int_equal(pread(received[0], text, sizeof(text), 0), 5);
    for (int i = 0; i < 2; i++) {
        close(fds[i]);
        close(received[i]);
    }
}

TEST(descriptors_that_nobody_expects_are_closed)
{
    struct channel_message sent = {.kind = CHANNEL_READY}, got;
    int fds[3] = {0, 1, 2}, before = dup(0), after;
    unsigned count;
    close(before);
    assert_int_equal(channel_send(ends[0], &sent, fds, 3), 0);
    assert_int_equal(channel_receive(ends[1], 1000, &got, NULL, 0, &count), 1);
    assert_int_equal(count, 0);
    after = dup(0);
    close(after);
    assert_int_equal(before, after); /* the lowest free number is the same */
}

TEST(nothing_and_the_end_are_told_apart)
{
    struct channel_message got;
    unsigned count;
    assert_int_equal(channel_receive(ends[1], 0, &got, NULL, 0, &count), 0);
    close(ends[0]);
    assert_int_equal(channel_receive(ends[1], 1000, &got, NULL, 0, &count), -EPIPE);
    ends[0] = dup(ends[1]);
}

TEST(LES_N_23_a_message_of_another_shape_is_refused)
{
    struct channel_message sent = {.kind = CHANNEL_READY}, got;
    unsigned count;
    assert_int_equal(send(ends[0], &sent, sizeof(sent) - 1, 0), sizeof(sent) - 1);
    assert_int_equal(channel_receive(ends[1], 1000, &got, NULL, 0, &count), -EBADMSG);
    memset(sent.text, 'x', sizeof(sent.text)); /* a text without an end */
    assert_int_equal(channel_send(ends[0], &sent, NULL, 0), 0);
    assert_int_equal(channel_receive(ends[1], 1000, &got, NULL, 0, &count), -EBADMSG);
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_message_comes_with_its_descriptors),
        UNIT(descriptors_that_nobody_expects_are_closed),
        UNIT(nothing_and_the_end_are_told_apart),
        UNIT(LES_N_23_a_message_of_another_shape_is_refused),
    };
    return RUN(tests);
}
