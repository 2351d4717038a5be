/* tables.c - `opendoor tables create` and `check`: the four tables, all of the same shape. */
#include "store/dynamo/dynamo_engine.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { READY_LIMIT_US = 120 * 1000 * 1000, LOOK_TURN = 6, LOOK_BASE_MS = 10, MESSAGE_BYTES = 256 };

enum state { STATE_ABSENT, STATE_MAKING, STATE_READY, STATE_WRONG };

struct look {
    enum state state;
    const char *what; /* of STATE_WRONG */
};

struct shop {
    struct engine *engine;
    struct trip *trip;
    dynamo_tell *tell;
    void *arg;
    char *message;
};

static const char *text_of(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, name);
    return member && member->kind == JSON_STRING ? member->text : "";
}

/* Does the list hold an object in which both members have these texts? */
static bool list_has(const struct json *list, const char *name, const char *text, const char *second,
                     const char *second_text)
{
    for (const struct json *one = list ? list->first : NULL; one; one = one->next)
        if (strcmp(text_of(one, name), text) == 0 && strcmp(text_of(one, second), second_text) == 0)
            return true;
    return false;
}

static struct look look_read(const struct json *json)
{
    const struct json *table = json_member(json, "Table");
    const struct json *keys = json_member(table, "KeySchema");
    const struct json *types = json_member(table, "AttributeDefinitions");
    const char *status = text_of(table, "TableStatus");

    if (!list_has(keys, "AttributeName", "pk", "KeyType", "HASH") ||
        !list_has(keys, "AttributeName", "sk", "KeyType", "RANGE"))
        return (struct look){STATE_WRONG, "has other keys: it needs pk (HASH) and sk (RANGE)"};
    if (!list_has(types, "AttributeName", "pk", "AttributeType", "B") ||
        !list_has(types, "AttributeName", "sk", "AttributeType", "B"))
        return (struct look){STATE_WRONG, "has keys of another type: pk and sk have to be binary (B)"};
    if (strcmp(status, "ACTIVE") == 0 || strcmp(status, "UPDATING") == 0)
        return (struct look){STATE_READY, NULL};
    if (strcmp(status, "CREATING") == 0)
        return (struct look){STATE_MAKING, NULL};
    return (struct look){STATE_WRONG, "cannot be used: it is being deleted, or its key cannot be reached"};
}

static enum err fail(const struct shop *shop, const struct request *request)
{
    const char *reason = request->type[0] ? request->type : shop->trip->answer.why;

    (void)snprintf(shop->message, MESSAGE_BYTES, "DynamoDB (%.80s) does not do %s: %.110s",
                   shop->engine->client.endpoint, request->operation, reason);
    return request->err;
}

static enum err ask(const struct shop *shop, struct request *request, const struct buf *body)
{
    if (!buf_ok(body))
        return ERR_MEMORY;
    request->body = buf_span(body);
    request->told = true;
    return dynamo_send(shop->engine, shop->trip, request) == OUTCOME_DONE ? ERR_OK : ERR_STORE;
}

static struct buf body_begin(const struct shop *shop)
{
    struct buf body;

    arena_reset(shop->trip->scratch, shop->trip->scratch_mark);
    buf_init(&body, shop->trip->scratch);
    return body;
}

static enum err look_at(const struct shop *shop, const char *name, struct look *look)
{
    struct request request = {.operation = "DescribeTable"};
    struct buf body = body_begin(shop);
    const struct json *json;

    buf_printf(&body, "{\"TableName\":\"%s\"}", name);
    enum err e = ask(shop, &request, &body);
    if (e && strcmp(request.type, "ResourceNotFoundException") == 0) {
        *look = (struct look){STATE_ABSENT, NULL};
        return ERR_OK;
    }
    if (e)
        return fail(shop, &request);
    e = answer_parse(shop->trip, &json);
    if (!e)
        *look = look_read(json);
    return e;
}

static enum err make(const struct shop *shop, const char *name)
{
    struct request request = {.operation = "CreateTable"};
    struct buf body = body_begin(shop);

    buf_printf(&body,
               "{\"TableName\":\"%s\",\"BillingMode\":\"PAY_PER_REQUEST\","
               "\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"B\"},"
               "{\"AttributeName\":\"sk\",\"AttributeType\":\"B\"}],"
               "\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},"
               "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],\"SSESpecification\":{\"Enabled\":true}}",
               name);
    enum err e = ask(shop, &request, &body);
    if (e && strcmp(request.type, "ResourceInUseException") == 0)
        return ERR_OK; /* somebody else was faster, or our own first try has done it */
    return e ? fail(shop, &request) : ERR_OK;
}

