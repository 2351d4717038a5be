/* appointment_read.c - GET /appointments/{appointment_id}. */
#include "api/appointment_change.h"
#include "api/endpoint.h"
#include "call/access.h"
#include "call/reply.h"
#include "store/rec_appointment.h"

static enum err handle(struct call *call, struct tx *tx)
{
    struct appointment appointment;

    enum err e = appointment_load(tx, call->path_params[0], &appointment);
    if (!e)
        e = access_appointment(call, tx, ACTION_APPOINTMENT_READ, appointment.patient_id,
                               appointment.practice_id);
    if (e)
        return e;
    reply_etag(call, appointment.version);
    reply_object(call, 200, "Appointment found.", &appointment_fields, &appointment, false);
    return ERR_OK;
}

const struct endpoint endpoint_appointment_read = {
    .name = "appointment_read",
    .method = METHOD_GET,
    .path = "/appointments/{appointment_id}",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_VERSIONED,
    .data = &appointment_fields,
    .handle = handle,
    .keys = appointment_keys,
    .tag = "Appointments",
    .summary = "Read an appointment",
    .description = "Patients see their own, staff those of their practices, admins all.",
};
