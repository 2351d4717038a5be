/* answer.h - headers that every answer has unless its endpoint sets its own, whichever door it leaves by. */
#ifndef FRONT_ANSWER_H
#define FRONT_ANSWER_H

#include "call/call.h"

struct answer_default {
    struct header header;
    bool tls_only;
};

extern const struct answer_default answer_defaults[];
extern const size_t answer_default_count;

/* Does the reply itself have a header of that name (in any case)? */
bool answer_has(const struct reply *reply, const char *name);

#endif
