/* identity_test.c - the endpoints of identity on the real path, in one process, with a clock that the test
 * moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "domain/lockout.h"
#include "identity_world.h"
#include "sec/password.h"
#include "store/rec_lockout.h"
#include "store/rec_outbox.h"
#include "store/rec_patient.h"
#include "store/rec_practice.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static int setup(void **state)
{
    *state = world_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    world_free(*state);
    return 0;
}

static struct answer post(struct world *world, const char *path, const char *body)
{
    return SEND(world, .method = METHOD_POST, .path = path, .body = body);
}

static struct answer get(struct world *world, const char *path, const char *token)
{
    return SEND(world, .method = METHOD_GET, .path = path, .token = token);
}

static void assert_code(struct answer answer, int status, const char *code)
{
    assert_int_equal(answer.status, status);
    assert_non_null(text_at(answer.json, "code"));
    assert_string_equal(text_at(answer.json, "code"), code);
}

/* The one problem of a 422. */
static void assert_problem(struct answer answer, const char *pointer, const char *code)
{
    assert_code(answer, 422, "invalid");
    const struct json *errors = json_member(answer.json, "errors");
    assert_int_equal(errors->count, 1);
    assert_string_equal(text_at(errors->first, "pointer"), pointer);
    assert_string_equal(text_at(errors->first, "code"), code);
}

static const char *credentials(struct world *world, const char *email, const char *password)
{
    return arena_printf(world->arena, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
}

static struct answer login_as(struct world *world, const char *email, const char *password)
{
    return post(world, "/auth/login", credentials(world, email, password));
}

static const char *registered(struct world *world, const char *email)
{
    struct answer answer = post(world, "/auth/register", credentials(world, email, "TestPass123!"));

    assert_int_equal(answer.status, 201);
    return text_at(data_of(answer), "user_id");
}

struct login {
    const char *access, *refresh;
};

static struct login session_of(struct answer answer)
{
    assert_int_equal(answer.status, 200);
    struct login session = {text_at(data_of(answer), "access_token"),
                            text_at(data_of(answer), "refresh_token")};
    assert_non_null(session.access);
    assert_non_null(session.refresh);
    assert_string_equal(text_at(answer.json, "token"), session.access);
    return session;
}

static struct login logged_in(struct world *world, const char *email)
{
    return session_of(login_as(world, email, "TestPass123!"));
}

static struct answer refresh(struct world *world, const char *token)
{
    return post(world, "/auth/refresh", arena_printf(world->arena, "{\"refresh_token\":\"%s\"}", token));
}

static enum err write_user(struct tx *tx, void *arg)
{
    return user_save(tx, NULL, arg);
}

static void in_store(struct world *world, bool write, tx_fn *fn, void *arg)
{
    struct access access = {.write = write};

    assert_int_equal(store_run(world->app.store, &access, world->arena, fn, arg), ERR_OK);
}

/* Somebody who is there from the start, with a hash that is cheap to check. */
static void make_user(struct world *world, const char *id, enum role role)
{
    char hash[PASSWORD_HASH_TEXT];
    struct user user;

    assert_int_equal(
        crypto_pwhash_str_alg(hash, "TestPass123!", 12, 1, 64 * 1024, crypto_pwhash_ALG_ARGON2ID13), 0);
    fields_clear(&user_fields, &user);
    user.user_id = id;
    user.email = arena_printf(world->arena, "%s@example.org", id);
    user.password_hash = hash;
    user.role = (int32_t)role;
    user.status = USER_ACTIVE;
    user.created_at = user.updated_at = world_now;
    user.version = 1;
    in_store(world, true, write_user, &user);
}

/* ---- registering ---- */

struct stored {
    const char *id;
    struct user user;
    struct patient patient;
};

static enum err load_stored(struct tx *tx, void *arg)
{
    struct stored *stored = arg;

    enum err e = user_load(tx, stored->id, &stored->user);
    return e ? e : patient_load(tx, stored->id, &stored->patient);
}

static void registering_makes_a_user_and_a_patient(void **state)
{
    struct world *world = *state;
    struct answer answer =
        post(world, "/auth/register",
             "{\"email\":\"User@EXAMPLE.com\",\"password\":\"SecurePass123!\",\"nhs_number\":\"943 476 "
             "5919\",\"role\":\"patient\",\"first_name\":\"John\",\"phone\":\"07700 900123\"}");
    struct stored stored;

    assert_int_equal(answer.status, 201);
    stored.id = text_at(data_of(answer), "user_id");
    assert_string_equal(answer.location, arena_printf(world->arena, "/patients/%s", stored.id));
    assert_string_equal(text_at(data_of(answer), "patient_id"), stored.id);
    assert_string_equal(text_at(data_of(answer), "email"), "User@example.com");
    assert_string_equal(text_at(data_of(answer), "role"), "patient");
    assert_null(strstr(answer.text, "argon2"));
    assert_null(strstr(answer.text, "token"));
    in_store(world, false, load_stored, &stored);
    assert_string_equal(stored.patient.nhs_number, "9434765919");
    assert_int_equal(stored.patient.nhs_number_status, NHS_NUMBER_UNVERIFIED);
    assert_string_equal(stored.patient.phone, "+447700900123");
    assert_string_equal(stored.patient.email, "User@example.com");
    assert_int_equal(stored.user.role, ROLE_PATIENT);
}

static void what_registering_refuses(void **state)
{
    struct world *world = *state;

    assert_code(post(world, "/auth/register",
                     "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"admin\"}"),
                403, "role_forbidden");
    assert_code(post(world, "/auth/register",
                     "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"staff\"}"),
                403, "role_forbidden");
    assert_problem(post(world, "/auth/register",
                        "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"king\"}"),
                   "/role", "not_allowed_value");
    assert_problem(post(world, "/auth/register", credentials(world, "a@example.org", "short")), "/password",
                   "too_short");
    assert_problem(post(world, "/auth/register", credentials(world, "a@example.org", "Password123")),
                   "/password", "password_common");
    assert_problem(post(world, "/auth/register", credentials(world, "annabel@example.org", "xyz-annabel-1")),
                   "/password", "password_contains_email");
    assert_problem(post(world, "/auth/register", credentials(world, "nobody", "TestPass123!")), "/email",
                   "email_invalid");
    assert_problem(
        post(world, "/auth/register",
             "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"nhs_number\":\"1234567890\"}"),
        "/nhs_number", "nhs_number_invalid");
    assert_problem(
        post(world, "/auth/register",
             "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"date_of_birth\":\"2150-01-01\"}"),
        "/date_of_birth", "out_of_range");
    (void)registered(world, "a@example.org");
    assert_code(post(world, "/auth/register", credentials(world, "a@EXAMPLE.org", "TestPass123!")), 409,
                "email_taken");
}

static void registering_again_with_the_same_key(void **state)
{
    struct world *world = *state;
    const char *body = credentials(world, "a@example.org", "TestPass123!");
    struct ask ask = {
        .method = METHOD_POST, .path = "/auth/register", .body = body, .idempotency_key = "k-1"};
    struct answer first = world_send(world, &ask), again = world_send(world, &ask);

    assert_int_equal(first.status, 201);
    assert_int_equal(again.status, 201);
    assert_string_equal(text_at(data_of(first), "user_id"), text_at(data_of(again), "user_id"));
}

struct racer {
    struct world *world;
    struct arena *arena;
    struct ask ask;
    int status;
};

static void *race(void *arg)
{
    struct racer *racer = arg;

    racer->status = world_send_from(racer->world, racer->arena, &racer->ask).status;
    return NULL;
}

/* Sends the same from many threads; gives how many got that status. */
static size_t race_all(struct world *world, size_t count, struct ask ask, int status)
{
    struct racer *racers = arena_zero(world->arena, count, sizeof *racers);
    pthread_t *threads = arena_zero(world->arena, count, sizeof *threads);
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        racers[i] = (struct racer){.world = world, .arena = arena_new(WORLD_ARENA_BYTES), .ask = ask};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
        arena_free(racers[i].arena);
        found += racers[i].status == status;
    }
    return found;
}

