/* log.c - see log.h. A line is made on the stack, so that logging works without memory. */
#include "base/log.h"

#include "base/json.h"
#include "base/must.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* What may be logged. Nothing here is about a person: no ids of people or appointments, no addresses, no text
 * that a caller sent but the request id, which is checked for its form. */
static const char *const allowed[] = {
    "address",     /* of our own socket */
    "bytes",       /* a size */
    "code",        /* of an error: err_list.h */
    "command",     /* the subcommand */
    "count",       /* how many of something */
    "endpoint",    /* name of a row of the endpoint table */
    "errno",       /* the system's number */
    "job",         /* name of a background job */
    "method",      /* HTTP method */
    "port",        /* of our own socket */
    "practices",   /* how many */
    "patients",    /* how many */
    "reason",      /* a fixed text of the program */
    "request_id",  /* X-Request-Id: letters, digits and -_.= only */
    "setting",     /* name of a setting, never its value */
    "status",      /* HTTP status */
    "step",        /* name of a part of the program */
    "table",       /* name of a table of the store */
    "took_us",     /* a duration in microseconds */
    "version",     /* of this program */
    "appointments" /* how many */
};

/* Escaped, a byte becomes six at most: \u001f. */
enum { KEY_BYTES = 32, LINE_BYTES = (LOG_PAIRS_MAX + 4) * (KEY_BYTES + 8 + 6 * LOG_TEXT_BYTES) };

static atomic_int lowest = LOG_INFO;
static atomic_int out = STDERR_FILENO;

void log_start(enum log_level level, int fd)
{
    atomic_store(&lowest, level);
    atomic_store(&out, fd);
}

static bool is_allowed(const char *key)
{
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        if (strcmp(key, allowed[i]) == 0)
            return true;
    }
    return false;
}

static void put_pair(struct json_writer *writer, const struct log_pair *pair)
{
    const char *text = pair->text ? pair->text : "";

    if (!is_allowed(pair->key))
        json_text_sized(writer, "left_out", pair->key, utf8_cut(pair->key, strlen(pair->key), KEY_BYTES));
    else if (pair->is_text)
        json_text_sized(writer, pair->key, text, utf8_cut(text, strlen(text), LOG_TEXT_BYTES));
    else
        json_integer(writer, pair->key, pair->integer);
}

/* A second write happens only if the system took a part of the line. */
static void write_whole(int fd, const char *line, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, line, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        line += written;
        size -= (size_t)written;
    }
}

void log_write(enum log_level level, const struct log_pair *pairs, size_t count)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char line[LINE_BYTES];
    char time[INSTANT_MS_TEXT];
    struct buf buf = {.data = line,
                      .room = sizeof line}; /* never grows: LINE_BYTES holds the most that fits */
    struct json_writer writer = json_writer(&buf);
    int before = errno;

    if ((int)level < atomic_load(&lowest))
        return;
    must(count <= LOG_PAIRS_MAX + 1);
    instant_format_ms(clock_now_ms(), time);
    json_object_begin(&writer, NULL);
    json_text(&writer, "time", time);
    json_text(&writer, "level", names[level]);
    json_text_sized(&writer, "event", pairs[0].key,
                    utf8_cut(pairs[0].key, strlen(pairs[0].key), LOG_TEXT_BYTES));
    for (size_t i = 1; i < count; i++)
        put_pair(&writer, &pairs[i]);
    json_object_end(&writer);
    buf_byte(&buf, '\n');
    write_whole(atomic_load(&out), buf.data, buf.size);
    errno = before;
}
