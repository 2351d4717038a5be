/* keyring_test.c - the key ladder in memory: wrapping, hashes, the cache of person keys, the key file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sec/keyring.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t master[SEAL_KEY_BYTES] = {42};
static const struct span place = {(const uint8_t *)"place", 5};

/* Counts: every draw is different, and every run the same. */
static void counting_fill(void *arg, void *out, size_t size)
{
    unsigned *count = arg;

    memset(out, (int)++*count, size);
}

/* ---- wrapping ---- */

static void test_wrap_and_unwrap(void **state)
{
    struct keyring *keyring = keyring_new((struct key_source){NULL, NULL});
    struct keyring *again = NULL;
    uint8_t record[KEYRING_RECORD_MAX];
    uint8_t hashes[2][BLIND_BYTES];
    struct seal_header headers[2];

    (void)state;
    assert_non_null(keyring);
    size_t size = keyring_wrap(keyring, master, place, record);
    assert_int_equal(
        keyring_unwrap((struct span){record, size}, master, place, (struct key_source){NULL, NULL}, &again),
        ERR_OK);
    const uint8_t *key = keyring_newest(keyring, SEAL_STORE, &headers[0]);
    assert_memory_equal(key, keyring_newest(again, SEAL_STORE, &headers[1]), SEAL_KEY_BYTES);
    assert_memory_equal(headers[0].id, headers[1].id, SEAL_ID_BYTES);
    assert_memory_equal(keyring_store_key(again, &headers[0]), key, SEAL_KEY_BYTES);
    headers[0].id[0]++; /* a number that is not there */
    assert_null(keyring_store_key(again, &headers[0]));
    keyring_blind(keyring, 1, place, hashes[0]);
    keyring_blind(again, 1, place, hashes[1]);
    assert_memory_equal(hashes[0], hashes[1], BLIND_BYTES);
    keyring_free(keyring);
    keyring_free(again);
    keyring_free(NULL);
}

static void test_unwrap_refuses(void **state)
{
    struct key_source source = {NULL, NULL};
    struct keyring *keyring = keyring_new(source);
    struct keyring *none = NULL;
    uint8_t other[SEAL_KEY_BYTES] = {43};
    uint8_t record[KEYRING_RECORD_MAX];

    (void)state;
    size_t size = keyring_wrap(keyring, master, place, record);
    struct span whole = {record, size};
    assert_int_equal(keyring_unwrap(whole, other, place, source, &none), ERR_KEY_WRONG);
    assert_int_equal(keyring_unwrap(whole, master, (struct span){place.data, 4}, source, &none), ERR_DAMAGED);
    assert_int_equal(keyring_unwrap((struct span){record, size - 1}, master, place, source, &none),
                     ERR_DAMAGED);
    assert_int_equal(keyring_unwrap((struct span){record, 0}, master, place, source, &none), ERR_DAMAGED);
    for (size_t i = 10; i < size; i++) { /* version, kind and the id of the master key stand before */
        record[i] ^= 1;
        assert_int_equal(keyring_unwrap(whole, master, place, source, &none), ERR_DAMAGED);
        record[i] ^= 1;
    }
    assert_null(none);
    keyring_free(keyring);
}

/* Sealed as it should be, but with something else in it. */
static void test_unwrap_checks_what_is_inside(void **state)
{
    struct key_source source = {NULL, NULL};
    struct keyring *keyring = keyring_new(source);
    struct keyring *none = NULL;
    uint8_t record[KEYRING_RECORD_MAX];
    uint8_t plain[KEYRING_RECORD_MAX] = {0};
    struct seal_header header;
    static const uint8_t nonce[SEAL_NONCE_BYTES] = {1};
    const struct {
        size_t size;
        uint8_t count;
    } cases[] = {{0, 0}, {32, 0}, {33, 0}, {33, 1}, {68, 1}, {70, 1}, {69, 2}, {3000, 255}};

    (void)state;
    size_t size = keyring_wrap(keyring, master, place, record);
    assert_int_equal(seal_header_read((struct span){record, size}, &header), ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plain[32] = cases[i].count;
        seal_close(&header, master, nonce, place, (struct span){plain, cases[i].size}, record);
        struct span sealed = {record, seal_size(SEAL_MASTER, cases[i].size)};
        assert_int_equal(keyring_unwrap(sealed, master, place, source, &none), ERR_DAMAGED);
    }
    keyring_free(keyring);
}

/* ---- hashes, randomness ---- */

