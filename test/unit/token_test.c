/* token_test.c - access tokens: what we sign we take, and nothing else. The tests over the network check the
 * same tokens with another implementation of JWT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "sec/ecdsa.h"
#include "sec/token.h"
#include "sec/token_cache.h"

enum { ARENA_BYTES = 8 * 1024 * 1024, TTL = 15 * 60 * 1000 };

static const int64_t now = INT64_C(1790000000123);
static const char *const roles[] = {"patient", "staff", "admin", NULL};
static const struct tokens_options options = {
    .issuer = "opendoor", .audience = "opendoor-api", .ttl_ms = TTL, .roles = roles};

struct world {
    struct arena *arena;
    struct token_keys keys;
    struct tokens *tokens;
};

static int setup(void **state)
{
    static struct world world;
    struct token_key key;

    world = (struct world){.arena = arena_new(ARENA_BYTES), .tokens = tokens_new(&options)};
    if (!world.arena || !world.tokens || token_key_make(&key))
        return -1;
    (void)token_keys_rotate(&world.keys, &key, now);
    *state = &world;
    return tokens_set_keys(world.tokens, &world.keys) ? -1 : 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    tokens_free(world->tokens);
    arena_free(world->arena);
    return 0;
}

static struct token_claims claims_of(const char *user_id)
{
    struct token_claims claims = {.role = 2, .issued_at = now};

    (void)snprintf(claims.user_id, sizeof claims.user_id, "%s", user_id);
    (void)snprintf(claims.family_id, sizeof claims.family_id, "family-1");
    return claims;
}

static const char *signed_token(struct world *world, const char *user_id)
{
    struct token_claims claims = claims_of(user_id);
    const char *token = NULL;

    assert_int_equal(token_sign(world->tokens, world->arena, &claims, "id-1", &token), ERR_OK);
    return token;
}

static enum err verdict(struct world *world, const char *token, int64_t at)
{
    struct token_claims claims;

    return token_verify(world->tokens, world->arena, token, at, &claims);
}

static const char *encoded(struct world *world, const char *json)
{
    char *text = arena_alloc(world->arena, 2 * strlen(json) + 8);

    return sodium_bin2base64(text, 2 * strlen(json) + 8, (const uint8_t *)json, strlen(json),
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* A token of our key with any payload. */
static const char *token_with(struct world *world, const char *json)
{
    const char *token = signed_token(world, "somebody");
    struct ecdsa *key;
    uint8_t signature[ECDSA_BYTES];
    char text[128];
    const char *head =
        arena_printf(world->arena, "%.*s.%s", (int)strcspn(token, "."), token, encoded(world, json));

    assert_int_equal(ecdsa_open(&world->keys.items[0], &key), ERR_OK);
    assert_int_equal(ecdsa_sign(key, (struct span){(const uint8_t *)head, strlen(head)}, signature), ERR_OK);
    ecdsa_close(key);
    (void)sodium_bin2base64(text, sizeof text, signature, sizeof signature,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return arena_printf(world->arena, "%s.%s", head, text);
}

static void a_token_comes_back_as_it_was(void **state)
{
    struct world *world = *state;
    struct token_claims claims = claims_of("user-7"), read;
    const char *token = NULL;

    assert_int_equal(token_sign(world->tokens, world->arena, &claims, "id-1", &token), ERR_OK);
    assert_int_equal(claims.expires_at, now / 1000 * 1000 + TTL);
    for (int i = 0; i < 2; i++) { /* the second time from the cache */
        assert_int_equal(token_verify(world->tokens, world->arena, token, now, &read), ERR_OK);
        assert_string_equal(read.user_id, "user-7");
        assert_string_equal(read.family_id, "family-1");
        assert_int_equal(read.role, 2);
        assert_int_equal(read.issued_at, now);
        assert_int_equal(read.expires_at, claims.expires_at);
    }
}

static void it_expires(void **state)
{
    struct world *world = *state;
    int64_t end = now / 1000 * 1000 + TTL;
    const char *kept = signed_token(world, "a"), *unseen = signed_token(world, "b");

    assert_int_equal(verdict(world, kept, end - 1), ERR_OK);
    assert_int_equal(verdict(world, kept, end), ERR_TOKEN_EXPIRED);
    assert_int_equal(verdict(world, unseen, end), ERR_TOKEN_EXPIRED);
    assert_int_equal(verdict(world, unseen, end - 1), ERR_OK);
}

static void one_from_the_future_is_refused(void **state)
{
    struct world *world = *state;
    const char *token = signed_token(world, "a");

    assert_int_equal(verdict(world, token, now - TOKEN_SKEW_MS), ERR_OK);
    assert_int_equal(verdict(world, token, now - TOKEN_SKEW_MS - 1), ERR_UNAUTHENTICATED);
}

/* Each character of it counts, wherever it is changed. */
static void every_change_is_noticed(void **state)
{
    struct world *world = *state;
    const char *token = signed_token(world, "user-7");
    size_t size = strlen(token);

    assert_int_equal(verdict(world, token, now), ERR_OK);
    for (size_t i = 0; i < size; i++) {
        char *changed = arena_dup(world->arena, token);
        changed[i] = token[i] == 'A' ? 'B' : 'A';
        assert_int_equal(verdict(world, changed, now), ERR_UNAUTHENTICATED);
    }
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(verdict(world, arena_text(world->arena, token, cut), now), ERR_UNAUTHENTICATED);
    assert_int_equal(verdict(world, arena_printf(world->arena, "%s=", token), now), ERR_UNAUTHENTICATED);
    assert_int_equal(verdict(world, arena_printf(world->arena, "%s.", token), now), ERR_UNAUTHENTICATED);
    assert_int_equal(verdict(world, arena_printf(world->arena, ".%s", token), now), ERR_UNAUTHENTICATED);
    assert_int_equal(verdict(world, arena_printf(world->arena, " %s", token), now), ERR_UNAUTHENTICATED);
}

/* The header is ours to choose: none of the well-known tricks with it gets anywhere. */
static void no_other_header_is_taken(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"es256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
        "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}",
        "{\"alg\":\"ES256\",\"kid\":\"%s\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\",\"jwk\":{}}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"../%s\"}",
    };
    struct world *world = *state;
    const char *token = signed_token(world, "user-7");
    const char *rest = strchr(token, '.');

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        char header[256];
        const char *mark = strstr(headers[i], "%s");
        if (mark)
            (void)snprintf(header, sizeof header, "%.*s%s%s", (int)(mark - headers[i]), headers[i],
                           world->keys.items[0].id, mark + 2);
        else
            (void)snprintf(header, sizeof header, "%s", headers[i]);
        const char *forged = arena_printf(world->arena, "%s%s", encoded(world, header), rest);
        assert_int_equal(verdict(world, forged, now), ERR_UNAUTHENTICATED);
    }
}

