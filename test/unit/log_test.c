/* log_test.c - lines go into a pipe and are read back as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"

struct fixture {
    struct arena *arena;
    int ends[2];
    char text[64 * 1024];
};

static struct fixture fixture;

static int setup(void **state)
{
    fixture.arena = arena_new((size_t)1024 * 1024);
    *state = &fixture;
    if (!fixture.arena || pipe(fixture.ends) != 0)
        return -1;
    log_start(LOG_INFO, fixture.ends[1]);
    return fcntl(fixture.ends[0], F_SETFL, O_NONBLOCK);
}

static int teardown(void **state)
{
    (void)state;
    log_start(LOG_INFO, STDERR_FILENO);
    (void)close(fixture.ends[0]);
    (void)close(fixture.ends[1]);
    arena_free(fixture.arena);
    return 0;
}

/* What was logged since the last call, as one tree; NULL if nothing was. */
static const struct json *logged(struct fixture *f)
{
    const struct json *json = NULL;
    const char *why = NULL;
    ssize_t size = read(f->ends[0], f->text, sizeof f->text);

    if (size <= 0)
        return NULL;
    assert_int_equal(f->text[size - 1], '\n');
    assert_null(memchr(f->text, '\n', (size_t)size - 1)); /* one line */
    assert_int_equal(json_parse(f->arena, f->text, (size_t)size, &json, &why), ERR_OK);
    return json;
}

static void writes_a_line_of_json(void **state)
{
    int64_t instant = 0;
    int64_t now = clock_now_ms();

    log_line(LOG_WARN, "request", LOG_TEXT("endpoint", "a\"b\n"), LOG_INTEGER("status", 503),
             LOG_TEXT("code", NULL));
    const struct json *json = logged(*state);
    const struct json *time = json_member(json, "time");
    assert_int_equal(json->count, 6);
    assert_int_equal(instant_parse(time->text, time->size, &instant), ERR_OK);
    assert_in_range(instant, now, now + 60000);
    assert_string_equal(json_member(json, "level")->text, "warn");
    assert_string_equal(json_member(json, "event")->text, "request");
    assert_string_equal(json_member(json, "endpoint")->text, "a\"b\n");
    assert_int_equal(json_member(json, "status")->integer, 503);
    assert_string_equal(json_member(json, "code")->text, "");
}

static void takes_an_event_alone(void **state)
{
    log_line(LOG_ERROR, "stopped");
    assert_int_equal(logged(*state)->count, 3);
}

static void honours_the_level(void **state)
{
    struct fixture *f = *state;

    log_line(LOG_DEBUG, "quiet");
    assert_null(logged(f));
    log_start(LOG_ERROR, f->ends[1]);
    log_line(LOG_WARN, "quiet");
    assert_null(logged(f));
    log_line(LOG_ERROR, "loud");
    assert_non_null(logged(f));
    log_start(LOG_DEBUG, f->ends[1]);
    log_line(LOG_DEBUG, "loud");
    assert_non_null(logged(f));
}

static void leaves_out_what_is_not_listed(void **state)
{
    log_line(LOG_INFO, "request", LOG_TEXT("email", "john.smith@example.org"),
             LOG_INTEGER("nhs_number", 9990000018));
    struct fixture *f = *state;
    const struct json *json = logged(f);
    assert_string_equal(json_member(json, "left_out")->text, "email");
    assert_null(strstr(f->text, "john"));
    assert_null(strstr(f->text, "9990000018"));
}

static void fits_the_most_that_there_can_be(void **state)
{
    char text[1000];
    struct log_pair pairs[LOG_PAIRS_MAX + 1];

    memset(text, 0x1f, sizeof text - 1); /* six bytes each */
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i <= LOG_PAIRS_MAX; i++)
        pairs[i] = i == 0 ? (struct log_pair){.key = text} : LOG_TEXT("appointments", text);
    log_write(LOG_INFO, pairs, LOG_PAIRS_MAX + 1);
    const struct json *json = logged(*state);
    assert_int_equal(json->count, 3 + LOG_PAIRS_MAX);
    assert_int_equal(json_member(json, "appointments")->size, LOG_TEXT_BYTES);
}

static void a_closed_end_harms_nobody(void **state)
{
    (void)state;
    log_start(LOG_INFO, -1);
    errno = EDOM;
    log_line(LOG_INFO, "lost");
    assert_int_equal(errno, EDOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_a_line_of_json, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_an_event_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(honours_the_level, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_out_what_is_not_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(fits_the_most_that_there_can_be, setup, teardown),
        cmocka_unit_test_setup_teardown(a_closed_end_harms_nobody, setup, teardown),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