static void test_blind_depends_on_everything(void **state)
{
    struct keyring *keyring = keyring_new((struct key_source){NULL, NULL});
    struct keyring *other = keyring_new((struct key_source){NULL, NULL});
    uint8_t hash[5][BLIND_BYTES];

    (void)state;
    keyring_blind(keyring, 1, place, hash[0]);
    keyring_blind(keyring, 2, place, hash[1]);
    keyring_blind(keyring, 1, (struct span){place.data, 4}, hash[2]);
    keyring_blind(other, 1, place, hash[3]);
    keyring_blind(keyring, 1, (struct span){NULL, 0}, hash[4]);
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(hash[i], hash[k], BLIND_BYTES);
    keyring_free(keyring);
    keyring_free(other);
}

static void test_source_is_used(void **state)
{
    unsigned count = 0;
    uint8_t bytes[3];
    struct keyring *keyring = keyring_new((struct key_source){counting_fill, &count});

    (void)state;
    assert_int_equal(count, 2); /* the index key and one store key */
    keyring_random(keyring, bytes, sizeof bytes);
    assert_int_equal(bytes[0], 3);
    keyring_free(keyring);
}

/* ---- person keys ---- */

static void id_of(unsigned number, uint8_t id[static PERSON_ID_BYTES])
{
    memset(id, 0, PERSON_ID_BYTES);
    memcpy(id, &number, sizeof number);
    memcpy(id + 8, &number, sizeof number);
}

static void test_person_cache(void **state)
{
    struct keyring *keyring = keyring_new((struct key_source){NULL, NULL});
    uint8_t id[PERSON_ID_BYTES];
    uint8_t key[SEAL_KEY_BYTES];
    unsigned found = 0;

    (void)state;
    id_of(1, id);
    assert_false(keyring_person_find(keyring, id, key));
    for (unsigned i = 0; i < 20000; i++) {
        id_of(i, id);
        memset(key, (int)i, sizeof key);
        keyring_person_add(keyring, id, key);
        memset(key, 0xee, sizeof key);
        assert_true(keyring_person_find(keyring, id, key)); /* the newest is always there */
        assert_int_equal(key[5], i & 0xff);
    }
    for (unsigned i = 0; i < 20000;
         i++) { /* and of the others as many as there is room for, each with its own key */
        id_of(i, id);
        if (!keyring_person_find(keyring, id, key))
            continue;
        found++;
        assert_int_equal(key[31], i & 0xff);
    }
    assert_int_equal(found, 4096);
    memset(key, 7, sizeof key);
    keyring_person_add(keyring, id, key); /* in place of itself */
    memset(key, 0, sizeof key);
    assert_true(keyring_person_find(keyring, id, key));
    assert_int_equal(key[0], 7);
    keyring_free(keyring);
}

/* ---- the key file ---- */

static void test_hex(void **state)
{
    uint8_t key[SEAL_KEY_BYTES];
    static const char *const wrong[] = {
        "",
        "00",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
        " 00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    };

    (void)state;
    assert_int_equal(
        master_key_from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F", key), ERR_OK);
    for (size_t i = 0; i < sizeof key; i++)
        assert_int_equal(key[i], i);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(master_key_from_hex(wrong[i], key), ERR_SETTING);
}

static void test_file_is_made_once(void **state)
{
    char folder[] = "/tmp/opendoor-key-XXXXXX";
    char path[64];
    uint8_t made[SEAL_KEY_BYTES];
    uint8_t read[SEAL_KEY_BYTES];
    struct stat status;
    struct key_source source = {NULL, NULL};

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/key", folder);
    assert_int_equal(master_key_read(path, read), ERR_KEY_MISSING);
    mode_t before = umask(0);
    assert_int_equal(master_key_make(path, source, made), ERR_OK);
    (void)umask(before);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_nlink, 1); /* the draft is gone */
    assert_int_equal(master_key_read(path, read), ERR_OK);
    assert_memory_equal(made, read, sizeof made);
    assert_int_equal(master_key_make(path, source, read), ERR_OK); /* another was faster: theirs holds */
    assert_memory_equal(made, read, sizeof made);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(master_key_make(path, source, read), ERR_KEY_READABLE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(master_key_make(path, source, read), ERR_STORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap_and_unwrap),
        cmocka_unit_test(test_unwrap_refuses),
        cmocka_unit_test(test_unwrap_checks_what_is_inside),
        cmocka_unit_test(test_blind_depends_on_everything),
        cmocka_unit_test(test_source_is_used),
        cmocka_unit_test(test_person_cache),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_file_is_made_once),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
