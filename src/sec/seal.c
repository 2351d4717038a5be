/* seal.c - the header, and libsodium's AEAD behind it. */
#include "sec/seal.h"

#include "base/must.h"

#include <sodium.h>
#include <string.h>

_Static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(SEAL_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce size");

enum { TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES, PREFIX_BYTES = 2 };

static const uint8_t id_bytes[SEAL_KINDS] = {
    [SEAL_STORE] = 4,
    [SEAL_PERSON] = SEAL_ID_BYTES,
    [SEAL_MASTER] = 8,
    [SEAL_TOKEN] = 4,
};

static size_t header_size(enum seal_kind kind)
{
    return PREFIX_BYTES + (size_t)id_bytes[kind];
}

size_t seal_size(enum seal_kind kind, size_t plain_size)
{
    return header_size(kind) + SEAL_NONCE_BYTES + plain_size + TAG_BYTES;
}

size_t seal_plain_size(enum seal_kind kind, size_t sealed_size)
{
    size_t least = seal_size(kind, 0);

    return sealed_size < least ? 0 : sealed_size - least;
}

/* What is authenticated beside the content: the header, then what the value is bound to. */
static size_t associate(const uint8_t *header, size_t size, struct span bound, uint8_t *out)
{
    must(bound.size <= SEAL_BOUND_MAX);
    memcpy(out, header, size);
    if (bound.size > 0)
        memcpy(out + size, bound.data, bound.size);
    return size + bound.size;
}

void seal_close(const struct seal_header *header, const uint8_t key[static SEAL_KEY_BYTES],
                const uint8_t nonce[static SEAL_NONCE_BYTES], struct span bound, struct span plain,
                uint8_t *sealed)
{
    uint8_t associated[PREFIX_BYTES + SEAL_ID_BYTES + SEAL_BOUND_MAX];
    size_t size = header_size(header->kind);

    sealed[0] = SEAL_VERSION;
    sealed[1] = (uint8_t)header->kind;
    memcpy(sealed + PREFIX_BYTES, header->id, id_bytes[header->kind]);
    memcpy(sealed + size, nonce, SEAL_NONCE_BYTES);
    size_t associated_size = associate(sealed, size, bound, associated);
    int failed =
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + size + SEAL_NONCE_BYTES, NULL, plain.data,
                                                   plain.size, associated, associated_size, NULL, nonce, key);
    must(failed == 0); /* it fails only for sizes that no memory could hold */
}

enum err seal_nonce_read(struct span sealed, uint8_t nonce[static SEAL_NONCE_BYTES])
{
    struct seal_header header;
    enum err e = seal_header_read(sealed, &header);

    if (!e)
        memcpy(nonce, sealed.data + header_size(header.kind), SEAL_NONCE_BYTES);
    return e;
}

enum err seal_header_read(struct span sealed, struct seal_header *header)
{
    if (sealed.size < PREFIX_BYTES || sealed.data[0] != SEAL_VERSION || sealed.data[1] >= SEAL_KINDS)
        return ERR_DAMAGED;
    enum seal_kind kind = (enum seal_kind)sealed.data[1];
    if (sealed.size < seal_size(kind, 0))
        return ERR_DAMAGED;
    *header = (struct seal_header){.kind = kind};
    memcpy(header->id, sealed.data + PREFIX_BYTES, id_bytes[kind]);
    return ERR_OK;
}

enum err seal_open(enum seal_kind kind, const uint8_t key[static SEAL_KEY_BYTES], struct span bound,
                   struct span sealed, uint8_t *plain)
{
    uint8_t associated[PREFIX_BYTES + SEAL_ID_BYTES + SEAL_BOUND_MAX];
    struct seal_header header;

    if (seal_header_read(sealed, &header) || header.kind != kind)
        return ERR_DAMAGED;
    size_t size = header_size(kind);
    size_t associated_size = associate(sealed.data, size, bound, associated);
    const uint8_t *nonce = sealed.data + size;
    const uint8_t *content = nonce + SEAL_NONCE_BYTES;
    size_t content_size = sealed.size - size - SEAL_NONCE_BYTES;
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, content, content_size,
                                                            associated, associated_size, nonce, key);
    return failed ? ERR_DAMAGED : ERR_OK;
}
