/* reply.h - how an answer is written: straight into the reply's buffer.
 * Every JSON success is {"data": ..., "next_cursor": ..., "message": "...", "timestamp": "..."}. */
#ifndef CALL_REPLY_H
#define CALL_REPLY_H

#include "call/call.h"

/* Whole answers. message: one short sentence in English. */
void reply_object(struct call *call, int status, const char *message, const struct field_set *set,
                  const void *object, bool with_on_request);
void reply_message(struct call *call, int status, const char *message); /* data is null */

/* A member `token` at the top level, beside `data` (POST /auth/login). Copied. */
void reply_token(struct call *call, const char *token);

/* By hand: writer stands where the value of "data" belongs (write exactly one value, with name NULL). */
struct json_writer *reply_begin(struct call *call, int status, const char *message);
void reply_end(struct call *call);

void reply_header(struct call *call, const char *name, const char *value); /* both copied into the arena */
void reply_location(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reply_etag(struct call *call, int64_t version); /* ETag: "<version>" */
/* Other formats; bytes are copied, or, with fixed, outlive the program. */
void reply_bytes(struct call *call, int status, const char *content_type, struct span bytes, bool fixed);

/* The problem+json of an error (RFC 9457): called by flow alone. */
void reply_problem(struct call *call, enum err err);
/* No body: preflight. */
void reply_empty(struct call *call, int status);
/* Back to nothing, before a transaction runs again. */
void reply_reset(struct call *call);

/* The reason phrase of a status (RFC 9110 section 15); "" for one that we never send. */
const char *reply_status_text(int status);

#endif
