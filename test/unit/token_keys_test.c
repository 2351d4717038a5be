/* token_keys_test.c - rotation of signing keys, and what is published of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "sec/token_keys.h"

#define DAY INT64_C(86400000)

enum { ARENA_BYTES = 1024 * 1024 };

static const int64_t start = INT64_C(1790000000000);

static struct token_key made(char mark)
{
    struct token_key key;

    assert_int_equal(token_key_make(&key), ERR_OK);
    key.id[0] = mark;
    return key;
}

static void a_key_is_new_each_time(void **state)
{
    struct token_key one, two;

    (void)state;
    assert_int_equal(token_key_make(&one), ERR_OK);
    assert_int_equal(token_key_make(&two), ERR_OK);
    assert_memory_not_equal(one.secret, two.secret, sizeof one.secret);
    assert_string_not_equal(one.id, two.id);
    assert_int_equal(strlen(one.id), TOKEN_KEY_ID_TEXT - 1);
}

static void the_first_key_signs_at_once(void **state)
{
    struct token_keys keys = {.count = 0};
    struct token_key key = made('a');

    (void)state;
    assert_null(token_keys_signing(&keys, start));
    assert_true(token_keys_rotate(&keys, &key, start));
    assert_int_equal(keys.count, 1);
    assert_ptr_equal(token_keys_signing(&keys, start), &keys.items[0]);
    assert_ptr_equal(token_keys_signing(&keys, start - DAY), &keys.items[0]);
    assert_false(token_keys_rotate(&keys, &key, start));
    assert_false(token_keys_rotate(&keys, &key, start + 29 * DAY - 1));
    assert_int_equal(keys.count, 1);
}

static void the_next_one_is_published_a_day_before_it_signs(void **state)
{
    struct token_keys keys = {.count = 0};
    struct token_key a = made('a'), b = made('b');

    (void)state;
    assert_true(token_keys_rotate(&keys, &a, start));
    assert_true(token_keys_rotate(&keys, &b, start + 29 * DAY));
    assert_int_equal(keys.count, 2);
    assert_int_equal(token_keys_signing(&keys, start + 30 * DAY - 1)->id[0], 'a');
    assert_int_equal(token_keys_signing(&keys, start + 30 * DAY)->id[0], 'b');
    assert_false(token_keys_rotate(&keys, &a, start + 29 * DAY + 1));
}

static void an_old_one_stays_until_its_tokens_are_dead(void **state)
{
    struct token_keys keys = {.count = 0};
    struct token_key a = made('a'), b = made('b');
    int64_t dead = start + 30 * DAY + TOKEN_TTL_MAX_MS + TOKEN_SKEW_MS;

    (void)state;
    (void)token_keys_rotate(&keys, &a, start);
    (void)token_keys_rotate(&keys, &b, start + 29 * DAY);
    assert_false(token_keys_rotate(&keys, &a, dead - 1));
    assert_int_equal(keys.count, 2);
    assert_true(token_keys_rotate(&keys, &a, dead));
    assert_int_equal(keys.count, 1);
    assert_int_equal(keys.items[0].id[0], 'b');
}

/* After a long stop the next key is published for a day all the same. */
static void a_server_that_was_off_for_months(void **state)
{
    struct token_keys keys = {.count = 0};
    struct token_key a = made('a'), b = made('b');

    (void)state;
    (void)token_keys_rotate(&keys, &a, start);
    assert_true(token_keys_rotate(&keys, &b, start + 100 * DAY));
    assert_int_equal(token_keys_signing(&keys, start + 100 * DAY)->id[0], 'a');
    assert_int_equal(token_keys_signing(&keys, start + 101 * DAY)->id[0], 'b');
}

static void years_of_rotation_keep_few_keys(void **state)
{
    struct token_keys keys = {.count = 0};
    struct token_key key = made('k');

    (void)state;
    for (int64_t hour = 0; hour < 24 * 365 * 3; hour++) {
        (void)token_keys_rotate(&keys, &key, start + hour * DAY / 24);
        assert_in_range(keys.count, 1, 3);
        assert_non_null(token_keys_signing(&keys, start + hour * DAY / 24));
    }
}

static void only_public_halves_are_published(void **state)
{
    struct token_keys keys = {.count = 0};
    struct token_key key;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct buf buf;
    char secret[64];

    (void)state;
    assert_int_equal(token_key_make(&key), ERR_OK);
    (void)token_keys_rotate(&keys, &key, start);
    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    token_keys_publish(&keys, &writer);
    const char *text = buf_cstr(&buf);
    assert_non_null(strstr(text, "\"kty\":\"EC\",\"use\":\"sig\",\"alg\":\"ES256\""));
    assert_non_null(strstr(text, key.id));
    assert_null(strstr(text, "\"d\""));
    (void)sodium_bin2base64(secret, sizeof secret, key.secret, sizeof key.secret,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    assert_null(strstr(text, secret));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_new_each_time),
        cmocka_unit_test(the_first_key_signs_at_once),
        cmocka_unit_test(the_next_one_is_published_a_day_before_it_signs),
        cmocka_unit_test(an_old_one_stays_until_its_tokens_are_dead),
        cmocka_unit_test(a_server_that_was_off_for_months),
        cmocka_unit_test(years_of_rotation_keep_few_keys),
        cmocka_unit_test(only_public_halves_are_published),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
