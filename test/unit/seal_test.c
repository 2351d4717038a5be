/* seal_test.c - sealed values: what they look like on disk, and that they open only where they belong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sec/seal.h"

#include <sodium.h>
#include <string.h>

static const uint8_t key[SEAL_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t nonce[SEAL_NONCE_BYTES] = {9, 8, 7, 6, 5, 4, 3, 2, 1};

static struct span text(const char *of)
{
    return (struct span){(const uint8_t *)of, strlen(of)};
}

static void test_every_kind_opens_again(void **state)
{
    static const size_t id_sizes[SEAL_KINDS] = {4, 16, 8, 4};
    uint8_t sealed[200];
    uint8_t plain[100];

    (void)state;
    for (int kind = 0; kind < SEAL_KINDS; kind++) {
        struct seal_header header = {.kind = (enum seal_kind)kind};
        struct seal_header read;
        memset(header.id, 0xa0 + kind, id_sizes[kind]);
        for (size_t size = 0; size < sizeof plain; size++) {
            uint8_t content[sizeof plain];
            memset(content, (int)size, sizeof content);
            size_t sealed_size = seal_size(header.kind, size);
            assert_int_equal(sealed_size, 2 + id_sizes[kind] + 24 + size + 16);
            assert_int_equal(seal_plain_size(header.kind, sealed_size), size);
            seal_close(&header, key, nonce, text("place"), (struct span){content, size}, sealed);
            assert_int_equal(seal_header_read((struct span){sealed, sealed_size}, &read), ERR_OK);
            assert_int_equal(read.kind, kind);
            assert_memory_equal(read.id, header.id, sizeof read.id);
            assert_int_equal(
                seal_open(header.kind, key, text("place"), (struct span){sealed, sealed_size}, plain),
                ERR_OK);
            assert_memory_equal(plain, content, size);
        }
    }
}

/* What is on disk must stay readable: header, nonce, then what XChaCha20-Poly1305 gives with header and place
 * as associated data. */
static void test_format_on_disk(void **state)
{
    struct seal_header header = {.kind = SEAL_STORE, .id = {1, 0, 0, 0}};
    uint8_t sealed[60];
    uint8_t expected[60] = {1, 0, 1, 0, 0, 0};
    static const uint8_t associated[] = {1, 0, 1, 0, 0, 0, 'k', 'e', 'y'};
    unsigned long long size;

    (void)state;
    memcpy(expected + 6, nonce, sizeof nonce);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_encrypt(expected + 30, &size,
                                                                (const uint8_t *)"opendoor", 8, associated,
                                                                sizeof associated, NULL, nonce, key),
                     0);
    assert_int_equal(30 + size, seal_size(SEAL_STORE, 8));
    seal_close(&header, key, nonce, text("key"), text("opendoor"), sealed);
    assert_memory_equal(sealed, expected, seal_size(SEAL_STORE, 8));
}

static void test_wrong_key_place_or_byte(void **state)
{
    struct seal_header header = {.kind = SEAL_PERSON, .id = {7}};
    uint8_t other_key[SEAL_KEY_BYTES];
    uint8_t sealed[100];
    uint8_t plain[100];
    size_t size = seal_size(SEAL_PERSON, 10);

    (void)state;
    memcpy(other_key, key, sizeof key);
    other_key[31] ^= 1;
    seal_close(&header, key, nonce, text("place"), text("0123456789"), sealed);
    assert_int_equal(seal_open(SEAL_PERSON, other_key, text("place"), (struct span){sealed, size}, plain),
                     ERR_DAMAGED);
    assert_int_equal(seal_open(SEAL_PERSON, key, text("plac"), (struct span){sealed, size}, plain),
                     ERR_DAMAGED);
    assert_int_equal(seal_open(SEAL_PERSON, key, text(""), (struct span){sealed, size}, plain), ERR_DAMAGED);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(seal_open(SEAL_PERSON, key, text("place"), (struct span){sealed, size}, plain),
                         ERR_DAMAGED);
        sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(seal_open(SEAL_STORE, key, text("place"), (struct span){sealed, size}, plain),
                     ERR_DAMAGED);
    for (size_t shorter = 0; shorter < size; shorter++)
        assert_int_equal(seal_open(SEAL_PERSON, key, text("place"), (struct span){sealed, shorter}, plain),
                         ERR_DAMAGED);
    assert_int_equal(seal_open(SEAL_PERSON, key, text("place"), (struct span){sealed, size}, plain), ERR_OK);
}

static void test_headers_that_are_none(void **state)
{
    uint8_t bytes[100] = {SEAL_VERSION, SEAL_STORE};
    struct seal_header header;

    (void)state;
    assert_int_equal(seal_header_read((struct span){bytes, sizeof bytes}, &header), ERR_OK);
    assert_int_equal(seal_header_read((struct span){NULL, 0}, &header), ERR_DAMAGED);
    assert_int_equal(seal_header_read((struct span){bytes, 1}, &header), ERR_DAMAGED);
    assert_int_equal(seal_header_read((struct span){bytes, seal_size(SEAL_STORE, 0) - 1}, &header),
                     ERR_DAMAGED);
    bytes[0] = SEAL_VERSION + 1;
    assert_int_equal(seal_header_read((struct span){bytes, sizeof bytes}, &header), ERR_DAMAGED);
    bytes[0] = SEAL_VERSION;
    bytes[1] = SEAL_KINDS;
    assert_int_equal(seal_header_read((struct span){bytes, sizeof bytes}, &header), ERR_DAMAGED);
    assert_int_equal(seal_plain_size(SEAL_STORE, 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_opens_again),
        cmocka_unit_test(test_format_on_disk),
        cmocka_unit_test(test_wrong_key_place_or_byte),
        cmocka_unit_test(test_headers_that_are_none),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