static void of_many_registering_one_address_one_wins(void **state)
{
    struct world *world = *state;
    struct ask ask = {.method = METHOD_POST,
                      .path = "/auth/register",
                      .body = credentials(world, "a@example.org", "TestPass123!")};

    assert_int_equal(race_all(world, 6, ask, 201), 1);
}

/* ---- logging in ---- */

static void login_answers_as_documented(void **state)
{
    struct world *world = *state;
    const char *id = registered(world, "user@example.com");
    struct answer answer = login_as(world, "user@EXAMPLE.com", "TestPass123!");
    const struct json *user = json_member(data_of(answer), "user");

    assert_int_equal(answer.status, 200);
    assert_string_equal(text_at(answer.json, "token"), text_at(data_of(answer), "access_token"));
    assert_string_equal(text_at(data_of(answer), "token_type"), "Bearer");
    assert_int_equal(json_member(data_of(answer), "expires_in")->integer, 900);
    assert_string_equal(text_at(user, "user_id"), id);
    assert_string_equal(text_at(user, "patient_id"), id);
    assert_string_equal(text_at(user, "role"), "patient");
    assert_string_equal(text_at(user, "email"), "user@example.com");
    struct answer me = get(world, "/auth/me", text_at(answer.json, "token"));
    assert_int_equal(me.status, 200);
    assert_string_equal(text_at(data_of(me), "user_id"), id);
}

