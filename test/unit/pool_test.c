/* pool_test.c - a pool works off what it took, in order, refuses what does not fit, and finishes before it
 * goes. */
#include "call/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { JOBS = 20 };

struct test_job {
    struct pool_job job;
    int number;
};

static int order[JOBS];
static int done;
static sem_t gate, started;

static void note(struct pool_job *job)
{
    order[done++] = ((struct test_job *)job)->number;
}

static void wait_at_gate(struct pool_job *job)
{
    (void)job;
    (void)sem_post(&started);
    while (sem_wait(&gate) != 0) {
    }
}

static void one_thread_keeps_the_order(void **state)
{
    (void)state;
    struct test_job jobs[JOBS];
    struct pool *pool = pool_new(1, JOBS);

    assert_non_null(pool);
    done = 0;
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct test_job){.job = {.work = note}, .number = i};
        assert_int_equal(pool_submit(pool, &jobs[i].job), ERR_OK);
    }
    pool_free(pool); /* finishes what waits */
    assert_int_equal(done, JOBS);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(order[i], i);
}

static void a_full_queue_is_busy_at_once(void **state)
{
    (void)state;
    struct pool_job blocker = {.work = wait_at_gate};
    struct test_job jobs[3];
    struct pool *pool = pool_new(1, 2);

    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_int_equal(sem_init(&started, 0, 0), 0);
    done = 0;
    assert_int_equal(pool_submit(pool, &blocker), ERR_OK);
    while (sem_wait(&started) != 0) {
    }
    assert_int_equal(pool_queued(pool), 0);
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct test_job){.job = {.work = note}, .number = i};
        assert_int_equal(pool_submit(pool, &jobs[i].job), i < 2 ? ERR_OK : ERR_BUSY);
    }
    assert_int_equal(pool_queued(pool), 2);
    (void)sem_post(&gate);
    pool_free(pool);
    assert_int_equal(done, 2);
}

static void threads_work_side_by_side(void **state)
{
    (void)state;
    struct pool_job first = {.work = wait_at_gate}, second = {.work = wait_at_gate};
    struct pool *pool = pool_new(2, 2);

    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_int_equal(sem_init(&started, 0, 0), 0);
    assert_int_equal(pool_submit(pool, &first), ERR_OK);
    assert_int_equal(pool_submit(pool, &second), ERR_OK);
    for (int i = 0; i < 2; i++) /* with one thread, the second would never start */
        while (sem_wait(&started) != 0) {
        }
    (void)sem_post(&gate);
    (void)sem_post(&gate);
    pool_free(pool);
}

static void no_pool_is_freed_too(void **state)
{
    (void)state;
    pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_keeps_the_order),
        cmocka_unit_test(a_full_queue_is_busy_at_once),
        cmocka_unit_test(threads_work_side_by_side),
        cmocka_unit_test(no_pool_is_freed_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
