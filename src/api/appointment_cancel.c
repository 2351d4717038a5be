/* appointment_cancel.c - DELETE /appointments/{appointment_id}: cancel it; the slot is free at once. */
#include "api/appointment_change.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "store/rec_appointment.h"

/* Cancelling twice is no mistake: the answer of the first time may have been lost. */
static enum err handle(struct call *call, struct tx *tx)
{
    struct appointment before;

    enum err e = appointment_open(call, tx, &before);
    if (e)
        return e;
    struct appointment after = before;
    after.status = STATUS_CANCELLED;
    if (before.status != STATUS_CANCELLED)
        e = appointment_change(call, tx, &before, &after);
    if (e)
        return e;
    reply_etag(call, after.version);
    reply_object(call, 200, "Appointment cancelled.", &appointment_fields, &after, false);
    return ERR_OK;
}

static const enum err errors[] = {ERR_STATUS_MOVE, ERR_CANCEL_CUTOFF, ERR_PRECONDITION, ERR_OK};

const struct endpoint endpoint_appointment_cancel = {
    .name = "appointment_cancel",
    .method = METHOD_DELETE,
    .path = "/appointments/{appointment_id}",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_VERSIONED,
    .data = &appointment_fields,
    .handle = handle,
    .keys = appointment_keys,
    .errors = errors,
    .tag = "Appointments",
    .summary = "Cancel an appointment",
    .description = "Frees the slot at once. Cancelling what is cancelled already changes nothing. To say "
                   "why, PUT `\"status\": \"cancelled\"` with a `cancellation_reason`.",
};
