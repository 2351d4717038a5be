/* appointment_change.c - see appointment_change.h. */
#include "api/appointment_change.h"

#include "api/booking_steps.h"
#include "call/access.h"
#include "domain/booking.h"
#include "store/place.h"
#include "store/rec_appointment.h"

#include <string.h>

void appointment_keys(const struct call *call, struct known *known)
{
    known_add(known, TABLE_APPOINTMENT, call->path_params[0], NULL);
}

/* What a change touches beside it. */
static enum err expect_place(const struct call *call, struct tx *tx, const struct appointment *appointment)
{
    if (!store_is_remote(call->app->store))
        return ERR_OK;
    struct known *known = arena_alloc(tx_arena(tx), sizeof *known);
    if (!known)
        return ERR_MEMORY;
    known->arena = tx_arena(tx);
    known->count = 0;
    known_booking(known, appointment->practice_id, appointment->patient_id,
                  appointment->appointment_datetime);
    tx_expect(tx, known->keys, known->count);
    return ERR_OK;
}

enum err appointment_open(struct call *call, struct tx *tx, struct appointment *appointment)
{
    enum err e = appointment_load(tx, call->path_params[0], appointment);
    if (!e)
        e = expect_place(call, tx, appointment);
    if (!e)
        e = access_appointment(call, tx, ACTION_APPOINTMENT_CHANGE, appointment->patient_id,
                               appointment->practice_id);
    return e ? e : call_check_version(call, appointment->version);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_moved(const struct appointment *before, const struct appointment *after)
{
    return before->appointment_datetime != after->appointment_datetime ||
           before->duration_minutes != after->duration_minutes ||
           before->appointment_type != after->appointment_type ||
           before->delivery_channel != after->delivery_channel ||
           !same_text(before->practitioner_id, after->practitioner_id);
}

static enum err time_broken(struct call *call, enum err e)
{
    return call_problem(call, "/status", e, NULL) == ERR_MEMORY ? ERR_MEMORY : e;
}

/* A patient confirms a hold and cancels; what happened on the day is for staff to say. */
static enum err status_check(struct call *call, struct tx *tx, const struct appointment *before,
                             const struct appointment *after)
{
    bool patients_own = after->status == before->status || after->status == STATUS_CANCELLED ||
                        (before->status == STATUS_PENDING && after->status == STATUS_BOOKED);

    if (!status_may_become(before->status,
                           after->status)) /* for nobody: two who change it at once see this */
        return call_fail(call, ERR_STATUS_MOVE, "An appointment that is %s cannot become %s.",
                         field_enum_name(appointment_status_names, before->status),
                         field_enum_name(appointment_status_names, after->status));
    if (patients_own)
        return ERR_OK;
    enum err e =
        access_appointment(call, tx, ACTION_APPOINTMENT_ATTEND, before->patient_id, before->practice_id);
    if (!e)
        e = booking_check_attendance(before, (enum appointment_status)after->status, call->now_ms);
    return e == ERR_NOT_THE_DAY || e == ERR_BEFORE_START ? time_broken(call, e) : e;
}

static enum err members_check(struct call *call, const struct appointment *before,
                              const struct appointment *after, bool moved)
{
    if (after->cancellation_reason && after->status != STATUS_CANCELLED)
        return call_problem(call, "/cancellation_reason", ERR_FIELD_VALUE,
                            "Send this together with \"status\": \"cancelled\" only.");
    if (moved && (before->status != after->status
                      ? !(before->status == STATUS_PENDING && after->status == STATUS_BOOKED)
                      : before->status != STATUS_PENDING && before->status != STATUS_BOOKED))
        return call_fail(call, ERR_STATUS_MOVE, "Only a booked or held appointment can be moved.");
    return ERR_OK;
}

static bool holds_place(const struct appointment *appointment, int64_t now_ms)
{
    bool expired = appointment->status == STATUS_PENDING && appointment->expires_at <= now_ms;
    return status_is_live(appointment->status) && !expired;
}

/* Frees, takes, moves or relabels the place, by what the two states need. */
static enum err place_change(struct call *call, struct tx *tx, const struct booking *booking,
                             const struct appointment *before, struct appointment *after, bool moved)
{
    const struct practice *practice = &booking->practice;
    bool had = holds_place(before, call->now_ms);
    bool has = status_is_live(after->status);

    if (has && moved)
        return booking_move(call, tx, booking, before, after);
    if (has && !had)
        return place_take(tx, practice, after, call->now_ms);
    if (has && before->status == STATUS_PENDING && after->status != STATUS_PENDING)
        return place_move(tx, practice, before, after, call->now_ms); /* the entry is a hold no longer */
    return had && !has ? place_free(tx, practice, before, call->now_ms) : ERR_OK;
}

enum err appointment_change(struct call *call, struct tx *tx, const struct appointment *before,
                            struct appointment *after)
{
    bool moved = is_moved(before, after);
    bool leaves = before->status != after->status && after->status == STATUS_CANCELLED;
    struct booking booking;

    enum err e = status_check(call, tx, before, after);
    if (!e)
        e = members_check(call, before, after, moved);
    if (!e)
        e = booking_open(call, tx, before->practice_id, &booking);
    if (!e && before->status == STATUS_PENDING && after->status != STATUS_CANCELLED &&
        before->expires_at <= call->now_ms)
        e = ERR_HOLD_EXPIRED;
    if (!e && (moved || leaves) && before->status != STATUS_PENDING)
        e = booking_check_cutoff(&booking.practice, before->appointment_datetime, call->now_ms,
                                 booking.by_staff);
    if (!e && before->status == STATUS_PENDING && after->status == STATUS_BOOKED)
        after->expires_at = INSTANT_NONE; /* confirmed */
    if (!e)
        e = place_change(call, tx, &booking, before, after, moved);
    if (e)
        return e;
    after->version = before->version + 1;
    after->updated_at = call->now_ms;
    return appointment_save(tx, before, after);
}

enum err appointment_review(struct call *call, struct tx *tx, const struct appointment *before,
                            const struct appointment *after)
{
    bool moved = is_moved(before, after);
    bool status_in_question = problems_about(&call->problems, "/status");
    struct booking booking;

    enum err e = status_in_question ? ERR_OK : members_check(call, before, after, moved);
    if (e && e != ERR_INVALID)
        return e;
    return moved ? booking_review(call, tx, before->practice_id, after->appointment_datetime, &booking) : e;
}
