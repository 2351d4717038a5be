/* fuzz_sealed.c - what comes from the disk, or back from a client, before anything is known to be genuine:
 * sealed values, keys, the record of the store keys, tokens. The first byte of the input says which; nothing
 * that was not made with the key may ever open. */
#include "base/must.h"
#include "store/mem/mem.h"
#include "store/stored_key.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[SEAL_KEY_BYTES] = {1, 2, 3};
static const uint8_t nonce[SEAL_NONCE_BYTES] = {4, 5, 6};
static const struct span place = {(const uint8_t *)"place", 5};

static void as_value(struct arena *arena, struct span input)
{
    struct seal_header header;

    if (seal_header_read(input, &header) != ERR_OK)
        return;
    must(header.kind < SEAL_KINDS && seal_size(header.kind, 0) <= input.size);
    uint8_t *plain = arena_alloc(arena, seal_plain_size(header.kind, input.size));
    must(plain && seal_open(header.kind, key, place, input, plain) == ERR_DAMAGED);
}

/* A key that is understood is the one that is made of its parts. */
static void as_key(struct arena *arena, struct span input)
{
    const char *part;
    const char *sort;
    enum table table;
    struct stored_key_room room;
    struct stored_key made;

    if (input.size > UINT16_MAX)
        return;
    struct stored_key stored = {input.data, (uint16_t)input.size, 0};
    if (stored_key_read(stored, arena, &table, &part, &sort) != ERR_OK)
        return;
    must(strlen(sort) <= input.size && (!part || strlen(part) <= input.size));
    bool whole = strlen(sort) + stored_key_part_size(input.data, input.size, &table) == input.size;
    if (!part || !whole || !stored_key_make(NULL, NULL, &(struct key){table, part, sort}, &room, &made))
        return;
    must(made.size == input.size && memcmp(made.data, input.data, input.size) == 0);
}

static void as_store_keys(struct arena *arena, struct span input)
{
    struct keyring *keyring;

    (void)arena;
    enum err e = keyring_unwrap(input, key, place, (struct key_source){NULL, NULL}, &keyring);
    must(e == ERR_DAMAGED || e == ERR_KEY_WRONG);
}

static void as_token(struct arena *arena, struct span input)
{
    static struct store *store;
    struct span plain;

    if (!store)
        must(store_open_mem(&(struct mem_options){.seed = 1}, &store) == ERR_OK);
    const char *text = arena_text(arena, (const char *)input.data, input.size);
    must(text && store_open_token(store, arena, "use", text, &plain) == ERR_CURSOR);
}

/* Sealed here, then one byte changed: place in two bytes, what to change in the third, the rest is the
 * content. */
static void as_content(struct arena *arena, struct span input)
{
    struct seal_header header = {.kind = SEAL_PERSON, .id = {9}};

    if (input.size < 3)
        return;
    struct span content = {input.data + 3, input.size - 3};
    size_t size = seal_size(SEAL_PERSON, content.size);
    uint8_t *sealed = arena_alloc(arena, size);
    uint8_t *plain = arena_alloc(arena, content.size);
    must(sealed && plain);
    seal_close(&header, key, nonce, place, content, sealed);
    sealed[((size_t)input.data[0] << 8 | input.data[1]) % size] ^= input.data[2];
    enum err e = seal_open(SEAL_PERSON, key, place, (struct span){sealed, size}, plain);
    must(e == (input.data[2] ? ERR_DAMAGED : ERR_OK));
    must(e || content.size == 0 || memcmp(plain, content.data, content.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const ways[])(struct arena * arena, struct span input) = {as_value, as_key, as_store_keys,
                                                                            as_token, as_content};

    if (size == 0)
        return 0;
    must(sodium_init() >= 0); /* does nothing the second time */
    struct arena *arena = arena_new((size_t)16 * 1024 * 1024);
    must(arena);
    ways[data[0] % (sizeof ways / sizeof ways[0])](arena, (struct span){data + 1, size - 1});
    arena_free(arena);
    return 0;
}