static void a_wrong_password_and_no_account_look_the_same(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct answer wrong = login_as(world, "user@example.com", "WrongPass123!");
    struct answer nobody = login_as(world, "nobody@example.com", "WrongPass123!");

    assert_code(wrong, 401, "bad_credentials");
    assert_string_equal(wrong.text, nobody.text);
    assert_string_equal(wrong.challenge, nobody.challenge);
    assert_null(strstr(wrong.challenge, "invalid_token"));
}

static double took_ms(struct world *world, const char *email)
{
    struct timespec start, end;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_code(login_as(world, email, "WrongPass123!"), 401, "bad_credentials");
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    world_now += 2 * DAY; /* nobody waits */
    return (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
}

/* The best of some tries, so that a busy machine does not decide. Without the work on unknown accounts it
 * would be a hundredth. */
static void they_take_the_same_time(void **state)
{
    struct world *world = *state;
    double known = 1e9, unknown = 1e9;

    (void)registered(world, "user@example.com");
    for (int i = 0; i < 8; i++) {
        double a = took_ms(world, "user@example.com"), b = took_ms(world, "nobody@example.com");
        known = a < known ? a : known;
        unknown = b < unknown ? b : unknown;
    }
    assert_true(unknown > 0.6 * known);
    assert_true(known > 0.6 * unknown);
}

static void an_old_hash_is_made_new(void **state)
{
    struct world *world = *state;
    struct stored stored = {.id = "old-one"};
    const char *body = credentials(world, "old-one@example.org", "TestPass123!");

    make_user(world, "old-one", ROLE_STAFF);
    (void)session_of(post(world, "/auth/login", body));
    (void)load_stored;
    struct access access = {.write = false};
    (void)store_run(world->app.store, &access, world->arena, load_stored,
                    &stored); /* there is no patient of that id */
    assert_memory_equal(stored.user.password_hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    (void)session_of(post(world, "/auth/login", body));
}

/* ---- lock-out ---- */

static void failures_slow_down(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");

    for (int i = 0; i < 3; i++)
        assert_code(login_as(world, "user@example.com", "WrongPass123!"), 401, "bad_credentials");
    struct answer locked = login_as(world, "user@example.com", "TestPass123!");
    assert_code(locked, 429, "login_locked");
    assert_string_equal(locked.retry_after, "1");
    world_now += SECOND;
    (void)logged_in(world, "user@example.com");
    /* It is forgotten. */
    for (int i = 0; i < 3; i++)
        assert_code(login_as(world, "user@example.com", "WrongPass123!"), 401, "bad_credentials");
}

static void then_lock(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");

    for (int i = 0; i < 10; i++) {
        assert_code(login_as(world, "user@example.com", "WrongPass123!"), 401, "bad_credentials");
        world_now += i < 9 ? 64 * SECOND : 0;
    }
    assert_string_equal(login_as(world, "user@example.com", "TestPass123!").retry_after, "900");
    world_now += 15 * MINUTE;
    (void)logged_in(world, "user@example.com");
}

static void an_account_that_is_not_there_locks_too(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 3; i++)
        assert_code(login_as(world, "nobody@example.com", "WrongPass123!"), 401, "bad_credentials");
    assert_code(login_as(world, "nobody@example.com", "WrongPass123!"), 429, "login_locked");
}

static void many_guesses_at_once_are_worth_three(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct ask ask = {.method = METHOD_POST,
                      .path = "/auth/login",
                      .body = credentials(world, "user@example.com", "WrongPass123!")};

    assert_int_equal(race_all(world, 16, ask, 401), 3);
    assert_code(login_as(world, "user@example.com", "TestPass123!"), 429, "login_locked");
}

struct failures {
    const struct store *store;
    const char *address;
    int count;
};

static enum err add_failures(struct tx *tx, void *arg)
{
    const struct failures *failures = arg;
    enum err e = ERR_OK;

    for (int i = 0; !e && i < failures->count; i++)
        e = lockout_add(tx, failures->store, LOCKOUT_LOGIN_ADDRESS, failures->address, world_now);
    return e;
}

static struct answer login_from(struct world *world, const char *address)
{
    return SEND(world, .method = METHOD_POST, .path = "/auth/login", .address = address,
                .body = credentials(world, "user@example.com", "TestPass123!"));
}

static void an_address_locks_for_all_accounts(void **state)
{
    struct world *world = *state;
    struct failures four = {world->app.store, "192.0.2.9", 100},
                    six = {world->app.store, "2001:db8:1:2::1", 100};

    (void)registered(world, "user@example.com");
    in_store(world, true, add_failures, &four);
    in_store(world, true, add_failures, &six);
    assert_code(login_from(world, "192.0.2.9"), 429, "login_locked");
    assert_int_equal(login_from(world, "192.0.2.10").status, 200);
    /* All of a /64 are one. */
    assert_code(login_from(world, "2001:db8:1:2:ffff::9"), 429, "login_locked");
    assert_int_equal(login_from(world, "2001:db8:1:3::1").status, 200);
    world_now += 15 * MINUTE;
    assert_int_equal(login_from(world, "192.0.2.9").status, 200);
}

static void a_full_queue_says_busy(void **state)
{
    struct world *world = *state;
    struct ask ask = {.method = METHOD_POST,
                      .path = "/auth/login",
                      .body = credentials(world, "user@example.com", "WrongPass123!")};

    pool_free(world->app.hash_pool);
    world->app.hash_pool = pool_new(1, 1);
    assert_true(race_all(world, 12, ask, 503) >= 1);
}

/* ---- access tokens ---- */

static void tokens_expire(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");

    world_now += 15 * MINUTE;
    struct answer answer = get(world, "/auth/me", session.access);
    assert_code(answer, 401, "token_expired");
    assert_non_null(strstr(answer.challenge, "invalid_token"));
    session = session_of(refresh(world, session.refresh));
    assert_int_equal(get(world, "/auth/me", session.access).status, 200);
}

static void without_a_token(void **state)
{
    struct world *world = *state;

    assert_code(get(world, "/auth/me", NULL), 401, "unauthenticated");
    assert_code(get(world, "/auth/me", ""), 401, "unauthenticated");
    assert_code(get(world, "/auth/me", "nonsense"), 401, "unauthenticated");
}

static void an_expired_token_does_not_stop_a_login(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");

    world_now += HOUR;
    assert_int_equal(SEND(world, .method = METHOD_POST, .path = "/auth/login", .token = session.access,
                          .body = credentials(world, "user@example.com", "TestPass123!"))
                         .status,
                     200);
}

static void the_key_set_is_public_and_has_no_secrets(void **state)
{
    struct world *world = *state;
    struct answer answer = get(world, "/.well-known/jwks.json", NULL);

    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.content_type, "application/jwk-set+json");
    assert_int_equal(json_member(answer.json, "keys")->count, 1);
    assert_null(strstr(answer.text, "\"d\""));
}

