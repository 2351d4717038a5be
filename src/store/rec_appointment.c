/* rec_appointment.c - an appointment, sealed under the patient's key, and the index rows that lists are made
 * from.
 *
 * An index row's sort is the start and the id, its value is empty: the list loads the appointments
 * themselves, so a change of status or text touches no index. All rows are written from the difference to the
 * state before. */
#include "store/rec_appointment.h"

#include "domain/text.h"

#include <string.h>

enum { REFERENCE_UNIT_BITS = 5, REFERENCE_UNIT_MASK = (1 << 24) - 1 };

static const struct span nothing = {(const uint8_t *)"", 0};

static const struct field appointment_rows[] = {
    {.name = "appointment_id",
     .tag = 1,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, appointment_id),
     .example = "\"0199d1a2-7c3e-7b5a-9d2f-3c1b5a7e9f01\""},
    {.name = "reference",
     .tag = 2,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, reference),
     .help = "To read out on the phone.",
     .example = "\"K7M2-9XQF\""},
    {.name = "patient_id",
     .tag = 3,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, patient_id),
     .example = "\"patient-123\""},
    {.name = "practice_id",
     .tag = 4,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, practice_id),
     .example = "\"practice-456\""},
    APPOINTMENT_FIELD_PRACTITIONER(struct appointment, practitioner_id, 0),
    APPOINTMENT_FIELD_DATETIME(struct appointment, appointment_datetime, FIELD_REQUIRED),
    APPOINTMENT_FIELD_DURATION(struct appointment, duration_minutes, FIELD_REQUIRED),
    APPOINTMENT_FIELD_TYPE(struct appointment, appointment_type, FIELD_REQUIRED),
    APPOINTMENT_FIELD_CHANNEL(struct appointment, delivery_channel, FIELD_REQUIRED),
    APPOINTMENT_FIELD_STATUS(struct appointment, status, FIELD_REQUIRED),
    APPOINTMENT_FIELD_REASON(struct appointment, reason, 0),
    APPOINTMENT_FIELD_NOTES(struct appointment, notes, 0),
    {.name = "cancellation_reason",
     .tag = 13,
     .kind = FIELD_TEXT,
     .flags = FIELD_PERSONAL,
     .offset = offsetof(struct appointment, cancellation_reason),
     .max = REASON_MAX,
     .normalise = text_normalise_lines,
     .help = "Why it was cancelled; only together with the status cancelled."},
    {.name = "expires_at",
     .tag = 14,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, expires_at),
     .help = "When a hold ends by itself, if it is not confirmed before."},
    {.name = "created_at",
     .tag = 15,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, created_at)},
    {.name = "updated_at",
     .tag = 16,
     .kind = FIELD_INSTANT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, updated_at)},
    {.name = "created_by",
     .tag = 17,
     .kind = FIELD_TEXT,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, created_by),
     .help = "User id of who booked it."},
    {.name = "version",
     .tag = 18,
     .kind = FIELD_INTEGER,
     .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct appointment, version),
     .help = "Goes up with every change; the ETag."},
};

const struct field_set appointment_fields = {
    .name = "Appointment", .size = sizeof(struct appointment), FIELDS(appointment_rows)};

void appointment_init(struct appointment *appointment)
{
    fields_clear(&appointment_fields, appointment);
    appointment->version = 1;
}

static struct key appointment_key(const char *appointment_id)
{
    return (struct key){.table = TABLE_APPOINTMENT, .part = appointment_id};
}

enum err appointment_load(struct tx *tx, const char *appointment_id, struct appointment *appointment)
{
    struct key key = appointment_key(appointment_id);
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    return e ? e : fields_decode(&appointment_fields, value, tx_arena(tx), appointment);
}

/* Time in units of 32 ms, over and over every six days: it need not tell when, only stand near the last one.
 * 65,536 places for each unit: of a thousand bookings a second, one in two thousand has to draw again. */
void appointment_reference_make(struct tx *tx, int64_t now_ms, const uint8_t random[static 2],
                                char out[static 10])
{
    uint64_t unit = (uint64_t)now_ms >> REFERENCE_UNIT_BITS & REFERENCE_UNIT_MASK;
    uint64_t number = tx_permute(tx, unit << 16 | (uint64_t)random[0] << 8 | random[1]);
    uint8_t bytes[5];

    for (size_t i = sizeof bytes; i-- > 0; number >>= 8)
        bytes[i] = (uint8_t)number;
    reference_format(bytes, out);
}

enum err appointment_find_reference(struct tx *tx, const char *reference, struct appointment *appointment)
{
    struct key key = {.table = TABLE_APPOINTMENT_REFERENCE, .part = reference};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e)
        return e;
    const char *id = arena_text(tx_arena(tx), (const char *)value.data, value.size);
    return id ? appointment_load(tx, id, appointment) : ERR_MEMORY;
}

static enum err row_sort(struct tx *tx, int64_t ms, const char *appointment_id, const char **sort)
{
    char when[SORT_INSTANT];

    sort_instant(when, ms);
    *sort = arena_printf(tx_arena(tx), "%s %s", when, appointment_id);
    return *sort ? ERR_OK : ERR_MEMORY;
}

