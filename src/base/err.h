/* err.h - everything that can go wrong, in one table: code, HTTP status, whether a retry helps, text.
 *
 * The rows stand in err_list.h; `code` is what clients see in problem+json (RFC 9457) and stays stable.
 * A function that can fail returns enum err, ERR_OK being 0. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err {
    ERR_OK = 0,
#define ERR_ROW(name, code, status, retry, text) name,
#include "base/err_list.h"
#undef ERR_ROW
    ERR_COUNT
};

struct err_info {
    const char *code; /* "slot_unavailable" */
    int status;       /* HTTP status */
    bool retry;       /* the same request may succeed later */
    const char *text; /* for a person: what went wrong and what to do */
};

const struct err_info *err_info(enum err err);

/* The code in words: "slot_unavailable" is "Slot unavailable", "nhs_number_taken" "NHS number taken". */
enum { ERR_TITLE = 64 };
void err_title(enum err err, char out[static ERR_TITLE]);

#endif
