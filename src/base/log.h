/* log.h - one line of JSON per event, on standard error.
 *
 *   log_line(LOG_INFO, "request", LOG_TEXT("endpoint", name), LOG_INTEGER("status", 200));
 *   {"time":"2026-11-25T09:00:00.123Z","level":"info","event":"request","endpoint":"health","status":200}
 *
 * Never personal data. Only the keys listed in log.c are written, each of which says what its value may be; a
 * pair with another key is left out, and "left_out" names the key. So a new kind of value is a new row there,
 * where a reviewer sees it. Texts are cut at LOG_TEXT_BYTES, lines have at most LOG_PAIRS_MAX pairs.
 *
 * A line is one write(2), so lines of threads and processes do not mix. Any thread may log. A line that
 * cannot be written is lost: logging never stops the work. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum { LOG_TEXT_BYTES = 200, LOG_PAIRS_MAX = 12 };

/* `key` is last, so that log_line can put the event's name into the first one. */
struct log_pair {
    const char *text; /* NULL is written as "" */
    int64_t integer;
    int is_text; /* else the integer counts */
    const char *key;
};

#define LOG_TEXT(name, value)    ((struct log_pair){.key = (name), .text = (value), .is_text = 1})
#define LOG_INTEGER(name, value) ((struct log_pair){.key = (name), .integer = (value)})

#define LOG_PAIRS(...) ((const struct log_pair[]){[0].key = __VA_ARGS__})
#define log_line(level, ...)                                                                                 \
    log_write((level), LOG_PAIRS(__VA_ARGS__), sizeof LOG_PAIRS(__VA_ARGS__) / sizeof(struct log_pair))

/* pairs[0].key is the event. */
void log_write(enum log_level level, const struct log_pair *pairs, size_t count);

/* What is below the level is not written; LOG_INFO until then. Once, at start; fd is 2 but in tests. */
void log_start(enum log_level level, int fd);

#endif
