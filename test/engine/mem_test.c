/* mem_test.c - what only the engine in memory has: bad luck on demand, power loss, repeatable runs; and,
 * since it is the quickest to fork, our own mistakes that end the program. */
#include "fixture.h"

#include "store/mem/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct key key = {TABLE_PATIENT, "patient-1", NULL};
static const struct key other_key = {TABLE_PRACTICE, "practice-1", NULL};

/* ---- faults ---- */

static enum err count_up(struct tx *tx, void *arg)
{
    int *runs = arg;
    struct span value = {0};

    ++*runs;
    enum err e = tx_get(tx, &key, &value);
    if (e && e != ERR_NOT_FOUND)
        return e;
    const char *text = arena_printf(tx_arena(tx), "%.*sx", (int)value.size, (const char *)value.data);
    e = tx_put(tx, &key, "patient-1", span_of(text));
    if (!e)
        e = tx_put(tx, &other_key, NULL, span_of(text));
    return e;
}

static void test_conflict_runs_again(void **state)
{
    struct place *place = *state;
    struct store_stats stats;
    int runs = 0;

    store_mem_fault(place->store, MEM_CONFLICT, 1, 3);
    assert_err(ERR_OK, run_write(place, count_up, &runs));
    assert_int_equal(runs, 4);
    assert_text(place, &key, "x");
    store_stats(place->store, &stats);
    assert_int_equal(stats.conflicts, 3);
    place_reopen(place);
    assert_text(place, &key, "x");
}

static void test_too_many_conflicts(void **state)
{
    struct place *place = *state;
    int runs = 0;

    store_mem_fault(place->store, MEM_CONFLICT, 1, 1000);
    assert_err(ERR_BUSY, run_write(place, count_up, &runs));
    assert_int_equal(runs, MEM_TRIES_MAX);
    assert_absent(place, &key);
    assert_absent(place, &other_key);
    store_mem_fault(place->store, MEM_CONFLICT, 0, 1);
    assert_err(ERR_OK, run_write(place, count_up, &runs));
    assert_text(place, &key, "x");
}

static void test_failing_commit(void **state)
{
    struct place *place = *state;
    int runs = 0;

    assert_err(ERR_OK, run_write(place, count_up, &runs));
    store_mem_fault(place->store, MEM_FAIL, 2, 1);
    assert_err(ERR_OK, run_write(place, count_up, &runs));
    assert_err(ERR_STORE, run_write(place, count_up, &runs));
    assert_err(ERR_STORE, store_health(place->store));
    assert_text(place, &key, "xx");
    assert_text(place, &other_key, "xx");
    store_mem_fault(place->store, MEM_FULL, 1, 2);
    assert_err(ERR_STORE_FULL, run_write(place, count_up, &runs));
    assert_err(ERR_STORE_FULL, run_write(place, count_up, &runs));
    assert_err(ERR_OK, run_write(place, count_up, &runs));
    assert_err(ERR_OK, store_health(place->store));
    assert_text(place, &key, "xxx");
}

/* A person's key that a failed commit made must not serve the next one. */
static void test_failing_commit_of_a_new_person(void **state)
{
    struct place *place = *state;
    int runs = 0;

    store_mem_fault(place->store, MEM_FAIL, 1, 1);
    assert_err(ERR_STORE, run_write(place, count_up, &runs));
    assert_absent(place, &key);
    assert_err(ERR_OK, run_write(place, count_up, &runs));
    assert_text(place, &key, "x");
    place_reopen(place);
    assert_text(place, &key, "x");
}

static void test_lost_answer(void **state)
{
    struct place *place = *state;
    int runs = 0;

    store_mem_fault(place->store, MEM_LOSE_ANSWER, 1, 1);
    assert_err(ERR_STORE, run_write(place, count_up, &runs));
    assert_text(place, &key, "x");
    assert_err(ERR_OK, run_write(place, count_up, &runs));
    assert_text(place, &key, "xx");
}

/* ---- power ---- */

static void test_power_loss_before_sync(void **state)
{
    struct place *place = *state;
    int runs = 0;

    assert_err(ERR_OK, run_write(place, count_up, &runs));
    store_mem_fault(place->store, MEM_POWER_BEFORE_SYNC, 1, 1);
    assert_err(ERR_STORE, run_write(place, count_up, &runs));
    assert_false(store_mem_has_power(place->store));
    assert_err(ERR_STORE, run_write(place, count_up, &runs));
    assert_int_equal(runs, 2); /* nothing runs without power */
    assert_err(ERR_STORE, store_health(place->store));
    place_reopen(place);
    assert_true(store_mem_has_power(place->store));
    assert_text(place, &key, "x");
    assert_text(place, &other_key, "x");
}

