/* send.c - one request to DynamoDB, until there is a definite answer.
 *
 * Three kinds of trouble are told apart. Throttling, a broken connection, no answer and a fault of the
 * service are tried again here, with random pauses that double. A conflict is an answer: the whole job has to
 * decide anew. Everything else is a fault of ours or of the account, which no second try mends: it is logged
 * once, with what AWS calls it. */
#include "store/dynamo/dynamo_engine.h"

#include "base/log.h"
#include "base/time.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    SENDS_MAX = 8,
    RETRY_BASE_MS = 20,
    PAUSE_MAX_MS = 800,
    REQUEST_MS = 5000,
    HEALTH_MS = 1500,
    ANSWER_BYTES_MAX = 24 * 1024 * 1024, /* BatchGetItem gives up to 16 MB of items, a third more in base64 */
    MS_NS = 1000000,
    SECOND_MS = 1000,
    TARGET_MAX = 64,
};

void dynamo_back_off(unsigned turn, unsigned base_ms)
{
    uint32_t most_ms = turn > 10 ? PAUSE_MAX_MS : base_ms << turn;

    most_ms = most_ms > PAUSE_MAX_MS ? PAUSE_MAX_MS : most_ms;
    uint32_t pause_us = randombytes_uniform(most_ms * 1000 + 1);
    struct timespec pause = {.tv_sec = pause_us / 1000000, .tv_nsec = (long)(pause_us % 1000000) * 1000};
    (void)nanosleep(&pause, NULL);
}

/* ---- what an answer means ---- */

enum meaning {
    MEANS_DONE,
    MEANS_AGAIN,        /* did nothing; later it may */
    MEANS_AGAIN_UNSURE, /* may have done its work */
    MEANS_AGAIN_KEYS,   /* did nothing: other credentials are needed */
    MEANS_CONFLICT,
    MEANS_NO,
};

struct error_row {
    const char *type;
    enum meaning meaning;
};

static const struct error_row error_rows[] = {
    {"ConditionalCheckFailedException", MEANS_CONFLICT},
    {"TransactionConflictException", MEANS_CONFLICT},
    {"TransactionInProgressException", MEANS_AGAIN_UNSURE},
    {"ProvisionedThroughputExceededException", MEANS_AGAIN},
    {"RequestLimitExceeded", MEANS_AGAIN},
    {"ThrottlingException", MEANS_AGAIN},
    {"Throttling", MEANS_AGAIN},
    {"LimitExceededException", MEANS_AGAIN},
    {"ItemCollectionSizeLimitExceededException", MEANS_NO},
    {"InternalServerError", MEANS_AGAIN_UNSURE},
    {"InternalServerErrorException", MEANS_AGAIN_UNSURE},
    {"ServiceUnavailable", MEANS_AGAIN_UNSURE},
    {"RequestTimeout", MEANS_AGAIN_UNSURE},
    {"ExpiredTokenException", MEANS_AGAIN_KEYS},
    {"UnrecognizedClientException", MEANS_AGAIN_KEYS},
    {"InvalidSignatureException", MEANS_AGAIN_KEYS},
};

static bool has_reason(const struct http_answer *answer, const char *code)
{
    char member[80];

    (void)snprintf(member, sizeof member, "\"Code\":\"%s\"", code);
    return answer->body && strstr(answer->body, member);
}

/* A cancelled transaction gives a reason for each of its items. Nothing of it was done. */
static enum meaning meaning_of_cancel(const struct http_answer *answer)
{
    if (has_reason(answer, "ConditionalCheckFailed") || has_reason(answer, "TransactionConflict"))
        return MEANS_CONFLICT;
    if (has_reason(answer, "ThrottlingError") || has_reason(answer, "ProvisionedThroughputExceeded"))
        return MEANS_AGAIN;
    return MEANS_NO;
}

