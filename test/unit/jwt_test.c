/* jwt_test.c - key sets and tokens of another provider of identity: what is taken, and why the rest is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "rsa_keys.h"
#include "sec/jwt.h"
#include "sec/token_keys.h"

enum { ARENA_BYTES = 16 * 1024 * 1024 };

#define ISSUER "https://issuer.example/pool"
#define NOW    INT64_C(1790000000000)
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"one\"}"
#define CLAIMS "{\"iss\":\"" ISSUER "\",\"exp\":1790000900,\"iat\":1790000000,\"sub\":\"s\"}"

static struct arena *arena;
static EVP_PKEY *key, *other, *small;
static struct jwks jwks;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA_BYTES);
    key = EVP_RSA_gen(2048);
    other = EVP_RSA_gen(2048);
    small = EVP_RSA_gen(1024);
    const char *set = arena_printf(arena, "{\"keys\":[%s]}", jwk_of(arena, key, "one", ""));
    return jwks_read(arena, set, strlen(set), &jwks) || jwks.count != 1;
}

static int teardown(void **state)
{
    (void)state;
    jwks_close(&jwks);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    EVP_PKEY_free(small);
    arena_free(arena);
    return 0;
}

static enum err opened(const char *token, const char **why)
{
    const struct json *payload = NULL;

    *why = NULL;
    return jwt_open(arena, &jwks, token, &payload, why);
}

static void refused(const char *token, const char *says)
{
    const char *why;

    assert_int_equal(opened(token, &why), ERR_UNAUTHENTICATED);
    assert_non_null(why);
    if (!strstr(why, says))
        fail_msg("\"%s\" does not say \"%s\"", why, says);
}

/* ---- key sets ---- */

static enum err set_read(const char *keys, size_t *count)
{
    const char *set = arena_printf(arena, "{\"keys\":[%s]}", keys);
    struct jwks read = {.count = 0};

    enum err e = jwks_read(arena, set, strlen(set), &read);
    *count = read.count;
    jwks_close(&read);
    return e;
}

