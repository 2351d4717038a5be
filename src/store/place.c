/* place.c - see place.h. The day decides whether the practice has room, the agenda whether the person is
 * free. */
#include "store/place.h"

#include "domain/booking.h"

#include <stdlib.h>
#include <string.h>

static enum err day_get(struct tx *tx, const struct practice *practice, int64_t start_ms, int64_t now_ms,
                        struct day *day)
{
    enum err e = day_load(tx, practice, london_date(start_ms), day);
    if (!e)
        day_expire(day, now_ms);
    return e;
}

static enum err day_take(struct tx *tx, struct day *day, struct appointment *appointment)
{
    struct day_entry entry = {
        .appointment_id = appointment->appointment_id,
        .start_ms = appointment->appointment_datetime,
        .duration_minutes =
            appointment->duration_minutes == INTEGER_NONE ? 0 : (int32_t)appointment->duration_minutes,
        .type = appointment->appointment_type,
        .channel = appointment->delivery_channel,
        .status = appointment->status,
        .expires_at = appointment->expires_at,
        .practitioner_id = appointment->practitioner_id,
    };

    enum err e = day_add(day, &entry, tx_arena(tx));
    if (!e) {
        appointment->duration_minutes = entry.duration_minutes;
        appointment->delivery_channel = entry.channel;
    }
    return e;
}

static enum err agenda_take(struct agenda *agenda, const struct appointment *appointment, int64_t now_ms,
                            struct tx *tx)
{
    struct agenda_entry entry = {appointment->appointment_id, appointment->appointment_datetime,
                                 (int32_t)appointment->duration_minutes, appointment->expires_at};
    return agenda_add(agenda, &entry, now_ms, tx_arena(tx));
}

enum err place_take(struct tx *tx, const struct practice *practice, struct appointment *appointment,
                    int64_t now_ms)
{
    struct day day;
    struct agenda agenda;

    enum err e = day_get(tx, practice, appointment->appointment_datetime, now_ms, &day);
    if (!e)
        e = agenda_load(tx, appointment->patient_id, &agenda);
    if (!e)
        e = day_take(tx, &day, appointment);
    if (!e)
        e = agenda_take(&agenda, appointment, now_ms, tx);
    if (!e)
        e = day_save(tx, &day);
    if (!e)
        e = agenda_save(tx, &agenda);
    return e;
}

enum err place_free(struct tx *tx, const struct practice *practice, const struct appointment *appointment,
                    int64_t now_ms)
{
    struct day day;
    struct agenda agenda;

    enum err e = day_get(tx, practice, appointment->appointment_datetime, now_ms, &day);
    if (!e)
        e = agenda_load(tx, appointment->patient_id, &agenda);
    if (e)
        return e;
    day_remove(&day, appointment->appointment_id);
    agenda_remove(&agenda, appointment->appointment_id);
    e = day_save(tx, &day);
    return e ? e : agenda_save(tx, &agenda);
}

enum err place_move(struct tx *tx, const struct practice *practice, const struct appointment *before,
                    struct appointment *after, int64_t now_ms)
{
    bool same_day = london_date(before->appointment_datetime) == london_date(after->appointment_datetime);
    struct day old;
    struct day new;
    struct agenda agenda;

    enum err e = day_get(tx, practice, before->appointment_datetime, now_ms, &old);
    if (!e && !same_day)
        e = day_get(tx, practice, after->appointment_datetime, now_ms, &new);
    if (!e)
        e = agenda_load(tx, after->patient_id, &agenda);
    if (e)
        return e;
    day_remove(&old, before->appointment_id);
    agenda_remove(&agenda, before->appointment_id);
    e = day_take(tx, same_day ? &old : &new, after);
    if (!e)
        e = agenda_take(&agenda, after, now_ms, tx);
    if (!e)
        e = day_save(tx, &old);
    if (!e && !same_day)
        e = day_save(tx, &new);
    if (!e)
        e = agenda_save(tx, &agenda);
    return e;
}

/* ---- alternatives ---- */

static int64_t distance(const struct slot *slot, int64_t wanted_ms)
{
    return llabs(slot->start_ms - wanted_ms);
}

/* Keeps the nearest ones, in the order of their distance. */
static void keep_nearest(struct slot slots[static ALTERNATIVES_MAX], size_t *count, const struct slot *slot,
                         int64_t wanted_ms)
{
    size_t at = *count;

    while (at > 0 && distance(slot, wanted_ms) < distance(&slots[at - 1], wanted_ms))
        at--;
    if (at == ALTERNATIVES_MAX)
        return;
    size_t last = *count < ALTERNATIVES_MAX ? *count : ALTERNATIVES_MAX - 1;
    memmove(&slots[at + 1], &slots[at], (last - at) * sizeof slots[0]);
    slots[at] = *slot;
    *count = last + 1;
}

static bool may_book(const struct practice *practice, const struct slot *slot, int64_t now_ms, bool by_staff)
{
    return booking_check_time(practice, slot->start_ms, now_ms, by_staff) == ERR_OK;
}

static enum err day_alternatives(struct tx *tx, const struct practice *practice,
                                 const struct appointment *wanted, int32_t date, int64_t now_ms,
                                 bool by_staff, struct slot slots[static ALTERNATIVES_MAX], size_t *count)
{
    struct want want = {wanted->appointment_type, wanted->delivery_channel, wanted->practitioner_id,
                        wanted->duration_minutes == INTEGER_NONE ? 0 : wanted->duration_minutes};
    struct day day;
    struct slot *free_slots;
    size_t free_count;

    enum err e = day_load(tx, practice, date, &day);
    if (e)
        return e;
    day_expire(&day, now_ms);
    e = day_slots(&day, &want, london_midnight(date), london_midnight(date + 1), 1, tx_arena(tx), &free_slots,
                  &free_count);
    for (size_t i = 0; !e && i < free_count; i++)
        if (free_slots[i].start_ms != wanted->appointment_datetime &&
            may_book(practice, &free_slots[i], now_ms, by_staff))
            keep_nearest(slots, count, &free_slots[i], wanted->appointment_datetime);
    return e;
}

static int by_start(const void *a, const void *b)
{
    const struct slot *first = a;
    const struct slot *second = b;
    return first->start_ms < second->start_ms ? -1 : first->start_ms > second->start_ms;
}

enum err place_alternatives(struct tx *tx, const struct practice *practice, const struct appointment *wanted,
                            int64_t now_ms, bool by_staff, struct slot slots[static ALTERNATIVES_MAX],
                            size_t *count)
{
    int32_t date = london_date(wanted->appointment_datetime);
    enum err e = ERR_OK;

    *count = 0;
    for (int32_t away = 0; !e && away <= ALTERNATIVE_DAYS && *count < ALTERNATIVES_MAX; away++) {
        e = day_alternatives(tx, practice, wanted, date + away, now_ms, by_staff, slots, count);
        if (!e && away > 0)
            e = day_alternatives(tx, practice, wanted, date - away, now_ms, by_staff, slots, count);
    }
    qsort(slots, *count, sizeof slots[0], by_start);
    return e;
}