/* The signature of another key under our header. */
static void another_key_is_refused(void **state)
{
    struct world *world = *state;
    struct token_keys foreign = {.count = 0};
    struct token_key key;

    assert_int_equal(token_key_make(&key), ERR_OK);
    memcpy(key.id, world->keys.items[0].id, sizeof key.id);
    (void)token_keys_rotate(&foreign, &key, now);
    struct tokens *other = tokens_new(&options);
    assert_int_equal(tokens_set_keys(other, &foreign), ERR_OK);
    struct token_claims claims = claims_of("admin-1");
    const char *token = NULL;
    assert_int_equal(token_sign(other, world->arena, &claims, "id-1", &token), ERR_OK);
    assert_int_equal(token_verify(other, world->arena, token, now, &claims), ERR_OK);
    assert_int_equal(verdict(world, token, now), ERR_UNAUTHENTICATED);
    tokens_free(other);
}

static void a_signed_payload_is_checked_too(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "not json",
        "{\"iss\":\"else\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,\"exp\":"
        "1790000900,\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"else\",\"iat\":1790000000,\"ims\":1,\"exp\":"
        "1790000900,\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,\"exp\":"
        "1790000900,\"role\":\"root\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,\"exp\":"
        "1790000900,\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\\u0000x\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,"
        "\"exp\":1790000900,\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,\"exp\":"
        "\"1790000900\",\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,\"role\":"
        "\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1000,"
        "\"exp\":1790000900,\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":-1,\"ims\":1,\"exp\":"
        "1790000900,\"role\":\"staff\",\"fam\":\"f\"}",
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,\"exp\":"
        "9e30,\"role\":\"staff\",\"fam\":\"f\"}",
    };
    static const char good[] =
        "{\"iss\":\"opendoor\",\"sub\":\"u\",\"aud\":\"opendoor-api\",\"iat\":1790000000,\"ims\":1,"
        "\"exp\":1790000900,\"role\":\"staff\",\"fam\":\"f\"}";
    struct world *world = *state;

    assert_int_equal(verdict(world, token_with(world, good), now), ERR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(verdict(world, token_with(world, bad[i]), now), ERR_UNAUTHENTICATED);
}

static void too_long_is_refused(void **state)
{
    struct world *world = *state;
    char *text = arena_alloc(world->arena, 100 * 1000);

    memset(text, 'A', 100 * 1000 - 1);
    text[100 * 1000 - 1] = '\0';
    assert_int_equal(verdict(world, text, now), ERR_UNAUTHENTICATED);
}

/* Tokens of the key before are good until it is dropped, new ones come from the new key. */
static void keys_rotate_under_living_tokens(void **state)
{
    struct world *world = *state;
    struct token_key fresh;
    const char *old = signed_token(world, "user-7");

    assert_int_equal(token_key_make(&fresh), ERR_OK);
    world->keys.items[1] = fresh;
    world->keys.items[1].active_from = now - 1;
    world->keys.count = 2;
    assert_int_equal(tokens_set_keys(world->tokens, &world->keys), ERR_OK);
    const char *new = signed_token(world, "user-7");
    assert_memory_not_equal(old, new, 100);
    assert_int_equal(verdict(world, old, now), ERR_OK);
    assert_int_equal(verdict(world, new, now), ERR_OK);
    const char *unseen = signed_token(world, "user-8");
    world->keys.items[0] = world->keys.items[1];
    (void)token_key_make(&world->keys.items[0]);
    world->keys.count = 1;
    assert_int_equal(tokens_set_keys(world->tokens, &world->keys), ERR_OK);
    assert_int_equal(verdict(world, unseen, now), ERR_UNAUTHENTICATED);
}

