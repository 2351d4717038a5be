/* cognito_keys_test.c - when a pool's key set is fetched, and what is good meanwhile. A thread stands in for
 * the pool, and the clock stands where the test puts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "outside/cognito_keys.h"
#include "rsa_keys.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, REQUEST_MAX = 4096, TOGETHER = 8 };

static int64_t now_ms;

static int64_t the_clock(void)
{
    return now_ms;
}

static struct arena *arena;
static const char *set_one, *set_two; /* key sets with the keys "one" and "two" */

static struct {
    int listener, stop[2];
    char url[64];
    pthread_t thread;
    const char *body;
    int status;
    unsigned asked;
} pool;

static void serve_one(int fd)
{
    char request[REQUEST_MAX] = "";
    size_t size = 0;

    while (size < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
        ssize_t got = recv(fd, request + size, sizeof request - 1 - size, 0);
        if (got <= 0)
            return;
        size += (size_t)got;
        request[size] = '\0';
    }
    pool.asked++;
    (void)dprintf(fd, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", pool.status,
                  strlen(pool.body), pool.body);
}

static void *pool_main(void *arg)
{
    struct pollfd polled[2] = {{pool.listener, POLLIN, 0}, {pool.stop[0], POLLIN, 0}};

    (void)arg;
    while (poll(polled, 2, -1) > 0 && !polled[1].revents) {
        int fd = accept(pool.listener, NULL, NULL);
        serve_one(fd);
        close(fd);
    }
    return NULL;
}

struct world {
    struct http_client *http;
    struct cognito_keys *keys;
};

