/* cognito_token_test.c - what a user pool's tokens have to say. That their signatures and times count is in
 * jwt_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "outside/cognito_token.h"
#include "rsa_keys.h"

enum { ARENA_BYTES = 16 * 1024 * 1024 };

#define NOW    INT64_C(1790000000000)
#define ISSUER "https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_AbCdEfGhI"
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"one\"}"
#define ALWAYS "\"iss\":\"" ISSUER "\",\"exp\":1790000900,\"iat\":1790000000"
#define WHO    "\"sub\":\"0a1b\",\"origin_jti\":\"o-1\",\"jti\":\"j-1\""

static const char *const roles[] = {"patient", "staff", "admin", NULL};
static const struct cognito_expect expect = {ISSUER, "client1", roles};

static struct arena *arena;
static EVP_PKEY *key;
static struct jwks jwks;

static int setup(void **state)
{
    (void)state;
    arena = arena_new(ARENA_BYTES);
    key = EVP_RSA_gen(2048);
    const char *set = arena_printf(arena, "{\"keys\":[%s]}", jwk_of(arena, key, "one", ""));
    return jwks_read(arena, set, strlen(set), &jwks);
}

static int teardown(void **state)
{
    (void)state;
    jwks_close(&jwks);
    EVP_PKEY_free(key);
    arena_free(arena);
    return 0;
}

static enum err access_of(const char *claims, struct token_claims *out, const char **why)
{
    const char *token = rs256_sign(arena, key, HEADER, arena_printf(arena, "{" ALWAYS "%s}", claims));

    *why = "";
    return cognito_access_token(arena, &jwks, &expect, token, NOW, out, why);
}

#define ACCESS ",\"token_use\":\"access\",\"client_id\":\"client1\","

static void test_an_access_token(void **state)
{
    struct token_claims claims;
    const char *why;

    (void)state;
    assert_int_equal(access_of(ACCESS WHO, &claims, &why), ERR_OK);
    assert_string_equal(claims.user_id, "0a1b");
    assert_string_equal(claims.family_id, "o-1");
    assert_int_equal(claims.role, 1);
    assert_int_equal(claims.issued_at, NOW);
    assert_int_equal(claims.expires_at, NOW + 900000);
    assert_int_equal(access_of(ACCESS "\"sub\":\"s\",\"jti\":\"j-1\"", &claims, &why), ERR_OK);
    assert_string_equal(claims.family_id, "j-1");
}

static void test_groups(void **state)
{
    static const struct {
        const char *groups;
        int32_t role;
    } rows[] = {
        {"[]", 1},
        {"[\"patient\"]", 1},
        {"[\"staff\"]", 2},
        {"[\"admin\",\"staff\"]", 3},
        {"[\"staff\",\"patient\",\"elsewhere\"]", 2},
        {"[\"Admin\",\"administrators\",\"adm\",\"admin\\u0000\",7,null,{},[\"admin\"]]", 1},
        {"\"admin\"", 1},
        {"{\"admin\":true}", 1},
    };
    struct token_claims claims;
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *more = arena_printf(arena, ACCESS WHO ",\"cognito:groups\":%s", rows[i].groups);
        assert_int_equal(access_of(more, &claims, &why), ERR_OK);
        assert_int_equal(claims.role, rows[i].role);
    }
}

static void test_groups_without_end(void **state)
{
    struct token_claims claims;
    struct buf buf;
    const char *why;

    (void)state;
    buf_init(&buf, arena);
    for (size_t i = 0; i < COGNITO_GROUPS_MAX; i++)
        buf_text(&buf, "\"g\",");
    const char *more = arena_printf(arena, ACCESS WHO ",\"cognito:groups\":[%s\"admin\"]", buf_cstr(&buf));
    assert_int_equal(access_of(more, &claims, &why), ERR_OK);
    assert_int_equal(claims.role, 1);
}

static void test_access_tokens_refused(void **state)
{
    static const struct {
        const char *claims, *says;
    } rows[] = {
        {",\"client_id\":\"client1\"," WHO, "no access token"},
        {",\"token_use\":\"id\",\"client_id\":\"client1\"," WHO, "no access token"},
        {",\"token_use\":[\"access\"],\"client_id\":\"client1\"," WHO, "no access token"},
        {",\"token_use\":\"access\"," WHO, "another client"},
        {",\"token_use\":\"access\",\"aud\":\"client1\"," WHO, "another client"},
        {",\"token_use\":\"access\",\"client_id\":\"client12\"," WHO, "another client"},
        {",\"token_use\":\"access\",\"client_id\":\"client\"," WHO, "another client"},
        {ACCESS "\"origin_jti\":\"o\"", "whose"},
        {ACCESS "\"sub\":\"\",\"origin_jti\":\"o\"", "whose"},
        {ACCESS "\"sub\":\"s\\u0000\",\"origin_jti\":\"o\"", "whose"},
        {ACCESS "\"sub\":7,\"origin_jti\":\"o\"", "whose"},
        {ACCESS "\"sub\":\"s\"", "whose"},
    };
    struct token_claims claims;
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(access_of(rows[i].claims, &claims, &why), ERR_UNAUTHENTICATED);
        if (!strstr(why, rows[i].says))
            fail_msg("row %zu: %s", i, why);
    }
}

static enum err id_of(const char *claims, struct cognito_person *out, const char **why)
{
    const char *token = rs256_sign(arena, key, HEADER, arena_printf(arena, "{" ALWAYS "%s}", claims));

    *why = "";
    return cognito_id_token(arena, &jwks, &expect, token, NOW, out, why);
}

#define ID ",\"token_use\":\"id\",\"aud\":\"client1\",\"sub\":\"s\""

static void test_an_id_token(void **state)
{
    struct cognito_person person;
    const char *why;

    (void)state;
    assert_int_equal(id_of(ID ",\"email\":\"a@example.org\",\"email_verified\":true", &person, &why), ERR_OK);
    assert_string_equal(person.subject, "s");
    assert_string_equal(person.email, "a@example.org");
    assert_int_equal(id_of(ID ",\"email\":\"a@example.org\",\"email_verified\":\"true\"", &person, &why),
                     ERR_OK);
    assert_string_equal(person.email, "a@example.org");
}

static void test_an_address_that_is_not_verified(void **state)
{
    static const char *const rows[] = {"", ",\"email_verified\":false", ",\"email_verified\":\"false\"",
                                       ",\"email_verified\":1", ",\"email_verified\":null"};
    struct cognito_person person;
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *more = arena_printf(arena, ID ",\"email\":\"a@example.org\"%s", rows[i]);
        assert_int_equal(id_of(more, &person, &why), ERR_OK);
        assert_null(person.email);
    }
}

static void test_id_tokens_refused(void **state)
{
    struct cognito_person person;
    const char *why;

    (void)state;
    assert_int_equal(id_of(",\"token_use\":\"access\",\"aud\":\"client1\",\"sub\":\"s\"", &person, &why),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(id_of(",\"token_use\":\"id\",\"client_id\":\"client1\",\"sub\":\"s\"", &person, &why),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(id_of(",\"token_use\":\"id\",\"aud\":[\"client1\"],\"sub\":\"s\"", &person, &why),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(id_of(",\"token_use\":\"id\",\"aud\":\"client1\"", &person, &why), ERR_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_access_token),    cmocka_unit_test(test_groups),
        cmocka_unit_test(test_groups_without_end), cmocka_unit_test(test_access_tokens_refused),
        cmocka_unit_test(test_an_id_token),        cmocka_unit_test(test_an_address_that_is_not_verified),
        cmocka_unit_test(test_id_tokens_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