/* ---- refresh tokens ---- */

static void each_refresh_token_is_good_once(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login first = logged_in(world, "user@example.com");
    struct login second = session_of(refresh(world, first.refresh));

    assert_string_not_equal(first.refresh, second.refresh);
    assert_string_not_equal(first.access, second.access);
    assert_int_equal(get(world, "/auth/me", first.access).status, 200);
    assert_int_equal(get(world, "/auth/me", second.access).status, 200);
    struct login third = session_of(refresh(world, second.refresh));
    assert_int_equal(get(world, "/auth/me", third.access).status, 200);
}

static void a_reused_one_ends_the_session(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login other = logged_in(world, "user@example.com");
    struct login first = logged_in(world, "user@example.com");
    struct login second = session_of(refresh(world, first.refresh));

    assert_code(refresh(world, first.refresh), 401, "refresh_token_invalid");
    /* The newest is dead too, and every access token of the session. */
    assert_code(refresh(world, second.refresh), 401, "refresh_token_invalid");
    assert_code(get(world, "/auth/me", second.access), 401, "unauthenticated");
    assert_code(get(world, "/auth/me", first.access), 401, "unauthenticated");
    /* Another session of the same user is not. */
    assert_int_equal(get(world, "/auth/me", other.access).status, 200);
    (void)session_of(refresh(world, other.refresh));
}

static void two_at_once_end_it_too(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");
    struct ask ask = {.method = METHOD_POST,
                      .path = "/auth/refresh",
                      .body = arena_printf(world->arena, "{\"refresh_token\":\"%s\"}", session.refresh)};

    assert_int_equal(race_all(world, 8, ask, 200), 1);
    assert_code(get(world, "/auth/me", session.access), 401, "unauthenticated");
}

static void refresh_tokens_expire(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");

    world_now += 30 * DAY - 1;
    session = session_of(refresh(world, session.refresh));
    world_now += 30 * DAY;
    assert_code(refresh(world, session.refresh), 401, "refresh_token_invalid");
    assert_code(refresh(world, session.refresh), 401, "refresh_token_invalid");
}

static void a_year_is_the_longest(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");

    for (int i = 0; i < 18; i++) {
        world_now += 20 * DAY;
        assert_int_equal(token_keys_refresh(world->app.store, world->app.tokens, world_now), ERR_OK);
        session = session_of(refresh(world, session.refresh));
    }
    world_now += 5 * DAY;
    assert_code(refresh(world, session.refresh), 401, "refresh_token_invalid");
}

static void what_is_no_refresh_token(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");
    char *changed = arena_dup(world->arena, session.refresh);

    changed[strlen(changed) / 2] = changed[strlen(changed) / 2] == 'A' ? 'B' : 'A';
    assert_code(refresh(world, changed), 401, "refresh_token_invalid");
    assert_code(refresh(world, session.access), 401, "refresh_token_invalid");
    assert_code(refresh(world, "x"), 401, "refresh_token_invalid");
    (void)session_of(refresh(world, session.refresh)); /* nobody was logged out by that */
}

