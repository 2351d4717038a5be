/* copy.h - moving house: everything of one store to another one, on whatever engine.
 *
 * All keys but the master key move with the data, so records are carried as they are sealed: a record's key
 * has the store's own hashes in it, its seal is bound to that key, and neither could be made anew from what
 * is stored. Only the record of the store keys is wrapped anew, by the target's master key.
 * (docs/decisions/052)
 *
 * The target is opened with store_options.copy_of. From then on it has a mark, META "copy", that says how far
 * the copy is; no program but a copy opens a store whose mark is not at its end. store_copy() goes on where
 * the mark is, so it may be killed at any moment and run again. What was copied by an earlier run may have
 * changed since in the source, so a run that goes on compares everything and mends it, before the check that
 * every run ends with: both stores have the same records with the same bytes, and they open. */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/store.h"

enum copy_phase { COPY_RECORDS, COPY_MEND, COPY_CHECK };

/* Of the phase at work: what it has gone over. */
struct copy_progress {
    enum copy_phase phase;
    uint64_t records, bytes;
};
typedef void copy_tell_fn(void *arg, const struct copy_progress *progress);

struct copy_result {
    uint64_t copied;        /* by this run */
    uint64_t copied_before; /* by those before it */
    uint64_t mended;        /* written again, or deleted: they had changed since */
    uint64_t in_from[TABLE_COUNT], in_to[TABLE_COUNT];
    uint64_t differences; /* missing, with other bytes, or too many: the copy is not done */
    uint64_t damaged;     /* do not open; they are the same in both */
    bool overtaken;       /* another copy works on the same target */
    bool from_failed;     /* an error came from the source, not from the target */
};

/* ERR_OK: it came to its end; differences says whether all is well, and only then is the target open for
 * others. tell may be NULL. Neither store may be written by anybody else meanwhile. */
enum err store_copy(struct store *from, struct store *to, int64_t now_ms, copy_tell_fn *tell, void *arg,
                    struct copy_result *result);

#endif
