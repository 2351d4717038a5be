/* dynamo_test.c - what only the engine on DynamoDB has: faults between it and the service, retries that do
 * nothing twice, round trips, pages, limits, opening. Runs beside DynamoDB Local (tools/with-dynamodb). */
#include "fixture.h"

#include "fault_proxy.h"
#include "store/copy.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct key plain = {TABLE_PRACTICE, "practice-1", NULL};
static const struct key other = {TABLE_DAY, "practice-1", "2026-11-25"};
static const struct key third = {TABLE_PRACTICE_LIST, "all", "practice-1"};

static struct fault_proxy *proxy;

static int set_up(void **state)
{
    static struct place place;

    proxy = fault_proxy_new(getenv("DYNAMODB_ENDPOINT"));
    place_init(&place, engine_named("dynamodb"));
    assert_err(ERR_OK, place_open(&place)); /* makes the tables, directly */
    place_close(&place);
    place.dynamo.endpoint = fault_proxy_url(proxy);
    place.dynamo.threads = 4;
    assert_err(ERR_OK, place_open(&place));
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    place_done(*state);
    fault_proxy_free(proxy);
    return 0;
}

/* ---- jobs ---- */

struct counting {
    bool both; /* two records, so that it is a transaction */
    int runs;
};

static long number_of(struct tx *tx, const struct key *key)
{
    struct span value;

    enum err e = tx_get(tx, key, &value);
    if (e == ERR_NOT_FOUND)
        return 0;
    assert_err(ERR_OK, e);
    return strtol(arena_text(tx_arena(tx), (const char *)value.data, value.size), NULL, 10);
}

static enum err up_one(struct tx *tx, const struct key *key)
{
    return tx_put(tx, key, NULL, span_of(arena_printf(tx_arena(tx), "%ld", number_of(tx, key) + 1)));
}

static enum err count_up(struct tx *tx, void *arg)
{
    struct counting *counting = arg;

    counting->runs++;
    enum err e = up_one(tx, &plain);
    return !e && counting->both ? up_one(tx, &other) : e;
}

static enum err count_by(struct place *place, bool both, int *runs)
{
    struct counting counting = {.both = both};
    enum err e = run_write(place, count_up, &counting);

    if (runs)
        *runs = counting.runs;
    return e;
}

static struct store_stats stats_of(struct place *place)
{
    struct store_stats stats;

    store_stats(place->store, &stats);
    return stats;
}

/* ---- answers that are lost ---- */

static void test_lost_answer_of_a_transaction(void **state)
{
    struct place *place = *state;
    int runs;

    for (int i = 1; i <= 3; i++) {
        fault_proxy_plan(proxy, "TransactWriteItems", FAULT_LOSE_ANSWER, 2, NULL, NULL);
        assert_err(ERR_OK, count_by(place, true, &runs));
        assert_int_equal(runs, 1); /* the token said that it was done */
        assert_text(place, &plain, arena_printf(place->arena, "%d", i));
        assert_text(place, &other, arena_printf(place->arena, "%d", i));
    }
    assert_int_equal(stats_of(place).resent, 6);
}

static void test_lost_answer_of_a_single_write(void **state)
{
    struct place *place = *state;
    int runs;

    fault_proxy_plan(proxy, "PutItem", FAULT_LOSE_ANSWER, 1, NULL, NULL);
    assert_err(ERR_OK, count_by(place, false, &runs));
    assert_int_equal(runs, 1);
    fault_proxy_plan(proxy, "PutItem", FAULT_LOSE_ANSWER, 1, NULL, NULL);
    assert_err(ERR_OK, count_by(place, false, &runs));
    assert_int_equal(runs, 1); /* the version that stands there is its own */
    assert_text(place, &plain, "2");
    fault_proxy_plan(proxy, "DeleteItem", FAULT_LOSE_ANSWER, 1, NULL, NULL);
    assert_err(ERR_OK, delete_key(place, &plain));
    assert_absent(place, &plain);
}

static void overwrite(void *arg)
{
    struct place *second = arg;

    assert_err(ERR_OK, put_text(second, &plain, NULL, "50"));
}