static int set_up(void **state)
{
    static struct world world;
    struct http_client_options options = {.connections_max = 2};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    now_ms = INT64_C(1795600000000);
    pool.body = set_one;
    pool.status = 200;
    pool.asked = 0;
    pool.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(pool.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(pool.listener, 8), 0);
    assert_int_equal(getsockname(pool.listener, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(pool.url, sizeof pool.url, "http://127.0.0.1:%u/jwks.json", ntohs(address.sin_port));
    assert_int_equal(pipe(pool.stop), 0);
    assert_int_equal(pthread_create(&pool.thread, NULL, pool_main, NULL), 0);
    world.http = http_client_new(&options);
    world.keys = cognito_keys_new(world.http, pool.url, the_clock);
    *state = &world;
    return world.http && world.keys ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    cognito_keys_free(world->keys);
    http_client_free(world->http);
    close(pool.stop[1]);
    assert_int_equal(pthread_join(pool.thread, NULL), 0);
    close(pool.stop[0]);
    close(pool.listener);
    return 0;
}

static enum err find(const struct jwks *jwks, uint64_t generation, void *arg)
{
    (void)generation;
    return jwks_find(jwks, arg) ? ERR_OK : ERR_NOT_FOUND;
}

static enum err found(struct world *world, const char *id)
{
    char text[JWK_ID_MAX];

    (void)snprintf(text, sizeof text, "%s", id);
    return cognito_keys_use(world->keys, find, text);
}

/* As a request does it. */
static enum err sought(struct world *world, const char *id)
{
    enum err e = found(world, id);

    if (e == ERR_IDENTITY_DOWN) {
        cognito_keys_fetch(world->keys);
        e = found(world, id);
    }
    return e;
}

static void fetched_when_needed_and_kept(void **state)
{
    struct world *world = *state;

    assert_int_equal(found(world, "one"), ERR_IDENTITY_DOWN);
    assert_int_equal(pool.asked, 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(sought(world, "one"), ERR_OK);
    assert_int_equal(pool.asked, 1);
}

static void a_new_key_is_found(void **state)
{
    struct world *world = *state;

    assert_int_equal(sought(world, "one"), ERR_OK);
    pool.body = set_two;
    now_ms += KEYS_AGAIN_MS;
    assert_int_equal(found(world, "one"), ERR_OK);
    assert_int_equal(sought(world, "two"), ERR_OK);
    assert_int_equal(pool.asked, 2);
    now_ms += KEYS_AGAIN_MS;
    assert_int_equal(sought(world, "one"), ERR_UNAUTHENTICATED); /* withdrawn */
}

static void made_up_keys_make_no_stream_of_fetches(void **state)
{
    struct world *world = *state;

    assert_int_equal(sought(world, "one"), ERR_OK);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(sought(world, "made-up"), ERR_UNAUTHENTICATED);
    assert_int_equal(pool.asked, 1);
    for (size_t i = 0; i < 50; i++) {
        now_ms += KEYS_AGAIN_MS / 10;
        assert_int_equal(sought(world, "made-up"), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(pool.asked, 1 + 5);
}

static void an_old_set_is_fetched_again(void **state)
{
    struct world *world = *state;

    assert_int_equal(sought(world, "one"), ERR_OK);
    now_ms += KEYS_FRESH_MS;
    assert_int_equal(sought(world, "one"), ERR_OK);
    assert_int_equal(pool.asked, 2);
}

static void a_fetch_that_fails_does_no_harm_for_a_day(void **state)
{
    struct world *world = *state;

    assert_int_equal(sought(world, "one"), ERR_OK);
    pool.status = 500;
    now_ms += KEYS_FRESH_MS;
    assert_int_equal(sought(world, "one"), ERR_OK);
    assert_int_equal(sought(world, "one"), ERR_OK);
    assert_int_equal(pool.asked, 2);
    /* A key that is not there may be a new one, which cannot be asked for now. */
    assert_int_equal(sought(world, "two"), ERR_IDENTITY_DOWN);
    now_ms += KEYS_LAST_MS;
    assert_int_equal(sought(world, "one"), ERR_IDENTITY_DOWN);
    pool.status = 200;
    assert_int_equal(sought(world, "one"), ERR_IDENTITY_DOWN); /* not yet again */
    now_ms += KEYS_AGAIN_MS;
    assert_int_equal(sought(world, "one"), ERR_OK);
}

static void what_is_no_key_set_leaves_the_old_one(void **state)
{
    static const char *const bodies[] = {"", "{}", "{\"keys\":[]}", "<html>"};
    struct world *world = *state;

    assert_int_equal(sought(world, "one"), ERR_OK);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        pool.body = bodies[i];
        now_ms += KEYS_FRESH_MS;
        assert_int_equal(sought(world, "one"), ERR_OK);
        assert_int_equal(pool.asked, i + 2);
    }
}

static void a_clock_that_was_put_back(void **state)
{
    struct world *world = *state;

    assert_int_equal(sought(world, "one"), ERR_OK);
    now_ms -= KEYS_LAST_MS;
    assert_int_equal(sought(world, "one"), ERR_OK);
    assert_int_equal(pool.asked, 2);
}

static void *seek(void *arg)
{
    return sought(arg, "one") == ERR_OK ? arg : NULL;
}

static void many_at_once_fetch_once(void **state)
{
    struct world *world = *state;
    pthread_t threads[TOGETHER];

    for (size_t i = 0; i < TOGETHER; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seek, world), 0);
    for (size_t i = 0; i < TOGETHER; i++) {
        void *good = NULL;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    assert_int_equal(pool.asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fetched_when_needed_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_key_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(made_up_keys_make_no_stream_of_fetches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_set_is_fetched_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fetch_that_fails_does_no_harm_for_a_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_key_set_leaves_the_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_that_was_put_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_at_once_fetch_once, set_up, tear_down),
    };
    EVP_PKEY *key = EVP_RSA_gen(2048);

    log_start(LOG_ERROR, STDERR_FILENO);
    arena = arena_new(ARENA_BYTES);
    set_one = arena_printf(arena, "{\"keys\":[%s]}", jwk_of(arena, key, "one", ""));
    set_two = arena_printf(arena, "{\"keys\":[%s]}", jwk_of(arena, key, "two", ""));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    EVP_PKEY_free(key);
    arena_free(arena);
    return failed;
}
