/* slot_write.c - see slot_write.h. What all slots of a day have in common is one piece of text, made once a
 * day and copied for each; then only the digits of the times are put in, two at a time from a table. */
#include "api/slot_write.h"

#include "base/must.h"
#include "base/time.h"
#include "domain/terms.h"

#include <string.h>

enum {
    DATE_CHARS = DATE_TEXT - 1,
    TIME_AT = DATE_CHARS + 1, /* of an instant: "2026-11-25T09:00:00Z" */
    CHANNEL_CHARS_MAX = 20,
    NUMBER_CHARS_MAX = 20,
};

/* The part of a slot before the number of places. */
#define INSTANT_PLACE "0000-00-00T00:00:00Z"
#define BEFORE_START  "{\"start\":\""
#define BEFORE_END    "\",\"end\":\""
#define HEAD          BEFORE_START INSTANT_PLACE BEFORE_END INSTANT_PLACE "\",\"available\":"
#define CHANNEL_NAME  ",\"delivery_channel\":\""

enum {
    START_AT = sizeof BEFORE_START - 1,
    END_AT = START_AT + sizeof INSTANT_PLACE + sizeof BEFORE_END - 2,
    HEAD_CHARS = sizeof HEAD - 1,
    SLOT_BYTES = HEAD_CHARS + NUMBER_CHARS_MAX + sizeof CHANNEL_NAME + CHANNEL_CHARS_MAX + 4,
};

struct head {
    int64_t from_ms; /* midnight UTC of the day whose date is in the text */
    char text[HEAD_CHARS + 1];
};

struct tail { /* by channel: everything behind the number */
    char text[sizeof CHANNEL_NAME + CHANNEL_CHARS_MAX + 2];
    size_t size;
};

static void put_date(char *at, int64_t ms)
{
    char date[DATE_TEXT];

    date_format((int32_t)(ms / DAY_MS), date);
    memcpy(at, date, DATE_CHARS);
}

/* minute of the day, as HH:MM */
static void put_time(char *at, uint32_t minute)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
        "4041424344454647484950515253545556575859";
    memcpy(at, pairs + 2 * (minute / 60), 2);
    memcpy(at + 3, pairs + 2 * (minute % 60), 2);
}

static bool is_same_day(const struct head *head, int64_t ms)
{
    return ms >= head->from_ms && ms - head->from_ms < DAY_MS;
}

static void head_move(struct head *head, int64_t ms)
{
    head->from_ms = ms - ms % DAY_MS;
    put_date(head->text + START_AT, ms);
    put_date(head->text + END_AT, ms);
}

static uint32_t minute_of(int64_t from_ms, int64_t ms)
{
    return (uint32_t)(ms - from_ms) / (uint32_t)MINUTE_MS;
}

static void put_head(char *at, struct head *head, const struct slot *slot)
{
    if (!is_same_day(head, slot->start_ms))
        head_move(head, slot->start_ms);
    memcpy(at, head->text, HEAD_CHARS);
    put_time(at + START_AT + TIME_AT, minute_of(head->from_ms, slot->start_ms));
    if (is_same_day(head, slot->end_ms)) {
        put_time(at + END_AT + TIME_AT, minute_of(head->from_ms, slot->end_ms));
    } else { /* it ends at midnight, or is longer than a day is left */
        put_date(at + END_AT, slot->end_ms);
        put_time(at + END_AT + TIME_AT, minute_of(slot->end_ms - slot->end_ms % DAY_MS, slot->end_ms));
    }
}

static char *put_number(char *at, int64_t number)
{
    if (number >= 10)
        at = put_number(at, number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

static void tails_init(struct tail tails[static CHANNEL_COUNT])
{
    for (size_t i = 1; i < CHANNEL_COUNT; i++) {
        const char *name = delivery_channel_names[i - 1];
        size_t size = strlen(name);
        must(size <= CHANNEL_CHARS_MAX);
        memcpy(tails[i].text, CHANNEL_NAME, sizeof CHANNEL_NAME - 1);
        memcpy(tails[i].text + sizeof CHANNEL_NAME - 1, name, size);
        memcpy(tails[i].text + sizeof CHANNEL_NAME - 1 + size, "\"}", 2);
        tails[i].size = sizeof CHANNEL_NAME - 1 + size + 2;
    }
}

void slots_write(struct buf *buf, const struct slot *slots, size_t count, bool comma)
{
    struct tail tails[CHANNEL_COUNT] = {0};
    struct head head = {.from_ms = INT64_MAX, .text = HEAD};

    tails_init(tails);
    buf_reserve(buf, count * SLOT_BYTES);
    if (buf->failed)
        return;
    char *at = buf->data + buf->size;
    for (size_t i = 0; i < count; i++) {
        const struct slot *slot = &slots[i];
        must(slot->channel >= 1 && slot->channel < CHANNEL_COUNT && slot->start_ms >= 0 &&
             slot->available >= 0);
        const struct tail *tail = &tails[slot->channel];
        *at = ',';
        at += comma;
        comma = true;
        put_head(at, &head, slot);
        at = put_number(at + HEAD_CHARS, slot->available);
        memcpy(at, tail->text, sizeof tail->text); /* all of it: a copy of known size is faster */
        at += tail->size;
    }
    buf->size = (size_t)(at - buf->data);
}
