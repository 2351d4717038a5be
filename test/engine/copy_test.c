/* copy_test.c - moving house between stores in memory, where every commit can fail: nothing is lost or
 * doubled, a target that is not whole stays closed, and what changed meanwhile is found. */
#include "fixture.h"

#include "store/copy.h"
#include "store/copy_mark.h"
#include "store/mem/mem.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 900, PEOPLE = 5, TEXT_BYTES = 40, MS = 1234567 };

struct houses {
    struct place from;
    struct mem_disk *disk; /* of the target */
    struct store *to;
    struct copy_result result;
};

/* ---- what is in it ---- */

static char first[] = "first";
static char second[] = "second";

static struct key key_at(int i, char text[static TEXT_BYTES])
{
    (void)snprintf(text, TEXT_BYTES, "part-%d", i);
    return (struct key){i % 3 ? TABLE_PRACTICE : TABLE_USER_EMAIL, text, NULL};
}

static enum err fill(struct tx *tx, void *arg)
{
    const char *value = arg;
    char person[TEXT_BYTES];
    char part[TEXT_BYTES];
    enum err e = ERR_OK;

    for (int i = 0; !e && i < RECORDS; i++) {
        struct key key = key_at(i, part);
        (void)snprintf(person, sizeof person, "person-%d", i % PEOPLE);
        e = tx_put(tx, &key, i % 2 ? person : NULL, span_of(value));
    }
    return e;
}

static enum err all_there(struct tx *tx, void *arg)
{
    const char *value = arg;
    char part[TEXT_BYTES];

    for (int i = 0; i < RECORDS; i++) {
        struct key key = key_at(i, part);
        struct span there;
        assert_err(ERR_OK, tx_get(tx, &key, &there));
        assert_int_equal(there.size, strlen(value));
        assert_memory_equal(there.data, value, there.size);
    }
    return ERR_OK;
}

static void open_target(struct houses *houses, struct store *copy_of)
{
    struct mem_options options = {.disk = houses->disk, .copy_of = copy_of};

    store_close(houses->to);
    houses->to = NULL;
    assert_err(ERR_OK, store_open_mem(&options, &houses->to));
}

static enum err open_refused(struct houses *houses, struct store *copy_of)
{
    struct mem_options options = {.disk = houses->disk, .copy_of = copy_of};

    store_close(houses->to);
    houses->to = NULL;
    return store_open_mem(&options, &houses->to);
}

static enum err copy(struct houses *houses)
{
    return store_copy(houses->from.store, houses->to, MS, NULL, NULL, &houses->result);
}

static void assert_whole(struct houses *houses, char *value)
{
    struct arena *arena = houses->from.arena;

    assert_int_equal(houses->result.differences, 0);
    assert_memory_equal(houses->result.in_from, houses->result.in_to, sizeof houses->result.in_to);
    assert_int_equal(houses->result.in_to[TABLE_PRACTICE] + houses->result.in_to[TABLE_USER_EMAIL], RECORDS);
    assert_int_equal(houses->result.in_to[TABLE_PERSON_KEY], PEOPLE);
    open_target(houses, NULL);
    assert_err(ERR_OK, store_run(houses->to, &(struct access){0}, arena, all_there, value));
}

static int set_up(void **state)
{
    static struct houses houses;

    houses = (struct houses){.disk = mem_disk_new()};
    place_init(&houses.from, engine_named("mem"));
    assert_err(ERR_OK, place_open(&houses.from));
    assert_err(ERR_OK, run_write(&houses.from, fill, first));
    *state = &houses;
    return 0;
}

static int tear_down(void **state)
{
    struct houses *houses = *state;

    store_close(houses->to);
    mem_disk_free(houses->disk);
    place_done(&houses->from);
    return 0;
}

/* ---- tests ---- */

static void test_everything_with_another_key(void **state)
{
    struct houses *houses = *state;

    open_target(houses, houses->from.store);
    assert_err(ERR_OK, copy(houses));
    assert_int_equal(houses->result.copied, RECORDS + PEOPLE);
    assert_int_equal(houses->result.copied_before, 0);
    assert_whole(houses, first);
    assert_err(ERR_STORE, open_refused(houses, houses->from.store)); /* it is a copy already */
}

/* Each commit fails once, whichever it is: what is there stays closed, and the next run goes on. */
static void test_any_commit_fails(void **state)
{
    static const enum mem_fault faults[] = {MEM_FAIL, MEM_LOSE_ANSWER};
    struct houses *houses = *state;
    unsigned failures = 0;

    for (size_t k = 0; k < sizeof faults / sizeof faults[0]; k++) {
        for (unsigned nth = 1;; nth++) {
            store_close(houses->to);
            houses->to = NULL;
            mem_disk_free(houses->disk);
            houses->disk = mem_disk_new();
            open_target(houses, houses->from.store);
            store_mem_fault(houses->to, faults[k], nth, 1);
            enum err e = copy(houses);
            if (!e)
                break;
            failures++;
            assert_err(ERR_STORE, e);
            assert_false(houses->result.from_failed);
            struct mem_options options = {.disk = houses->disk};
            store_close(houses->to);
            houses->to = NULL;
            e = store_open_mem(&options, &houses->to);
            if (e) { /* else the last commit was done, and only its answer was lost */
                assert_err(ERR_STORE, e);
                open_target(houses, houses->from.store);
                assert_err(ERR_OK, copy(houses));
                assert_int_equal(houses->result.copied + houses->result.copied_before, RECORDS + PEOPLE);
                assert_int_equal(houses->result.mended, 0);
            }
            assert_whole(houses, first);
        }
    }
    assert_true(failures >= 2 * 6); /* the beginning, five slices, the end */
}