static void logging_out(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login one = logged_in(world, "user@example.com"), two = logged_in(world, "user@example.com");

    assert_int_equal(SEND(world, .method = METHOD_POST, .path = "/auth/logout", .token = one.access).status,
                     200);
    assert_code(get(world, "/auth/me", one.access), 401, "unauthenticated");
    assert_code(refresh(world, one.refresh), 401, "refresh_token_invalid");
    assert_int_equal(get(world, "/auth/me", two.access).status, 200);
    struct login three = logged_in(world, "user@example.com");
    assert_int_equal(SEND(world, .method = METHOD_POST, .path = "/auth/logout", .query = "everywhere=true",
                          .token = two.access)
                         .status,
                     200);
    assert_code(get(world, "/auth/me", three.access), 401, "unauthenticated");
    assert_code(refresh(world, three.refresh), 401, "refresh_token_invalid");
    world_now += SECOND;
    assert_int_equal(get(world, "/auth/me", logged_in(world, "user@example.com").access).status, 200);
}

/* ---- passwords ---- */

static struct answer change_password(struct world *world, const char *token, const char *from, const char *to)
{
    return SEND(world, .method = METHOD_POST, .path = "/auth/password/change", .token = token,
                .body = arena_printf(world->arena, "{\"current_password\":\"%s\",\"new_password\":\"%s\"}",
                                     from, to));
}

static void changing_the_password_ends_every_other_session(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login one = logged_in(world, "user@example.com"), two = logged_in(world, "user@example.com");

    world_now += 1;
    struct login fresh = session_of(change_password(world, one.access, "TestPass123!", "another good one"));
    assert_int_equal(get(world, "/auth/me", fresh.access).status, 200);
    assert_code(get(world, "/auth/me", one.access), 401, "unauthenticated");
    assert_code(get(world, "/auth/me", two.access), 401, "unauthenticated");
    assert_code(refresh(world, two.refresh), 401, "refresh_token_invalid");
    assert_code(login_as(world, "user@example.com", "TestPass123!"), 401, "bad_credentials");
    (void)session_of(login_as(world, "user@example.com", "another good one"));
    (void)session_of(refresh(world, fresh.refresh));
}

static void a_wrong_current_password_counts(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");

    for (int i = 0; i < 3; i++)
        assert_problem(change_password(world, session.access, "WrongPass123!", "another good one"),
                       "/current_password", "password_wrong");
    assert_code(change_password(world, session.access, "TestPass123!", "another good one"), 429,
                "login_locked");
    assert_problem(change_password(world, session.access, "TestPass123!", "short"), "/new_password",
                   "too_short");
    world_now += SECOND;
    assert_problem(change_password(world, session.access, "TestPass123!", "Password123"), "/new_password",
                   "password_common");
}

struct outbox {
    struct message *messages;
    size_t count;
};

static enum err read_outbox(struct tx *tx, void *arg)
{
    struct outbox *outbox = arg;
    return outbox_list(tx, 100, &outbox->messages, &outbox->count);
}

static struct outbox outbox_of(struct world *world)
{
    struct outbox outbox;

    in_store(world, false, read_outbox, &outbox);
    return outbox;
}

static struct answer ask_reset(struct world *world, const char *email)
{
    return post(world, "/auth/password/reset-request",
                arena_printf(world->arena, "{\"email\":\"%s\"}", email));
}

static struct answer reset(struct world *world, const char *token, const char *password)
{
    return post(world, "/auth/password/reset",
                arena_printf(world->arena, "{\"token\":\"%s\",\"password\":\"%s\"}", token, password));
}

static void a_forgotten_password(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");
    struct answer known = ask_reset(world, "user@example.com"),
                  unknown = ask_reset(world, "nobody@example.com");

    assert_int_equal(known.status, 200);
    assert_string_equal(known.text, unknown.text);
    struct outbox outbox = outbox_of(world);
    assert_int_equal(outbox.count, 1);
    assert_string_equal(outbox.messages[0].to, "user@example.com");
    assert_int_equal(outbox.messages[0].kind, MESSAGE_PASSWORD_RESET);
    const char *token = outbox.messages[0].token;

    assert_problem(reset(world, token, "Password123"), "/password", "password_common");
    assert_problem(reset(world, "nonsense", "another good one"), "/token", "reset_token_invalid");
    assert_problem(reset(world, session.refresh, "another good one"), "/token", "reset_token_invalid");
    assert_int_equal(reset(world, token, "another good one").status, 200);
    assert_problem(reset(world, token, "yet another good one"), "/token", "reset_token_invalid");
    assert_code(get(world, "/auth/me", session.access), 401, "unauthenticated");
    assert_code(refresh(world, session.refresh), 401, "refresh_token_invalid");
    world_now += SECOND;
    (void)session_of(login_as(world, "user@example.com", "another good one"));
}