static void test_key_sets(void **state)
{
    const char *one = jwk_of(arena, key, "one", ",\"use\":\"sig\",\"alg\":\"RS256\",\"x5c\":[1,{}]");
    size_t count;

    (void)state;
    assert_int_equal(set_read(one, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(set_read(arena_printf(arena, "%s,%s", one, jwk_of(arena, other, "two", "")), &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    /* Of two with one id the first counts, whoever put the second there. */
    assert_int_equal(set_read(arena_printf(arena, "%s,%s", one, jwk_of(arena, other, "one", "")), &count),
                     ERR_OK);
    assert_int_equal(count, 1);
}

static void test_keys_passed_over(void **state)
{
    const char *n = number_of(arena, key, OSSL_PKEY_PARAM_RSA_N);
    const char *rows[] = {
        jwk_of(arena, key, "a", ",\"use\":\"enc\""),
        jwk_of(arena, key, "a", ",\"alg\":\"RS512\""),
        jwk_of(arena, key, "a", ",\"alg\":7"),
        jwk_of(arena, key, "", ""),
        jwk_of(arena, small, "a", ""),
        jwk_of(arena, key, "a\\u0000b", ""),
        arena_printf(arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}", n),
        arena_printf(arena, "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"%s\",\"e\":\"AQAA\"}", n),
        arena_printf(arena, "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"%s\",\"e\":\"AQ\"}", n),
        arena_printf(arena, "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"%s\",\"e\":\"AQABAQABAQAB\"}", n),
        arena_printf(arena, "{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"%s=\",\"e\":\"AQAB\"}", n),
        arena_printf(arena, "{\"kty\":\"EC\",\"kid\":\"a\",\"n\":\"%s\",\"e\":\"AQAB\"}", n),
        arena_printf(arena, "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"%s\"}", n),
        "{\"kty\":\"RSA\",\"kid\":\"a\"}",
        "7",
        "null",
        "[]",
        "{}",
    };
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(set_read(rows[i], &count), ERR_OUTSIDE); /* alone it makes no set */
        const char *both = arena_printf(arena, "%s,%s", rows[i], jwk_of(arena, other, "two", ""));
        assert_int_equal(set_read(both, &count), ERR_OK);
        assert_int_equal(count, 1);
    }
}

static void test_what_is_no_key_set(void **state)
{
    static const char *const rows[] = {
        "", "x", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[", "null"};
    struct jwks read = {.count = 0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(jwks_read(arena, rows[i], strlen(rows[i]), &read), ERR_OUTSIDE);
    assert_int_equal(read.count, 0);
}

static void test_sets_that_are_too_large(void **state)
{
    struct jwks read = {.count = 0};
    struct buf buf;
    size_t count;

    (void)state;
    buf_init(&buf, arena);
    for (size_t i = 0; i <= JWKS_KEYS_MAX; i++)
        buf_printf(&buf, "%s%s", i ? "," : "", jwk_of(arena, key, arena_printf(arena, "k%zu", i), ""));
    assert_int_equal(set_read(buf_cstr(&buf), &count), ERR_OUTSIDE);
    assert_int_equal(count, 0);

    char *bytes = arena_alloc(arena, JWKS_BYTES_MAX + 1);
    memset(bytes, ' ', JWKS_BYTES_MAX + 1);
    const char *set = arena_printf(arena, "{\"keys\":[%s]}", jwk_of(arena, key, "one", ""));
    memcpy(bytes, set, strlen(set));
    assert_int_equal(jwks_read(arena, bytes, JWKS_BYTES_MAX, &read), ERR_OK);
    jwks_close(&read);
    assert_int_equal(jwks_read(arena, bytes, JWKS_BYTES_MAX + 1, &read), ERR_OUTSIDE);
}

static void test_a_set_is_written_as_it_was_read(void **state)
{
    struct jwks again = {.count = 0};
    struct buf buf;

    (void)state;
    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    jwks_write(&jwks, &writer);
    assert_true(buf_ok(&buf));
    assert_int_equal(jwks_read(arena, buf.data, buf.size, &again), ERR_OK);
    assert_int_equal(again.count, 1);
    assert_string_equal(again.items[0].id, "one");
    assert_int_equal(again.items[0].modulus_size, 256);
    assert_memory_equal(again.items[0].modulus, jwks.items[0].modulus, 256);
    jwks_close(&again);
}

/* ---- signatures ---- */

static void test_a_token_that_is_right(void **state)
{
    const char *token = rs256_sign(arena, key, HEADER, CLAIMS);
    const struct json *payload = NULL;
    const char *why = NULL;
    struct jwt_times times;

    (void)state;
    assert_int_equal(jwt_open(arena, &jwks, token, &payload, &why), ERR_OK);
    assert_string_equal(jwt_text(payload, "sub", 10), "s");
    assert_int_equal(jwt_check(payload, ISSUER, NOW, &times, &why), ERR_OK);
    assert_int_equal(times.issued_at, NOW);
    assert_int_equal(times.expires_at, NOW + 900000);
}

static void test_other_algorithms(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"kid\":\"one\"}",
        "{\"alg\":\"RS512\",\"kid\":\"one\"}",
        "{\"alg\":\"PS256\",\"kid\":\"one\"}",
        "{\"alg\":\"ES256\",\"kid\":\"one\"}",
        "{\"alg\":\"rs256\",\"kid\":\"one\"}",
        "{\"alg\":[\"RS256\"],\"kid\":\"one\"}",
        "{\"kid\":\"one\"}",
        "{\"alg\":\"RS256\\u0000\",\"kid\":\"one\"}",
        "{\"alg\":\"RS256\",\"kid\":\"one\",\"crit\":[\"b64\"],\"b64\":false}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        refused(rs256_sign(arena, key, headers[i], CLAIMS), "RS256");
    refused(arena_printf(arena, "%s.", signed_text_of(arena, "{\"alg\":\"none\",\"kid\":\"one\"}", CLAIMS)),
            "RS256");
}

/* The public key is known to everybody, and so is every form of it: none may pass for a shared secret. */
static void test_a_public_key_is_no_secret(void **state)
{
    static const char hs256[] = "{\"alg\":\"HS256\",\"kid\":\"one\"}";
    BIO *memory = BIO_new(BIO_s_mem());
    char *pem = NULL;

    (void)state;
    assert_int_equal(PEM_write_bio_PUBKEY(memory, key), 1);
    long size = BIO_get_mem_data(memory, &pem);
    refused(hs256_sign(arena, pem, (size_t)size, hs256, CLAIMS), "RS256");
    refused(hs256_sign(arena, pem, (size_t)size, HEADER, CLAIMS), "signature");
    refused(hs256_sign(arena, jwks.items[0].modulus, 256, HEADER, CLAIMS), "signature");
    BIO_free(memory);
}

static void test_keys_that_are_not_the_set_s(void **state)
{
    const char *why;
    const char *jwk = jwk_of(arena, other, "mine", "");
    const char *carried = arena_printf(arena, "{\"alg\":\"RS256\",\"kid\":\"one\",\"jwk\":%s}", jwk);

    (void)state;
    assert_int_equal(opened(rs256_sign(arena, key, "{\"alg\":\"RS256\",\"kid\":\"two\"}", CLAIMS), &why),
                     ERR_NOT_FOUND);
    refused(rs256_sign(arena, other, HEADER, CLAIMS), "signature");
    refused(rs256_sign(arena, other, carried, CLAIMS), "signature");
    refused(rs256_sign(arena, key, "{\"alg\":\"RS256\"}", CLAIMS), "name the key");
    refused(rs256_sign(arena, key, "{\"alg\":\"RS256\",\"kid\":7}", CLAIMS), "name the key");
    refused(rs256_sign(arena, key, "{\"alg\":\"RS256\",\"kid\":\"one\\u0000\"}", CLAIMS), "name the key");
}

/* Each byte of it counts. */
static void test_a_token_that_was_changed(void **state)
{
    const char *token = rs256_sign(arena, key, HEADER, CLAIMS);
    const char *why;

    (void)state;
    for (size_t i = 0; token[i]; i++) {
        char *changed = arena_dup(arena, token);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        enum err e = opened(changed, &why);
        if (e != ERR_UNAUTHENTICATED && e != ERR_NOT_FOUND)
            fail_msg("byte %zu: %d", i, e);
    }
    refused(arena_printf(arena, "%s=", token), "signature");
    refused(arena_printf(arena, "%s.x", token), "no JWT");
    refused("a.b", "no JWT");
    refused("", "no JWT");
    refused("...", "no JWT");
    refused("!.!.!", "no JWT");
}

static void test_tokens_without_claims(void **state)
{
    (void)state;
    refused(rs256_sign(arena, key, HEADER, "not json"), "claims");
    refused(rs256_sign(arena, key, HEADER, "[1]"), "claims");
    refused(rs256_sign(arena, key, HEADER, ""), "claims");
}

static void test_a_token_that_is_too_long(void **state)
{
    char *long_text = arena_alloc(arena, JWT_TEXT_MAX + 2);

    (void)state;
    memset(long_text, 'A', JWT_TEXT_MAX + 1);
    long_text[JWT_TEXT_MAX + 1] = '\0';
    long_text[4] = long_text[8] = '.';
    refused(long_text, "no JWT");
}

/* ---- claims ---- */

static enum err checked(const char *json, int64_t now_ms, const char **why)
{
    const struct json *payload = NULL;
    const char *where;
    struct jwt_times times;

    *why = "";
    assert_int_equal(json_parse(arena, json, strlen(json), &payload, &where), ERR_OK);
    return jwt_check(payload, ISSUER, now_ms, &times, why);
}

static void test_issuer(void **state)
{
    static const char *const rows[] = {"{\"iss\":\"" ISSUER "x\",\"exp\":1790000900}",
                                       "{\"iss\":\"https://issuer.example/poo\",\"exp\":1790000900}",
                                       "{\"iss\":[\"" ISSUER "\"],\"exp\":1790000900}",
                                       "{\"exp\":1790000900}",
                                       "{\"iss\":\"" ISSUER "\\u0000\",\"exp\":1790000900}"};
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(checked(rows[i], NOW, &why), ERR_UNAUTHENTICATED);
        assert_non_null(strstr(why, "issuer"));
    }
}

static void test_times(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(checked(CLAIMS, NOW + 900000 - 1, &why), ERR_OK);
    assert_int_equal(checked(CLAIMS, NOW + 900000, &why), ERR_TOKEN_EXPIRED);
    assert_int_equal(checked(CLAIMS, NOW - TOKEN_SKEW_MS, &why), ERR_OK);
    assert_int_equal(checked(CLAIMS, NOW - TOKEN_SKEW_MS - 1, &why), ERR_UNAUTHENTICATED);
    assert_non_null(strstr(why, "yet"));
    assert_int_equal(checked("{\"iss\":\"" ISSUER "\",\"exp\":1790000900,\"nbf\":1790000061}", NOW, &why),
                     ERR_UNAUTHENTICATED);
    static const char *const rows[] = {"",
                                       ",\"exp\":-1",
                                       ",\"exp\":\"1790000900\"",
                                       ",\"exp\":1790000900.5",
                                       ",\"exp\":99999999999999999",
                                       ",\"exp\":1790000900,\"iat\":\"now\"",
                                       ",\"exp\":null"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(checked(arena_printf(arena, "{\"iss\":\"" ISSUER "\"%s}", rows[i]), NOW, &why),
                         ERR_UNAUTHENTICATED);
        assert_non_null(strstr(why, "expires"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_sets),
        cmocka_unit_test(test_keys_passed_over),
        cmocka_unit_test(test_what_is_no_key_set),
        cmocka_unit_test(test_sets_that_are_too_large),
        cmocka_unit_test(test_a_set_is_written_as_it_was_read),
        cmocka_unit_test(test_a_token_that_is_right),
        cmocka_unit_test(test_other_algorithms),
        cmocka_unit_test(test_a_public_key_is_no_secret),
        cmocka_unit_test(test_keys_that_are_not_the_set_s),
        cmocka_unit_test(test_a_token_that_was_changed),
        cmocka_unit_test(test_tokens_without_claims),
        cmocka_unit_test(test_a_token_that_is_too_long),
        cmocka_unit_test(test_issuer),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