static enum err row_change(struct tx *tx, enum table table, const char *part, int64_t ms,
                           const struct appointment *of, bool add)
{
    struct key key = {.table = table, .part = part};
    bool personal = table == TABLE_APPOINTMENT_BY_PATIENT;

    enum err e = row_sort(tx, ms, of->appointment_id, &key.sort);
    if (e)
        return e;
    return add ? tx_put(tx, &key, personal ? of->patient_id : NULL, nothing) : tx_delete(tx, &key);
}

static enum err index_rows(struct tx *tx, const struct appointment *of, bool add)
{
    int64_t ms = of->appointment_datetime;
    enum err e = row_change(tx, TABLE_APPOINTMENT_BY_PATIENT, of->patient_id, ms, of, add);
    return e ? e : row_change(tx, TABLE_APPOINTMENT_BY_PRACTICE, of->practice_id, ms, of, add);
}

static enum err index_save(struct tx *tx, const struct appointment *before, const struct appointment *after)
{
    if (before && before->appointment_datetime == after->appointment_datetime)
        return ERR_OK;
    enum err e = before ? index_rows(tx, before, false) : ERR_OK;
    return e ? e : index_rows(tx, after, true);
}

static bool is_hold(const struct appointment *appointment)
{
    return appointment && appointment->status == STATUS_PENDING && appointment->expires_at != INSTANT_NONE;
}

static enum err hold_save(struct tx *tx, const struct appointment *before, const struct appointment *after)
{
    bool was = is_hold(before);
    bool is = is_hold(after);
    enum err e = ERR_OK;

    if (was && is && before->expires_at == after->expires_at)
        return ERR_OK;
    if (was)
        e = row_change(tx, TABLE_HOLD, "all", before->expires_at, before, false);
    return !e && is ? row_change(tx, TABLE_HOLD, "all", after->expires_at, after, true) : e;
}

static enum err reference_save(struct tx *tx, const struct appointment *after)
{
    struct key key = {.table = TABLE_APPOINTMENT_REFERENCE, .part = after->reference};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (e != ERR_NOT_FOUND)
        return e ? e : ERR_CONFLICT;
    return tx_put(tx, &key, after->patient_id,
                  (struct span){(const uint8_t *)after->appointment_id, strlen(after->appointment_id)});
}

enum err appointment_save(struct tx *tx, const struct appointment *before, const struct appointment *after)
{
    struct key key = appointment_key(after->appointment_id);
    struct buf value;

    enum err e = usage_save(tx, before, after); /* first: it may scan the index */
    if (!e)
        e = index_save(tx, before, after);
    if (!e)
        e = hold_save(tx, before, after);
    if (!e && !before)
        e = reference_save(tx, after);
    if (e)
        return e;
    buf_init(&value, tx_arena(tx));
    fields_encode(&appointment_fields, after, &value);
    return buf_ok(&value) ? tx_put(tx, &key, after->patient_id, buf_span(&value)) : ERR_MEMORY;
}

/* The id in an index row's sort: behind the instant and a blank. */
static const char *row_id(const char *sort)
{
    return strlen(sort) > SORT_INSTANT ? sort + SORT_INSTANT : NULL;
}

static void rows_expect(struct tx *tx, const struct row *found, size_t count)
{
    struct key keys[EXPECT_MAX];
    size_t known = 0;

    for (size_t i = 0; i < count && known < EXPECT_MAX; i++)
        if (row_id(found[i].sort))
            keys[known++] = (struct key){.table = TABLE_APPOINTMENT, .part = row_id(found[i].sort)};
    tx_expect(tx, keys, known);
}

static enum err rows_load(struct tx *tx, const struct row *found, size_t count, struct appointment_row *rows)
{
    enum err e = ERR_OK;

    rows_expect(tx, found, count);
    for (size_t i = 0; !e && i < count; i++) {
        const char *id = row_id(found[i].sort);
        rows[i].sort = found[i].sort;
        e = id ? appointment_load(tx, id, &rows[i].appointment) : ERR_DAMAGED;
        if (e == ERR_NOT_FOUND)
            e = ERR_DAMAGED; /* an index row without its appointment */
    }
    return e;
}

enum err appointment_list(struct tx *tx, const struct appointment_page *page, struct appointment_row **rows,
                          size_t *count, bool *more)
{
    char from[SORT_INSTANT];
    char until[SORT_INSTANT];
    struct scan scan = {
        .table = page->index == APPOINTMENTS_OF_PATIENT ? TABLE_APPOINTMENT_BY_PATIENT
                                                        : TABLE_APPOINTMENT_BY_PRACTICE,
        .part = page->of,
        .limit = page->limit,
    };
    struct row *found;

    if (page->from_ms != INSTANT_NONE) {
        sort_instant(from, page->from_ms);
        scan.from = from;
    }
    if (page->until_ms != INSTANT_NONE) {
        sort_instant(until, page->until_ms);
        scan.until = until;
    }
    if (page->after && (!scan.from || strcmp(page->after, scan.from) >= 0)) {
        scan.from = arena_printf(tx_arena(tx), "%s\x01", page->after); /* the next text behind it */
        if (!scan.from)
            return ERR_MEMORY;
    }
    enum err e = tx_scan(tx, &scan, &found, count, more);
    if (e)
        return e;
    *rows = arena_zero(tx_arena(tx), *count + 1, sizeof **rows);
    return *rows ? rows_load(tx, found, *count, *rows) : ERR_MEMORY;
}
