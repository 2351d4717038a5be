/* buf.h - bytes that grow, in an arena. A failure sticks: write on, and ask buf_ok() once at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct buf {
    struct arena *arena;
    char *data; /* size bytes, not NUL-terminated */
    size_t size;
    size_t room;
    bool failed;
};

void buf_init(struct buf *buf, struct arena *arena);
void buf_reserve(struct buf *buf, size_t more);
void buf_add(struct buf *buf, const void *data, size_t size);
void buf_byte(struct buf *buf, uint8_t byte);
void buf_text(struct buf *buf, const char *text);
void buf_integer(struct buf *buf, int64_t value); /* decimal */
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_ok(const struct buf *buf);
struct span buf_span(const struct buf *buf);
/* The content with a NUL behind it, or NULL after a failure. */
const char *buf_cstr(struct buf *buf);

/* Binary forms of stored records: unsigned LEB128, zig-zag for signed, bytes with their length before them.
 */
void buf_varint(struct buf *buf, uint64_t value);
void buf_zigzag(struct buf *buf, int64_t value);
void buf_bytes(struct buf *buf, const void *data, size_t size);

/* Reading them back. A reader never passes its end: the first bad read sets `failed` and gives zero/empty
 * from then on. */
struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};
struct reader reader_of(struct span span);
uint8_t read_byte(struct reader *reader);
uint64_t read_varint(struct reader *reader);
int64_t read_zigzag(struct reader *reader);
struct span read_bytes(struct reader *reader);
bool reader_done(const struct reader *reader); /* all read, nothing failed */

#endif
