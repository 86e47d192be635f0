/*
 * Lines on their way to a file that may stand still: what is not taken waits in the buffer, and that nothing
 * is taken is told once, as is that it goes on.
 *
 * Layer: edge
 * Specification: write(2), fifo(7)
 */
#ifndef GATE64_COMMON_LINE_WRITER_H
#define GATE64_COMMON_LINE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/settings.h"

struct line_writer {
    const char *area, *what; /* of log lines: "events", "the event log" */
    int wake;                /* an eventfd, for line_writer_sleep */
    int fd;                  /* -1: there is none to write to */
    char path[SETTINGS_PATH_LEN];
    char *buffer;
    size_t len;          /* of whole lines */
    size_t at;           /* so much of it has been written */
    uint64_t stalled_ns; /* since when nothing is taken; 0: it is */
    bool stall_told;
};

/* With a buffer of so many bytes, and no file. */
int line_writer_init(struct line_writer *writer, const char *area, const char *what, size_t size)
    __attribute__((warn_unused_result));
/* Closes the file, too. Accepts what line_writer_init left on failure. */
void line_writer_done(struct line_writer *writer);

/* By any thread: the writer's ends its sleep, or does not begin one. */
void line_writer_wake(struct line_writer *writer);
void line_writer_sleep(struct line_writer *writer, int most_ms);

/* 0, or why the rest of the buffer cannot be written now. */
int line_writer_flush(struct line_writer *writer) __attribute__((warn_unused_result));
/* What came of that. */
void line_writer_follow(struct line_writer *writer, int error, uint64_t now_ns);
/* Another file (taken; -1: none). A line that has been written in part begins anew there. */
void line_writer_exchange(struct line_writer *writer, int fd);

#endif
