/* password_test.c - which passwords are taken, and their hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "sec/password.h"

static void the_documents_own_passwords_pass(void **state)
{
    (void)state;
    assert_int_equal(password_check("TestPass123!", "test@example.com"), ERR_OK);
    assert_int_equal(password_check("TestPass123!", "john.smith@email.com"), ERR_OK);
    assert_int_equal(password_check("TestPass123!", "staff@opendoor.example"), ERR_OK);
    assert_int_equal(password_check("SecurePass123!", "user@example.com"), ERR_OK);
}

static void length_is_counted_in_characters(void **state)
{
    char text[4 * PASSWORD_MAX + 8];

    (void)state;
    assert_int_equal(password_check("ninechars", NULL), ERR_FIELD_TOO_SHORT);
    assert_int_equal(password_check("", NULL), ERR_FIELD_TOO_SHORT);
    assert_int_equal(password_check("tencharsxy", NULL), ERR_OK);
    /* Nine characters of two bytes are nine. */
    assert_int_equal(password_check("éèêëàâîïô", NULL), ERR_FIELD_TOO_SHORT);
    assert_int_equal(password_check("éèêëàâîïôû", NULL), ERR_OK);
    for (size_t i = 0; i < PASSWORD_MAX; i++)
        memcpy(text + 4 * i, i % 5 ? "\xF0\x9F\x90\x8E" : "\xF0\x9F\x90\x94", 4);
    text[4 * PASSWORD_MAX] = '\0';
    assert_int_equal(password_check(text, NULL), ERR_OK);
    memcpy(text + 4 * PASSWORD_MAX, "x", 2);
    assert_int_equal(password_check(text, NULL), ERR_FIELD_TOO_LONG);
}

static void common_ones_are_refused_in_any_case(void **state)
{
    static const char *const common[] = {"password123",  "Password123!",  "QWERTYUIOP",   "1234567890",
                                         "iloveyou123",  "Liverpool1",    "Summer2024!",  "Welcome123",
                                         "opendoor123",  "hospital@123",  "1q2w3e4r5t6y", "aaaaaaaaaaaa",
                                         "abcabcabcabc", "xyz!xyz!xyz!xy"};
    (void)state;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        assert_int_equal(password_check(common[i], NULL), ERR_PASSWORD_COMMON);
    assert_int_equal(password_check("abcdeabcdeab", NULL), ERR_OK); /* five characters again and again */
}

static void the_local_part_must_not_be_in_it(void **state)
{
    (void)state;
    assert_int_equal(password_check("xx-John.Smith-99", "john.smith@example.org"), ERR_PASSWORD_HAS_EMAIL);
    assert_int_equal(password_check("my-patient-word", "patient@example.org"), ERR_PASSWORD_HAS_EMAIL);
    /* Five characters say too little. */
    assert_int_equal(password_check("some-staff-word", "staff@example.org"), ERR_OK);
    assert_int_equal(password_check("some-stäff-word", "stäff@example.org"), ERR_OK);
    assert_int_equal(password_check("some-stäffx-word", "stäffx@example.org"), ERR_PASSWORD_HAS_EMAIL);
    assert_int_equal(password_check("my-patient-word", "example.org"), ERR_OK);
}

static void a_hash_knows_its_password(void **state)
{
    char one[PASSWORD_HASH_TEXT], two[PASSWORD_HASH_TEXT];
    bool stale = true;

    (void)state;
    assert_int_equal(password_hash("TestPass123!", one), ERR_OK);
    assert_int_equal(password_hash("TestPass123!", two), ERR_OK);
    assert_string_not_equal(one, two);
    assert_memory_equal(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_int_equal(password_verify(one, "TestPass123!", &stale), ERR_OK);
    assert_false(stale);
    assert_int_equal(password_verify(one, "TestPass123", NULL), ERR_BAD_CREDENTIALS);
    assert_int_equal(password_verify(one, "testpass123!", NULL), ERR_BAD_CREDENTIALS);
    assert_int_equal(password_verify(one, "", NULL), ERR_BAD_CREDENTIALS);
    /* What we write is what libsodium reads. */
    assert_int_equal(crypto_pwhash_str_verify(one, "TestPass123!", strlen("TestPass123!")), 0);
}

static void no_hash_is_no_password(void **state)
{
    (void)state;
    assert_int_equal(password_verify(NULL, "TestPass123!", NULL), ERR_BAD_CREDENTIALS);
    assert_int_equal(password_verify(NULL, "", NULL), ERR_BAD_CREDENTIALS);
}

static void older_parameters_verify_and_are_stale(void **state)
{
    char hash[PASSWORD_HASH_TEXT];
    bool stale = false;

    (void)state;
    assert_int_equal(crypto_pwhash_str_alg(hash, "old one", 7, 1, 8192 * 2, crypto_pwhash_ALG_ARGON2ID13), 0);
    assert_int_equal(password_verify(hash, "old one", &stale), ERR_OK);
    assert_true(stale);
}

static void bytes_that_are_no_hash(void **state)
{
    static const char *const bad[] = {
        "",
        "$argon2id$",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAx",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(password_verify(bad[i], "TestPass123!", NULL), ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documents_own_passwords_pass),
        cmocka_unit_test(length_is_counted_in_characters),
        cmocka_unit_test(common_ones_are_refused_in_any_case),
        cmocka_unit_test(the_local_part_must_not_be_in_it),
        cmocka_unit_test(a_hash_knows_its_password),
        cmocka_unit_test(no_hash_is_no_password),
        cmocka_unit_test(older_parameters_verify_and_are_stale),
        cmocka_unit_test(bytes_that_are_no_hash),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
