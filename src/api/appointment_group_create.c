/* appointment_group_create.c - POST /appointments/group: several people, a family, one after the other in
 * consecutive slots: all of them or none. */
#include "api/booking_steps.h"
#include "api/endpoint.h"
#include "call/reply.h"
#include "store/rec_appointment.h"

#include <stdio.h>
#include <string.h>

enum { GROUP_MIN = 2, GROUP_MAX = 8, POINTER_BYTES = 64, MS_A_MINUTE = 60000 };

struct person {
    const char *patient_id, *reason, *notes;
};

struct group {
    struct appointment common;
    struct list people;
};

static const struct field person_rows[] = {
    {.name = "patient_id",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct person, patient_id),
     .max = KEY_PART_MAX,
     .example = "\"patient-123\""},
    APPOINTMENT_FIELD_REASON(struct person, reason, 0),
    APPOINTMENT_FIELD_NOTES(struct person, notes, 0),
};
static const struct field_set person_fields = {
    .name = "GroupPerson", .size = sizeof(struct person), FIELDS(person_rows)};

static const struct field body_rows[] = {
    {.name = "practice_id",
     .kind = FIELD_TEXT,
     .flags = FIELD_REQUIRED,
     .offset = offsetof(struct group, common.practice_id),
     .max = KEY_PART_MAX,
     .help = "Where.",
     .example = "\"practice-456\""},
    APPOINTMENT_FIELD_DATETIME(struct group, common.appointment_datetime, FIELD_REQUIRED),
    APPOINTMENT_FIELD_TYPE(struct group, common.appointment_type, FIELD_REQUIRED),
    APPOINTMENT_FIELD_DURATION(struct group, common.duration_minutes, 0),
    APPOINTMENT_FIELD_CHANNEL(struct group, common.delivery_channel, 0),
    APPOINTMENT_FIELD_PRACTITIONER(struct group, common.practitioner_id, 0),
    {.name = "people",
     .kind = FIELD_OBJECTS,
     .flags = FIELD_REQUIRED | FIELD_PERSONAL,
     .offset = offsetof(struct group, people),
     .min = GROUP_MIN,
     .max = GROUP_MAX,
     .of = &person_fields,
     .help = "In the order of their slots; each person once."},
};

static enum err body_check(const void *object, const char *prefix, struct problems *problems)
{
    const struct group *group = object;
    const struct person *people = group->people.items;
    enum err e = ERR_OK;

    (void)prefix;
    for (size_t i = 1; !e && i < group->people.count; i++) {
        for (size_t j = 0; !e && j < i; j++) {
            char pointer[POINTER_BYTES];
            if (!people[i].patient_id || !people[j].patient_id ||
                strcmp(people[i].patient_id, people[j].patient_id) != 0)
                continue;
            (void)snprintf(pointer, sizeof pointer, "/people/%zu/patient_id", i);
            e = problems_add(problems, pointer, ERR_FIELD_DUPLICATE, "This person is in the group already.");
        }
    }
    return e;
}

static const struct field_set body = {
    .name = "AppointmentGroupCreate", .size = sizeof(struct group), FIELDS(body_rows), .check = body_check};

/* The place of one person; *start_ms moves to the end of it. */
static enum err one(struct call *call, struct tx *tx, const struct booking *booking, size_t index,
                    int64_t *start_ms, struct appointment *appointment)
{
    const struct group *group = call->body;
    const struct person *person = &((const struct person *)group->people.items)[index];
    char pointer[POINTER_BYTES];
    struct patient patient;

    (void)snprintf(pointer, sizeof pointer, "/people/%zu/patient_id", index);
    *appointment = group->common;
    appointment->patient_id = person->patient_id;
    appointment->reason = person->reason;
    appointment->notes = person->notes;
    appointment->appointment_datetime = *start_ms;
    appointment->status = STATUS_BOOKED;
    appointment->expires_at = INSTANT_NONE; /* no member of the body: what is booked does not run out */
    enum err e = booking_patient(call, tx, booking, person->patient_id, pointer, &patient);
    if (!e)
        e = booking_new(call, tx, appointment);
    if (!e)
        e = booking_take(call, tx, booking, &patient, appointment);
    if (!e)
        *start_ms += appointment->duration_minutes * MS_A_MINUTE;
    return e;
}

static void reply_group(struct call *call, const struct appointment *appointments, size_t count)
{
    struct json_writer *writer = reply_begin(call, 201, "Appointments booked.");

    json_array_begin(writer, NULL);
    for (size_t i = 0; i < count; i++)
        fields_write(&appointment_fields, &appointments[i], false, writer, NULL);
    json_array_end(writer);
    reply_end(call);
}

static enum err review(struct call *call, struct tx *tx)
{
    const struct group *group = call->body;
    const struct person *people = group->people.items;
    struct booking booking;

    enum err e =
        booking_review(call, tx, group->common.practice_id, group->common.appointment_datetime, &booking);
    for (size_t i = 0; !e && group->common.practice_id && i < group->people.count; i++) {
        char pointer[POINTER_BYTES];
        struct patient patient;
        (void)snprintf(pointer, sizeof pointer, "/people/%zu/patient_id", i);
        if (people[i].patient_id)
            e = booking_patient(call, tx, &booking, people[i].patient_id, pointer, &patient);
        e = e == ERR_MEMORY ? e : ERR_OK; /* the others are looked at all the same */
    }
    return e;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct group *group = call->body;
    struct appointment appointments[GROUP_MAX] = {0};
    struct booking booking;
    int64_t start_ms = group->common.appointment_datetime;

    enum err e = booking_open(call, tx, group->common.practice_id, &booking);
    for (size_t i = 0; !e && i < group->people.count; i++)
        e = one(call, tx, &booking, i, &start_ms, &appointments[i]);
    if (e)
        return e;
    reply_location(call, "/appointments/%s", appointments[0].appointment_id);
    reply_group(call, appointments, group->people.count);
    return ERR_OK;
}

/* clang-format off */
static const enum err errors[] = {
    ERR_IN_PAST, ERR_TOO_SOON, ERR_TOO_FAR, ERR_BANK_HOLIDAY, ERR_PRACTICE_CLOSED, ERR_OUTSIDE_SESSION,
    ERR_TYPE_NOT_OFFERED, ERR_CHANNEL_NOT_OFFERED, ERR_OFF_SLOT, ERR_DURATION, ERR_NEEDS_REGISTRATION,
    ERR_PATIENT_INACTIVE, ERR_SLOT_UNAVAILABLE, ERR_PATIENT_BUSY, ERR_OK};
/* clang-format on */

const struct endpoint endpoint_appointment_group_create = {
    .name = "appointment_group_create",
    .method = METHOD_POST,
    .path = "/appointments/group",
    .roles = ROLES_ALL,
    .flags = ENDPOINT_WRITES | ENDPOINT_CREATES | ENDPOINT_LIST,
    .body = &body,
    .body_mode = FIELDS_CREATE,
    .data = &appointment_fields,
    .handle = handle,
    .review = review,
    .errors = errors,
    .tag = "Appointments",
    .summary = "Book several people into consecutive slots",
    .description = "One commit: everybody gets a place, or nobody does. Find the start with `consecutive` of "
                   "the availability.",
    .body_example = "{\"practice_id\": \"practice-456\", \"appointment_datetime\": \"2027-01-15T10:30:00Z\", "
                    "\"appointment_type\": \"vaccination\", \"people\": [{\"patient_id\": \"patient-123\"}, "
                    "{\"patient_id\": \"patient-124\"}]}",
};
