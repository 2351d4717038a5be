/* commit.c - all writes of a job in one request, conditional on all that the job has read.
 *
 * What was read and is written is conditional on the version that was read, or on its absence; what was only
 * read is a condition check; what was never read is written whatever is there. One write and nothing else to
 * check is a PutItem or DeleteItem, which costs half of a transaction.
 *
 * A transaction carries a token of its own, so sending it again after an answer was lost does nothing more. A
 * single write has no token; but every write has a version that no other has, so when a condition fails, the
 * version that stands there tells whether it was this write that came first. If a later write has already
 * covered it, nobody can tell any more, and the caller is told that the storage failed, not that all is well.
 */
#include "store/dynamo/dynamo_engine.h"

#include "base/log.h"
#include "base/time.h"

#include <sodium.h>
#include <string.h>

enum { TOKEN_BYTES = 16, TOKEN_TEXT = 2 * TOKEN_BYTES + 1, ITEM_OVERHEAD = 64 };

#define CONDITION_ABSENT "\"ConditionExpression\":\"attribute_not_exists(pk)\""
#define CONDITION_SAME   "\"ConditionExpression\":\"ver = :r\",\"ExpressionAttributeValues\":{"

struct commit {
    struct dynamo_view *view;
    const struct write *writes;
    size_t count;  /* of writes */
    size_t checks; /* of what was only read */
    uint64_t version;
};

/* Never 0, and 62 bits so that it is a number that every reader of JSON can hold as an integer. */
uint64_t dynamo_version_new(void)
{
    uint64_t version;

    do {
        randombytes_buf(&version, sizeof version);
        version >>= 2;
    } while (version == 0);
    return version;
}

/* ---- the limits ---- */

static size_t bytes_of(const struct write *write)
{
    return ITEM_OVERHEAD + write->key.size + (write->sealed.data ? write->sealed.size : 0);
}

static enum err limits_check(const struct commit *commit)
{
    size_t bytes = 0;
    size_t items = commit->count + commit->checks;
    bool item_fits = true;

    for (size_t i = 0; i < commit->count; i++) {
        bytes += bytes_of(&commit->writes[i]);
        item_fits &= bytes_of(&commit->writes[i]) <= ITEM_BYTES_MAX;
    }
    if (items <= ITEMS_MAX && bytes <= TRANSACTION_BYTES_MAX && item_fits)
        return ERR_OK;
    log_line(
        LOG_ERROR, "change_too_large", LOG_INTEGER("count", (int64_t)items),
        LOG_INTEGER("bytes", (int64_t)bytes),
        LOG_TEXT("reason", "DynamoDB takes 100 items and 4 MB in a transaction, and 400 KB in an item."));
    return ERR_TX_TOO_LARGE;
}

/* ---- the body ---- */

static void put_condition(struct buf *buf, const struct seen *seen)
{
    if (!seen || !seen->got)
        return;
    buf_byte(buf, ',');
    if (seen->version == 0) {
        buf_text(buf, CONDITION_ABSENT);
        return;
    }
    buf_text(buf, CONDITION_SAME);
    put_number(buf, ":r", seen->version);
    buf_byte(buf, '}');
}

/* The members of a Put or Delete, without braces. */
static void put_write(struct commit *commit, struct buf *buf, const struct write *write)
{
    const struct dynamo_view *view = commit->view;

    buf_printf(buf, "\"TableName\":\"%s\",\"%s\":{", view->engine->names[dynamo_table_of(write->key)],
               write->sealed.data ? "Item" : "Key");
    put_key(buf, write->key);
    if (write->sealed.data) {
        buf_byte(buf, ',');
        put_binary(buf, "v", write->sealed);
        buf_byte(buf, ',');
        put_number(buf, "ver", commit->version);
    }
    buf_byte(buf, '}');
    put_condition(buf, dynamo_seen(commit->view, write->key));
}

static bool is_check(const struct seen *seen)
{
    return !seen->written && dynamo_needs_check(seen);
}

