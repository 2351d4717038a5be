/* verify.c - see verify.h. The walk over the tables only says which records there are; each check loads what
 * it compares anew, in one read transaction. */
#include "store/verify.h"

#include "store/rec_appointment.h"
#include "store/rec_day.h"
#include "store/rec_patient.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHECK_ARENA_BYTES = 64 * 1024 * 1024, FAULT_BYTES = 400 };

struct verify {
    struct store *store;
    int64_t now_ms;
    verify_fault_fn *fault;
    void *arg;
    struct verify_counts *counts;
    const char *id;    /* what the check at work is about */
    const char *date;  /* of a day */
    struct span value; /* as the walk saw it */
};

static void fault(struct verify *verify, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct verify *verify, const char *format, ...)
{
    char text[FAULT_BYTES];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    verify->counts->faults++;
    if (verify->fault)
        verify->fault(verify->arg, text);
}

/* A record that cannot be read is a fault, not the end. */
static enum err check_run(struct verify *verify, tx_fn *check)
{
    struct access access = {.write = false};
    struct arena *arena = arena_new(CHECK_ARENA_BYTES);

    enum err e = arena ? store_run(verify->store, &access, arena, check, verify) : ERR_MEMORY;
    arena_free(arena);
    if (e == ERR_DAMAGED || e == ERR_NOT_FOUND) {
        fault(verify, "%s %s: a record that belongs to it is %s", verify->id ? verify->id : "?",
              verify->date ? verify->date : "", e == ERR_DAMAGED ? "damaged" : "missing");
        e = ERR_OK;
    }
    return e;
}

static bool is_live(const struct verify *verify, const struct appointment *appointment)
{
    bool expired = appointment->status == STATUS_PENDING && appointment->expires_at <= verify->now_ms;
    return status_is_live(appointment->status) && !expired;
}

/* The day's record as it is, not rebuilt. */
static enum err day_raw(struct tx *tx, const char *practice_id, const char *date, struct day *day)
{
    struct key key = {.table = TABLE_DAY, .part = practice_id, .sort = date};
    struct span value;

    enum err e = tx_get(tx, &key, &value);
    if (!e)
        e = day_decode(value, tx_arena(tx), day);
    if (!e)
        day->practice_id = practice_id;
    return e;
}

/* ---- appointments ---- */

static void compare_day_entry(struct verify *verify, const struct appointment *of,
                              const struct day_entry *entry)
{
    bool live = is_live(verify, of);

    if (live && !entry)
        fault(verify, "appointment %s is live but has no entry in its day", of->appointment_id);
    if (!live && entry && of->status != STATUS_PENDING)
        fault(verify, "appointment %s is not live but has an entry in its day", of->appointment_id);
    if (entry &&
        (entry->start_ms != of->appointment_datetime || entry->duration_minutes != of->duration_minutes))
        fault(verify, "appointment %s and its entry in the day differ in time", of->appointment_id);
}

static const struct agenda_entry *agenda_find(const struct agenda *agenda, const char *appointment_id)
{
    for (size_t i = 0; i < agenda->count; i++)
        if (strcmp(agenda->entries[i].appointment_id, appointment_id) == 0)
            return &agenda->entries[i];
    return NULL;
}

/* The past is dropped from agendas, so only what is still to come has to be there. */
static void compare_agenda_entry(struct verify *verify, const struct appointment *of,
                                 const struct agenda_entry *entry)
{
    bool live = is_live(verify, of);

    if (live && !entry && of->appointment_datetime > verify->now_ms)
        fault(verify, "appointment %s is live but missing in the patient's agenda", of->appointment_id);
    if (!live && entry && of->status != STATUS_PENDING)
        fault(verify, "appointment %s is not live but in the patient's agenda", of->appointment_id);
    if (entry &&
        (entry->start_ms != of->appointment_datetime || entry->duration_minutes != of->duration_minutes))
        fault(verify, "appointment %s and the agenda differ in time", of->appointment_id);
}

static enum err index_check(struct verify *verify, struct tx *tx, const struct appointment *of,
                            enum appointment_index index, const char *part)
{
    struct appointment_page page = {.index = index,
                                    .of = part,
                                    .from_ms = of->appointment_datetime,
                                    .until_ms = of->appointment_datetime + 1,
                                    .limit = SESSION_CAPACITY_MAX * 4};
    struct appointment_row *rows;
    size_t count;
    bool more;

    enum err e = appointment_list(tx, &page, &rows, &count, &more);
    for (size_t i = 0; !e && i < count; i++)
        if (strcmp(rows[i].appointment.appointment_id, of->appointment_id) == 0)
            return ERR_OK;
    if (!e && !more)
        fault(verify, "appointment %s has no row in an index", of->appointment_id);
    return e;
}

static enum err reference_check(struct verify *verify, struct tx *tx, const struct appointment *of)
{
    struct appointment found;