/* Another server covers the write before its lost answer is asked for again: nobody can know. */
static void test_lost_answer_and_overwritten(void **state)
{
    struct place *place = *state;
    struct place second = *place;

    second.dynamo.endpoint = getenv("DYNAMODB_ENDPOINT");
    second.arena = arena_new(1024 * 1024);
    assert_err(ERR_OK, place_open(&second));
    assert_err(ERR_OK, count_by(place, false, NULL));
    fault_proxy_plan(proxy, "PutItem", FAULT_LOSE_ANSWER, 1, overwrite, &second);
    assert_err(ERR_STORE, count_by(place, false, NULL));
    assert_text(place, &plain, "50");
    place_close(&second);
    arena_free(second.arena);
}

static void test_requests_that_never_arrive(void **state)
{
    struct place *place = *state;

    fault_proxy_plan(proxy, NULL, FAULT_DROP_REQUEST, 3, NULL, NULL);
    assert_err(ERR_OK, count_by(place, true, NULL));
    assert_text(place, &plain, "1");
    assert_text(place, &other, "1");
}

/* ---- a service that is slow, full or broken ---- */

static void test_throttled(void **state)
{
    struct place *place = *state;
    int runs;

    for (enum fault fault = FAULT_THROTTLE; fault <= FAULT_INTERNAL; fault++) {
        fault_proxy_plan(proxy, NULL, fault, 5, NULL, NULL);
        assert_err(ERR_OK, count_by(place, true, &runs));
        assert_int_equal(runs, 1);
    }
    assert_text(place, &plain, "2");
    assert_int_equal(stats_of(place).conflicts, 0);
}

static void test_broken_for_good(void **state)
{
    struct place *place = *state;
    uint64_t failures = stats_of(place).failures;
    const char *text;

    fault_proxy_plan(proxy, "TransactWriteItems", FAULT_INTERNAL, 1000, NULL, NULL);
    assert_err(ERR_STORE, count_by(place, true, NULL));
    assert_int_equal(stats_of(place).failures, failures + 1);
    fault_proxy_plan(proxy, "GetItem", FAULT_REFUSE, 1, NULL, NULL);
    unsigned before = fault_proxy_count(proxy, "GetItem");
    assert_err(ERR_STORE, get_text(place, &plain, &text));
    assert_int_equal(fault_proxy_count(proxy, "GetItem"), before + 1); /* no second try helps */
    assert_absent(place, &plain);
}

static void test_health(void **state)
{
    struct place *place = *state;

    fault_proxy_plan(proxy, NULL, FAULT_STALL, 1, NULL, NULL);
    assert_err(ERR_STORE, store_health(place->store));
    assert_err(ERR_STORE, store_health(place->store)); /* what was found a moment ago */
    usleep(1100 * 1000);
    assert_err(ERR_OK, store_health(place->store));
}

/* ---- conflicts ---- */

static void test_conflicts_run_again(void **state)
{
    struct place *place = *state;
    int runs;

    fault_proxy_plan(proxy, "TransactWriteItems", FAULT_CONFLICT, 3, NULL, NULL);
    assert_err(ERR_OK, count_by(place, true, &runs));
    assert_int_equal(runs, 4);
    assert_int_equal(stats_of(place).conflicts, 3);
    assert_text(place, &plain, "1");
    fault_proxy_plan(proxy, "TransactWriteItems", FAULT_CONFLICT, 1000, NULL, NULL);
    assert_err(ERR_BUSY, count_by(place, true, &runs));
    assert_in_range(runs, 10, 100);
    fault_proxy_plan(proxy, NULL, FAULT_NONE, 0, NULL, NULL);
    assert_text(place, &plain, "1");
}

/* A record that was only read is a guard: who changes it meanwhile makes the job run again. */
struct guarded {
    struct place *place, *second;
    int runs;
};

static enum err guarded_write(struct tx *tx, void *arg)
{
    struct guarded *guarded = arg;
    long seen = number_of(tx, &plain);

    if (guarded->runs++ == 0)
        assert_err(ERR_OK, put_text(guarded->second, &plain, NULL, "7"));
    return tx_put(tx, &other, NULL, span_of(arena_printf(tx_arena(tx), "%ld", seen)));
}

