/* known.h - the records that an endpoint will read, as far as its input tells: a remote engine fetches them
 * with one request. A record that is left out costs a request of its own; one too many costs its reading. */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include "store/store.h"

struct known {
    struct arena *arena; /* keys and texts live here */
    struct key keys[EXPECT_MAX];
    size_t count;
};

/* More than fit, or that there is no memory for, are left out. part NULL: nothing is added. */
void known_add(struct known *known, enum table table, const char *part, const char *sort);
/* Who calls. */
void known_caller(struct known *known, const char *user_id, const char *family_id);
/* The days of a practice, and what they are made from. */
void known_days(struct known *known, const char *practice_id, int32_t first, int32_t last);
/* All that booking a new appointment reads, but for the caller. */
void known_booking(struct known *known, const char *practice_id, const char *patient_id, int64_t start_ms);

#endif
