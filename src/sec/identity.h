/* identity.h - who checks that people are who they say they are: a provider of identity, as a table of
 * functions that main hands down.
 *
 * Two of them: the built-in one (identity_builtin.c: Argon2id hashes in our own records, access tokens that
 * we sign) and Amazon Cognito (outside/cognito.h: passwords are Cognito's, access tokens too). Whichever it
 * is, the user, their role, their practices and their patient record are ours, and so is the session: a
 * family of refresh tokens in our store, without which no access token is good. A provider's own refresh
 * token stays in that record; nobody outside gets it.
 *
 * All but token_check() and keys_write() may wait for a network or hash a password: they are called in a
 * prepare or an after step, on the pool for it, never inside a transaction. What they give lives in the
 * arena. Neither passwords nor tokens are logged, by anybody. Any number of threads may call.
 *
 * Errors that each may give, beside its own: ERR_IDENTITY_DOWN (no answer, or none in time), ERR_OUTSIDE (an
 * answer that is not as agreed, or a provider that is not set up for this), ERR_BUSY and ERR_RATE_LIMITED
 * (the provider has enough), ERR_MEMORY. */
#ifndef SEC_IDENTITY_H
#define SEC_IDENTITY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "sec/token.h"

#include <stdbool.h>
#include <stdint.h>

enum { IDENTITY_SUBJECT_MAX = TOKEN_ID_MAX, IDENTITY_TOKEN_MAX = 4096 };

/* What our record keeps of how somebody proves who they are; one of the two, or none. */
struct credential {
    const char *subject;       /* whom the provider knows them as */
    const char *password_hash; /* Argon2id */
};

struct identity_account {
    const char *subject, *email;
    int32_t role; /* number of its name in the roles' list, from 1 on; 1 is what everybody has */
    bool active;
};

/* What a provider with tokens of its own gives for a login. claims.user_id is the subject, claims.family_id
 * the provider's session. */
struct identity_grant {
    struct token_claims claims;
    const char *access_token;
    const char *refresh_token; /* NULL: the one that was used stays good */
    const char *email;         /* that it has verified; NULL: it says none */
};

struct identity_proof {
    const char *rehash;                 /* the same password, hashed by newer parameters; NULL: not needed */
    const struct identity_grant *grant; /* NULL: we make the tokens */
};

/* What to do with an account that the provider has already, and our store has not. */
enum identity_adopt {
    ADOPT_PROVEN, /* it is theirs if the password is right: a registration that was cut off, sent again */
    ADOPT_ANY,    /* an admin says so; the password is set */
};

struct identity {
    void *arg;   /* what every function gets first */
    bool remote; /* asks somebody else: endpoints marked ENDPOINT_REMOTE have their steps run */

    /* Is it an access token of somebody? Without waiting. ERR_UNAUTHENTICATED, perhaps with *why;
     * ERR_TOKEN_EXPIRED. ERR_IDENTITY_DOWN: not without new keys; call keys_fetch, then ask again. */
    enum err (*token_check)(void *arg, struct arena *arena, const char *token, int64_t now_ms,
                            struct token_claims *claims, const char **why);
    /* Fetches the keys of tokens if that is due: not more often than every few seconds, whatever is asked.
     * What went wrong shows in the next token_check. */
    void (*keys_fetch)(void *arg);
    /* The key set, as one JSON value. */
    void (*keys_write)(void *arg, struct json_writer *writer);

    /* A new account. ERR_EMAIL_TAKEN; ERR_PASSWORD_REFUSED. */
    enum err (*make)(void *arg, struct arena *arena, const struct identity_account *account,
                     const char *password, enum identity_adopt adopt, struct credential *made);
    /* Is it the password? kept: what our record says; all NULL if there is no record, which takes as long.
     * ERR_BAD_CREDENTIALS: no, or no such account. ERR_NOT_CONFIRMED, ERR_PASSWORD_RESET_REQUIRED,
     * ERR_LOGIN_STEP: it is, and the provider wants more. */
    enum err (*prove)(void *arg, struct arena *arena, const char *email, const struct credential *kept,
                      const char *password, struct identity_proof *proof);
    /* Another password; old: the proof of the one until now, *proof: of the new one. ERR_PASSWORD_REFUSED. */
    enum err (*change)(void *arg, struct arena *arena, const char *email, const struct identity_proof *old,
                       const char *old_password, const char *password, struct credential *made,
                       struct identity_proof *proof);
    /* A new password by a code that reset_send() sent; the built-in provider has no codes (the endpoint has
     * looked at the link's token) and takes it as it is. ERR_RESET_INVALID, ERR_PASSWORD_REFUSED. */
    enum err (*reset)(void *arg, struct arena *arena, const char *email, const char *code,
                      const char *password, struct credential *made);

    /* Only of a remote one: */
    enum err (*renew)(void *arg, struct arena *arena, const char *refresh_token,
                      struct identity_grant *grant);
    enum err (*reset_send)(void *arg, struct arena *arena,
                           const char *email); /* ERR_OK too if there is nobody */
    enum err (*rename)(void *arg, struct arena *arena, const char *subject, const char *email);
    enum err (*update)(void *arg, struct arena *arena,
                       const struct identity_account *account); /* role, active */
    /* Both end sessions at the provider, after they have ended here; what goes wrong is logged and no more,
     * because nobody has the tokens of those sessions. */
    void (*revoke)(void *arg, struct arena *arena, const char *refresh_token);
    void (*sign_out)(void *arg, struct arena *arena, const char *subject);
};

/* The built-in provider, which signs and checks with these. */
struct identity identity_builtin(struct tokens *tokens);

#endif