static void numbers_that_are_no_key(void **state)
{
    struct world *world = *state;
    struct token_keys bad = world->keys;

    bad.items[0].x[5] ^= 1;
    assert_int_equal(tokens_set_keys(world->tokens, &bad), ERR_DAMAGED);
    bad = world->keys;
    bad.items[0].secret[5] ^= 1;
    assert_int_equal(tokens_set_keys(world->tokens, &bad), ERR_DAMAGED);
    memset(bad.items[0].secret, 0, TOKEN_NUMBER_BYTES);
    assert_int_equal(tokens_set_keys(world->tokens, &bad), ERR_DAMAGED);
    assert_int_equal(verdict(world, signed_token(world, "a"), now), ERR_OK); /* the old ones stay */
}

static void without_keys_nothing_is_signed(void **state)
{
    struct world *world = *state;
    struct tokens *empty = tokens_new(&options);
    struct token_claims claims = claims_of("a");
    const char *token = NULL;

    assert_int_equal(token_sign(empty, world->arena, &claims, "id", &token), ERR_INTERNAL);
    assert_null(token);
    tokens_free(empty);
}

static void the_cache_is_bounded_and_keeps_the_latest(void **state)
{
    struct token_cache *cache = token_cache_new();
    struct token_claims claims = claims_of("a"), found;
    uint8_t hash[TOKEN_HASH_BYTES] = {0};

    (void)state;
    for (uint32_t i = 1; i <= 8; i++) { /* all in one set of four */
        memcpy(hash + 8, &i, sizeof i);
        claims.expires_at = 1000 + i;
        token_cache_add(cache, hash, &claims);
    }
    for (uint32_t i = 1; i <= 8; i++) {
        memcpy(hash + 8, &i, sizeof i);
        assert_int_equal(token_cache_find(cache, hash, &found), i > 4);
    }
    token_cache_free(cache);
}

struct busy {
    struct world *world;
    const char *const *tokens;
    size_t count;
    size_t wrong;
};

static void *verify_many(void *arg)
{
    struct busy *busy = arg;
    struct arena *arena = arena_new(ARENA_BYTES);

    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i < busy->count; i++) {
            struct token_claims claims;
            char expected[32];
            (void)snprintf(expected, sizeof expected, "user-%zu", i);
            if (token_verify(busy->world->tokens, arena, busy->tokens[i], now, &claims) ||
                strcmp(claims.user_id, expected) != 0)
                busy->wrong++;
        }
    }
    arena_free(arena);
    return NULL;
}

static void many_threads_and_a_rotation(void **state)
{
    enum { THREADS = 4, TOKENS = 16 };
    struct world *world = *state;
    const char *tokens[TOKENS];
    struct busy busy[THREADS];
    pthread_t threads[THREADS];

    for (size_t i = 0; i < TOKENS; i++) {
        char user_id[32];
        (void)snprintf(user_id, sizeof user_id, "user-%zu", i);
        tokens[i] = signed_token(world, user_id);
    }
    for (size_t i = 0; i < THREADS; i++) {
        busy[i] = (struct busy){.world = world, .tokens = tokens, .count = TOKENS};
        assert_int_equal(pthread_create(&threads[i], NULL, verify_many, &busy[i]), 0);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(tokens_set_keys(world->tokens, &world->keys), ERR_OK);
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(busy[i].wrong, 0);
    }
}

static void failing_allocations(void **state)
{
    struct world *world = *state;
    struct token_claims claims = claims_of("a");

    for (unsigned nth = 1;; nth++) {
        const char *token = NULL;
        arena_fail_after(nth);
        enum err e = token_sign(world->tokens, world->arena, &claims, "id", &token);
        if (!e)
            e = token_verify(world->tokens, world->arena, token, now, &claims);
        arena_fail_after(0);
        if (!e)
            break;
        assert_int_equal(e, ERR_MEMORY);
        assert_true(nth < 500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_comes_back_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(it_expires, setup, teardown),
        cmocka_unit_test_setup_teardown(one_from_the_future_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(every_change_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(no_other_header_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(another_key_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_signed_payload_is_checked_too, setup, teardown),
        cmocka_unit_test_setup_teardown(too_long_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_rotate_under_living_tokens, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_that_are_no_key, setup, teardown),
        cmocka_unit_test_setup_teardown(without_keys_nothing_is_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(the_cache_is_bounded_and_keeps_the_latest, setup, teardown),
        cmocka_unit_test_setup_teardown(many_threads_and_a_rotation, setup, teardown),
        cmocka_unit_test_setup_teardown(failing_allocations, setup, teardown),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
