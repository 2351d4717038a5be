/* rec_expiry.h - rows that say when a record is to be deleted. A job reads them (jobs/record_expire.c), which
 * knows the kinds: the names of their tables. */
#ifndef STORE_REC_EXPIRY_H
#define STORE_REC_EXPIRY_H

#include "base/buf.h"
#include "store/store.h"

#include <stdint.h>

#define EXPIRY_NEVER INT64_MIN

/* The record of that key is to go at `after` instead of `before`; EXPIRY_NEVER for one that was or will be
 * none. The name of its table and the sort, or the part where the sort is empty, stand in the row's key: they
 * must say nothing about anybody, even in a table whose parts are hashed. */
enum err expiry_move(struct tx *tx, const struct key *of, int64_t before, int64_t after);

/* The key that a row is about: its table by the row's sort, part and sort from its value. *known: the table
 * is one that such rows may name; of anything else nothing is deleted. ERR_DAMAGED. */
enum err expiry_key(struct arena *arena, const struct row *row, struct key *of, bool *known);

#endif
