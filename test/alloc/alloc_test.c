/* alloc_test.c - fails the 1st, 2nd, 3rd, ... allocation of each kind of call: it must answer that it is
 * short of memory, or succeed (an allocation that it can do without), and leave the store as it was or as it
 * should be; and the call after it must work. */
#include "world.h"

#include "base/log.h"
#include "flow/flow.h"
#include "store/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ALLOCATIONS_MAX = 20000, BODY_BYTES = 600 };

static struct world world;

static void on_end(struct call *call, void *arg)
{
    (void)call;
    *(bool *)arg = true;
}

/* The status of a call in which the nth allocation fails; 0 for n fails none. *failed: it came that far. */
static int run(int who, enum method method, const char *path, const char *body, unsigned nth, bool *failed)
{
    bool done = false;
    struct call *call = world_call(&world, who, method, path, body, NULL);

    arena_fail_after(nth);
    flow_start(call, on_end, &done);
    while (!done)
        assert_true(store_mem_pump(world.store));
    *failed = arena_fail_after(0);
    int status = call->reply.status;
    if (status != 503 && call->reply.body.size == 0)
        fail_msg("%s: allocation %u: status %d without an answer", path, nth, status);
    call_free(call);
    return status;
}

static void assert_store_agrees(void)
{
    struct verify_counts counts;

    assert_int_equal(verify_store(world.store, world_now(), NULL, NULL, &counts), ERR_OK);
    assert_int_equal(counts.faults, 0);
}

static const char *booking(char body[static BODY_BYTES], int slot, const char *type)
{
    char start[INSTANT_TEXT];
    int32_t tomorrow = london_date(world_now()) + 1;

    instant_format(london_instant(tomorrow, 9 * 60 + slot * 15), start);
    (void)snprintf(
        body, BODY_BYTES,
        "{\"patient_id\":\"patient-1\",\"practice_id\":\"practice-c\",\"appointment_datetime\":\"%s\","
        "\"appointment_type\":\"%s\",\"reason\":\"caf\\u00e9\"}",
        start, type);
    return body;
}

struct scenario {
    const char *name;
    int who;
    enum method method;
    const char *path;
    const char *body; /* NULL: a booking of the next slot */
    bool writes;
};

static const struct scenario scenarios[] = {
    {"book", 0, METHOD_POST, "/appointments", NULL, true},
    {"list", 0, METHOD_GET, "/appointments", "", false},
    {"availability", 0, METHOD_GET, "/practices/practice-c/availability", "", false},
    {"nearest", 0, METHOD_GET, "/practices", "", false},
    {"read a patient", 0, METHOD_GET, "/patients/patient-1", "", false},
    {"change a patient", 0, METHOD_PUT, "/patients/patient-1",
     "{\"first_name\":\"Zo\\u00eb\",\"last_name\":\"Example\",\"date_of_birth\":\"1990-01-01\",\"address\":{"
     "\"line1\":\"1 Example "
     "Street\",\"postcode\":\"M1 "
     "1AE\"},\"medical_info\":{\"allergies\":[{\"display_text\":\"Nuts\",\"reaction\":[\"rash\"]}]}}",
     true},
    {"mistakes", 0, METHOD_POST, "/appointments", "{\"patient_id\":1,\"nonsense\":2,\"reason\":\"\"}", false},
    {"not JSON", 0, METHOD_POST, "/appointments", "{\"a\":", false},
    {"usage", 0, METHOD_GET, "/patients/patient-1/usage", "", false},
};

static void walk(const struct scenario *scenario)
{
    char body[BODY_BYTES];
    bool failed = true;
    int slot = 0;

    for (unsigned nth = 1; failed; nth++) {
        const char *text =
            scenario->body ? (*scenario->body ? scenario->body : NULL) : booking(body, slot, "routine");
        assert_true(nth < ALLOCATIONS_MAX);
        int status = run(scenario->who, scenario->method, scenario->path, text, nth, &failed);
        if (status < 200 || (status > 299 && status != 400 && status != 422 && status != 503))
            fail_msg("%s: allocation %u: status %d", scenario->name, nth, status);
        if (status == 201)
            slot++; /* it did without: the next one wants another slot */
        if (scenario->writes && nth % 16 == 0)
            assert_store_agrees();
    }
    assert_store_agrees();
}

static void test_scenarios(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++)
        walk(&scenarios[i]);
}

static int setup(void **state)
{
    (void)state;
    log_start(LOG_ERROR, -1); /* every failure is logged: nobody wants to read that */
    world_open(&world, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scenarios)};
    return cmocka_run_group_tests_name("alloc", tests, setup, teardown);
}
