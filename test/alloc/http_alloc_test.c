/* http_alloc_test.c - the HTTP door without memory: the 1st, 2nd, 3rd ... allocation of a request fails.
 * Whatever fails, there is an answer (503, or the right one if what failed was not needed), or the connection
 * is closed; never a crash, a leak or half an answer. Connections are run by hand here, over a socket pair,
 * on the test's own thread. */
#include "base/log.h"
#include "base/settings.h"
#include "base/time.h"
#include "call/limits.h"
#include "call/metrics.h"
#include "front/http_conn.h"
#include "sec/identity.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWER_BYTES = 64 * 1024, FAILURES_MAX = 400 };

struct world {
    struct settings settings;
    struct app app;
    struct identity identity;
    struct http http;
    struct loop loop;
};

static const char host[] = "Host: x\r\nX-Forwarded-For: 192.0.2.1\r\nOrigin: https://a.example\r\n\r\n";

static int setup(void **state)
{
    static const struct metrics_endpoint none[1];
    const struct http_options defaults = HTTP_DEFAULTS;
    const struct list empty = {NULL, 0};
    static struct world one;
    struct world *world = &one;

    if (sodium_init() < 0)
        return -1;
    log_start(LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
    world->app = (struct app){.settings = &world->settings,
                              .metrics = metrics_new(none, 0),
                              .limits = limits_new(LIMIT_RATE_MAX),
                              .clock = clock_now_ms};
    world->identity = identity_builtin(NULL); /* no token is sent here */
    world->app.identity = &world->identity;
    world->http.app = &world->app;
    world->http.options = defaults;
    world->http.proxies = proxies_new(&empty);
    *state = world;
    return world->app.metrics && world->app.limits && loop_init(&world->loop, &world->http) ? 0 : -1;
}

static int teardown(void **state)
{
    struct world *world = *state;

    loop_done(&world->loop);
    proxies_free(world->http.proxies);
    metrics_free(world->app.metrics);
    limits_free(world->app.limits);
    return 0;
}

static struct conn *conn_make(struct world *world, int fd)
{
    struct conn *conn = calloc(1, sizeof *conn);

    assert_non_null(conn);
    *conn = (struct conn){
        .loop = &world->loop, .fd = fd, .peer_slot = PEER_SLOTS, .readable = true, .peer = "127.0.0.1"};
    conn_start(conn);
    return conn;
}

/* As the loop does: a call that has come back is sent. */
static bool run(struct world *world, struct conn *conn)
{
    bool alive = conn_run(conn);

    while (alive && conn->state == CONN_WAIT) {
        assert_ptr_equal(atomic_exchange(&world->loop.inbox, NULL), conn);
        conn_answered(conn);
        alive = conn_run(conn);
    }
    return alive;
}

/* Sends the bytes with the nth allocation failing; the status of the answer, or 0 if the connection was
 * closed. */
static int status_without(struct world *world, const char *bytes, size_t size, unsigned nth, char *answer,
                          bool *failed)
{
    int fds[2];
    int status = 0;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    struct conn *conn = conn_make(world, fds[0]);
    assert_int_equal(write(fds[1], bytes, size), size);
    arena_fail_after(nth);
    bool alive = run(world, conn);
    *failed = arena_fail_after(0);
    ssize_t got = read(fds[1], answer, ANSWER_BYTES - 1);
    answer[got > 0 ? got : 0] = '\0';
    if (got > 0) {
        assert_int_equal(sscanf(answer, "HTTP/1.1 %3d ", &status), 1);
        const char *body = strstr(answer, "\r\n\r\n");
        const char *length = strstr(answer, "\r\nContent-Length: ");
        assert_true(body && length);
        assert_int_equal(strtoul(length + strlen("\r\nContent-Length: "), NULL, 10), strlen(body + 4));
    } else {
        assert_false(alive);
    }
    conn_free(conn);
    (void)close(fds[1]);
    return status;
}

static void every_allocation_fails_once(struct world *world, const char *bytes, size_t size, int wanted)
{
    char *answer = malloc(ANSWER_BYTES);
    unsigned refused = 0;
    bool failed = true;

    assert_non_null(answer);
    for (unsigned nth = 1; failed; nth++) {
        assert_true(nth < FAILURES_MAX);
        int status = status_without(world, bytes, size, nth, answer, &failed);
        assert_true(status == wanted || status == 503 || status == 0);
        refused += status != wanted;
        assert_true(failed || status == wanted);
    }
    assert_true(refused > 0);
    free(answer);
}

static void send_text(void **state, const char *head, const char *body, int wanted)
{
    char *bytes = malloc(ANSWER_BYTES);

    assert_non_null(bytes);
    int size = snprintf(bytes, ANSWER_BYTES, "%s%s%s", head, host, body);
    every_allocation_fails_once(*state, bytes, (size_t)size, wanted);
    free(bytes);
}

static void a_read(void **state)
{
    send_text(state, "GET /health HTTP/1.1\r\n", "", 200);
}

static void an_address_that_does_not_exist(void **state)
{
    send_text(state, "GET /nothing HTTP/1.1\r\n", "", 404);
}

static void a_body(void **state)
{
    send_text(state, "POST /auth/login HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 13\r\n",
              "{\"email\":\"a\"}", 422);
}

static void a_chunked_body(void **state)
{
    send_text(state,
              "POST /auth/login HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
              "5\r\n{\"ema\r\n8\r\nil\":\"a\"}\r\n0\r\n\r\n", 422);
}

static void a_malformed_request(void **state)
{
    send_text(state, "GET /health HTTP/1.1\r\nX : a\r\n", "", 400);
}

static void a_body_that_is_too_large(void **state)
{
    send_text(state, "POST /auth/login HTTP/1.1\r\nContent-Length: 1000000\r\n", "", 413);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_read, setup, teardown),
        cmocka_unit_test_setup_teardown(an_address_that_does_not_exist, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body, setup, teardown),
        cmocka_unit_test_setup_teardown(a_chunked_body, setup, teardown),
        cmocka_unit_test_setup_teardown(a_malformed_request, setup, teardown),
        cmocka_unit_test_setup_teardown(a_body_that_is_too_large, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
