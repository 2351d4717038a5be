/* percent.h - percent-encoding of URLs (RFC 3986 section 2.1), done here and nowhere else: the HTTP library
 * must not touch it. */
#ifndef CALL_PERCENT_H
#define CALL_PERCENT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "call/call.h"

#include <stdbool.h>

/* Decodes into the arena, with a NUL behind the end that is not counted; the text itself may hold NULs. plus:
 * '+' is a blank, as in a query. ERR_BAD_REQUEST for a '%' without two hex digits behind it. */
enum err percent_decode(struct arena *arena, const char *text, size_t size, bool plus, struct span *plain);

/* Splits "a=1&b=2" into decoded parameters. ERR_BAD_REQUEST for bad encoding or more than QUERY_PARAMS_MAX.
 */
enum err query_split(struct arena *arena, const char *query, struct param **params, size_t *count);

#endif
