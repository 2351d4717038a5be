/* rec_usage.c - counts per patient and practice, and per practice and day, changed in the booking's own
 * transaction.
 *
 * A practice's counts are kept per local day, because every booking of that day writes the day's record
 * anyway: so counting makes nobody wait who would not wait already. */
#include "store/rec_appointment.h"

#include <string.h>

enum { DAYS_MAX = 800, LAST_VISIT_SCAN = 500 };

static void counts_encode(const struct usage_counts *counts, int64_t last_visit, struct buf *buf)
{
    buf_zigzag(buf, counts->total_appointments);
    buf_zigzag(buf, counts->attended);
    buf_zigzag(buf, counts->cancelled);
    buf_zigzag(buf, counts->missed);
    buf_zigzag(buf, last_visit);
}

enum err usage_counts_decode(struct span bytes, struct usage_counts *counts, int64_t *last_visit)
{
    struct reader reader = reader_of(bytes);

    struct usage_counts read = {0};
    read.total_appointments = read_zigzag(&reader);
    read.attended = read_zigzag(&reader);
    read.cancelled = read_zigzag(&reader);
    read.missed = read_zigzag(&reader);
    int64_t visit = read_zigzag(&reader);
    if (!reader_done(&reader))
        return ERR_DAMAGED;
    *counts = read;
    *last_visit = visit;
    return ERR_OK;
}

static enum err counts_load(struct tx *tx, const struct key *key, struct usage_counts *counts,
                            int64_t *last_visit)
{
    struct span value;

    *counts = (struct usage_counts){0};
    *last_visit = INSTANT_NONE;
    enum err e = tx_get(tx, key, &value);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    return e ? e : usage_counts_decode(value, counts, last_visit);
}

static enum err counts_put(struct tx *tx, const struct key *key, const char *person,
                           const struct usage_counts *counts, int64_t last_visit)
{
    struct buf value;

    buf_init(&value, tx_arena(tx));
    counts_encode(counts, last_visit, &value);
    return buf_ok(&value) ? tx_put(tx, key, person, buf_span(&value)) : ERR_MEMORY;
}

/* The start of the last attended one at that practice but this one. */
static enum err visit_before(struct tx *tx, const struct appointment *gone, int64_t *last_visit)
{
    struct appointment_page page = {.index = APPOINTMENTS_OF_PATIENT,
                                    .of = gone->patient_id,
                                    .from_ms = INSTANT_NONE,
                                    .until_ms = INSTANT_NONE,
                                    .limit = LAST_VISIT_SCAN};
    struct appointment_row *rows;
    size_t count;
    bool more;

    *last_visit = INSTANT_NONE;
    enum err e = appointment_list(tx, &page, &rows, &count, &more);
    for (size_t i = 0; !e && i < count; i++) {
        const struct appointment *other = &rows[i].appointment;
        if (usage_attended(other) && strcmp(other->appointment_id, gone->appointment_id) != 0 &&
            strcmp(other->practice_id, gone->practice_id) == 0)
            *last_visit = other->appointment_datetime;
    }
    return e;
}

static enum err patient_usage(struct tx *tx, const struct appointment *before,
                              const struct appointment *after)
{
    struct key key = {.table = TABLE_USAGE, .part = after->patient_id, .sort = after->practice_id};
    struct usage_counts counts;
    int64_t last_visit;

    enum err e = counts_load(tx, &key, &counts, &last_visit);
    if (e)
        return e;
    usage_apply(&counts, before, after);
    if (usage_attended(after)) {
        if (last_visit == INSTANT_NONE || after->appointment_datetime > last_visit)
            last_visit = after->appointment_datetime;
    } else if (usage_attended(before) && last_visit == before->appointment_datetime) {
        e = visit_before(tx, before, &last_visit);
    }
    return e ? e : counts_put(tx, &key, after->patient_id, &counts, last_visit);
}

static enum err practice_day(struct tx *tx, const struct appointment *of, const struct appointment *before,
                             const struct appointment *after)
{
    char date[DATE_TEXT];
    struct usage_counts counts;
    int64_t last_visit;

    date_format(london_date(of->appointment_datetime), date);
    const char *sort = arena_dup(tx_arena(tx), date);
    struct key key = {.table = TABLE_USAGE_BY_PRACTICE, .part = of->practice_id, .sort = sort};
    if (!sort)
        return ERR_MEMORY;
    enum err e = counts_load(tx, &key, &counts, &last_visit);
    if (e)
        return e;
    usage_apply(&counts, before, after);
    return counts_put(tx, &key, NULL, &counts, last_visit);
}

static bool same_counts(const struct appointment *before, const struct appointment *after)
{
    struct usage_counts old = usage_of(before);
    struct usage_counts new = usage_of(after);
    return memcmp(&old, &new, sizeof old) == 0;
}

static bool same_moment(const struct appointment *before, const struct appointment *after)
{
    return before && before->appointment_datetime == after->appointment_datetime;
}

enum err usage_save(struct tx *tx, const struct appointment *before, const struct appointment *after)
{
    if (same_counts(before, after) && (!before || same_moment(before, after)))
        return ERR_OK;
    enum err e = patient_usage(tx, before, after);
    if (e)
        return e;
    if (!before || london_date(before->appointment_datetime) == london_date(after->appointment_datetime))
        return practice_day(tx, after, before, after);
    e = practice_day(tx, before, before, NULL);
    return e ? e : practice_day(tx, after, NULL, after);
}

enum err usage_of_patient(struct tx *tx, const char *patient_id, struct usage **usages, size_t *count)
{
    struct scan scan = {.table = TABLE_USAGE, .part = patient_id, .limit = USAGES_MAX};
    struct row *rows;
    bool more;

    enum err e = tx_scan(tx, &scan, &rows, count, &more);
    if (e)
        return e;
    *usages = arena_zero(tx_arena(tx), *count + 1, sizeof **usages);
    if (!*usages)
        return ERR_MEMORY;
    for (size_t i = 0; !e && i < *count; i++) {
        struct usage *usage = &(*usages)[i];
        usage->patient_id = patient_id;
        usage->practice_id = rows[i].sort;
        e = usage_counts_decode(rows[i].value, &usage->counts, &usage->last_visit);
    }
    return e;
}

enum err usage_of_practice(struct tx *tx, const char *practice_id, int32_t first, int32_t last,
                           struct usage_counts *counts)
{
    char from[DATE_TEXT];
    char until[DATE_TEXT];
    struct row *rows;
    size_t count;
    bool more;

    date_format(first, from);
    date_format(last + 1, until);
    struct scan scan = {.table = TABLE_USAGE_BY_PRACTICE,
                        .part = practice_id,
                        .from = from,
                        .until = until,
                        .limit = DAYS_MAX};
    enum err e = tx_scan(tx, &scan, &rows, &count, &more);
    *counts = (struct usage_counts){0};
    for (size_t i = 0; !e && i < count; i++) {
        struct usage_counts day;
        int64_t last_visit;
        e = usage_counts_decode(rows[i].value, &day, &last_visit);
        if (e)
            break;
        counts->total_appointments += day.total_appointments;
        counts->attended += day.attended;
        counts->cancelled += day.cancelled;
        counts->missed += day.missed;
    }
    return e;
}
