/* terms.h - the words of the field, as clients see them. Every enum is 1-based, 0 meaning "none", and its
 * names stand in the same order in terms.c (values[i] is i + 1), as base/fields.h wants them. Append only:
 * they are stored. */
#ifndef DOMAIN_TERMS_H
#define DOMAIN_TERMS_H

#include <stdbool.h>
#include <stdint.h>

enum appointment_type {
    APPOINTMENT_ROUTINE = 1,
    APPOINTMENT_URGENT,
    APPOINTMENT_FOLLOW_UP,
    APPOINTMENT_CONSULTATION,
    APPOINTMENT_VACCINATION,
    APPOINTMENT_BLOOD_TEST,
    APPOINTMENT_HEALTH_CHECK,
    APPOINTMENT_MEDICATION_REVIEW,
    APPOINTMENT_SCREENING,
    APPOINTMENT_TYPE_COUNT
};
extern const char *const appointment_type_names[];
/* A set of types: bit (type - 1). */
#define TYPE_BIT(type) ((uint32_t)1 << ((type)-1))
#define TYPES_ALL      (((uint32_t)1 << (APPOINTMENT_TYPE_COUNT - 1)) - 1)

enum delivery_channel {
    CHANNEL_IN_PERSON = 1,
    CHANNEL_TELEPHONE,
    CHANNEL_VIDEO,
    CHANNEL_HOME_VISIT,
    CHANNEL_COUNT
};
extern const char *const delivery_channel_names[];

/* FHIR R4 Appointment.status, the ones that this product uses. */
enum appointment_status {
    STATUS_PENDING = 1, /* a hold; expires by itself */
    STATUS_BOOKED,
    STATUS_ARRIVED,
    STATUS_FULFILLED,
    STATUS_NOSHOW,
    STATUS_CANCELLED,
    STATUS_ENTERED_IN_ERROR,
    APPOINTMENT_STATUS_COUNT
};
extern const char *const appointment_status_names[];
/* Takes a place in its session: pending (until it expires), booked, arrived, fulfilled. */
bool status_is_live(enum appointment_status status);
/* The sensible moves: pending -> booked|cancelled; booked -> arrived|fulfilled|noshow|cancelled; arrived ->
 * fulfilled|cancelled|booked (marked by mistake); noshow -> arrived|fulfilled|booked (came late, marked by
 * mistake); every one -> entered-in-error; the same -> the same. */
bool status_may_become(enum appointment_status from, enum appointment_status to);

enum access_point_type {
    ACCESS_GP_SURGERY = 1,
    ACCESS_WALK_IN_CENTRE,
    ACCESS_URGENT_CARE_CENTRE,
    ACCESS_COMMUNITY_CLINIC,
    ACCESS_SPECIALIST_CLINIC,
    ACCESS_HOSPITAL_OUTPATIENT,
    ACCESS_MINOR_INJURIES_UNIT,
    ACCESS_PHARMACY,
    ACCESS_DENTAL_PRACTICE,
    ACCESS_POINT_TYPE_COUNT
};
extern const char *const access_point_type_names[]; /* "GP_SURGERY" */

/* FHIR R4 Location.status. */
enum practice_status { PRACTICE_ACTIVE = 1, PRACTICE_SUSPENDED, PRACTICE_INACTIVE };
extern const char *const practice_status_names[];

/* Bits of practice.accessibilities: bit i is accessibility_names[i]. */
enum accessibility {
    ACCESSIBILITY_STEP_FREE = 1,
    ACCESSIBILITY_WHEELCHAIR_ACCESS,
    ACCESSIBILITY_ACCESSIBLE_TOILET,
    ACCESSIBILITY_ACCESSIBLE_PARKING,
    ACCESSIBILITY_HEARING_LOOP,
    ACCESSIBILITY_BSL_INTERPRETER,
    ACCESSIBILITY_EASY_READ,
    ACCESSIBILITY_LARGE_PRINT,
    ACCESSIBILITY_BRAILLE,
    ACCESSIBILITY_QUIET_SPACE,
    ACCESSIBILITY_ASSISTANCE_DOGS,
    ACCESSIBILITY_PARKING,
    ACCESSIBILITY_COUNT
};
extern const char *const accessibility_names[]; /* "step_free" */

enum weekday { WEEKDAY_MONDAY = 1, WEEKDAY_SUNDAY = 7 };
extern const char *const weekday_names[]; /* "monday" */

enum session_status { SESSION_ACTIVE = 1, SESSION_CANCELLED };
extern const char *const session_status_names[];

/* FHIR AdministrativeGender. */
extern const char *const gender_names[]; /* male, female, other, unknown */

enum role { ROLE_PATIENT = 1, ROLE_STAFF, ROLE_ADMIN, ROLE_COUNT };
extern const char *const role_names[];

#endif
