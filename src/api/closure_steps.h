/* closure_steps.h - whole days on which a practice is closed: what adding and removing them share. */
#ifndef API_CLOSURE_STEPS_H
#define API_CLOSURE_STEPS_H

#include "api/practice_steps.h"

enum { CLOSURE_DAYS_MAX = 366, CLOSURE_REASON_MAX = 200 };

/* The answer. */
struct closure_change {
    const char *practice_id;
    int32_t start_date, end_date;
    const char *reason;
    struct list closures; /* all of the practice, as they are now */
    struct affected_list affected;
};
extern const struct field_set closure_change_fields;

/* ERR_OK, or a problem at the pointer: the last day lies before the first, or too far behind it. */
enum err closure_range_check(struct problems *problems, const char *pointer, int32_t start_date,
                             int32_t end_date);

/* Finds whom the change touches, saves it unless it is a dry run, and answers. */
enum err closure_finish(struct call *call, struct tx *tx, bool dry_run, const struct practice *before,
                        struct practice *after, struct closure_change *change);

#endif
