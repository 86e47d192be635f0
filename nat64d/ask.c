/*
 * Layer: edge
 * Specification: man/nat64d.8
 */
#include "nat64d/ask.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    WAIT_S = 20, /* longer than the keeper takes to find that the translator does not answer it */
};

struct ask {
    int channel;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool waiting;
    bool answered;
    struct channel_message answer;
};

int ask_new(int channel, struct ask **ret_ask)
{
    struct ask *ask = calloc(1, sizeof(*ask));
    if (ask == NULL)
        return -ENOMEM;
    ask->channel = channel;
    pthread_mutex_init(&ask->mutex, NULL);
    pthread_cond_init(&ask->changed, NULL);
    *ret_ask = ask;
    return 0;
}

void ask_free(struct ask *ask)
{
    if (ask == NULL)
        return;
    pthread_cond_destroy(&ask->changed);
    pthread_mutex_destroy(&ask->mutex);
    free(ask);
}

int ask_keeper(struct ask *ask, const struct channel_message *question, struct channel_message *ret_answer)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&ask->mutex);
    ask->waiting = true;
    ask->answered = false;
    int r = channel_send(ask->channel, question, NULL, 0);
    while (r == 0 && !ask->answered)
        r = -pthread_cond_timedwait(&ask->changed, &ask->mutex, &until);
    if (r == 0)
        *ret_answer = ask->answer;
    ask->waiting = false;
    pthread_mutex_unlock(&ask->mutex);
    return r;
}

void ask_answered(struct ask *ask, const struct channel_message *answer)
{
    pthread_mutex_lock(&ask->mutex);
    if (ask->waiting) {
        ask->answer = *answer;
        ask->answered = true;
        pthread_cond_signal(&ask->changed);
    }
    pthread_mutex_unlock(&ask->mutex);
}
