/* keyring.c - the keys in memory: store keys and index key, and a small set-associative cache of person keys.
 *
 * The cache has PEOPLE_SETS sets of PEOPLE_WAYS keys; a set is chosen by the blinded person id, which is a
 * keyed hash and so spreads evenly; within a set the oldest entry is replaced. Its locks are striped over the
 * sets. */
#include "sec/keyring.h"

#include "base/must.h"
#include "sec/permute.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

enum {
    PEOPLE_SETS = 1024,
    PEOPLE_WAYS = 4,
    PEOPLE_LOCKS = 16,
    MASTER_ID_BYTES = 8,
    NUMBER_BYTES = 4,
    WRAPPED_KEY_BYTES = NUMBER_BYTES + SEAL_KEY_BYTES,
    WRAPPED_MAX = SEAL_KEY_BYTES + 1 + STORE_KEYS_MAX * WRAPPED_KEY_BYTES,
};

_Static_assert((int)PERMUTE_KEY_BYTES == (int)BLIND_BYTES, "a keyed hash is the key of the permutation");

struct store_key {
    uint8_t number[NUMBER_BYTES]; /* little endian, as in the header */
    uint8_t key[SEAL_KEY_BYTES];
};

struct person {
    bool used;
    uint8_t id[PERSON_ID_BYTES];
    uint8_t key[SEAL_KEY_BYTES];
};

struct people_set {
    struct person ways[PEOPLE_WAYS];
    unsigned oldest;
};

struct keyring {
    struct key_source source;
    uint8_t index_key[SEAL_KEY_BYTES];
    uint8_t permute_key[PERMUTE_KEY_BYTES]; /* made from the index key */
    struct store_key keys[STORE_KEYS_MAX];  /* the last one is the newest */
    size_t key_count;
    pthread_mutex_t locks[PEOPLE_LOCKS];
    struct people_set people[PEOPLE_SETS];
};

static void fill(struct key_source source, void *out, size_t size)
{
    if (source.fill)
        source.fill(source.arg, out, size);
    else
        randombytes_buf(out, size);
}

static struct keyring *keyring_empty(struct key_source source)
{
    struct keyring *keyring = sodium_malloc(sizeof *keyring);
    if (!keyring)
        return NULL;
    memset(keyring, 0, sizeof *keyring);
    keyring->source = source;
    for (size_t i = 0; i < PEOPLE_LOCKS; i++)
        must(pthread_mutex_init(&keyring->locks[i], NULL) == 0);
    return keyring;
}

/* What follows from the index key. */
static void index_key_known(struct keyring *keyring)
{
    static const char what[] = "permutation";

    keyring_blind(keyring, KEYRING_TAG_OWN, (struct span){(const uint8_t *)what, sizeof what - 1},
                  keyring->permute_key);
}

struct keyring *keyring_new(struct key_source source)
{
    struct keyring *keyring = keyring_empty(source);
    if (!keyring)
        return NULL;
    fill(source, keyring->index_key, sizeof keyring->index_key);
    index_key_known(keyring);
    keyring->key_count = 1;
    keyring->keys[0].number[0] = 1;
    fill(source, keyring->keys[0].key, sizeof keyring->keys[0].key);
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    if (!keyring)
        return;
    for (size_t i = 0; i < PEOPLE_LOCKS; i++)
        must(pthread_mutex_destroy(&keyring->locks[i]) == 0);
    sodium_free(keyring); /* wipes it first */
}

/* Tells a wrong master key from a damaged record; a keyed hash of a constant says nothing about the key. */
static void master_id(const uint8_t *master, uint8_t id[static MASTER_ID_BYTES])
{
    static const uint8_t what[] = "opendoor master key";
    uint8_t hash[crypto_generichash_BYTES_MIN];

    must(crypto_generichash(hash, sizeof hash, what, sizeof what, master, SEAL_KEY_BYTES) == 0);
    memcpy(id, hash, MASTER_ID_BYTES);
}

size_t keyring_wrap(struct keyring *keyring, const uint8_t master[static SEAL_KEY_BYTES], struct span bound,
                    uint8_t record[static KEYRING_RECORD_MAX])
{
    uint8_t plain[WRAPPED_MAX];
    uint8_t nonce[SEAL_NONCE_BYTES];
    struct seal_header header = {.kind = SEAL_MASTER};
    uint8_t *at = plain;

    memcpy(at, keyring->index_key, SEAL_KEY_BYTES);
    at += SEAL_KEY_BYTES;
    *at++ = (uint8_t)keyring->key_count;
    for (size_t i = 0; i < keyring->key_count; i++, at += WRAPPED_KEY_BYTES) {
        memcpy(at, keyring->keys[i].number, NUMBER_BYTES);
        memcpy(at + NUMBER_BYTES, keyring->keys[i].key, SEAL_KEY_BYTES);
    }
    size_t size = (size_t)(at - plain);
    master_id(master, header.id);
    fill(keyring->source, nonce, sizeof nonce);
    seal_close(&header, master, nonce, bound, (struct span){plain, size}, record);
    sodium_memzero(plain, sizeof plain);
    return seal_size(SEAL_MASTER, size);
}