static void put_transaction(struct commit *commit, struct buf *buf)
{
    uint8_t random[TOKEN_BYTES];
    char token[TOKEN_TEXT];
    const struct dynamo_view *view = commit->view;

    randombytes_buf(random, sizeof random);
    sodium_bin2hex(token, sizeof token, random, sizeof random);
    buf_printf(buf, "{\"ClientRequestToken\":\"%s\",\"TransactItems\":[", token);
    for (size_t i = 0; i < commit->count; i++) {
        buf_printf(buf, "%s{\"%s\":{", i ? "," : "", commit->writes[i].sealed.data ? "Put" : "Delete");
        put_write(commit, buf, &commit->writes[i]);
        buf_text(buf, "}}");
    }
    for (const struct seen *seen = view->newest; seen; seen = seen->before) {
        if (!is_check(seen))
            continue;
        buf_printf(buf, ",{\"ConditionCheck\":{\"TableName\":\"%s\",\"Key\":{",
                   view->engine->names[dynamo_table_of(seen->key)]);
        put_key(buf, seen->key);
        buf_byte(buf, '}');
        put_condition(buf, seen);
        buf_text(buf, "}}");
    }
    buf_text(buf, "]}");
}

static void put_single(struct commit *commit, struct buf *buf)
{
    buf_byte(buf, '{');
    put_write(commit, buf, commit->writes);
    buf_text(buf, ",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}");
}

/* ---- sending ---- */

static enum err conflict(struct dynamo_view *view)
{
    view->conflict = true;
    return ERR_BUSY;
}

/* A condition of a single write did not hold. */
static enum err single_settle(struct commit *commit, const struct request *request)
{
    uint64_t there = answer_version(&commit->view->trip->answer);

    if (!request->condition || !request->repeated)
        return conflict(commit->view);
    if (there == commit->version)
        return ERR_OK; /* it was our own first sending */
    log_line(LOG_ERROR, "dynamodb_unsure", LOG_TEXT("step", request->operation),
             LOG_TEXT("reason", "No answer came, and the record was written again meanwhile."));
    return ERR_STORE;
}

static enum err send(struct commit *commit, struct request *request, bool single)
{
    struct dynamo_view *view = commit->view;

    int64_t start_us = clock_monotonic_us();
    enum outcome outcome = dynamo_send(view->engine, view->trip, request);
    atomic_fetch_add(&view->engine->commit_us_total, (uint64_t)(clock_monotonic_us() - start_us));
    if (outcome == OUTCOME_FAILED)
        return request->err;
    if (outcome == OUTCOME_CONFLICT)
        return single ? single_settle(commit, request) : conflict(view);
    return ERR_OK;
}

static void count_checks(struct commit *commit)
{
    for (size_t i = 0; i < commit->count; i++) {
        struct seen *seen = dynamo_seen(commit->view, commit->writes[i].key);
        if (seen)
            seen->written = true;
    }
    for (const struct seen *seen = commit->view->newest; seen; seen = seen->before)
        commit->checks += is_check(seen);
}

enum err dynamo_apply(struct view *base, const struct write *writes, size_t count)
{
    struct dynamo_view *view = (struct dynamo_view *)base;
    struct commit commit = {.view = view, .writes = writes, .count = count, .version = dynamo_version_new()};
    struct buf buf;

    view->committing = true;
    count_checks(&commit);
    enum err e = limits_check(&commit);
    if (e)
        return e;
    arena_reset(view->trip->scratch, view->trip->scratch_mark);
    buf_init(&buf, view->trip->scratch);
    bool single = count == 1 && commit.checks == 0;
    struct request request = {.writes = true,
                              .operation = !single               ? "TransactWriteItems"
                                           : writes->sealed.data ? "PutItem"
                                                                 : "DeleteItem"};
    if (single)
        put_single(&commit, &buf);
    else
        put_transaction(&commit, &buf);
    if (!buf_ok(&buf))
        return ERR_MEMORY;
    request.body = buf_span(&buf);
    e = send(&commit, &request, single);
    if (!e) {
        atomic_fetch_add(&view->engine->commits, 1);
        atomic_fetch_add(&view->engine->writes, count);
    }
    return e;
}
