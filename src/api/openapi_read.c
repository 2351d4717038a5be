/* openapi_read.c - GET /openapi.yaml: this API as an OpenAPI document, printed for each request from the
 * tables. */
#include "api/endpoint.h"
#include "api/openapi.h"
#include "call/reply.h"

#define TYPE_YAML "application/yaml; charset=utf-8" /* RFC 9512 */

static enum err handle(struct call *call, struct tx *tx)
{
    struct buf document;

    (void)tx;
    buf_init(&document, call->arena);
    openapi_write(&document);
    if (!buf_ok(&document))
        return ERR_MEMORY;
    reply_bytes(call, 200, TYPE_YAML, buf_span(&document), false);
    return ERR_OK;
}

const struct endpoint endpoint_openapi_read = {
    .name = "openapi_read",
    .method = METHOD_GET,
    .path = "/openapi.yaml",
    .roles = ROLES_PUBLIC,
    .flags = ENDPOINT_NO_STORE | ENDPOINT_ANONYMOUS,
    .content_type = TYPE_YAML,
    .handle = handle,
    .tag = "Service",
    .summary = "This document",
};
