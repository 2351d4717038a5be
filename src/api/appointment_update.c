/* appointment_update.c - PUT /appointments/{appointment_id}: move it, change its texts, its status; all in
 * one step. */
#include "api/appointment_change.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "store/rec_appointment.h"

/* The appointment as the body would have it. */
static enum err merge(struct call *call, const struct appointment *before, struct appointment *after)
{
    *after = *before;
    return fields_read(&appointment_fields, call->json, FIELDS_UPDATE, call_by(call), call->arena,
                       &call->problems, after);
}

static enum err review(struct call *call, struct tx *tx)
{
    struct appointment before;
    struct appointment after;

    enum err e = appointment_open(call, tx, &before);
    if (e)
        return e;
    e = merge(call, &before, &after);
    return call_also(e, appointment_review(call, tx, &before, &after));
}

static enum err handle(struct call *call, struct tx *tx)
{
    struct appointment before;
    struct appointment after;

    enum err e = appointment_open(call, tx, &before);
    if (!e)
        e = merge(call, &before, &after);
    if (!e)
        e = appointment_change(call, tx, &before, &after);
    if (e)
        return e;
    reply_etag(call, after.version);
    reply_object(call, 200, "Appointment updated.", &appointment_fields, &after, false);
    return ERR_OK;
}

/* clang-format off */
static const enum err errors[] = {
    ERR_IN_PAST, ERR_TOO_SOON, ERR_TOO_FAR, ERR_BANK_HOLIDAY, ERR_PRACTICE_CLOSED, ERR_OUTSIDE_SESSION,
    ERR_TYPE_NOT_OFFERED, ERR_CHANNEL_NOT_OFFERED, ERR_PRACTITIONER_NOT_THERE, ERR_OFF_SLOT, ERR_DURATION,
    ERR_SLOT_UNAVAILABLE, ERR_PATIENT_BUSY, ERR_STATUS_MOVE, ERR_NOT_THE_DAY, ERR_BEFORE_START, ERR_HOLD_EXPIRED, ERR_CANCEL_CUTOFF,
    ERR_PRECONDITION, ERR_OK};
/* clang-format on */

const struct endpoint endpoint_appointment_update = {
    .name = "appointment_update",
    .method = METHOD_PUT,
    .path = "/appointments/{appointment_id}",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .body = &appointment_fields,
    .body_mode = FIELDS_UPDATE,
    .data = &appointment_fields,
    .handle = handle,
    .review = review,
    .keys = appointment_keys,
    .errors = errors,
    .tag = "Appointments",
    .summary = "Move or change an appointment",
    .description =
        "Changes the members that it names. A new `appointment_datetime` moves the appointment in one step: "
        "the old slot is freed only if the new one is taken. `\"status\": \"booked\"` confirms a hold, "
        "`cancelled` cancels; `arrived`, `fulfilled`, `noshow` and `entered-in-error` are for staff: "
        "`arrived` on the day of the appointment, `fulfilled` and `noshow` from its start on.",
    .body_example =
        "{\"appointment_datetime\": \"2027-01-15T11:00:00Z\", \"notes\": \"Updated appointment time\"}",
};
