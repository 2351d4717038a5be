/* problem_steps.h - the errors that an answer can have, as people read about them: at the address that the
 * `type` of a problem is. The two endpoints share them. */
#ifndef API_PROBLEM_STEPS_H
#define API_PROBLEM_STEPS_H

#include "call/call.h"

/* Of one kind of problem; `operations` says which operations name it as one of theirs. */
struct problem_kind {
    const char *type, *code, *title, *explanation;
    int64_t status;
    enum truth retry;
    struct list operations;
};
extern const struct field_set problem_kind_fields;

/* Those that no answer has, because they are seen on the command line only, are none. */
bool problem_is_kind(enum err err);
enum err problem_kind_make(struct arena *arena, enum err err, struct problem_kind *kind);

/* Would the sender rather have a page than JSON? Says in the answer that it depends on that. */
bool problem_as_page(struct call *call);
/* Pages: `up` is the way to the root, "" or "../". */
void problem_page_begin(struct buf *page, const char *up, const char *title);
void problem_page_text(struct buf *page,
                       const char *text); /* with <, > and & written so that they are text */
enum err problem_page_end(struct call *call, struct buf *page);

#endif