static void test_power_loss_after_sync(void **state)
{
    struct place *place = *state;
    int runs = 0;

    store_mem_fault(place->store, MEM_POWER_AFTER_SYNC, 1, 1);
    assert_err(ERR_STORE, run_write(place, count_up, &runs));
    place_reopen(place);
    assert_text(place, &key, "x");
    assert_text(place, &other_key, "x");
}

/* ---- manual ---- */

enum { JOBS = 5 };

struct asked {
    struct store_job job; /* first */
    enum err err;
    int answers;
};

static void note(struct store_job *job, enum err err)
{
    struct asked *asked = (struct asked *)job;

    asked->err = err;
    asked->answers++;
}

static void ask(struct store *store, struct asked *asked, tx_fn *fn, void *arg)
{
    *asked = (struct asked){.job = {
                                .access = {.write = true},
                                .arena = arena_new(64 * 1024),
                                .fn = fn,
                                .arg = arg,
                                .done = note,
                            }};
    assert_err(ERR_OK, store_submit(store, &asked->job));
}

static struct store *open_manual(struct mem_disk *disk, size_t queue_max, size_t batch_max)
{
    struct store *store;

    struct mem_options options = {
        .disk = disk, .seed = 7, .manual = true, .queue_max = queue_max, .batch_max = batch_max};
    assert_err(ERR_OK, store_open_mem(&options, &store));
    return store;
}

static void forget(struct asked *asked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        arena_free(asked[i].job.arena);
}

static void test_pump_takes_batches(void **state)
{
    struct store *store = open_manual(NULL, 0, 2);
    struct asked asked[JOBS];
    struct store_stats before;
    struct store_stats after;
    int runs = 0;

    (void)state;
    store_stats(store, &before);
    assert_false(store_mem_pump(store));
    for (int i = 0; i < JOBS; i++)
        ask(store, &asked[i], count_up, &runs);
    assert_int_equal(runs, 0);
    assert_true(store_mem_pump(store));
    assert_int_equal(runs, 2);
    assert_int_equal(asked[0].answers + asked[1].answers, 2);
    assert_int_equal(asked[2].answers, 0);
    assert_true(store_mem_pump(store));
    assert_true(store_mem_pump(store));
    assert_false(store_mem_pump(store));
    store_stats(store, &after);
    assert_int_equal(after.commits - before.commits, 3);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(asked[i].answers, 1);
        assert_err(ERR_OK, asked[i].err);
    }
    forget(asked, JOBS);
    store_close(store);
}

static enum err refuse(struct tx *tx, void *arg)
{
    (void)tx;
    (void)arg;
    return ERR_SLOT_UNAVAILABLE;
}

/* A refusal may rest on a job of the same batch; when that never happened, neither did the refusal. */
static void test_failed_batch_is_one_answer(void **state)
{
    struct store *store = open_manual(NULL, 0, 0);
    struct asked asked[2];
    int runs = 0;

    (void)state;
    ask(store, &asked[0], count_up, &runs);
    ask(store, &asked[1], refuse, NULL);
    store_mem_fault(store, MEM_FAIL, 1, 1);
    assert_true(store_mem_pump(store));
    assert_err(ERR_STORE, asked[0].err);
    assert_err(ERR_STORE, asked[1].err);
    forget(asked, 2);
    ask(store, &asked[0], count_up, &runs);
    ask(store, &asked[1], refuse, NULL);
    assert_true(store_mem_pump(store));
    assert_err(ERR_OK, asked[0].err);
    assert_err(ERR_SLOT_UNAVAILABLE, asked[1].err);
    forget(asked, 2);
    store_close(store);
}

static void test_queue_full(void **state)
{
    struct store *store = open_manual(NULL, 2, 0);
    struct asked asked[3];
    int runs = 0;

    (void)state;
    ask(store, &asked[0], count_up, &runs);
    ask(store, &asked[1], count_up, &runs);
    asked[2] = (struct asked){.job = asked[1].job};
    assert_err(ERR_BUSY, store_submit(store, &asked[2].job));
    assert_true(store_mem_pump(store));
    assert_int_equal(asked[2].answers, 0);
    ask(store, &asked[2], count_up, &runs);
    store_close(store); /* finishes it */
    assert_int_equal(runs, 3);
    assert_int_equal(asked[2].answers, 1);
    forget(asked, 3);
}