static enum err keys_read(const uint8_t *plain, size_t size, struct keyring *keyring)
{
    if (size < SEAL_KEY_BYTES + 1)
        return ERR_DAMAGED;
    size_t count = plain[SEAL_KEY_BYTES];
    const uint8_t *at = plain + SEAL_KEY_BYTES + 1;
    if (count < 1 || count > STORE_KEYS_MAX || size != SEAL_KEY_BYTES + 1 + count * WRAPPED_KEY_BYTES)
        return ERR_DAMAGED;
    memcpy(keyring->index_key, plain, SEAL_KEY_BYTES);
    index_key_known(keyring);
    keyring->key_count = count;
    for (size_t i = 0; i < count; i++, at += WRAPPED_KEY_BYTES) {
        memcpy(keyring->keys[i].number, at, NUMBER_BYTES);
        memcpy(keyring->keys[i].key, at + NUMBER_BYTES, SEAL_KEY_BYTES);
    }
    return ERR_OK;
}

static enum err unwrap(struct span record, const uint8_t *master, struct span bound, struct keyring *keyring)
{
    uint8_t plain[WRAPPED_MAX];
    uint8_t id[SEAL_ID_BYTES] = {0};
    struct seal_header header;

    enum err e = seal_header_read(record, &header);
    if (e || header.kind != SEAL_MASTER)
        return ERR_DAMAGED;
    master_id(master, id);
    if (memcmp(id, header.id, sizeof id) != 0)
        return ERR_KEY_WRONG;
    size_t size = seal_plain_size(SEAL_MASTER, record.size);
    if (size > sizeof plain)
        return ERR_DAMAGED;
    e = seal_open(SEAL_MASTER, master, bound, record, plain);
    if (!e)
        e = keys_read(plain, size, keyring);
    sodium_memzero(plain, sizeof plain);
    return e;
}

enum err keyring_unwrap(struct span record, const uint8_t master[static SEAL_KEY_BYTES], struct span bound,
                        struct key_source source, struct keyring **keyring)
{
    struct keyring *opened = keyring_empty(source);
    if (!opened)
        return ERR_MEMORY;
    enum err e = unwrap(record, master, bound, opened);
    if (e)
        keyring_free(opened);
    else
        *keyring = opened;
    return e;
}

void keyring_random(const struct keyring *keyring, void *out, size_t size)
{
    fill(keyring->source, out, size);
}

void keyring_blind(const struct keyring *keyring, uint8_t tag, struct span text,
                   uint8_t out[static BLIND_BYTES])
{
    crypto_generichash_state state;

    must(crypto_generichash_init(&state, keyring->index_key, SEAL_KEY_BYTES, BLIND_BYTES) == 0);
    must(crypto_generichash_update(&state, &tag, 1) == 0);
    must(crypto_generichash_update(&state, text.data, text.size) == 0);
    must(crypto_generichash_final(&state, out, BLIND_BYTES) == 0);
}

uint64_t keyring_permute(const struct keyring *keyring, uint64_t number)
{
    return permute(keyring->permute_key, number);
}

uint64_t keyring_permute_back(const struct keyring *keyring, uint64_t number)
{
    return permute_back(keyring->permute_key, number);
}

const uint8_t *keyring_newest(const struct keyring *keyring, enum seal_kind kind, struct seal_header *header)
{
    const struct store_key *newest = &keyring->keys[keyring->key_count - 1];

    *header = (struct seal_header){.kind = kind};
    memcpy(header->id, newest->number, NUMBER_BYTES);
    return newest->key;
}

const uint8_t *keyring_store_key(const struct keyring *keyring, const struct seal_header *header)
{
    for (size_t i = 0; i < keyring->key_count; i++)
        if (memcmp(keyring->keys[i].number, header->id, NUMBER_BYTES) == 0)
            return keyring->keys[i].key;
    return NULL;
}

static struct people_set *set_lock(struct keyring *keyring, const uint8_t *id)
{
    size_t number = ((size_t)id[0] | (size_t)id[1] << 8) % PEOPLE_SETS;

    must(pthread_mutex_lock(&keyring->locks[number % PEOPLE_LOCKS]) == 0);
    return &keyring->people[number];
}

static void set_unlock(struct keyring *keyring, const struct people_set *set)
{
    size_t number = (size_t)(set - keyring->people);

    must(pthread_mutex_unlock(&keyring->locks[number % PEOPLE_LOCKS]) == 0);
}

static struct person *set_find(struct people_set *set, const uint8_t *id)
{
    for (size_t i = 0; i < PEOPLE_WAYS; i++)
        if (set->ways[i].used && memcmp(set->ways[i].id, id, PERSON_ID_BYTES) == 0)
            return &set->ways[i];
    return NULL;
}

bool keyring_person_find(struct keyring *keyring, const uint8_t id[static PERSON_ID_BYTES],
                         uint8_t key[static SEAL_KEY_BYTES])
{
    struct people_set *set = set_lock(keyring, id);
    const struct person *person = set_find(set, id);
    bool found = person != NULL;

    if (found)
        memcpy(key, person->key, SEAL_KEY_BYTES);
    set_unlock(keyring, set);
    return found;
}

void keyring_person_add(struct keyring *keyring, const uint8_t id[static PERSON_ID_BYTES],
                        const uint8_t key[static SEAL_KEY_BYTES])
{
    struct people_set *set = set_lock(keyring, id);
    struct person *person = set_find(set, id);

    if (!person) {
        person = &set->ways[set->oldest];
        set->oldest = (set->oldest + 1) % PEOPLE_WAYS;
    }
    person->used = true;
    memcpy(person->id, id, PERSON_ID_BYTES);
    memcpy(person->key, key, SEAL_KEY_BYTES);
    set_unlock(keyring, set);
}
