/* terms.c - the words behind the numbers of terms.h, in the same order, and what an appointment may become.
 */
#include "domain/terms.h"

#include <stddef.h>

const char *const appointment_type_names[] = {
    "routine",    "urgent",       "follow_up",         "consultation", "vaccination",
    "blood_test", "health_check", "medication_review", "screening",    NULL,
};

const char *const delivery_channel_names[] = {"in_person", "telephone", "video", "home_visit", NULL};

const char *const appointment_status_names[] = {
    "pending", "booked", "arrived", "fulfilled", "noshow", "cancelled", "entered-in-error", NULL,
};

const char *const access_point_type_names[] = {
    "GP_SURGERY",          "WALK_IN_CENTRE",
    "URGENT_CARE_CENTRE",  "COMMUNITY_CLINIC",
    "SPECIALIST_CLINIC",   "HOSPITAL_OUTPATIENT",
    "MINOR_INJURIES_UNIT", "PHARMACY",
    "DENTAL_PRACTICE",     NULL,
};

const char *const practice_status_names[] = {"active", "suspended", "inactive", NULL};

const char *const accessibility_names[] = {
    "step_free",    "wheelchair_access", "accessible_toilet", "accessible_parking",
    "hearing_loop", "bsl_interpreter",   "easy_read",         "large_print",
    "braille",      "quiet_space",       "assistance_dogs",   "parking",
    NULL,
};

const char *const weekday_names[] = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", NULL,
};

const char *const session_status_names[] = {"active", "cancelled", NULL};

const char *const gender_names[] = {"male", "female", "other", "unknown", NULL};

const char *const role_names[] = {"patient", "staff", "admin", NULL};

/* ---- status ---- */

#define BIT(status) (1U << (status))

struct status_row {
    bool live;
    unsigned next; /* BIT()s, beside itself and entered-in-error */
};

static const struct status_row status_rows[APPOINTMENT_STATUS_COUNT] = {
    [STATUS_PENDING] = {true, BIT(STATUS_BOOKED) | BIT(STATUS_CANCELLED)},
    [STATUS_BOOKED] = {true, BIT(STATUS_ARRIVED) | BIT(STATUS_FULFILLED) | BIT(STATUS_NOSHOW) |
                                 BIT(STATUS_CANCELLED)},
    [STATUS_ARRIVED] = {true, BIT(STATUS_FULFILLED) | BIT(STATUS_CANCELLED) | BIT(STATUS_BOOKED)},
    [STATUS_FULFILLED] = {true, 0},
    [STATUS_NOSHOW] = {false, BIT(STATUS_ARRIVED) | BIT(STATUS_FULFILLED) | BIT(STATUS_BOOKED)},
    [STATUS_CANCELLED] = {false, 0},
    [STATUS_ENTERED_IN_ERROR] = {false, 0},
};

static bool status_exists(enum appointment_status status)
{
    return status >= STATUS_PENDING && status < APPOINTMENT_STATUS_COUNT;
}

bool status_is_live(enum appointment_status status)
{
    return status_exists(status) && status_rows[status].live;
}

bool status_may_become(enum appointment_status from, enum appointment_status to)
{
    if (!status_exists(from) || !status_exists(to))
        return false;
    return to == from || to == STATUS_ENTERED_IN_ERROR || (status_rows[from].next & BIT(to)) != 0;
}