/* Refuses if it sees two values that never were there together. */
static enum err guarded_refusal(struct tx *tx, void *arg)
{
    struct guarded *guarded = arg;
    long first = number_of(tx, &plain);

    if (guarded->runs++ == 0)
        assert_err(ERR_OK, count_by(guarded->second, true, NULL));
    return first == number_of(tx, &other) ? ERR_SLOT_UNAVAILABLE : ERR_PATIENT_BUSY;
}

static void test_guards(void **state)
{
    struct place *place = *state;
    struct place second = *place;
    struct guarded guarded = {.place = place, .second = &second};

    second.arena = arena_new(1024 * 1024);
    assert_err(ERR_OK, place_open(&second));
    assert_err(ERR_OK, run_write(place, guarded_write, &guarded));
    assert_int_equal(guarded.runs, 2);
    assert_text(place, &other, "7");
    guarded.runs = 0;
    assert_err(ERR_SLOT_UNAVAILABLE, run_write(place, guarded_refusal, &guarded));
    assert_int_equal(guarded.runs, 2);
    guarded.runs = 0;
    assert_err(ERR_SLOT_UNAVAILABLE, run_read(place, guarded_refusal, &guarded));
    assert_int_equal(guarded.runs, 2);
    place_close(&second);
    arena_free(second.arena);
}

/* ---- how many requests ---- */

static enum err three_up(struct tx *tx, void *arg)
{
    (void)arg;
    enum err e = up_one(tx, &plain);
    if (!e)
        e = up_one(tx, &other);
    return e ? e : up_one(tx, &third);
}

static enum err three_read(struct tx *tx, void *arg)
{
    long *sum = arg;

    *sum = number_of(tx, &plain) + number_of(tx, &other) + number_of(tx, &third);
    return ERR_OK;
}

static uint64_t trips(struct place *place, bool write, const struct key *keys, size_t count, tx_fn *fn,
                      void *arg)
{
    struct access access = {.write = write, .keys = keys, .count = count};
    uint64_t before = stats_of(place).round_trips;

    assert_err(ERR_OK, store_run(place->store, &access, place->arena, fn, arg));
    return stats_of(place).round_trips - before;
}

static void test_round_trips(void **state)
{
    struct place *place = *state;
    const struct key keys[] = {plain, other, third};
    const struct key one[] = {plain};
    long sum;

    assert_int_equal(trips(place, true, keys, 3, three_up, NULL), 2); /* a batch, and the transaction */
    assert_int_equal(trips(place, true, NULL, 0, three_up, NULL), 4);
    assert_int_equal(trips(place, true, one, 1, three_up, NULL), 4);
    assert_int_equal(trips(place, false, keys, 3, three_read, &sum), 1); /* a snapshot */
    assert_int_equal(sum, 9);
    assert_int_equal(trips(place, false, NULL, 0, three_read, &sum), 4); /* and whether they still stand */
    fault_proxy_plan(proxy, "TransactWriteItems", FAULT_CONFLICT, 1, NULL, NULL);
    assert_int_equal(trips(place, true, NULL, 0, three_up, NULL), 6); /* the second time in a batch */
    struct store_stats before = stats_of(place);
    assert_err(ERR_OK, put_text(place, &plain, NULL, "blind"));
    struct store_stats after = stats_of(place);
    assert_int_equal(after.round_trips, before.round_trips + 1);
    assert_int_equal(after.items_read, before.items_read);
    assert_true(after.bytes_sent > before.bytes_sent && after.bytes_received > before.bytes_received);
}

static void test_unprocessed_keys(void **state)
{
    struct place *place = *state;
    const struct key keys[] = {plain, other, third};

    assert_int_equal(trips(place, true, keys, 3, three_up, NULL), 2);
    fault_proxy_plan(proxy, "BatchGetItem", FAULT_UNPROCESSED, 2, NULL, NULL);
    assert_int_equal(trips(place, true, keys, 3, three_up, NULL), 4);
    assert_text(place, &third, "2");
    fault_proxy_plan(proxy, "BatchGetItem", FAULT_UNPROCESSED, 1000, NULL, NULL);
    struct access access = {.write = true, .keys = keys, .count = 3};
    assert_err(ERR_BUSY, store_run(place->store, &access, place->arena, three_up, NULL));
    fault_proxy_plan(proxy, NULL, FAULT_NONE, 0, NULL, NULL);
    assert_text(place, &third, "2");
}

