/* password.c - see password.h. */
#include "sec/password.h"

#include "base/must.h"
#include "base/utf8.h"

#include <pthread.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASSES = 2, MEMORY_BYTES = 19 * 1024 * 1024 };
enum { PASSES_MAX = 16, MEMORY_KIB_MIN = 8, MEMORY_KIB_MAX = 1024 * 1024 }; /* of hashes that are read */
enum { HASH_BYTES = 32, PERIOD_MAX = 4, PASSWORD_BYTES_MAX = 4 * PASSWORD_MAX };

_Static_assert(PASSWORD_HASH_TEXT == crypto_pwhash_STRBYTES, "size of a hash's text");

extern const char *const common_passwords[]; /* made from data/common_passwords */
extern const size_t common_passwords_count;

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void fold(const char *text, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++)
        out[i] = lower(text[i]);
    out[size] = '\0';
}

static int compare(const void *key, const void *element)
{
    return strcmp(key, *(const char *const *)element);
}

static bool is_listed(const char *folded)
{
    return bsearch(folded, common_passwords, common_passwords_count, sizeof common_passwords[0], compare);
}

/* "aaaaaaaaaa", "abcabcabcabc": guessed by every program that guesses. */
static bool is_repetition(const char *folded, size_t size)
{
    for (size_t period = 1; period <= PERIOD_MAX && period < size; period++)
        if (memcmp(folded, folded + period, size - period) == 0)
            return true;
    return false;
}

static bool contains_local_part(const char *folded, const char *email)
{
    const char *at = strrchr(email, '@');
    size_t size = at ? (size_t)(at - email) : strlen(email);
    char local[PASSWORD_BYTES_MAX + 1];

    if (size >= sizeof local || utf8_characters(email, size) < PASSWORD_LOCAL_MIN)
        return false;
    fold(email, size, local);
    return strstr(folded, local);
}

enum err password_check(const char *password, const char *email)
{
    char folded[PASSWORD_BYTES_MAX + 1];
    size_t size = strlen(password);
    enum err e = ERR_OK;

    if (size > PASSWORD_BYTES_MAX || utf8_characters(password, size) > PASSWORD_MAX)
        return ERR_FIELD_TOO_LONG;
    if (utf8_characters(password, size) < PASSWORD_MIN)
        return ERR_FIELD_TOO_SHORT;
    fold(password, size, folded);
    if (is_listed(folded) || is_repetition(folded, size))
        e = ERR_PASSWORD_COMMON;
    else if (email && contains_local_part(folded, email))
        e = ERR_PASSWORD_HAS_EMAIL;
    sodium_memzero(folded, sizeof folded);
    return e;
}

enum err password_hash(const char *password, char hash[static PASSWORD_HASH_TEXT])
{
    int failed = crypto_pwhash_str_alg(hash, password, strlen(password), PASSES, MEMORY_BYTES,
                                       crypto_pwhash_ALG_ARGON2ID13);
    return failed ? ERR_MEMORY : ERR_OK;
}

/* A hash that no password has: the hash of 256 random bits, made at first use. */
static char dummy[PASSWORD_HASH_TEXT];

static void dummy_make(void)
{
    uint8_t random[32];
    char text[2 * sizeof random + 1];

    randombytes_buf(random, sizeof random);
    (void)sodium_bin2hex(text, sizeof text, random, sizeof random);
    if (password_hash(text, dummy))
        dummy[0] = '\0';
}

static const char *dummy_hash(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, dummy_make) == 0);
    return dummy;
}

/* The parts of libsodium's text form, "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH". */
struct parsed {
    unsigned memory_kib, passes;
    uint8_t salt[crypto_pwhash_SALTBYTES];
    uint8_t hash[HASH_BYTES];
};

static bool read_base64(const char *text, size_t text_size, uint8_t *out, size_t size)
{
    size_t read = 0;

    return sodium_base642bin(out, size, text, text_size, NULL, &read, NULL,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
           read == size;
}

static bool parse(const char *text, struct parsed *parsed)
{
    int at = 0;

    if (sscanf(text, "$argon2id$v=19$m=%9u,t=%3u,p=1$%n", &parsed->memory_kib, &parsed->passes, &at) != 2 ||
        at == 0)
        return false;
    const char *salt = text + at;
    size_t salt_size = strcspn(salt, "$");
    if (salt[salt_size] != '$' || parsed->memory_kib < MEMORY_KIB_MIN ||
        parsed->memory_kib > MEMORY_KIB_MAX || parsed->passes < 1 || parsed->passes > PASSES_MAX)
        return false;
    const char *hash = salt + salt_size + 1;
    return read_base64(salt, salt_size, parsed->salt, sizeof parsed->salt) &&
           read_base64(hash, strlen(hash), parsed->hash, sizeof parsed->hash);
}

/* libsodium's own verification reports a lack of memory as a wrong password, which would lock people out. */
enum err password_verify(const char *hash, const char *password, bool *stale)
{
    struct parsed parsed;
    uint8_t made[HASH_BYTES];
    const char *against = hash ? hash : dummy_hash();

    if (!hash && !*against)
        return ERR_MEMORY;
    if (!parse(against, &parsed))
        return ERR_DAMAGED;
    if (crypto_pwhash(made, sizeof made, password, strlen(password), parsed.salt, parsed.passes,
                      (size_t)parsed.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13))
        return ERR_MEMORY;
    bool same = sodium_memcmp(made, parsed.hash, sizeof made) == 0;
    sodium_memzero(made, sizeof made);
    if (!same || !hash)
        return ERR_BAD_CREDENTIALS;
    if (stale)
        *stale = parsed.memory_kib != MEMORY_BYTES / 1024 || parsed.passes != PASSES;
    return ERR_OK;
}
