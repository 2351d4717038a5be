/* crash.h - named places where the process kills itself, for crash tests: "name" or "name:count" (the
 * count-th time that the place is passed). Off unless store_options.crash_at names one. */
#ifndef STORE_CRASH_H
#define STORE_CRASH_H

#include "base/err.h"

#include <stdatomic.h>

/* Name, and where it is. */
#define CRASH_POINTS(ROW)                                                                                    \
    ROW(MID_APPLY, mid_apply)         /* one write of a booking is in, others are not */                     \
    ROW(MID_BATCH, mid_batch)         /* some bookings of the batch are in */                                \
    ROW(BEFORE_COMMIT, before_commit) /* all are in, nothing is on disk */                                   \
    ROW(AFTER_COMMIT_BEFORE_ANSWER, after_commit_before_answer) /* all is on disk, nobody knows */           \
    ROW(AFTER_FIRST_ANSWER, after_first_answer)                 /* one of the batch knows */

enum crash_point {
    CRASH_NOWHERE,
#define CRASH_ENUM(upper, lower) CRASH_##upper,
    CRASH_POINTS(CRASH_ENUM)
#undef CRASH_ENUM
};

struct crash {
    enum crash_point at;
    atomic_long left;
};

/* NULL or "" is nowhere; ERR_SETTING if the text names no place. */
enum err crash_init(struct crash *crash, const char *text);
void crash_here(struct crash *crash, enum crash_point point);

#endif