/* ---- many at once ---- */

enum { FILLED = 230 };

static enum err some_put(struct tx *tx, void *arg)
{
    enum err e = ERR_OK;

    (void)arg;
    for (int i = 0; !e && i < FILLED; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "practice-%d", i);
        struct key key = {i % 2 ? TABLE_PRACTICE : TABLE_DAY, id, i % 2 ? NULL : "2026-11-25"};
        e = tx_put(tx, &key, NULL, span_of(id));
    }
    return e;
}

/* Others, empty but for the keys that `tables create` makes. */
static void new_tables(struct place *place)
{
    place_close(place);
    place->options.copy_of = NULL;
    place->dynamo.region = NULL;
    assert_err(ERR_OK, place_open(place));
    place_close(place);
    place->dynamo.endpoint = fault_proxy_url(proxy);
}

/* A copy of so many records, with the fault in the way of its batches. */
static enum err fill_with(struct place *place, struct store *from, enum fault fault, unsigned times,
                          struct copy_result *result)
{
    place_close(place);
    place->options.copy_of = from;
    fault_proxy_plan(proxy, NULL, FAULT_NONE, 0, NULL, NULL);
    assert_err(ERR_OK, place_open(place));
    fault_proxy_plan(proxy, "BatchWriteItem", fault, times, NULL, NULL);
    return store_copy(from, place->store, 1, NULL, NULL, result);
}

static void test_batches_of_a_copy(void **state)
{
    static const enum fault faults[] = {FAULT_LOSE_ANSWER, FAULT_DROP_REQUEST, FAULT_THROTTLE, FAULT_INTERNAL,
                                        FAULT_UNPROCESSED};
    struct place *place = *state;
    struct place source;
    struct copy_result result;

    place_init(&source, engine_named("mem"));
    assert_err(ERR_OK, place_open(&source));
    assert_err(ERR_OK, run_write(&source, some_put, NULL));
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        new_tables(place);
        assert_err(ERR_OK, fill_with(place, source.store, faults[i], 7, &result));
        assert_int_equal(result.differences, 0);
        assert_int_equal(result.copied, FILLED);
        assert_int_equal(result.in_to[TABLE_DAY] + result.in_to[TABLE_PRACTICE], FILLED);
    }
    new_tables(place);
    assert_err(ERR_STORE, fill_with(place, source.store, FAULT_REFUSE, 1000, &result));
    assert_false(result.from_failed);
    assert_err(ERR_OK, fill_with(place, source.store, FAULT_NONE, 0, &result));
    assert_int_equal(result.differences, 0);
    place->options.copy_of = NULL;
    place_reopen(place);
    assert_text(place, &plain, "practice-1");
    place_done(&source);
}

/* ---- size ---- */

enum { LARGE = 300 * 1000, LARGE_ROWS = 9 };

static enum err put_large(struct tx *tx, void *arg)
{
    const int *rows = arg;
    uint8_t *bytes = arena_zero(tx_arena(tx), 1, LARGE);

