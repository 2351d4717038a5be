/* slot_write.c - see slot_write.h. A slot is copied from pieces that are made once, and only the digits that
 * differ are put in: the date is written once a day, hours and minutes come from a table of two digits each.
 */
#include "api/slot_write.h"

#include "base/must.h"
#include "base/time.h"
#include "domain/terms.h"

#include <string.h>

enum {
    SLOT_BYTES = 160, /* more than the longest one */
    DATE_CHARS = DATE_TEXT - 1,
    CHANNEL_CHARS_MAX = 20,
};

struct calendar_text {
    int64_t day; /* since 1970, UTC */
    char date[DATE_TEXT];
};

static char *put(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    return at + size;
}
#define PUT(at, literal) put((at), (literal), sizeof(literal) - 1)

static char *put_two(char *at, int64_t number)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "4041424344454647484950515253545556575859";
    return put(at, pairs + 2 * number, 2);
}

static char *put_instant(char *at, struct calendar_text *text, int64_t ms)
{
    int64_t day = ms / DAY_MS;
    int64_t minute = (ms - day * DAY_MS) / MINUTE_MS;

    if (day != text->day) {
        date_format((int32_t)day, text->date);
        text->day = day;
    }
    at = put(at, text->date, DATE_CHARS);
    *at++ = 'T';
    at = put_two(at, minute / 60);
    *at++ = ':';
    at = put_two(at, minute % 60);
    return PUT(at, ":00Z");
}

static char *put_small(char *at, int64_t number)
{
    if (number >= 10)
        at = put_small(at, number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

struct channel_text {
    char text[CHANNEL_CHARS_MAX];
    size_t size;
};

static void channels_init(struct channel_text texts[static CHANNEL_COUNT])
{
    for (size_t i = 1; i < CHANNEL_COUNT; i++) {
        size_t size = strlen(delivery_channel_names[i - 1]);
        must(size < CHANNEL_CHARS_MAX);
        memcpy(texts[i].text, delivery_channel_names[i - 1], size);
        texts[i].size = size;
    }
}

static char *put_slot(char *at, const struct slot *slot, struct calendar_text *text,
                      const struct channel_text *channel)
{
    at = PUT(at, "{\"start\":\"");
    at = put_instant(at, text, slot->start_ms);
    at = PUT(at, "\",\"end\":\"");
    at = put_instant(at, text, slot->end_ms);
    at = PUT(at, "\",\"available\":");
    at = put_small(at, slot->available);
    at = PUT(at, ",\"delivery_channel\":\"");
    at = put(at, channel->text, channel->size);
    return PUT(at, "\"}");
}

void slots_write(struct buf *buf, const struct slot *slots, size_t count, bool comma)
{
    struct channel_text channels[CHANNEL_COUNT];
    struct calendar_text text = {.day = -1};

    channels_init(channels);
    buf_reserve(buf, count * SLOT_BYTES);
    if (buf->failed)
        return;
    char *at = buf->data + buf->size;
    for (size_t i = 0; i < count; i++) {
        must(slots[i].channel >= 1 && slots[i].channel < CHANNEL_COUNT && slots[i].start_ms >= 0);
        if (comma)
            *at++ = ',';
        comma = true;
        at = put_slot(at, &slots[i], &text, &channels[slots[i].channel]);
    }
    buf->size = (size_t)(at - buf->data);
}
