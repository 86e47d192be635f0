/*
 * The words of the log's configuration.
 *
 * Layer: pure
 * Specification: syslog(3) priorities
 */
#ifndef GATE64_COMMON_LOG_LEVEL_H
#define GATE64_COMMON_LOG_LEVEL_H

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

enum log_sink {
    LOG_SINK_STDERR,
    LOG_SINK_JOURNAL, /* falls back to standard error where no journal listens */
};

#endif