    for (int i = 0; i < rows[1]; i++) {
        const char *sort = arena_printf(tx_arena(tx), "%d", rows[0] + i);
        bytes[0] = (uint8_t)(rows[0] + i);
        enum err e = tx_put(tx, &(struct key){TABLE_SESSION, "p", sort}, NULL, (struct span){bytes, LARGE});
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err scan_large(struct tx *tx, void *arg)
{
    const bool *backwards = arg;
    struct scan scan = {
        .table = TABLE_SESSION, .part = "p", .limit = LARGE_ROWS - 1, .backwards = *backwards};
    struct row *rows;
    size_t count;
    bool more;

    assert_err(ERR_OK, tx_scan(tx, &scan, &rows, &count, &more));
    assert_true(more);
    assert_int_equal(count, LARGE_ROWS - 1);
    for (int i = 0; i < LARGE_ROWS - 1; i++)
        assert_int_equal(rows[i].value.data[0], *backwards ? LARGE_ROWS - 1 - i : i);
    return ERR_OK;
}

static enum err count_large(void *arg, enum table table, const char *part, const char *sort, enum err err,
                            struct span value)
{
    (void)part;
    (void)sort;
    assert_err(ERR_OK, err);
    *(int *)arg += table == TABLE_SESSION && value.size == LARGE;
    return ERR_OK;
}

/* A page of DynamoDB ends at 1 MB. */
static void test_pages(void **state)
{
    struct place *place = *state;
    int count = 0;

    for (int i = 0; i < LARGE_ROWS; i++) {
        int rows[2] = {i, 1};
        assert_err(ERR_OK, run_write(place, put_large, rows));
    }
    for (int i = 0; i < 2; i++) {
        bool backwards = i == 1;
        unsigned before = fault_proxy_count(proxy, "Query");
        assert_err(ERR_OK, run_read(place, scan_large, &backwards));
        assert_in_range(fault_proxy_count(proxy, "Query") - before, 3, 4);
    }
    assert_err(ERR_OK, store_walk(place->store, count_large, &count));
    assert_int_equal(count, LARGE_ROWS);
}

static void test_too_large(void **state)
{
    struct place *place = *state;
    int rows[2] = {0, 14}; /* 4.2 MB */
    unsigned before = fault_proxy_count(proxy, NULL);

    assert_err(ERR_TX_TOO_LARGE, run_write(place, put_large, rows));
    assert_int_equal(fault_proxy_count(proxy, NULL), before); /* it was not even tried */
    rows[1] = 13;
    assert_err(ERR_OK, run_write(place, put_large, rows));
}

/* ---- the queue ---- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static int gate_waiting, gate_done;

static enum err wait_at_gate(struct tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    pthread_mutex_lock(&gate_lock);
    gate_waiting++;
    pthread_cond_broadcast(&gate_moved);
    while (!gate_open)
        pthread_cond_wait(&gate_moved, &gate_lock);
    pthread_mutex_unlock(&gate_lock);
    return ERR_OK;
}

static void gate_passed(struct store_job *job, enum err err)
{
    (void)job;
    assert_err(ERR_OK, err);
    pthread_mutex_lock(&gate_lock);
    gate_done++;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate_lock);
}

static void gate_until(const int *number, int least)
{
    pthread_mutex_lock(&gate_lock);
    while (*number < least)
        pthread_cond_wait(&gate_moved, &gate_lock);
    pthread_mutex_unlock(&gate_lock);
}

static void test_queue_full(void **state)
{
    struct place *place = *state;
    struct store_job jobs[7];

    place->options.queue_max = 2;
    place_reopen(place); /* with 4 threads */
    for (int i = 0; i < 7; i++) {
        jobs[i] = (struct store_job){.access = {.write = i % 2 == 0},
                                     .arena = arena_new(4096),
                                     .fn = wait_at_gate,
                                     .done = gate_passed};
        assert_err(i < 6 ? ERR_OK : ERR_BUSY, store_submit(place->store, &jobs[i]));
        if (i < 4)
            gate_until(&gate_waiting, i + 1);
    }
    assert_int_equal(stats_of(place).queued, 2);
    assert_true(store_is_remote(place->store));
    pthread_mutex_lock(&gate_lock);
    gate_open = true;
    pthread_cond_broadcast(&gate_moved);
    pthread_mutex_unlock(&gate_lock);
    gate_until(&gate_done, 6);
    for (int i = 0; i < 7; i++)
        arena_free(jobs[i].arena);
}

/* ---- opening ---- */

static void refused(struct place *place, enum err expected, const char *says)
{
    place_close(place);
    assert_err(expected, place_open(place));
    if (!strstr(place->message, says))
        fail_msg("\"%s\" does not say \"%s\"", place->message, says);
}

static void test_opening_says_what_is_wrong(void **state)
{
    struct place *place = *state;
    struct dynamo_options right = place->dynamo;

    place->dynamo.region = "";
    refused(place, ERR_SETTING, "AWS_REGION");
    place->dynamo = right;
    place->dynamo.names[DYNAMO_PATIENTS] = right.names[DYNAMO_SYSTEM];
    refused(place, ERR_SETTING, "all different");
    place->dynamo.names[DYNAMO_PATIENTS] = "a b";
    refused(place, ERR_SETTING, "PATIENTS_TABLE");
    place->dynamo = right;
    place->dynamo.endpoint = "http://127.0.0.1:1/with/path";
    refused(place, ERR_SETTING, "DYNAMODB_ENDPOINT");
    place->dynamo = right;
    place->dynamo.names[DYNAMO_SYSTEM] = "no-such-table";
    refused(place, ERR_STORE, "no-such-table");
    place->dynamo = right;
    place->options.key_hex = "0000000000000000000000000000000000000000000000000000000000000001";
    refused(place, ERR_KEY_WRONG, "master key");
    place->options.key_hex = NULL;
    assert_int_equal(unlink(place->key_file), 0);
    refused(place, ERR_KEY_MISSING, place->key_file);
    assert_int_equal(access(place->key_file, F_OK), -1);
}

static char *no_environment(const char *name)
{
    static char yes[] = "true";
    return strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0 ? yes : NULL;
}

static void test_without_credentials(void **state)
{
    struct place *place = *state;

    place->dynamo.get = no_environment;
    place_close(place);
    assert_err(ERR_STORE, place_open(place));
    place->dynamo.get = getenv;
    assert_err(ERR_OK, place_open(place));
}

struct opener {
    struct place place;
    pthread_t thread;
    enum err err;
};

static void *open_place(void *arg)
{
    struct opener *opener = arg;

    opener->err = place_open(&opener->place);
    return NULL;
}

static void ignore(void *arg, const char *name, bool right, const char *what)
{
    (void)arg;
    (void)name;
    (void)right;
    (void)what;
}

/* Several servers start on new tables at once: one set of keys wins, all have it. */
static void test_many_start_at_once(void **state)
{
    struct place *place = *state;
    struct opener openers[6];
    char tokens[6][33];

    for (size_t i = 0; i < DYNAMO_TABLES; i++)
        place->dynamo.names[i] = arena_printf(place->arena, "%s-new", place->dynamo.names[i]);
    assert_err(ERR_OK, dynamo_tables_create(&place->dynamo, ignore, NULL, place->message));
    assert_err(ERR_OK, dynamo_tables_check(&place->dynamo, ignore, NULL, place->message));
    for (int i = 0; i < 6; i++) {
        openers[i] = (struct opener){.place = *place};
        openers[i].place.store = NULL;
        assert_int_equal(pthread_create(&openers[i].thread, NULL, open_place, &openers[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(openers[i].thread, NULL), 0);
        assert_err(ERR_OK, openers[i].err);
        store_blind(openers[i].place.store, "email", "somebody@example.org", tokens[i]);
        assert_string_equal(tokens[i], tokens[0]);
        store_close(openers[i].place.store);
    }
}

static void test_every_table_has_a_home(void **state)
{
    enum dynamo_table home;

    (void)state;
    for (enum table table = 0; table < TABLE_COUNT; table++)
        if (!dynamo_home(table, &home))
            fail_msg("%s has no row in src/store/dynamo/wire.c", store_table_name(table));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lost_answer_of_a_transaction),
        TEST(test_lost_answer_of_a_single_write),
        TEST(test_lost_answer_and_overwritten),
        TEST(test_requests_that_never_arrive),
        TEST(test_throttled),
        TEST(test_broken_for_good),
        TEST(test_health),
        TEST(test_conflicts_run_again),
        TEST(test_guards),
        TEST(test_round_trips),
        TEST(test_unprocessed_keys),
        TEST(test_batches_of_a_copy),
        TEST(test_pages),
        TEST(test_too_large),
        TEST(test_queue_full),
        TEST(test_opening_says_what_is_wrong),
        TEST(test_without_credentials),
        TEST(test_many_start_at_once),
        cmocka_unit_test(test_every_table_has_a_home),
    };

    return cmocka_run_group_tests_name("dynamo", tests, NULL, NULL);
}
