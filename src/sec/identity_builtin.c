/* identity_builtin.c - the provider of identity that comes with the program: passwords are hashed into our
 * own records, and access tokens are signed with our own keys. */
#include "sec/identity.h"
#include "sec/password.h"

static enum err token_check(void *arg, struct arena *arena, const char *token, int64_t now_ms,
                            struct token_claims *claims, const char **why)
{
    (void)why;
    return token_verify(arg, arena, token, now_ms, claims);
}

static void keys_fetch(void *arg)
{
    (void)arg; /* the store's jobs bring them in */
}

static void keys_write(void *arg, struct json_writer *writer)
{
    tokens_publish(arg, writer);
}

static enum err hash_for(struct arena *arena, const char *password, const char **hash)
{
    char text[PASSWORD_HASH_TEXT];

    enum err e = password_hash(password, text);
    if (e)
        return e;
    const char *copy = arena_dup(arena, text);
    if (!copy)
        return ERR_MEMORY;
    *hash = copy;
    return ERR_OK;
}

static enum err make(void *arg, struct arena *arena, const struct identity_account *account,
                     const char *password, enum identity_adopt adopt, struct credential *made)
{
    (void)arg;
    (void)account;
    (void)adopt;
    *made = (struct credential){.subject = NULL};
    return hash_for(arena, password, &made->password_hash);
}

static enum err prove(void *arg, struct arena *arena, const char *email, const struct credential *kept,
                      const char *password, struct identity_proof *proof)
{
    bool stale = false;

    (void)arg;
    (void)email;
    *proof = (struct identity_proof){.grant = NULL};
    enum err e = password_verify(kept->password_hash, password, &stale);
    return !e && stale ? hash_for(arena, password, &proof->rehash) : e;
}

static enum err change(void *arg, struct arena *arena, const char *email, const struct identity_proof *old,
                       const char *old_password, const char *password, struct credential *made,
                       struct identity_proof *proof)
{
    (void)arg;
    (void)email;
    (void)old;
    (void)old_password;
    *proof = (struct identity_proof){.grant = NULL};
    *made = (struct credential){.subject = NULL};
    return hash_for(arena, password, &made->password_hash);
}

static enum err reset(void *arg, struct arena *arena, const char *email, const char *code,
                      const char *password, struct credential *made)
{
    (void)arg;
    (void)email;
    (void)code;
    *made = (struct credential){.subject = NULL};
    return hash_for(arena, password, &made->password_hash);
}

struct identity identity_builtin(struct tokens *tokens)
{
    return (struct identity){.arg = tokens,
                             .token_check = token_check,
                             .keys_fetch = keys_fetch,
                             .keys_write = keys_write,
                             .make = make,
                             .prove = prove,
                             .change = change,
                             .reset = reset};
}
