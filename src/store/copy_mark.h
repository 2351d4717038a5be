/* copy_mark.h - how far a copy into this store is: the record META "copy", which is not sealed, because it
 * has to be read before the keys are open and says nothing about anybody. */
#ifndef STORE_COPY_MARK_H
#define STORE_COPY_MARK_H

#include "store/tx.h"

enum { COPY_RUN_BYTES = 8, COPY_KEY_MAX = 1024 }; /* no engine has longer keys */

enum copy_state {
    COPY_GOING = 1, /* all records up to `behind`, in the source's order, are across */
    COPY_ACROSS,    /* all are, as they were when they were copied */
    COPY_DONE,      /* and the check found no difference */
};

struct copy_mark {
    enum copy_state state;
    uint8_t run[COPY_RUN_BYTES]; /* whose mark it is: a run that finds another's has to stop */
    uint64_t records;            /* that are across */
    int64_t done_ms;
    size_t behind_size; /* 0: nothing yet */
    uint8_t behind[COPY_KEY_MAX];
};

/* ERR_NOT_FOUND: nobody has copied into this store. */
enum err copy_mark_load(struct tx *tx, struct copy_mark *mark);
enum err copy_mark_save(struct tx *tx, const struct copy_mark *mark);

#endif