static void a_reset_link_lives_for_an_hour(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");

    (void)ask_reset(world, "user@example.com");
    world_now += HOUR;
    assert_problem(reset(world, outbox_of(world).messages[0].token, "another good one"), "/token",
                   "reset_token_invalid");
    (void)ask_reset(world, "user@example.com");
    world_now += HOUR - 1;
    assert_int_equal(reset(world, outbox_of(world).messages[1].token, "another good one").status, 200);
}

static void only_the_newest_link_works(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");

    (void)ask_reset(world, "user@example.com");
    world_now += 1;
    (void)ask_reset(world, "user@example.com");
    struct outbox outbox = outbox_of(world);
    assert_int_equal(outbox.count, 2);
    assert_problem(reset(world, outbox.messages[0].token, "another good one"), "/token",
                   "reset_token_invalid");
    assert_int_equal(reset(world, outbox.messages[1].token, "another good one").status, 200);
}

static void nobody_can_be_flooded_with_links(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");

    for (int i = 0; i < 10; i++)
        assert_int_equal(ask_reset(world, "user@example.com").status, 200);
    assert_int_equal(outbox_of(world).count, 3);
    for (int i = 0; i < 19; i++)
        assert_int_equal(ask_reset(world, "nobody@example.com").status, 200);
    struct answer refused = ask_reset(world, "user@example.com");
    for (int i = 0; i < 3 && refused.status == 200; i++)
        refused = ask_reset(world, "user@example.com");
    assert_code(refused, 429, "rate_limited");
    assert_non_null(refused.retry_after);
}

static void a_reset_lifts_the_lock(void **state)
{
    struct world *world = *state;
    (void)registered(world, "user@example.com");

    for (int i = 0; i < 3; i++)
        (void)login_as(world, "user@example.com", "WrongPass123!");
    assert_code(login_as(world, "user@example.com", "TestPass123!"), 429, "login_locked");
    (void)ask_reset(world, "user@example.com");
    assert_int_equal(reset(world, outbox_of(world).messages[0].token, "another good one").status, 200);
    (void)session_of(login_as(world, "user@example.com", "another good one"));
}

/* ---- users ---- */

static const char *admin_token(struct world *world)
{
    make_user(world, "admin-1", ROLE_ADMIN);
    return logged_in(world, "admin-1@example.org").access;
}

static struct answer put_user(struct world *world, const char *token, const char *id, const char *body,
                              const char *if_match)
{
    return SEND(world, .method = METHOD_PUT, .path = arena_printf(world->arena, "/users/%s", id),
                .token = token, .body = body, .if_match = if_match);
}

static struct answer post_user(struct world *world, const char *token, const char *body)
{
    return SEND(world, .method = METHOD_POST, .path = "/users", .token = token, .body = body);
}

static enum err write_practice(struct tx *tx, void *arg)
{
    struct practice practice;

    practice_init(&practice);
    practice.practice_id = arg;
    practice.name = "The Surgery";
    practice.access_point_type = ACCESS_GP_SURGERY;
    practice.version = practice.sessions_version = 1;
    return practice_save(tx, NULL, &practice);
}

static void an_admin_makes_staff(void **state)
{
    static char practice_id[] = "practice-1";
    struct world *world = *state;
    const char *token = admin_token(world);

    in_store(world, true, write_practice, practice_id);
    struct answer made =
        post_user(world, token,
                  "{\"email\":\"sam@example.org\",\"password\":\"TestPass123!\",\"role\":\"staff\",\"name\":"
                  "\"Sam Jones\",\"practice_ids\":[\"practice-1\"]}");
    assert_int_equal(made.status, 201);
    const char *id = text_at(data_of(made), "user_id");
    assert_string_equal(made.location, arena_printf(world->arena, "/users/%s", id));
    assert_string_equal(made.etag, "\"1\"");
    assert_null(strstr(made.text, "argon2"));
    struct answer answer = login_as(world, "sam@example.org", "TestPass123!");
    const struct json *user = json_member(data_of(answer), "user");
    assert_string_equal(text_at(user, "role"), "staff");
    assert_string_equal(json_member(user, "practice_ids")->first->text, "practice-1");
    assert_null(text_at(user, "patient_id"));
    /* Staff manage nobody. */
    assert_code(get(world, "/users", text_at(answer.json, "token")), 403, "forbidden");
    assert_code(post_user(world, text_at(answer.json, "token"), "{}"), 403, "forbidden");
    assert_int_equal(get(world, arena_printf(world->arena, "/users/%s", id), token).status, 200);
    assert_code(get(world, "/users/nobody", token), 404, "not_found");
}

