/* problems.h - every offending field of one request, collected before it is answered (RFC 9457 `errors`): one
 * entry for each field. The first thing that was found wrong with it stays; what is said of it afterwards is
 * dropped, so a rule may look at fields that are in question already. */
#ifndef BASE_PROBLEMS_H
#define BASE_PROBLEMS_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { PROBLEMS_MAX = 100 }; /* more than these are not listed; the last one then says so */

struct problem {
    const char
        *pointer; /* JSON Pointer (RFC 6901) "/address/postcode", or "?start_date" for a query parameter */
    enum err err; /* gives `code` */
    const char
        *message; /* for a person; may name the limit or the allowed values, never the value that was sent */
};

struct problems {
    struct arena *arena;
    struct problem *items;
    size_t count;
    size_t room;
};

void problems_init(struct problems *problems, struct arena *arena);
/* message NULL takes the error's own text. Pointer and message are copied. ERR_MEMORY or ERR_OK. */
enum err problems_add(struct problems *problems, const char *pointer, enum err err, const char *message);
/* Is there one about that pointer, or about something inside it? */
bool problems_about(const struct problems *problems, const char *pointer);
/* The same for a member of the object at prefix: "" or "/address", or "?" for a query. */
bool problems_about_member(const struct problems *problems, const char *prefix, const char *name);

#endif