static void test_power_loss_drops_what_waits(void **state)
{
    struct mem_disk *disk = mem_disk_new();
    struct store *store = open_manual(disk, 0, 0);
    struct asked asked[2];
    int runs = 0;

    (void)state;
    size_t records = store_mem_records(store);
    ask(store, &asked[0], count_up, &runs);
    ask(store, &asked[1], count_up, &runs);
    store_mem_power_loss(store);
    assert_false(store_mem_pump(store));
    store_close(store);
    assert_int_equal(runs + asked[0].answers + asked[1].answers, 0);
    forget(asked, 2);
    store = open_manual(disk, 0, 0);
    assert_int_equal(store_mem_records(store), records);
    store_close(store);
    mem_disk_free(disk);
}

static void test_same_seed_same_run(void **state)
{
    const char *tokens[2];
    struct arena *arena = arena_new(64 * 1024);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct store *store = open_manual(NULL, 0, 0);
        int runs = 0;
        assert_err(ERR_OK, store_run(store, &(struct access){.write = true}, arena, count_up, &runs));
        assert_err(ERR_OK, store_seal_token(store, arena, "x", span_of("y"), &tokens[i]));
        store_close(store);
    }
    assert_string_equal(tokens[0], tokens[1]);
    arena_free(arena);
}

/* ---- our own mistakes ---- */

static enum err put_in_read(struct tx *tx, void *arg)
{
    (void)arg;
    return tx_put(tx, &key, NULL, span_of("x"));
}

static enum err delete_in_read(struct tx *tx, void *arg)
{
    (void)arg;
    return tx_delete(tx, &key);
}

static enum err scan_what_it_wrote(struct tx *tx, void *arg)
{
    struct scan scan = {.table = TABLE_USAGE, .part = "p", .limit = 10};
    struct row *rows;
    size_t count;
    bool more;

    (void)arg;
    enum err e = tx_put(tx, &(struct key){TABLE_USAGE, "p", "s"}, NULL, span_of("x"));
    return e ? e : tx_scan(tx, &scan, &rows, &count, &more);
}

static enum err read_key_of_person(struct tx *tx, void *arg)
{
    struct span value;

    (void)arg;
    return tx_get(tx, &(struct key){TABLE_PERSON_KEY, "patient-1", NULL}, &value);
}

static enum err write_store_keys(struct tx *tx, void *arg)
{
    (void)arg;
    return tx_put(tx, &(struct key){TABLE_META, "keys", NULL}, NULL, span_of("x"));
}

static enum err scan_without_limit(struct tx *tx, void *arg)
{
    struct row *rows;
    size_t count;
    bool more;

    (void)arg;
    return tx_scan(tx, &(struct scan){.table = TABLE_USAGE, .part = "p"}, &rows, &count, &more);
}

static void test_mistakes_stop_the_program(void **state)
{
    static const struct {
        tx_fn *fn;
        bool write;
    } mistakes[] = {
        {put_in_read, false},        {delete_in_read, false},  {scan_what_it_wrote, true},
        {read_key_of_person, false}, {write_store_keys, true}, {scan_without_limit, false},
    };
    struct place *place = *state;

    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
            (void)signal(SIGABRT, SIG_DFL);
            (void)close(STDERR_FILENO); /* what it says is expected */
            (void)store_run(place->store, &(struct access){.write = mistakes[i].write}, place->arena,
                            mistakes[i].fn, NULL);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

#define TEST(function)                                                                                       \
    {                                                                                                        \
#function, function, place_set_up, place_tear_down, NULL                                             \
    }

int main(void)
{
    struct CMUnitTest tests[] = {
        TEST(test_conflict_runs_again),
        TEST(test_too_many_conflicts),
        TEST(test_failing_commit),
        TEST(test_failing_commit_of_a_new_person),
        TEST(test_lost_answer),
        TEST(test_power_loss_before_sync),
        TEST(test_power_loss_after_sync),
        cmocka_unit_test(test_pump_takes_batches),
        cmocka_unit_test(test_failed_batch_is_one_answer),
        cmocka_unit_test(test_queue_full),
        cmocka_unit_test(test_power_loss_drops_what_waits),
        cmocka_unit_test(test_same_seed_same_run),
        TEST(test_mistakes_stop_the_program),
    };

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        if (tests[i].setup_func)
            tests[i].initial_state = engine_named("mem");
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