static void test_power_goes(void **state)
{
    struct houses *houses = *state;

    open_target(houses, houses->from.store);
    store_mem_fault(houses->to, MEM_POWER_AFTER_SYNC, 3, 1);
    assert_err(ERR_STORE, copy(houses));
    open_target(houses, houses->from.store);
    assert_err(ERR_OK, copy(houses));
    assert_int_equal(houses->result.copied_before, 2 * 200 - 2); /* two slices, without format and keys */
    assert_int_equal(houses->result.copied + houses->result.copied_before, RECORDS + PEOPLE);
    assert_whole(houses, first);
}

static void test_target_with_data(void **state)
{
    struct houses *houses = *state;
    struct key key = {TABLE_PRACTICE, "mine", NULL};
    struct place to;

    place_init(&to, engine_named("lmdb"));
    assert_err(ERR_OK, place_open(&to));
    assert_err(ERR_OK, put_text(&to, &key, NULL, "mine"));
    place_close(&to);
    to.options.copy_of = houses->from.store;
    assert_err(ERR_STORE, place_open(&to));
    assert_non_null(strstr(to.message, "has other data"));
    to.options.copy_of = NULL;
    assert_err(ERR_OK, place_open(&to));
    assert_text(&to, &key, "mine");
    place_done(&to);
}

/* `tables create` has made keys, but nothing is sealed with them. */
static void test_target_with_keys_alone(void **state)
{
    struct houses *houses = *state;

    open_target(houses, NULL);
    open_target(houses, houses->from.store);
    assert_err(ERR_OK, copy(houses));
    assert_whole(houses, first);
}

static void test_unfinished_copy_of_another(void **state)
{
    struct houses *houses = *state;
    struct place other;

    open_target(houses, houses->from.store);
    store_mem_fault(houses->to, MEM_FAIL, 3, 1);
    assert_err(ERR_STORE, copy(houses));
    place_init(&other, engine_named("mem"));
    assert_err(ERR_OK, place_open(&other));
    assert_err(ERR_STORE, open_refused(houses, other.store));
    assert_err(ERR_STORE, open_refused(houses, NULL));
    open_target(houses, houses->from.store);
    assert_err(ERR_OK, copy(houses));
    assert_whole(houses, first);
    place_done(&other);
}

/* Between two runs the source was used: changed, more, fewer. */
static void test_source_that_changed(void **state)
{
    struct houses *houses = *state;
    char part[TEXT_BYTES];
    struct key gone = key_at(0, part);
    struct key more = {TABLE_PRACTICE, "more", NULL};

    assert_err(ERR_OK, put_text(&houses->from, &more, NULL, "more"));
    open_target(houses, houses->from.store);
    store_mem_fault(houses->to, MEM_FAIL, 7, 1); /* all slices are across, the mark does not say so yet */
    assert_err(ERR_STORE, copy(houses));
    assert_err(ERR_OK, run_write(&houses->from, fill, second));
    assert_err(ERR_OK, delete_key(&houses->from, &more));
    assert_err(ERR_OK, delete_key(&houses->from, &gone));
    open_target(houses, houses->from.store);
    assert_err(ERR_OK, copy(houses));
    assert_int_equal(houses->result.mended, RECORDS + 1);
    assert_int_equal(houses->result.differences, 0);
    assert_int_equal(houses->result.in_to[TABLE_USER_EMAIL], RECORDS / 3 - 1);
    open_target(houses, NULL);
}

struct meddling {
    struct houses *houses;
    bool done;
};

static void change_source(void *arg, const struct copy_progress *progress)
{
    struct meddling *meddling = arg;
    struct key more = {TABLE_PRACTICE, "zzz", NULL};

    if (progress->phase != COPY_CHECK || meddling->done)
        return;
    meddling->done = true;
    assert_err(ERR_OK, put_text(&meddling->houses->from, &more, NULL, "late"));
}

static void test_difference_keeps_it_closed(void **state)
{
    struct houses *houses = *state;
    struct meddling meddling = {.houses = houses};

    open_target(houses, houses->from.store);
    assert_err(ERR_OK,
               store_copy(houses->from.store, houses->to, MS, change_source, &meddling, &houses->result));
    assert_int_equal(houses->result.differences, 1);
    assert_err(ERR_STORE, open_refused(houses, NULL));
    open_target(houses, houses->from.store);
    assert_err(ERR_OK, copy(houses));
    assert_int_equal(houses->result.mended, 1);
    assert_int_equal(houses->result.differences, 0);
    open_target(houses, NULL);
}

static void copy_too(void *arg, const struct copy_progress *progress)
{
    struct meddling *meddling = arg;
    struct copy_result result;

    if (progress->phase != COPY_RECORDS || meddling->done)
        return;
    meddling->done = true;
    assert_err(ERR_OK,
               store_copy(meddling->houses->from.store, meddling->houses->to, MS, NULL, NULL, &result));
    assert_int_equal(result.differences, 0);
}

static void test_of_two_one_stops(void **state)
{
    struct houses *houses = *state;
    struct meddling meddling = {.houses = houses};

    open_target(houses, houses->from.store);
    assert_err(ERR_BUSY,
               store_copy(houses->from.store, houses->to, MS, copy_too, &meddling, &houses->result));
    assert_true(houses->result.overtaken);
    open_target(houses, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_everything_with_another_key),
        TEST(test_any_commit_fails),
        TEST(test_power_goes),
        TEST(test_target_with_data),
        TEST(test_target_with_keys_alone),
        TEST(test_unfinished_copy_of_another),
        TEST(test_source_that_changed),
        TEST(test_difference_keeps_it_closed),
        TEST(test_of_two_one_stops),
    };

    return cmocka_run_group_tests_name("copy", tests, NULL, NULL);
}