/* DynamoDB Local knows nothing of it, so a refusal is told but is no failure. */
static void keep_history(const struct shop *shop, const char *name)
{
    struct request request = {.operation = "UpdateContinuousBackups"};
    struct buf body = body_begin(shop);

    buf_printf(
        &body,
        "{\"TableName\":\"%s\",\"PointInTimeRecoverySpecification\":{\"PointInTimeRecoveryEnabled\":true}}",
        name);
    if (ask(shop, &request, &body))
        shop->tell(shop->arg, name, true, "has no point-in-time recovery: the service did not take it");
}

static enum err wait_ready(const struct shop *shop, const char *name)
{
    int64_t until_us = clock_monotonic_us() + READY_LIMIT_US;
    struct look look = {STATE_MAKING, NULL};
    enum err e = ERR_OK;

    while (!e && look.state != STATE_READY && clock_monotonic_us() < until_us) {
        shop->trip->deadline_us = until_us;
        e = look_at(shop, name, &look);
        if (!e && look.state != STATE_READY)
            dynamo_back_off(LOOK_TURN, LOOK_BASE_MS);
    }
    if (!e && look.state != STATE_READY) {
        (void)snprintf(shop->message, MESSAGE_BYTES,
                       "The table %.100s is not ready after two minutes. Run this again.", name);
        return ERR_STORE;
    }
    return e;
}

static enum err wrong(const struct shop *shop, const char *name, const char *what)
{
    shop->tell(shop->arg, name, false, what);
    (void)snprintf(
        shop->message, MESSAGE_BYTES,
        "The table %.100s is not as it has to be. Name another one, or delete it if nothing needs it.", name);
    return ERR_STORE;
}

static enum err create_one(const struct shop *shop, const char *name)
{
    struct look look = {0};

    enum err e = look_at(shop, name, &look);
    if (!e && look.state == STATE_WRONG)
        return wrong(shop, name, look.what);
    bool make_it = !e && look.state == STATE_ABSENT;
    if (make_it)
        e = make(shop, name);
    if (!e)
        e = wait_ready(shop, name);
    if (!e && make_it)
        keep_history(shop, name);
    if (!e)
        shop->tell(shop->arg, name, true, make_it ? "was made" : "is there");
    return e;
}

static enum err check_one(const struct shop *shop, const char *name)
{
    static const char *const words[] = {
        [STATE_ABSENT] = "is not there", [STATE_MAKING] = "is still being made", [STATE_READY] = "is there"};
    struct look look = {0};

    enum err e = look_at(shop, name, &look);
    if (e)
        return e;
    bool right = look.state == STATE_READY;
    shop->tell(shop->arg, name, right, look.state == STATE_WRONG ? look.what : words[look.state]);
    if (right)
        return ERR_OK;
    (void)snprintf(shop->message, MESSAGE_BYTES,
                   "Not all tables are as they have to be. `opendoor tables create` "
                   "makes those that are missing.");
    return ERR_STORE;
}

static enum err for_each(const struct dynamo_options *options, dynamo_tell *tell, void *arg, char *message,
                         bool all, enum err (*one)(const struct shop *, const char *))
{
    enum err e;
    enum err first = ERR_OK;

    message[0] = '\0';
    struct engine *engine = dynamo_engine_new(options, message, &e);
    if (!engine)
        return e;
    struct shop shop = {engine, dynamo_trip_take(engine), tell, arg, message};
    if (!shop.trip)
        first = ERR_MEMORY;
    for (size_t i = 0; shop.trip && i < DYNAMO_TABLES && (all || !first); i++) {
        e = one(&shop, engine->names[i]);
        first = first ? first : e;
    }
    if (shop.trip)
        dynamo_trip_put(engine, shop.trip);
    dynamo_engine_free(engine);
    if (first && !message[0])
        (void)snprintf(message, MESSAGE_BYTES, "%s", err_info(first)->text);
    return first;
}

enum err dynamo_tables_create(const struct dynamo_options *options, dynamo_tell *tell, void *arg,
                              char message[static 256])
{
    return for_each(options, tell, arg, message, false, create_one);
}

enum err dynamo_tables_check(const struct dynamo_options *options, dynamo_tell *tell, void *arg,
                             char message[static 256])
{
    return for_each(options, tell, arg, message, true, check_one);
}
