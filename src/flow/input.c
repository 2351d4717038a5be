/* input.c - what the caller sent, checked by the endpoint's tables before anything else happens. */
#include "flow/step.h"

#include "api/endpoint.h"
#include "call/accept.h"
#include "call/percent.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { IDEMPOTENCY_KEY_MAX = 255 };

static bool starts_with(const char *text, size_t size, const char *start)
{
    size_t length = strlen(start);
    return size >= length && strncasecmp(text, start, length) == 0;
}

static enum err accept_check(struct call *call)
{
    const struct endpoint *endpoint = call->endpoint;
    const char *accept = call_header(call, "Accept");
    const char *type = endpoint->content_type ? endpoint->content_type : "application/json";

    if (accept_quality(accept, type) > 0)
        return ERR_OK;
    if ((endpoint->flags & ENDPOINT_PAGE) && accept_quality(accept, "text/html") > 0)
        return ERR_OK;
    size_t type_size = strcspn(type, ";");
    return call_fail(call, ERR_NOT_ACCEPTABLE,
                     "This is answered as %.*s only; accept that, or leave the Accept header out.",
                     (int)type_size, type);
}

/* application/json, with no charset but UTF-8. */
static bool is_json_type(const char *type)
{
    size_t size = strlen(type);
    size_t name = strcspn(type, "; \t");

    if (name != strlen("application/json") || !starts_with(type, size, "application/json"))
        return false;
    const char *charset = strcasestr(type + name, "charset=");
    if (!charset)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0;
}

/* A list may be sent in several lines (RFC 9110 section 5.3). */
static enum err if_match_read(struct call *call)
{
    struct buf all;

    if (!(call->endpoint->flags & ENDPOINT_VERSIONED) || !call_header(call, "If-Match"))
        return ERR_OK;
    buf_init(&all, call->arena);
    for (size_t i = 0; i < call->request.header_count; i++) {
        const struct header *header = &call->request.headers[i];
        if (strcasecmp(header->name, "If-Match") != 0)
            continue;
        if (all.size > 0)
            buf_text(&all, ", ");
        buf_text(&all, header->value);
    }
    call->if_match = buf_cstr(&all);
    return call->if_match ? ERR_OK : ERR_MEMORY;
}

static enum err idempotency_key_read(struct call *call)
{
    const char *key = call_header(call, "Idempotency-Key");

    if (!key || !(call->endpoint->flags & ENDPOINT_CREATES))
        return ERR_OK;
    size_t size = strlen(key);
    if (size == 0 || size > IDEMPOTENCY_KEY_MAX)
        return call_fail(call, ERR_INVALID, "Idempotency-Key must have 1 to %d characters.",
                         IDEMPOTENCY_KEY_MAX);
    for (size_t i = 0; i < size; i++)
        if (key[i] < 0x20 || key[i] > 0x7e)
            return call_fail(call, ERR_INVALID, "Idempotency-Key must be printable ASCII.");
    call->idempotency_key = key;
    return ERR_OK;
}

static enum err query_check(struct call *call)
{
    static const struct field_set none = {.name = "none"};
    const struct field_set *set = call->endpoint->query ? call->endpoint->query : &none;

    enum err e = query_split(call->arena, call->request.query, &call->params, &call->param_count);
    if (e == ERR_BAD_REQUEST)
        return call_fail(call, e,
                         "The query is not well-formed: a %% needs two hex digits of UTF-8 behind it.");
    if (e)
        return e;
    call->query = arena_zero(call->arena, 1, set->size ? set->size : 1);
    if (!call->query)
        return ERR_MEMORY;
    fields_clear(set, call->query);
    return fields_read_query(set, call->params, call->param_count, call->arena, &call->problems, call->query);
}

static enum err body_parse(struct call *call)
{
    const struct span *body = &call->request.body;
    const char *type = call_header(call, "Content-Type");
    const char *coding = call_header(call, "Content-Encoding");
    const char *why = NULL;

    if (body->size == 0)
        return call_fail(call, ERR_NOT_JSON, "The body is empty. Send one JSON object.");
    if (!type || !is_json_type(type))
        return ERR_MEDIA_TYPE;
    if (coding && strcasecmp(coding, "identity") != 0)
        return call_fail(call, ERR_MEDIA_TYPE, "Send the body as it is, without a Content-Encoding.");
    enum err e = json_parse(call->arena, (const char *)body->data, body->size, &call->json, &why);
    if (e == ERR_NOT_JSON && why)
        return call_fail(call, e, "The body is not valid JSON: %s.", why);
    if (e == ERR_INVALID && why)
        return call_fail(call, e, "The body is too large: %s.", why);
    return e;
}

static enum err body_check(struct call *call)
{
    const struct field_set *set = call->endpoint->body;

    if (!set) {
        if (call->request.body.size == 0)
            return ERR_OK;
        return call_fail(call, ERR_INVALID, "This address takes no body; leave it out.");
    }
    enum err e = body_parse(call);
    if (e)
        return e;
    if (call->json->kind != JSON_OBJECT)
        return call_problem(call, "", ERR_FIELD_TYPE, "The body must be one JSON object.");
    call->body = arena_zero(call->arena, 1, set->size);
    if (!call->body)
        return ERR_MEMORY;
    fields_clear(set, call->body);
    return fields_read(set, call->json, call->endpoint->body_mode, call_by(call), call->arena,
                       &call->problems, call->body);
}

enum err input_check(struct call *call)
{
    enum err e = accept_check(call);
    if (!e)
        e = if_match_read(call);
    if (!e)
        e = idempotency_key_read(call);
    if (e)
        return e;
    /* Both are looked at, so that every mistake is named at once. */
    enum err query = query_check(call);
    if (query && query != ERR_INVALID)
        return query;
    enum err body = body_check(call);
    return body ? body : query;
}
