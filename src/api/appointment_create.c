/* appointment_create.c - POST /appointments: give one person one place in a session, or hold it for a while.
 */
#include "api/booking_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "store/rec_appointment.h"

static const struct field body_rows[] = {
    {.name = "patient_id",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct appointment, patient_id),
     .max = KEY_PART_MAX,
     .help = "For whom. A patient's own id is their user id.",
     .example = "\"patient-123\""},
    {.name = "practice_id",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct appointment, practice_id),
     .max = KEY_PART_MAX,
     .help = "Where.",
     .example = "\"practice-456\""},
    APPOINTMENT_FIELD_DATETIME(struct appointment, appointment_datetime, FIELD_REQUIRED),
    APPOINTMENT_FIELD_TYPE(struct appointment, appointment_type, FIELD_REQUIRED),
    APPOINTMENT_FIELD_DURATION(struct appointment, duration_minutes, 0),
    APPOINTMENT_FIELD_CHANNEL(struct appointment, delivery_channel, 0),
    APPOINTMENT_FIELD_PRACTITIONER(struct appointment, practitioner_id, 0),
    APPOINTMENT_FIELD_STATUS(struct appointment, status, 0),
    APPOINTMENT_FIELD_REASON(struct appointment, reason, 0),
    APPOINTMENT_FIELD_NOTES(struct appointment, notes, 0),
};

static enum err body_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct appointment *body = object;

    (void)prefix;
    if (body->status == 0 || body->status == STATUS_BOOKED || body->status == STATUS_PENDING)
        return ERR_OK;
    return problems_add(problems, "/status", ERR_FIELD_VALUE,
                        "A new appointment is booked, or pending for a hold.");
}

static const struct field_set body = {
    .name = "AppointmentCreate", .size = sizeof(struct appointment), FIELDS(body_rows), .check = body_check};

static void keys(const struct call *call, struct known *known)
{
    const struct appointment *in = call->body;
    known_booking(known, in->practice_id, in->patient_id, in->appointment_datetime);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct appointment *in = call->body;
    struct booking booking;
    struct patient patient;

    enum err e = booking_review(call, tx, in->practice_id, in->appointment_datetime, &booking);
    if (e || !in->practice_id || !in->patient_id)
        return e;
    return booking_patient(call, tx, &booking, in->patient_id, "/patient_id", &patient);
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct appointment *in = call->body;
    struct appointment appointment = *in;
    struct booking booking;
    struct patient patient;

    appointment.status = in->status ? in->status : STATUS_BOOKED;
    appointment.expires_at = appointment.status == STATUS_PENDING ? booking_hold_end(call) : INSTANT_NONE;
    appointment.cancellation_reason = NULL;
    enum err e = booking_open(call, tx, in->practice_id, &booking);
    if (!e)
        e = booking_patient(call, tx, &booking, in->patient_id, "/patient_id", &patient);
    if (!e)
        e = booking_new(call, tx, &appointment);
    if (!e)
        e = booking_take(call, tx, &booking, &patient, &appointment);
    if (e)
        return e;
    reply_location(call, "/appointments/%s", appointment.appointment_id);
    reply_etag(call, appointment.version);
    reply_object(call, 201,
                 appointment.status == STATUS_PENDING ? "Appointment held." : "Appointment booked.",
                 &appointment_fields, &appointment, false);
    return ERR_OK;
}

/* clang-format off */
static const enum err errors[] = {
    ERR_IN_PAST, ERR_TOO_SOON, ERR_TOO_FAR, ERR_BANK_HOLIDAY, ERR_PRACTICE_CLOSED, ERR_OUTSIDE_SESSION,
    ERR_TYPE_NOT_OFFERED, ERR_CHANNEL_NOT_OFFERED, ERR_PRACTITIONER_NOT_THERE, ERR_OFF_SLOT, ERR_DURATION,
    ERR_NEEDS_REGISTRATION, ERR_PRACTICE_INACTIVE, ERR_PATIENT_INACTIVE, ERR_SLOT_UNAVAILABLE,
    ERR_PATIENT_BUSY, ERR_DAY_FULL_UP, ERR_AGENDA_FULL, ERR_OK};
/* clang-format on */

const struct endpoint endpoint_appointment_create = {
    .name = "appointment_create",
    .method = METHOD_POST,
    .path = "/appointments",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &appointment_fields,
    .handle = handle,
    .review = review,
    .keys = keys,
    .errors = errors,
    .tag = "Appointments",
    .summary = "Book or hold an appointment",
    .description = "Takes one place for one person, or none: of several requests for the last place exactly "
                   "one wins, and the others get 409 slot_unavailable with the nearest free slots in "
                   "`alternatives`. With `\"status\": \"pending\"` the place is held until `expires_at`; PUT "
                   "`\"status\": \"booked\"` confirms it.",
};
