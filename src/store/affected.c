/* affected.c - every stored day from today on is made again, once as it stands and once as it would be, with
 * everything that is booked; what has a place in the first and none in the second is touched by the change.
 *
 * No day is written: days are rebuilt when they are touched next, because the practice's sessions_version has
 * gone up. A day that was never touched has no entries, so it costs nothing. */
#include "store/affected.h"

#include "base/must.h"
#include "store/rec_appointment.h"
#include "store/rec_day.h"

#include <string.h>

enum { SLICE_DAYS = 50, SCRATCH_BYTES = 16 * 1024 * 1024 };

/* clang-format off */
static const struct field affected_rows[] = {
    {.name = "appointment_id", .kind = FIELD_TEXT, .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct affected, appointment_id)},
    {.name = "reference", .kind = FIELD_TEXT, .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct affected, reference), .example = "\"K7M2-9XQF\""},
    {.name = "patient_id", .kind = FIELD_TEXT, .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct affected, patient_id), .example = "\"patient-123\""},
    {.name = "appointment_datetime", .kind = FIELD_INSTANT, .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct affected, appointment_datetime), .example = "\"2027-01-15T10:30:00Z\""},
    {.name = "duration_minutes", .kind = FIELD_INTEGER, .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct affected, duration_minutes), .example = "15"},
    {.name = "appointment_type", .kind = FIELD_ENUM, .flags = FIELD_READ_ONLY,
     .offset = offsetof(struct affected, appointment_type), .values = appointment_type_names,
     .example = "\"routine\""},
};
/* clang-format on */
const struct field_set affected_fields = {
    .name = "Affected", .size = sizeof(struct affected), FIELDS(affected_rows)};

struct finding {
    struct tx *tx;
    const struct schedule *before, *after;
    struct bank_holiday_corrections corrections;
    int64_t holidays_version;
    int64_t now_ms;
    struct arena *scratch;  /* emptied after every day */
    struct affected *found; /* AFFECTED_MAX of them; ids only until the end */
    int64_t count;
};

static enum err made(const struct finding *f, const struct schedule *schedule, const struct day *stored,
                     struct day *day)
{
    return day_build(schedule->practice, schedule->sessions, schedule->session_count, &f->corrections,
                     stored->date, stored, f->scratch, day);
}

static const struct day_entry *entry_of(struct day *day, size_t likely, const char *appointment_id)
{
    if (likely < day->entry_count && strcmp(day->entries[likely].appointment_id, appointment_id) == 0)
        return &day->entries[likely];
    return day_find(day, appointment_id);
}

static enum err remember(struct finding *f, const struct day_entry *entry)
{
    if (f->count < AFFECTED_MAX) {
        const char *id = arena_dup(tx_arena(f->tx), entry->appointment_id);
        if (!id)
            return ERR_MEMORY;
        f->found[f->count] = (struct affected){.appointment_id = id};
    }
    f->count++;
    return ERR_OK;
}

static enum err compare(struct finding *f, struct day *before, const struct day *after)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < after->entry_count; i++) {
        const struct day_entry *entry = &after->entries[i];
        if (entry->session != ENTRY_NO_SESSION || entry->start_ms <= f->now_ms)
            continue;
        const struct day_entry *former = entry_of(before, i, entry->appointment_id);
        if (former && former->session != ENTRY_NO_SESSION)
            e = remember(f, entry);
    }
    return e;
}

static bool is_current(const struct finding *f, const struct day *stored)
{
    return stored->sessions_version == f->before->practice->sessions_version &&
           stored->holidays_version == f->holidays_version;
}

static enum err day_compare(struct finding *f, struct span value)
{
    struct day stored;
    struct day before;
    struct day after;

    enum err e = day_decode(value, f->scratch, &stored);
    if (e)
        return e;
    day_expire(&stored, f->now_ms);
    if (stored.entry_count == 0)
        return ERR_OK;
    before = stored;
    if (!is_current(f, &stored))
        e = made(f, f->before, &stored, &before);
    if (!e)
        e = made(f, f->after, &stored, &after);
    return e ? e : compare(f, &before, &after);
}

static enum err slice_compare(struct finding *f, const struct row *rows, size_t count)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < count; i++) {
        struct arena_mark mark = arena_mark(f->scratch);
        e = day_compare(f, rows[i].value);
        arena_reset(f->scratch, mark);
    }
    return e;
}

static enum err days_compare(struct finding *f)
{
    char date[DATE_TEXT];
    struct scan scan = {
        .table = TABLE_DAY, .part = f->before->practice->practice_id, .from = date, .limit = SLICE_DAYS};
    bool more = true;
    enum err e = ERR_OK;

    date_format(london_date(f->now_ms), date);
    while (!e && more) {
        struct row *rows;
        size_t count;
        e = tx_scan(f->tx, &scan, &rows, &count, &more);
        if (!e)
            e = slice_compare(f, rows, count);
        if (!e && more) {
            scan.from = arena_printf(tx_arena(f->tx), "%s\x01", rows[count - 1].sort);
            e = scan.from ? ERR_OK : ERR_MEMORY;
        }
    }
    return e;
}

/* Who they are: from the appointments themselves. */
static enum err details_load(struct finding *f, struct affected_list *affected)
{
    size_t count = f->count < AFFECTED_MAX ? (size_t)f->count : AFFECTED_MAX;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < count; i++) {
        struct affected *one = &f->found[i];
        struct appointment appointment;
        e = appointment_load(f->tx, one->appointment_id, &appointment);
        if (e)
            break;
        one->reference = appointment.reference;
        one->patient_id = appointment.patient_id;
        one->appointment_datetime = appointment.appointment_datetime;
        one->duration_minutes = appointment.duration_minutes;
        one->appointment_type = appointment.appointment_type;
    }
    *affected = (struct affected_list){.count = f->count, .items = {f->found, count}};
    return e == ERR_NOT_FOUND ? ERR_DAMAGED : e; /* a day's entry without its appointment */
}

enum err affected_find(struct tx *tx, const struct schedule *before, const struct schedule *after,
                       int64_t now_ms, struct affected_list *affected)
{
    struct finding f = {.tx = tx, .before = before, .after = after, .now_ms = now_ms};

    enum err e = bank_holidays_version(tx, &f.holidays_version);
    if (!e && f.holidays_version > 0)
        e = bank_holidays_load(tx, &f.corrections);
    if (e)
        return e;
    f.found = arena_zero(tx_arena(tx), AFFECTED_MAX, sizeof *f.found);
    f.scratch = f.found ? arena_new(SCRATCH_BYTES) : NULL;
    if (!f.scratch)
        return ERR_MEMORY;
    e = days_compare(&f);
    arena_free(f.scratch);
    return e ? e : details_load(&f, affected);
}
