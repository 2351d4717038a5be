/* booking_steps.c - see booking_steps.h. */
#include "api/booking_steps.h"

#include "base/settings.h"
#include "call/access.h"
#include "domain/booking.h"
#include "store/place.h"
#include "store/rec_appointment.h"

#include <string.h>

enum { REFERENCE_TRIES = 5, REFERENCE_RANDOM = 2, REFERENCE_TEXT = 10, MS_A_MINUTE = 60000 };

enum err booking_open(struct call *call, struct tx *tx, const char *practice_id, struct booking *booking)
{
    enum err e = practice_load(tx, practice_id, &booking->practice);
    if (e == ERR_NOT_FOUND)
        return call_problem(call, "/practice_id", ERR_NOT_FOUND, "There is no practice with this id.");
    booking->by_staff = call_is_role(call, ROLE_ADMIN) ||
                        (call_is_role(call, ROLE_STAFF) && user_works_at(call->caller.user, practice_id));
    return e;
}

enum err booking_patient(struct call *call, struct tx *tx, const struct booking *booking,
                         const char *patient_id, const char *pointer, struct patient *patient)
{
    const struct practice *practice = &booking->practice;

    enum err e = access_appointment(call, tx, ACTION_APPOINTMENT_BOOK, patient_id, practice->practice_id);
    if (e)
        return e;
    e = patient_load(tx, patient_id, patient);
    if (e == ERR_NOT_FOUND)
        return call_problem(call, pointer, ERR_NOT_FOUND, "There is no patient with this id.");
    if (e)
        return e;
    if (patient->status != PATIENT_ACTIVE)
        return ERR_PATIENT_INACTIVE;
    bool registered = patient->registered_practice_id &&
                      strcmp(patient->registered_practice_id, practice->practice_id) == 0;
    return practice->requires_registration == TRUTH_YES && !registered ? ERR_NEEDS_REGISTRATION : ERR_OK;
}

/* Unique by trying: it rarely meets a reference that is there. */
static enum err reference_draw(struct call *call, struct tx *tx, const char **reference)
{
    for (int try = 0; try < REFERENCE_TRIES; try++) {
        uint8_t random[REFERENCE_RANDOM];
        char text[REFERENCE_TEXT];
        call_random(call, random, sizeof random);
        appointment_reference_make(tx, call->now_ms, random, text);
        *reference = arena_dup(call->arena, text);
        struct key key = {.table = TABLE_APPOINTMENT_REFERENCE, .part = *reference};
        if (!*reference)
            return ERR_MEMORY;
        enum err e = tx_suppose(tx, &key);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e)
            return e;
    }
    return ERR_BUSY;
}

enum err booking_new(struct call *call, struct tx *tx, struct appointment *appointment)
{
    appointment->appointment_id = call_new_id(call);
    appointment->created_at = appointment->updated_at = call->now_ms;
    appointment->created_by = call->caller.user_id;
    appointment->version = 1;
    return appointment->appointment_id ? reference_draw(call, tx, &appointment->reference) : ERR_MEMORY;
}

/* Which member of the body a rule is about. */
static const char *member_of(enum err e)
{
    switch (e) {
    case ERR_DURATION:
        return "/duration_minutes";
    case ERR_TYPE_NOT_OFFERED:
        return "/appointment_type";
    case ERR_CHANNEL_NOT_OFFERED:
        return "/delivery_channel";
    case ERR_PRACTITIONER_NOT_THERE:
        return "/practitioner_id";
    case ERR_PRACTICE_INACTIVE:
        return "/practice_id";
    case ERR_IN_PAST:
    case ERR_TOO_SOON:
    case ERR_TOO_FAR:
    case ERR_BANK_HOLIDAY:
    case ERR_PRACTICE_CLOSED:
    case ERR_OUTSIDE_SESSION:
    case ERR_OFF_SLOT:
        return "/appointment_datetime";
    default:
        return NULL;
    }
}

static enum err rule_broken(struct call *call, enum err e)
{
    const char *pointer = member_of(e);

    if (pointer && problems_add(&call->problems, pointer, e, NULL) == ERR_MEMORY)
        return ERR_MEMORY;
    return e;
}

static enum err alternatives_add(struct call *call, struct tx *tx, const struct booking *booking,
                                 const struct appointment *wanted)
{
    struct slot slots[ALTERNATIVES_MAX];
    size_t count;

    enum err e =
        place_alternatives(tx, &booking->practice, wanted, call->now_ms, booking->by_staff, slots, &count);
    if (e)
        return e;
    struct json_writer writer = json_writer(&call->problem_extra);
    writer.comma = true;
    json_array_begin(&writer, "alternatives");
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&writer, NULL);
        json_instant(&writer, "start", slots[i].start_ms);
        json_instant(&writer, "end", slots[i].end_ms);
        json_integer(&writer, "available", slots[i].available);
        json_text(&writer, "delivery_channel", field_enum_name(delivery_channel_names, slots[i].channel));
        json_object_end(&writer);
    }
    json_array_end(&writer);
    return ERR_SLOT_UNAVAILABLE;
}

/* wanted is the appointment as it was asked for: what the rules filled in since does not narrow the
 * alternatives. */
static enum err place_refused(struct call *call, struct tx *tx, const struct booking *booking,
                              const struct appointment *wanted, enum err e)
{
    return e == ERR_SLOT_UNAVAILABLE ? alternatives_add(call, tx, booking, wanted) : rule_broken(call, e);
}

enum err booking_take(struct call *call, struct tx *tx, const struct booking *booking,
                      const struct patient *patient, struct appointment *appointment)
{
    struct appointment wanted = *appointment;

    enum err e =
        booking_check_time(&booking->practice, wanted.appointment_datetime, call->now_ms, booking->by_staff);
    if (!e)
        e = place_take(tx, &booking->practice, appointment, call->now_ms);
    if (e)
        return place_refused(call, tx, booking, &wanted, e);
    e = relation_add(tx, patient, appointment->practice_id);
    return e ? e : appointment_save(tx, NULL, appointment);
}

enum err booking_move(struct call *call, struct tx *tx, const struct booking *booking,
                      const struct appointment *before, struct appointment *after)
{
    struct appointment wanted = *after;

    enum err e =
        booking_check_time(&booking->practice, wanted.appointment_datetime, call->now_ms, booking->by_staff);
    if (!e)
        e = place_move(tx, &booking->practice, before, after, call->now_ms);
    return e ? place_refused(call, tx, booking, &wanted, e) : ERR_OK;
}

enum err booking_review(struct call *call, struct tx *tx, const char *practice_id, int64_t start_ms,
                        struct booking *booking)
{
    enum err e = practice_id ? booking_open(call, tx, practice_id, booking) : ERR_OK;

    if (e || !practice_id || start_ms == INSTANT_NONE)
        return e;
    e = booking_check_time(&booking->practice, start_ms, call->now_ms, booking->by_staff);
    return e && rule_broken(call, e) == ERR_MEMORY ? ERR_MEMORY : ERR_OK;
}

int64_t booking_hold_end(const struct call *call)
{
    return call->now_ms + call->app->settings->hold_minutes * MS_A_MINUTE;
}
