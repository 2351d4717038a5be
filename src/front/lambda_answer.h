/* lambda_answer.h - a reply as the JSON that API Gateway makes an HTTP answer of. */
#ifndef FRONT_LAMBDA_ANSWER_H
#define FRONT_LAMBDA_ANSWER_H

#include "call/call.h"
#include "front/lambda_event.h"

/* In the arena. ERR_MEMORY. */
enum err lambda_answer_write(struct arena *arena, const struct call *call, enum lambda_payload payload,
                             struct span *json);

#endif
