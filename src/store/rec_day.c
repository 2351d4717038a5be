/* rec_day.c - a practice's day in few bytes, because it is read whenever somebody looks for a time.
 *
 * Stored form: a byte for the form; practice id, date, versions, why it is closed; the sessions; then of
 * every entry eight bytes at a fixed width (start in minutes from local midnight, length, session, type and
 * status, channel and flags), then what only some entries have (a hold's expiry, the practitioner who was
 * asked for), then the ids of the appointments. Looking for free slots needs none of the ids, so
 * day_load_from can leave them out. Two bytes a number, lowest first; ids as pack.h says. A day of 240
 * appointments takes about 6 KB.
 *
 * No field tables here, and nothing is trusted: every count, index and minute is checked, and what does not
 * fit is ERR_DAMAGED. */
#include "store/rec_day.h"

#include "base/must.h"
#include "store/pack.h"

#include <string.h>

enum {
    FORM_1 = 1,
    ENTRY_BYTES = 8,
    NO_SESSION = 0xffff,
    FLAG_EXPIRES = 0x10,
    FLAG_PRACTITIONER = 0x20,
    CHANNEL_MASK = 0x0f,
    DAY_MINUTES_MAX = 25 * 60, /* the day on which the clocks go back */
    SLOT_MINUTES_MAX = 24 * 60,
};

/* ---- encoding ---- */

static uint64_t minutes_from(int64_t base_ms, int64_t ms)
{
    int64_t offset = ms - base_ms;
    must(offset >= 0 && offset % MINUTE_MS == 0 && offset <= DAY_MINUTES_MAX * MINUTE_MS);
    return (uint64_t)(offset / MINUTE_MS);
}

static void put_session(struct buf *buf, const struct day_session *session, int64_t base_ms)
{
    pack_id(buf, session->session_id);
    buf_varint(buf, minutes_from(base_ms, session->start_ms));
    buf_varint(buf, minutes_from(base_ms, session->end_ms));
    buf_varint(buf, (uint64_t)session->slot_minutes);
    buf_varint(buf, (uint64_t)session->capacity);
    buf_varint(buf, session->services);
    buf_byte(buf, (uint8_t)session->delivery_channel);
    pack_id(buf, session->practitioner_id);
}