static void what_making_users_refuses(void **state)
{
    static char practice_id[] = "practice-1";
    struct world *world = *state;
    const char *token = admin_token(world);

    in_store(world, true, write_practice, practice_id);
    assert_problem(post_user(world, token,
                             "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"staff\","
                             "\"practice_ids\":[\"practice-9\"]}"),
                   "/practice_ids/0", "not_allowed_value");
    assert_problem(
        post_user(world, token,
                  "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"staff\"}"),
        "/practice_ids", "required");
    assert_problem(post_user(world, token,
                             "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"admin\","
                             "\"practice_ids\":[\"practice-1\"]}"),
                   "/practice_ids", "not_allowed_value");
    assert_problem(
        post_user(world, token,
                  "{\"email\":\"a@example.org\",\"password\":\"TestPass123!\",\"role\":\"patient\"}"),
        "/role", "not_allowed_value");
    assert_problem(post_user(world, token,
                             "{\"email\":\"a@example.org\",\"password\":\"Password123\",\"role\":\"admin\"}"),
                   "/password", "password_common");
    assert_code(
        post_user(world, token,
                  "{\"email\":\"admin-1@example.org\",\"password\":\"TestPass123!\",\"role\":\"admin\"}"),
        409, "email_taken");
}

static void the_last_admin_stays(void **state)
{
    struct world *world = *state;
    const char *token = admin_token(world);

    assert_code(put_user(world, token, "admin-1", "{\"status\":\"disabled\"}", NULL), 409, "last_admin");
    assert_code(SEND(world, .method = METHOD_DELETE, .path = "/users/admin-1", .token = token), 409,
                "last_admin");
    make_user(world, "admin-2", ROLE_ADMIN);
    const char *other = logged_in(world, "admin-2@example.org").access;
    struct answer gone = SEND(world, .method = METHOD_DELETE, .path = "/users/admin-1", .token = other);
    assert_int_equal(gone.status, 200);
    assert_string_equal(text_at(data_of(gone), "status"), "disabled");
    assert_code(get(world, "/users", token), 401, "unauthenticated");
    assert_code(login_as(world, "admin-1@example.org", "TestPass123!"), 401, "bad_credentials");
    assert_code(SEND(world, .method = METHOD_DELETE, .path = "/users/admin-2", .token = other), 409,
                "last_admin");
    /* A second time changes nothing; and back. */
    assert_int_equal(SEND(world, .method = METHOD_DELETE, .path = "/users/admin-1", .token = other).status,
                     200);
    assert_int_equal(put_user(world, other, "admin-1", "{\"status\":\"active\"}", "\"2\"").status, 200);
    world_now += SECOND;
    (void)logged_in(world, "admin-1@example.org");
}

static void two_admins_cannot_remove_each_other_at_once(void **state)
{
    struct world *world = *state;
    const char *one = admin_token(world);

    make_user(world, "admin-2", ROLE_ADMIN);
    const char *two = logged_in(world, "admin-2@example.org").access;
    assert_int_equal(SEND(world, .method = METHOD_DELETE, .path = "/users/admin-2", .token = one).status,
                     200);
    assert_code(SEND(world, .method = METHOD_DELETE, .path = "/users/admin-1", .token = two), 401,
                "unauthenticated");
}

static void changing_a_user(void **state)
{
    static char practice_id[] = "practice-1";
    struct world *world = *state;
    const char *token = admin_token(world);

    in_store(world, true, write_practice, practice_id);
    make_user(world, "admin-2", ROLE_ADMIN);
    struct login session = logged_in(world, "admin-2@example.org");
    assert_code(put_user(world, token, "admin-2", "{\"name\":\"New\"}", "\"7\""), 412, "precondition_failed");
    struct answer named = put_user(world, token, "admin-2", "{\"name\":\"New\"}", "\"1\"");
    assert_string_equal(named.etag, "\"2\"");
    assert_int_equal(get(world, "/auth/me", session.access).status, 200);
    assert_problem(put_user(world, token, "admin-2", "{\"role\":\"staff\"}", NULL), "/practice_ids",
                   "required");
    assert_problem(put_user(world, token, "admin-2", "{\"role\":\"patient\"}", NULL), "/role",
                   "not_allowed_value");
    assert_problem(put_user(world, token, "admin-2", "{\"user_id\":\"x\"}", NULL), "/user_id", "read_only");
    assert_int_equal(put_user(world, token, "admin-2", "{\"password_hash\":\"x\"}", NULL).status, 422);
    assert_code(put_user(world, token, "admin-2", "{\"email\":\"admin-1@example.org\"}", NULL), 409,
                "email_taken");
    struct answer moved =
        put_user(world, token, "admin-2",
                 "{\"role\":\"staff\",\"practice_ids\":[\"practice-1\"],\"email\":\"n@example.org\"}", NULL);
    assert_int_equal(moved.status, 200);
    /* Another role ends the sessions of the old one. */
    assert_code(get(world, "/auth/me", session.access), 401, "unauthenticated");
    world_now += SECOND;
    assert_code(login_as(world, "admin-2@example.org", "TestPass123!"), 401, "bad_credentials");
    (void)logged_in(world, "n@example.org");
    struct answer admin = put_user(world, token, "admin-2", "{\"role\":\"admin\"}", NULL);
    assert_null(json_member(data_of(admin), "practice_ids"));
}

