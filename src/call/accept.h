/* accept.h - what the Accept header of a request says of a media type (RFC 9110 section 12.5.1). */
#ifndef CALL_ACCEPT_H
#define CALL_ACCEPT_H

#include <stdbool.h>

enum { ACCEPT_MAX = 1000 };

/* How welcome a type is ("text/html; charset=utf-8"; parameters are not looked at), from 0, not at all, to
 * ACCEPT_MAX: the weight of the range that names it most exactly. NULL or "" takes everything. A type like
 * application/problem+json is good for whoever takes application/json. */
int accept_quality(const char *accept, const char *type);

/* Would the sender rather have that type than the other? Not if they do not care. */
bool accept_prefers(const char *accept, const char *type, const char *other);

#endif