static void put_two(uint8_t *at, uint64_t value)
{
    must(value <= NO_SESSION);
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put_entry(struct buf *buf, const struct day_entry *entry, int64_t base_ms)
{
    uint8_t bytes[ENTRY_BYTES];
    bool fits = entry->session != ENTRY_NO_SESSION;

    must(entry->type >= 0 && entry->type < 16 && entry->status >= 0 && entry->status < 16);
    must(entry->channel >= 0 && entry->channel <= CHANNEL_MASK && entry->duration_minutes > 0);
    put_two(bytes, minutes_from(base_ms, entry->start_ms));
    put_two(bytes + 2, (uint64_t)entry->duration_minutes);
    put_two(bytes + 4, fits ? (uint64_t)entry->session : NO_SESSION);
    bytes[6] = (uint8_t)(entry->type << 4 | entry->status);
    bytes[7] = (uint8_t)(entry->channel | (entry->expires_at != INSTANT_NONE ? FLAG_EXPIRES : 0) |
                         (entry->practitioner_id ? FLAG_PRACTITIONER : 0));
    buf_add(buf, bytes, sizeof bytes);
}

static void put_extras(struct buf *buf, const struct day_entry *entry, int64_t base_ms)
{
    if (entry->expires_at != INSTANT_NONE)
        buf_zigzag(buf, entry->expires_at - base_ms);
    if (entry->practitioner_id)
        pack_id(buf, entry->practitioner_id);
}

void day_encode(const struct day *day, struct buf *buf)
{
    int64_t base_ms = london_midnight(day->date);

    must(day->session_count <= DAY_SESSIONS_MAX && day->entry_count <= DAY_ENTRIES_MAX);
    buf_byte(buf, FORM_1);
    pack_id(buf, day->practice_id);
    buf_zigzag(buf, day->date);
    buf_zigzag(buf, day->sessions_version);
    buf_zigzag(buf, day->holidays_version);
    buf_byte(buf, (uint8_t)day->closed);
    buf_varint(buf, day->session_count);
    for (size_t i = 0; i < day->session_count; i++)
        put_session(buf, &day->sessions[i], base_ms);
    buf_varint(buf, day->entry_count);
    for (size_t i = 0; i < day->entry_count; i++)
        put_entry(buf, &day->entries[i], base_ms);
    for (size_t i = 0; i < day->entry_count; i++)
        put_extras(buf, &day->entries[i], base_ms);
    for (size_t i = 0; i < day->entry_count; i++)
        pack_id(buf, day->entries[i].appointment_id);
}

/* ---- decoding ---- */

struct decoding {
    struct reader reader;
    struct arena *arena;
    struct day *day;
    int64_t base_ms;
    bool memory; /* there was none left */
};

static void damaged_unless(struct decoding *d, bool good)
{
    if (!good)
        d->reader.failed = true;
}

/* A number within limits; low after a failure. */
static int64_t take_number(struct decoding *d, int64_t low, int64_t high)
{
    uint64_t value = read_varint(&d->reader);
    bool good = !d->reader.failed && value >= (uint64_t)low && value <= (uint64_t)high;

    damaged_unless(d, good);
    return good ? (int64_t)value : low;
}

static const char *take_id(struct decoding *d, bool required)
{
    const char *id = unpack_id(&d->reader, d->arena, &d->memory);
    damaged_unless(d, id || !required);
    return id;
}

static void take_session(struct decoding *d, struct day_session *session)
{
    session->session_id = take_id(d, true);
    session->start_ms = d->base_ms + take_number(d, 0, DAY_MINUTES_MAX) * MINUTE_MS;
    session->end_ms = d->base_ms + take_number(d, 0, DAY_MINUTES_MAX) * MINUTE_MS;
    session->slot_minutes = (int32_t)take_number(d, 1, SLOT_MINUTES_MAX);
    session->capacity = (int32_t)take_number(d, 1, SESSION_CAPACITY_MAX);
    session->services = (uint32_t)take_number(d, 1, TYPES_ALL);
    session->delivery_channel = (int32_t)take_number(d, 1, CHANNEL_COUNT - 1);
    session->practitioner_id = take_id(d, false);
    damaged_unless(d, session->start_ms < session->end_ms);
}

static uint32_t get_two(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

static bool take_entry(const struct decoding *d, const uint8_t *at, struct day_entry *entry, uint8_t *flags)
{
    uint32_t start = get_two(at);
    uint32_t session = get_two(at + 4);

    entry->start_ms = d->base_ms + (int64_t)start * MINUTE_MS;
    entry->duration_minutes = (int32_t)get_two(at + 2);
    entry->session = session == NO_SESSION ? ENTRY_NO_SESSION : (int32_t)session;
    entry->type = at[6] >> 4;
    entry->status = at[6] & 15;
    entry->channel = at[7] & CHANNEL_MASK;
    entry->expires_at = INSTANT_NONE;
    *flags = at[7] & (uint8_t)~CHANNEL_MASK;
    return start <= DAY_MINUTES_MAX && entry->duration_minutes > 0 &&
           (session == NO_SESSION || session < d->day->session_count) && entry->type >= 1 &&
           entry->type < APPOINTMENT_TYPE_COUNT && entry->status >= 1 &&
           entry->status < APPOINTMENT_STATUS_COUNT && entry->channel >= 1 &&
           entry->channel < CHANNEL_COUNT && (*flags & ~(FLAG_EXPIRES | FLAG_PRACTITIONER)) == 0;
}

static void take_extras(struct decoding *d, struct day_entry *entry, uint8_t flags)
{
    if (flags & FLAG_EXPIRES) {
        bool over = __builtin_add_overflow(d->base_ms, read_zigzag(&d->reader), &entry->expires_at);
        damaged_unless(d, !over && entry->expires_at != INSTANT_NONE);
    }
    if (flags & FLAG_PRACTITIONER)
        entry->practitioner_id = take_id(d, true);
}

/* The fixed part of all entries is read first, without a call for each number: it is most of the work. */
static void take_entries(struct decoding *d)
{
    struct day *day = d->day;
    const uint8_t *at = d->reader.at;

    if (d->reader.failed || day->entry_count > (size_t)(d->reader.end - at) / ENTRY_BYTES) {
        damaged_unless(d, false);
        return;
    }
    d->reader.at += day->entry_count * ENTRY_BYTES;
    for (size_t i = 0; i < day->entry_count; i++) {
        struct day_entry *entry = &day->entries[i];
        uint8_t flags;
        bool good = take_entry(d, at + i * ENTRY_BYTES, entry, &flags);
        damaged_unless(d, good && (i == 0 || entry[-1].start_ms <= entry->start_ms));
        if (flags)
            take_extras(d, entry, flags);
        entry->appointment_id = "";
    }
}

static void take_header(struct decoding *d)
{
    struct day *day = d->day;

    damaged_unless(d, read_byte(&d->reader) == FORM_1);
    day->practice_id = take_id(d, true);
    int64_t date = read_zigzag(&d->reader);
    day->sessions_version = read_zigzag(&d->reader);
    day->holidays_version = read_zigzag(&d->reader);
    uint8_t closed = read_byte(&d->reader);
    bool good = date >= days_from_civil(YEAR_MIN, 1, 1) && date <= days_from_civil(YEAR_MAX, 12, 31) &&
                closed <= CLOSED_NO_HOURS;
    damaged_unless(d, good);
    day->date = good ? (int32_t)date : 0;
    day->closed = good ? (enum closed)closed : CLOSED_NOT;
    d->base_ms = london_midnight(day->date);
}

static void *take_room(struct decoding *d, size_t count, size_t size)
{
    void *room = arena_zero(d->arena, count + 1, size);
    if (!room) {
        d->memory = true;
        d->reader.failed = true;
    }
    return room;
}

static void take_all(struct decoding *d, bool with_ids)
{
    struct day *day = d->day;

    take_header(d);
    size_t sessions = (size_t)take_number(d, 0, DAY_SESSIONS_MAX);
    day->sessions = take_room(d, sessions, sizeof *day->sessions);
    for (; day->session_count < sessions && !d->reader.failed; day->session_count++)
        take_session(d, &day->sessions[day->session_count]);
    day->entry_count = (size_t)take_number(d, 0, DAY_ENTRIES_MAX);
    day->entries = d->reader.failed ? NULL : take_room(d, day->entry_count, sizeof *day->entries);
    if (day->entries)
        take_entries(d);
    for (size_t i = 0; with_ids && i < day->entry_count && !d->reader.failed; i++)
        day->entries[i].appointment_id = take_id(d, true);
}

static enum err decode(struct span bytes, struct arena *arena, bool with_ids, struct day *day)
{
    struct day decoded = {0};
    struct decoding d = {.reader = reader_of(bytes), .arena = arena, .day = &decoded};

    take_all(&d, with_ids);
    if (d.memory)
        return ERR_MEMORY;
    if (d.reader.failed || (with_ids && !reader_done(&d.reader)))
        return ERR_DAMAGED;
    *day = decoded;
    return ERR_OK;
}

enum err day_decode(struct span bytes, struct arena *arena, struct day *day)
{
    return decode(bytes, arena, true, day);
}

/* ---- records ---- */

static struct key day_key(const char *practice_id, int32_t date, char sort[static DATE_TEXT])
{
    date_format(date, sort);
    return (struct key){.table = TABLE_DAY, .part = practice_id, .sort = sort};
}

struct day_source day_source(const struct practice *practice)
{
    return (struct day_source){.practice = practice};
}

/* What days are made from: read when a day has to be made. */
static enum err source_fill(struct tx *tx, struct day_source *source)
{
    if (source->sessions_known)
        return ERR_OK;
    enum err e =
        session_list_brief(tx, source->practice->practice_id, &source->sessions, &source->session_count);
    if (!e && source->holidays_version > 0)
        e = bank_holidays_load(tx, &source->corrections);
    source->sessions_known = !e;
    return e;
}

static enum err rebuild(struct tx *tx, struct day_source *source, int32_t date, const struct day *former,
                        struct day *day)
{
    enum err e = source_fill(tx, source);
    if (!e)
        e = day_build(source->practice, source->sessions, source->session_count, &source->corrections, date,
                      former, tx_arena(tx), day);
    if (!e)
        day->holidays_version = source->holidays_version;
    return e;
}

static enum err versions_fill(struct tx *tx, struct day_source *source)
{
    if (source->version_known)
        return ERR_OK;
    enum err e = bank_holidays_version(tx, &source->holidays_version);
    source->version_known = !e;
    return e;
}

/* Fitting entries again puts them in order of their ids, so a day that is rebuilt needs them. */
static enum err former_load(struct day_source *source, struct span value, struct arena *arena, bool with_ids,
                            struct day *former, bool *current)
{
    enum err e = decode(value, arena, with_ids, former);

    if (e)
        return e;
    *current = former->sessions_version == source->practice->sessions_version &&
               former->holidays_version == source->holidays_version;
    return *current || with_ids ? ERR_OK : decode(value, arena, true, former);
}

enum err day_stamp(struct tx *tx, struct day_source *source, int32_t date, struct stamp *stamp,
                   bool *has_record)
{
    char sort[DATE_TEXT];
    const struct key key = day_key(source->practice->practice_id, date, sort);
    const struct key practice = {.table = TABLE_PRACTICE, .part = source->practice->practice_id, .sort = ""};

    enum err e = versions_fill(tx, source);
    if (!e)
        e = tx_stamp(tx, &key, stamp);
    *has_record = !e;
    return e == ERR_NOT_FOUND ? tx_stamp(tx, &practice, stamp) : e;
}

enum err day_load_from(struct tx *tx, struct day_source *source, int32_t date, bool with_ids, struct day *day)
{
    char sort[DATE_TEXT];
    struct key key = day_key(source->practice->practice_id, date, sort);
    struct span value;
    struct day former;
    bool current = false;

    enum err e = versions_fill(tx, source);
    if (e)
        return e;
    e = tx_get(tx, &key, &value);
    if (e == ERR_NOT_FOUND)
        return rebuild(tx, source, date, NULL, day);
    if (!e)
        e = former_load(source, value, tx_arena(tx), with_ids, &former, &current);
    if (e)
        return e;
    if (!current)
        return rebuild(tx, source, date, &former, day);
    *day = former;
    return ERR_OK;
}

enum err day_load(struct tx *tx, const struct practice *practice, int32_t date, struct day *day)
{
    struct day_source source = day_source(practice);
    return day_load_from(tx, &source, date, true, day);
}

enum err day_save(struct tx *tx, const struct day *day)
{
    char sort[DATE_TEXT];
    struct key key = day_key(day->practice_id, day->date, sort);
    struct buf buf;

    buf_init(&buf, tx_arena(tx));
    day_encode(day, &buf);
    return buf_ok(&buf) ? tx_put(tx, &key, NULL, buf_span(&buf)) : ERR_MEMORY;
}