    enum err e = appointment_find_reference(tx, of->reference, &found);
    if (!e && strcmp(found.appointment_id, of->appointment_id) != 0)
        fault(verify, "appointment %s: its reference leads to another one", of->appointment_id);
    return e;
}

static enum err appointment_check(struct tx *tx, void *arg)
{
    struct verify *verify = arg;
    struct appointment of;
    struct day day = {0};
    struct agenda agenda;
    char date[DATE_TEXT];

    enum err e = appointment_load(tx, verify->id, &of);
    if (e == ERR_NOT_FOUND)
        return ERR_OK; /* gone since the walk saw it */
    if (e)
        return e;
    date_format(london_date(of.appointment_datetime), date);
    e = day_raw(tx, of.practice_id, date, &day);
    if (e == ERR_NOT_FOUND && !is_live(verify, &of))
        e = ERR_OK;
    if (!e)
        e = agenda_load(tx, of.patient_id, &agenda);
    if (!e)
        e = index_check(verify, tx, &of, APPOINTMENTS_OF_PATIENT, of.patient_id);
    if (!e)
        e = index_check(verify, tx, &of, APPOINTMENTS_OF_PRACTICE, of.practice_id);
    if (!e)
        e = reference_check(verify, tx, &of);
    if (e)
        return e;
    compare_day_entry(verify, &of, day_find(&day, of.appointment_id));
    compare_agenda_entry(verify, &of, agenda_find(&agenda, of.appointment_id));
    return ERR_OK;
}

/* ---- days ---- */

static int64_t entry_end(const struct day_entry *entry)
{
    return entry->start_ms + entry->duration_minutes * MINUTE_MS;
}

/* The most there are at once is reached where one begins. */
static void capacity_check(struct verify *verify, const struct day *day)
{
    for (size_t i = 0; i < day->entry_count; i++) {
        const struct day_entry *entry = &day->entries[i];
        int32_t together = 0;
        if (entry->session == ENTRY_NO_SESSION)
            continue;
        for (size_t j = 0; j < day->entry_count; j++) {
            const struct day_entry *other = &day->entries[j];
            together += other->session == entry->session && other->start_ms <= entry->start_ms &&
                        entry_end(other) > entry->start_ms;
        }
        if (entry->session < 0 || (size_t)entry->session >= day->session_count)
            fault(verify, "day %s %s: an entry is in no session of it", verify->id, verify->date);
        else if (together > day->sessions[entry->session].capacity)
            fault(verify, "day %s %s: %d at once where %d fit", verify->id, verify->date, together,
                  day->sessions[entry->session].capacity);
    }
}

static enum err usage_check(struct verify *verify, struct tx *tx)
{
    struct appointment_page page = {.index = APPOINTMENTS_OF_PRACTICE, .of = verify->id, .limit = SCAN_MAX};
    struct usage_counts stored;
    struct usage_counts counted = {0};
    struct appointment_row *rows;
    size_t count;
    bool more;
    int32_t date;

    enum err e = date_parse(verify->date, strlen(verify->date), &date);
    if (e)
        return ERR_DAMAGED;
    page.from_ms = london_midnight(date);
    page.until_ms = london_midnight(date + 1);
    e = usage_of_practice(tx, verify->id, date, date, &stored);
    if (!e)
        e = appointment_list(tx, &page, &rows, &count, &more);
    if (e || more)
        return e;
    for (size_t i = 0; i < count; i++)
        usage_apply(&counted, NULL, &rows[i].appointment);
    if (memcmp(&stored, &counted, sizeof stored) != 0)
        fault(verify, "day %s %s: the practice's usage does not add up", verify->id, verify->date);
    return ERR_OK;
}

static enum err day_check(struct tx *tx, void *arg)
{
    struct verify *verify = arg;
    struct day seen;
    struct day day;

    /* The walk does not know whose it is (the key is blinded), but the day does. */
    enum err e = day_decode(verify->value, tx_arena(tx), &seen);
    if (e)
        return e;
    verify->id = seen.practice_id;
    e = day_raw(tx, verify->id, verify->date, &day);
    if (e)
        return e;
    for (size_t i = 0; i < day.entry_count; i++) {
        struct appointment of;
        e = appointment_load(tx, day.entries[i].appointment_id, &of);
        if (e == ERR_NOT_FOUND)
            fault(verify, "day %s %s: an entry has no appointment", verify->id, verify->date);
        else if (e)
            return e;
        else
            compare_day_entry(verify, &of, &day.entries[i]);
    }
    capacity_check(verify, &day);
    return usage_check(verify, tx);
}

/* ---- agendas ---- */

static enum err agenda_check(struct tx *tx, void *arg)
{
    struct verify *verify = arg;
    struct agenda seen;
    struct agenda agenda;
    struct appointment of;

