/* step.h - the steps of the path, in the order in which a call takes them. */
#ifndef FLOW_STEP_H
#define FLOW_STEP_H

#include "call/call.h"
#include "store/known.h"

/* route.c: sets endpoint, path_params and allow. ERR_NOT_FOUND, ERR_METHOD, ERR_BAD_REQUEST. */
enum err route_find(struct call *call);

/* auth.c: who is it? Before the transaction, from the token alone; inside it, from the stored user. */
enum err auth_token(struct call *call);
enum err auth_caller(struct call *call, struct tx *tx);

/* input.c: Accept, Content-Type, If-Match, Idempotency-Key, query and body, by the endpoint's tables. */
enum err input_check(struct call *call);

/* idempotency.c: gives the first answer again (*replayed), or remembers this one. */
enum err idempotency_begin(struct call *call, struct tx *tx, bool *replayed);
enum err idempotency_end(struct call *call, struct tx *tx);
/* The record that it will look for. */
void idempotency_known(struct call *call, struct known *known);

/* cors.c: headers for browsers of other origins, by the configured list. */
void cors_headers(struct call *call);

#endif
