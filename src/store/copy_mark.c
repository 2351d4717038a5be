/* copy_mark.c - see copy_mark.h. */
#include "store/copy_mark.h"

#include "base/buf.h"

#include <string.h>

enum { FORM_1 = 1 };

static const struct key mark_key = {TABLE_META, META_COPY_PART, NULL};

static bool fields_read(struct reader *reader, struct copy_mark *mark)
{
    if (read_byte(reader) != FORM_1)
        return false;
    mark->state = (enum copy_state)read_byte(reader);
    mark->records = read_varint(reader);
    mark->done_ms = read_zigzag(reader);
    struct span run = read_bytes(reader);
    struct span behind = read_bytes(reader);
    if (!reader_done(reader) || run.size != sizeof mark->run || behind.size > sizeof mark->behind)
        return false;
    memcpy(mark->run, run.data, run.size);
    if (behind.size > 0)
        memcpy(mark->behind, behind.data, behind.size);
    mark->behind_size = behind.size;
    return mark->state >= COPY_GOING && mark->state <= COPY_DONE;
}

enum err copy_mark_load(struct tx *tx, struct copy_mark *mark)
{
    struct copy_mark read = {0};
    struct span value;

    enum err e = tx_get_raw(tx, &mark_key, &value);
    if (e)
        return e;
    struct reader reader = reader_of(value);
    if (!fields_read(&reader, &read))
        return ERR_DAMAGED;
    *mark = read;
    return ERR_OK;
}

enum err copy_mark_save(struct tx *tx, const struct copy_mark *mark)
{
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    buf_byte(&buf, FORM_1);
    buf_byte(&buf, (uint8_t)mark->state);
    buf_varint(&buf, mark->records);
    buf_zigzag(&buf, mark->done_ms);
    buf_bytes(&buf, mark->run, sizeof mark->run);
    buf_bytes(&buf, mark->behind, mark->behind_size);
    return buf_ok(&buf) ? tx_put_raw(tx, &mark_key, buf_span(&buf)) : ERR_MEMORY;
}
