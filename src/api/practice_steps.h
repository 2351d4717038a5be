/* practice_steps.h - the steps that all endpoints share which change when a practice takes bookings. */
#ifndef API_PRACTICE_STEPS_H
#define API_PRACTICE_STEPS_H

#include "call/call.h"
#include "domain/policy.h"
#include "store/affected.h"
#include "store/rec_practice.h"

/* `?dry_run=true`: the answer says what the change would do, and nothing is changed. */
struct dry_run {
    enum truth dry_run;
};
extern const struct field_set dry_run_fields;
/* clang-format off */
#define DRY_RUN_FIELD(type)                                                                                  \
    {.name = "dry_run", .kind = FIELD_BOOLEAN, .offset = offsetof(type, dry_run),                            \
     .help = "true: only say what the change would do and which booked patients it would touch.",            \
     .example = "true"}
/* clang-format on */

/* The practice of the path, if the caller may do that there. ERR_NOT_FOUND, ERR_FORBIDDEN. */
enum err practice_open(struct call *call, struct tx *tx, enum action action, struct practice *practice);

/* Whom a change of the practice itself (not of its sessions) touches. */
enum err practice_affected(struct call *call, struct tx *tx, const struct practice *before,
                           const struct practice *after, struct affected_list *affected);

/* All sessions of a practice as they are and, in a list of their own, as they would be. */
struct session_plan {
    struct practice practice;
    struct session *before;
    size_t before_count;
    struct session *after; /* room for one more */
    size_t after_count;
};
enum err session_plan_load(struct call *call, struct tx *tx, struct session_plan *plan);
/* In the plan's list after; NULL if there is none of that id. */
struct session *session_plan_find(struct session_plan *plan, const char *session_id);
enum err session_plan_affected(struct call *call, struct tx *tx, const struct session_plan *plan,
                               struct affected_list *affected);

/* Rules of a session that need its practice, and its practitioner: known by id, or made from `given` (the
 * practitioner of the body, NULL if it names none). ERR_INVALID with the problems named. */
enum err session_settle(struct call *call, struct tx *tx, const struct practice *practice,
                        const struct practitioner *given, const struct practitioner *former,
                        struct session *session);

/* The message of an answer. */
const char *change_message(bool dry_run, const struct affected_list *affected, const char *done);

#endif
