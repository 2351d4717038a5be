/* fuzz_jwks.c - what another provider of identity sends: its key set, and tokens that are said to be its own.
 *
 * First byte 0: the rest is a key set; what is read keeps its limits, and is the same once it was written and
 * read again. Anything else: a token, checked with a key of RFC 7517's example, for which nobody has the
 * private half here: none may be right. */
#include "base/must.h"
#include "sec/jwt.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 16 * 1024 * 1024, TEXT_MAX = 128 * 1024 };

/* RFC 7517, appendix A.1 */
static const char example[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":"
    "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR"
    "1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAta"
    "Sqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-"
    "G_xBniIqbw0Ls"
    "1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}]}";

static struct jwks known;

static void check_set(struct arena *arena, const char *text, size_t size)
{
    struct jwks jwks = {.count = 0}, again = {.count = 0};
    struct buf buf;

    if (jwks_read(arena, text, size, &jwks))
        return;
    must(jwks.count >= 1 && jwks.count <= JWKS_KEYS_MAX);
    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    jwks_write(&jwks, &writer);
    must(buf_ok(&buf) && !jwks_read(arena, buf.data, buf.size, &again) && again.count == jwks.count);
    for (size_t i = 0; i < jwks.count; i++)
        must(strcmp(jwks.items[i].id, again.items[i].id) == 0 &&
             jwks.items[i].modulus_size == again.items[i].modulus_size);
    jwks_close(&jwks);
    jwks_close(&again);
}

static void check_token(struct arena *arena, const char *text)
{
    const struct json *payload = NULL;
    const char *why = NULL;
    enum err e = jwt_open(arena, &known, text, &payload, &why);

    must(e == ERR_NOT_FOUND || (e == ERR_UNAUTHENTICATED && why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES);

    if (known.count == 0)
        must(sodium_init() >= 0 && !jwks_read(arena, example, strlen(example), &known));
    if (size >= 1 && size < TEXT_MAX) {
        char *text = arena_text(arena, (const char *)data + 1, size - 1);
        if (data[0] == 0)
            check_set(arena, text, size - 1);
        else
            check_token(arena, text);
    }
    arena_free(arena);
    return 0;
}