static void another_address_makes_the_old_link_useless(void **state)
{
    struct world *world = *state;
    const char *token = admin_token(world);

    make_user(world, "admin-2", ROLE_ADMIN);
    (void)ask_reset(world, "admin-2@example.org");
    const char *link = outbox_of(world).messages[0].token;
    assert_int_equal(put_user(world, token, "admin-2", "{\"email\":\"n@example.org\"}", NULL).status, 200);
    assert_problem(reset(world, link, "another good one"), "/token", "reset_token_invalid");
}

static size_t list_all(struct world *world, const char *token, const char *filter)
{
    const char *query = filter;
    size_t seen = 0;

    for (int pages = 0; pages < 20; pages++) {
        struct answer answer =
            SEND(world, .method = METHOD_GET, .path = "/users", .query = query, .token = token);
        assert_int_equal(answer.status, 200);
        assert_null(strstr(answer.text, "argon2"));
        seen += data_of(answer)->count;
        const char *cursor = text_at(answer.json, "next_cursor");
        if (!cursor)
            return seen;
        query = arena_printf(world->arena, "%s&cursor=%s", filter, cursor);
    }
    fail();
    return 0;
}

static void listing_users_in_pages(void **state)
{
    struct world *world = *state;
    const char *token = admin_token(world);

    for (int i = 2; i <= 7; i++)
        make_user(world, arena_printf(world->arena, "admin-%d", i), ROLE_ADMIN);
    for (int i = 1; i <= 5; i++)
        make_user(world, arena_printf(world->arena, "staff-%d", i), ROLE_STAFF);
    (void)registered(world, "patient@example.org");
    for (int limit = 1; limit <= 13; limit++) {
        assert_int_equal(list_all(world, token, arena_printf(world->arena, "limit=%d", limit)), 12);
        assert_int_equal(list_all(world, token, arena_printf(world->arena, "limit=%d&role=staff", limit)), 5);
        assert_int_equal(list_all(world, token, arena_printf(world->arena, "limit=%d&role=admin", limit)), 7);
    }
    assert_problem(
        SEND(world, .method = METHOD_GET, .path = "/users", .query = "role=patient", .token = token), "?role",
        "not_allowed_value");
}

static void a_disabled_patient(void **state)
{
    struct world *world = *state;
    const char *token = admin_token(world);
    const char *id = registered(world, "user@example.com");
    struct login session = logged_in(world, "user@example.com");

    assert_int_equal(put_user(world, token, id, "{\"status\":\"disabled\"}", NULL).status, 200);
    assert_code(get(world, "/auth/me", session.access), 401, "unauthenticated");
    assert_code(refresh(world, session.refresh), 401, "refresh_token_invalid");
    assert_code(login_as(world, "user@example.com", "TestPass123!"), 401, "bad_credentials");
    (void)ask_reset(world, "user@example.com");
    assert_int_equal(outbox_of(world).count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(registering_makes_a_user_and_a_patient),
        TEST(what_registering_refuses),
        TEST(registering_again_with_the_same_key),
        TEST(of_many_registering_one_address_one_wins),
        TEST(login_answers_as_documented),
        TEST(a_wrong_password_and_no_account_look_the_same),
        TEST(they_take_the_same_time),
        TEST(an_old_hash_is_made_new),
        TEST(failures_slow_down),
        TEST(then_lock),
        TEST(an_account_that_is_not_there_locks_too),
        TEST(many_guesses_at_once_are_worth_three),
        TEST(an_address_locks_for_all_accounts),
        TEST(a_full_queue_says_busy),
        TEST(tokens_expire),
        TEST(without_a_token),
        TEST(an_expired_token_does_not_stop_a_login),
        TEST(the_key_set_is_public_and_has_no_secrets),
        TEST(each_refresh_token_is_good_once),
        TEST(a_reused_one_ends_the_session),
        TEST(two_at_once_end_it_too),
        TEST(refresh_tokens_expire),
        TEST(a_year_is_the_longest),
        TEST(what_is_no_refresh_token),
        TEST(logging_out),
        TEST(changing_the_password_ends_every_other_session),
        TEST(a_wrong_current_password_counts),
        TEST(a_forgotten_password),
        TEST(a_reset_link_lives_for_an_hour),
        TEST(only_the_newest_link_works),
        TEST(nobody_can_be_flooded_with_links),
        TEST(a_reset_lifts_the_lock),
        TEST(an_admin_makes_staff),
        TEST(what_making_users_refuses),
        TEST(the_last_admin_stays),
        TEST(two_admins_cannot_remove_each_other_at_once),
        TEST(changing_a_user),
        TEST(another_address_makes_the_old_link_useless),
        TEST(listing_users_in_pages),
        TEST(a_disabled_patient),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
