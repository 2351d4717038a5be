/* page.h - lists in pages: `limit` and an opaque `cursor` that is the sealed last key, bound to the filter.
 */
#ifndef CALL_PAGE_H
#define CALL_PAGE_H

#include "call/call.h"

/* Every list's query has these two first: put PAGE_FIELDS(struct) into its table. */
struct page {
    int64_t limit;      /* INTEGER_NONE = PAGE_LIMIT_DEFAULT */
    const char *cursor; /* or NULL */
};
#define PAGE_FIELDS(type)                                                                                    \
    {.name = "limit",                                                                                        \
     .kind = FIELD_INTEGER,                                                                                  \
     .offset = offsetof(type, page.limit),                                                                   \
     .min = 1,                                                                                               \
     .max = PAGE_LIMIT_MAX,                                                                                  \
     .help = "How many at most (50 if left out).",                                                           \
     .example = "50"},                                                                                       \
    {                                                                                                        \
        .name = "cursor", .kind = FIELD_TEXT, .offset = offsetof(type, page.cursor), .max = 2000,            \
        .help = "next_cursor of the page before, to go on from there."                                       \
    }

size_t page_limit(const struct page *page);
/* The key after which to go on, or NULL for the first page. ERR_INVALID with a problem at ?cursor if it is
 * not one of ours for this endpoint and these filters (all other query parameters but limit). */
enum err page_after(struct call *call, const struct page *page, const char **after);
/* Sets next_cursor: last is the key of the last row of this page. */
enum err page_next(struct call *call, const char *last);

#endif
