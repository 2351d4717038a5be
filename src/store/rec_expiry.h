/* rec_expiry.h - rows that say when a record is to be deleted. A job reads them (jobs/record_expire.c), which
 * knows the kinds: the names of their tables. */
#ifndef STORE_REC_EXPIRY_H
#define STORE_REC_EXPIRY_H

#include "store/store.h"

#include <stdint.h>

#define EXPIRY_NEVER INT64_MIN

/* The record of that part (sort "") is to go at `after` instead of `before`; EXPIRY_NEVER for one that was or
 * will be none. The part stands in the row's key: it must say nothing about anybody, even in a table whose
 * parts are hashed. */
enum err expiry_move(struct tx *tx, enum table table, const char *part, int64_t before, int64_t after);

#endif
