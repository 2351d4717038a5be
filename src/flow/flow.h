/* flow.h - the one path that every call takes, whichever door it came through. */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "call/call.h"

typedef void flow_done_fn(struct call *call, void *arg);

/* Runs a call. What needs no waiting (errors, reads on an embedded store, answers from memory) is finished on
 * the calling thread, done being called before this returns; the rest goes to the pool and to the store's
 * writer, and done is called on one of their threads. done is called once, with call->reply ready to be sent.
 * The door may free the call in it. */
void flow_start(struct call *call, flow_done_fn *done, void *arg);

/* The same, and waits for the end: for the command line, Lambda and tests. */
void flow_run(struct call *call);

/* Ends a call that the door refuses before it has become a request: the problem is rendered, logged and
 * counted like any other. Set call->detail first where there is more to say. */
void flow_refuse(struct call *call, enum err err);

/* The name of the endpoint that the call went to, for metrics; "none" if it went to none. */
const char *flow_endpoint_name(const struct call *call);

#endif
