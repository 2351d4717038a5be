/* jwks.c - GET /.well-known/jwks.json: the public halves of the keys that sign access tokens (RFC 7517), our
 * own or those of another provider of identity as far as they are known. A key is here a day before its first
 * token, so an hour in somebody's cache does no harm. */
#include "api/endpoint.h"
#include "call/reply.h"
#include "sec/identity.h"

#define TYPE_JWKS "application/jwk-set+json"

static enum err prepare(struct call *call)
{
    const struct identity *identity = call->app->identity;

    identity->keys_fetch(identity->arg);
    return ERR_OK;
}

static enum err handle(struct call *call, struct tx *tx)
{
    const struct identity *identity = call->app->identity;
    struct buf text;

    (void)tx;
    buf_init(&text, call->arena);
    struct json_writer writer = json_writer(&text);
    identity->keys_write(identity->arg, &writer);
    if (!buf_ok(&text))
        return ERR_MEMORY;
    reply_bytes(call, 200, TYPE_JWKS, buf_span(&text), false);
    reply_header(call, "Cache-Control", "public, max-age=3600");
    return ERR_OK;
}

const struct endpoint endpoint_jwks = {
    .name = "jwks",
    .method = METHOD_GET,
    .path = "/.well-known/jwks.json",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_ANONYMOUS | ENDPOINT_REMOTE,
    .content_type = TYPE_JWKS,
    .prepare = prepare,
    .handle = handle,
    .tag = "Identity",
    .summary = "Keys that access tokens are signed with",
    .description =
        "A JWK set (RFC 7517). Tokens are signed with ES256, those of a Cognito user pool with RS256; "
        "`kid` names the key.",
};
