/* fuzz_token.c - access tokens, the claims in them, and hashes of passwords.
 *
 * First byte 0: the rest is a token. It must be refused, unless it is the one that was signed here, byte for
 * byte: there is no second text of the same token. First byte 1: claims, as behind a good signature; what is
 * read must keep its limits. First byte 2: a stored hash; it verifies or is refused. Anything else: a token
 * of ours with a byte of the input put somewhere into it. */
#include "base/must.h"
#include "sec/password.h"
#include "sec/token.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1024 * 1024, TEXT_MAX = 4096 };

static const int64_t now = INT64_C(1790000000000);
static const char *const roles[] = {"patient", "staff", "admin", NULL};
static const struct tokens_options options = {
    .issuer = "opendoor", .audience = "opendoor", .ttl_ms = 900000, .roles = roles};

static struct tokens *tokens;
static char good[TOKEN_TEXT_MAX + 1];

static void start(struct arena *arena)
{
    struct token_keys keys = {.count = 0};
    struct token_key key;
    struct token_claims claims = {
        .user_id = "patient-123", .family_id = "family-1", .role = 1, .issued_at = now};
    const char *token = NULL;

    must(sodium_init() >= 0);
    tokens = tokens_new(&options);
    must(tokens && !token_key_make(&key));
    (void)token_keys_rotate(&keys, &key, now);
    must(!tokens_set_keys(tokens, &keys));
    must(!token_sign(tokens, arena, &claims, "id-1", &token));
    memcpy(good, token, strlen(token) + 1);
}

static void check_token(struct arena *arena, const char *text)
{
    struct token_claims claims;
    enum err e = token_verify(tokens, arena, text, now, &claims);

    must(e == ERR_UNAUTHENTICATED || (e == ERR_OK && strcmp(text, good) == 0));
}

static void check_claims(struct arena *arena, const char *text, size_t size)
{
    struct token_claims claims;

    if (token_claims_read(arena, text, size, &options, &claims))
        return;
    must(claims.role >= 1 && claims.role <= 3);
    must(strlen(claims.user_id) >= 1 && strlen(claims.user_id) <= TOKEN_ID_MAX);
    must(strlen(claims.family_id) >= 1 && strlen(claims.family_id) <= TOKEN_ID_MAX);
    must(claims.issued_at >= 0 && claims.expires_at >= 0);
}

/* Only what fails at once is tried: a hash with real parameters is slow, and libsodium's business. */
static void check_hash(const char *text)
{
    if (strstr(text, ",p=1$") && strlen(text) > 60)
        return;
    must(password_verify(text, "password", NULL) == ERR_DAMAGED);
}

static void check_changed(struct arena *arena, const uint8_t *data, size_t size)
{
    char *text = arena_dup(arena, good);
    size_t at = ((size_t)data[0] | (size >= 2 ? (size_t)data[1] << 8 : 0)) % strlen(good);
    char byte = (char)(size >= 3 ? data[2] : 0);

    text[at] = byte;
    check_token(arena, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES);

    if (!tokens)
        start(arena);
    if (size >= 1 && size < TEXT_MAX) {
        char *text = arena_text(arena, (const char *)data + 1, size - 1);
        if (data[0] == 0)
            check_token(arena, text);
        else if (data[0] == 1)
            check_claims(arena, text, size - 1);
        else if (data[0] == 2)
            check_hash(text);
        else
            check_changed(arena, data, size);
    }
    arena_free(arena);
    return 0;
}