static enum meaning meaning_of(const struct http_answer *answer, struct request *request)
{
    if (answer->status == 200)
        return MEANS_DONE;
    aws_error_type(answer, request->type);
    if (strcmp(request->type, "TransactionCanceledException") == 0)
        return meaning_of_cancel(answer);
    for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++)
        if (strcmp(request->type, error_rows[i].type) == 0)
            return error_rows[i].meaning;
    return answer->status >= 500 ? MEANS_AGAIN_UNSURE : MEANS_NO;
}

/* ---- sending ---- */

static void tell(const struct trip *trip, const struct request *request)
{
    const char *reason = request->type[0] ? request->type : trip->answer.why;

    if (!request->told)
        log_line(LOG_ERROR, "dynamodb_failed", LOG_TEXT("step", request->operation),
                 LOG_INTEGER("status", trip->answer.status), LOG_TEXT("reason", reason));
}

static enum meaning send_once(struct engine *engine, struct trip *trip, struct request *request)
{
    char target[TARGET_MAX];
    struct arena_mark mark = arena_mark(trip->scratch);
    struct aws_ask ask = {.content_type = "application/x-amz-json-1.0",
                          .target = target,
                          .body = request->body,
                          .total_ms = request->once ? HEALTH_MS : REQUEST_MS,
                          .answer_bytes_max = ANSWER_BYTES_MAX};

    (void)snprintf(target, sizeof target, "DynamoDB_20120810.%s", request->operation);
    request->type[0] = '\0';
    atomic_fetch_add(&engine->round_trips, 1);
    atomic_fetch_add(&engine->bytes_sent, request->body.size);
    enum err e = aws_client_send(&engine->client, trip->scratch, &ask, &trip->answer);
    arena_reset(trip->scratch, mark);
    atomic_fetch_add(&engine->bytes_received, trip->answer.body_size);
    bool is_answer = !e || (request->writes && trip->answer.status == 200);
    request->err = is_answer ? ERR_OK : e == ERR_MEMORY ? ERR_MEMORY : ERR_STORE;
    if (is_answer)
        return meaning_of(&trip->answer, request);
    if (e == ERR_MEMORY && !trip->answer.sent)
        return MEANS_NO;
    return trip->answer.sent ? MEANS_AGAIN_UNSURE : MEANS_AGAIN;
}

static enum outcome failed(const struct trip *trip, struct request *request)
{
    if (!request->err)
        request->err = ERR_STORE;
    if (request->err != ERR_MEMORY)
        tell(trip, request);
    return OUTCOME_FAILED;
}

enum outcome dynamo_send(struct engine *engine, struct trip *trip, struct request *request)
{
    unsigned sends_max = request->once ? 1 : SENDS_MAX;
    bool keys_tried = false;

    request->repeated = request->condition = request->throttled = false;
    for (unsigned turn = 0; turn < sends_max; turn++) {
        if (turn > 0) {
            atomic_fetch_add(&engine->resent, 1);
            dynamo_back_off(turn, RETRY_BASE_MS);
        }
        if (turn > 0 && clock_monotonic_us() > trip->deadline_us)
            break;
        enum meaning meaning = send_once(engine, trip, request);
        if (meaning == MEANS_DONE)
            return OUTCOME_DONE;
        if (meaning == MEANS_CONFLICT) {
            request->condition = strcmp(request->type, "ConditionalCheckFailedException") == 0;
            return OUTCOME_CONFLICT;
        }
        if (meaning == MEANS_NO || (meaning == MEANS_AGAIN_KEYS && keys_tried))
            break;
        if (meaning == MEANS_AGAIN_KEYS) {
            keys_tried = true;
            aws_keys_expire(engine->keys);
        }
        request->repeated |= meaning == MEANS_AGAIN_UNSURE;
        request->throttled = meaning == MEANS_AGAIN && request->type[0] != '\0';
    }
    if (engine->table_missing && strcmp(request->type, "ResourceNotFoundException") == 0)
        *engine->table_missing = true;
    return failed(trip, request);
}