    /* The walk does not know whose it is (the key is blinded), but the first appointment does. */
    enum err e = agenda_decode(verify->value, tx_arena(tx), &seen);
    if (e || seen.count == 0)
        return e;
    verify->id = seen.entries[0].appointment_id;
    e = appointment_load(tx, seen.entries[0].appointment_id, &of);
    if (!e)
        e = agenda_load(tx, of.patient_id, &agenda);
    for (size_t i = 0; !e && i < agenda.count; i++) {
        const struct agenda_entry *entry = &agenda.entries[i];
        bool held = entry->expires_at == INSTANT_NONE || entry->expires_at > verify->now_ms;
        e = appointment_load(tx, entry->appointment_id, &of);
        if (e)
            break;
        compare_agenda_entry(verify, &of, entry);
        if (i + 1 < agenda.count && held &&
            entry->start_ms + entry->duration_minutes * MINUTE_MS > entry[1].start_ms &&
            (entry[1].expires_at == INSTANT_NONE || entry[1].expires_at > verify->now_ms))
            fault(verify, "appointment %s overlaps the patient's next one", entry->appointment_id);
    }
    return e;
}

/* ---- patients ---- */

static void count_usage(struct usage_counts *counted, int64_t *last_visit, const char *practice_id,
                        const struct appointment_row *rows, size_t count)
{
    *counted = (struct usage_counts){0};
    *last_visit = INSTANT_NONE;
    for (size_t i = 0; i < count; i++) {
        const struct appointment *of = &rows[i].appointment;
        if (strcmp(of->practice_id, practice_id) != 0)
            continue;
        usage_apply(counted, NULL, of);
        if (usage_attended(of))
            *last_visit = of->appointment_datetime;
    }
}

static enum err patient_check(struct tx *tx, void *arg)
{
    struct verify *verify = arg;
    struct appointment_page page = {.index = APPOINTMENTS_OF_PATIENT,
                                    .from_ms = INSTANT_NONE,
                                    .until_ms = INSTANT_NONE,
                                    .limit = SCAN_MAX};
    struct patient patient;
    struct usage *usages;
    struct appointment_row *rows;
    size_t usage_count;
    size_t count;
    bool more;
    int64_t counted_total = 0;
    int64_t stored_total = 0;

    enum err e = fields_decode(&patient_fields, verify->value, tx_arena(tx), &patient);
    if (e)
        return e;
    verify->id = page.of = patient.patient_id;
    e = usage_of_patient(tx, patient.patient_id, &usages, &usage_count);
    if (!e)
        e = appointment_list(tx, &page, &rows, &count, &more);
    if (e || more)
        return e;
    for (size_t i = 0; i < usage_count; i++) {
        struct usage_counts counted;
        int64_t last_visit;
        count_usage(&counted, &last_visit, usages[i].practice_id, rows, count);
        stored_total += usages[i].counts.total_appointments;
        if (memcmp(&counted, &usages[i].counts, sizeof counted) != 0 || last_visit != usages[i].last_visit)
            fault(verify, "patient %s: the usage at %s does not add up", patient.patient_id,
                  usages[i].practice_id);
    }
    for (size_t i = 0; i < count; i++)
        counted_total += usage_of(&rows[i].appointment).total_appointments;
    if (usage_count < USAGES_MAX && counted_total != stored_total)
        fault(verify, "patient %s: an appointment is not counted in the usage", patient.patient_id);
    return ERR_OK;
}

/* ---- the walk ---- */

static const struct check {
    enum table table;
    tx_fn *run;
    size_t counter; /* offset in struct verify_counts */
} checks[] = {
    {TABLE_APPOINTMENT, appointment_check, offsetof(struct verify_counts, appointments)},
    {TABLE_DAY, day_check, offsetof(struct verify_counts, days)},
    {TABLE_AGENDA, agenda_check, offsetof(struct verify_counts, agendas)},
    {TABLE_PATIENT, patient_check, offsetof(struct verify_counts, patients)},
    {TABLE_PRACTICE, NULL, offsetof(struct verify_counts, practices)},
};

static enum err seen(void *arg, enum table table, const char *part, const char *sort, enum err err,
                     struct span value)
{
    struct verify *verify = arg;
    enum err e = ERR_OK;

    verify->counts->records++;
    if (err) {
        fault(verify, "a record of table %s does not open: %s", store_table_name(table), err_info(err)->code);
        return ERR_OK;
    }
    verify->id = part;
    verify->date = table == TABLE_DAY ? sort : NULL;
    verify->value = value;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (checks[i].table != table)
            continue;
        ++*(uint64_t *)(void *)((char *)verify->counts + checks[i].counter);
        e = checks[i].run ? check_run(verify, checks[i].run) : ERR_OK;
    }
    return e;
}

enum err verify_store(struct store *store, int64_t now_ms, verify_fault_fn *on_fault, void *arg,
                      struct verify_counts *counts)
{
    struct verify verify = {
        .store = store, .now_ms = now_ms, .fault = on_fault, .arg = arg, .counts = counts};

    *counts = (struct verify_counts){0};
    return store_walk(store, seen, &verify);
}
