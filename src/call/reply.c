/* reply.c - answers, written straight into the reply's buffer in one pass. */
#include "call/reply.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>

enum { HEADER_BYTES = 1000, ETAG_TEXT = 32, STATUS_MIN = 100, STATUS_MAX = 599 };

#define TYPE_JSON    "application/json; charset=utf-8"
#define TYPE_PROBLEM "application/problem+json; charset=utf-8"

void reply_reset(struct call *call)
{
    call->reply = (struct reply){0};
    buf_init(&call->reply.body, call->arena);
    buf_init(&call->problem_extra, call->arena);
    problems_init(&call->problems, call->arena);
    call->detail = NULL;
    call->verdict = ERR_OK;
}

void reply_header(struct call *call, const char *name, const char *value)
{
    struct reply *reply = &call->reply;
    must(reply->header_count < REPLY_HEADERS_MAX);
    struct header header = {arena_dup(call->arena, name), arena_dup(call->arena, value)};

    if (header.name && header.value)
        reply->headers[reply->header_count++] = header;
    else
        reply->body.failed = true;
}

void reply_location(struct call *call, const char *format, ...)
{
    char text[HEADER_BYTES];
    va_list list;

    va_start(list, format);
    int size = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    must(size > 0 && (size_t)size < sizeof text);
    reply_header(call, "Location", text);
}

void reply_etag(struct call *call, int64_t version)
{
    char text[ETAG_TEXT];

    (void)snprintf(text, sizeof text, "\"%lld\"", (long long)version);
    reply_header(call, "ETag", text);
}

struct json_writer *reply_begin(struct call *call, int status, const char *message)
{
    struct reply *reply = &call->reply;

    reply->status = status;
    reply->message = message;
    reply->content_type = TYPE_JSON;
    reply->writer = json_writer(&reply->body);
    json_object_begin(&reply->writer, NULL);
    buf_text(&reply->body, "\"data\":");
    reply->writer.comma = false;
    return &reply->writer;
}

void reply_end(struct call *call)
{
    struct reply *reply = &call->reply;
    struct json_writer *writer = &reply->writer;

    writer->comma = true;
    if (reply->next_cursor)
        json_text(writer, "next_cursor", reply->next_cursor);
    if (reply->token)
        json_text(writer, "token", reply->token);
    json_text(writer, "message", reply->message);
    json_instant(writer, "timestamp", call->now_ms);
    json_object_end(writer);
}

void reply_object(struct call *call, int status, const char *message, const struct field_set *set,
                  const void *object, bool with_on_request)
{
    fields_write(set, object, with_on_request, reply_begin(call, status, message), NULL);
    reply_end(call);
}

void reply_message(struct call *call, int status, const char *message)
{
    json_null(reply_begin(call, status, message), NULL);
    reply_end(call);
}

void reply_token(struct call *call, const char *token)
{
    call->reply.token = arena_dup(call->arena, token);
    if (!call->reply.token)
        call->reply.body.failed = true;
}

void reply_bytes(struct call *call, int status, const char *content_type, struct span bytes, bool fixed)
{
    struct reply *reply = &call->reply;

    reply->status = status;
    reply->content_type = content_type;
    if (fixed)
        reply->fixed = bytes;
    else
        buf_add(&reply->body, bytes.data, bytes.size);
}

void reply_empty(struct call *call, int status)
{
    call->reply.status = status;
    call->reply.content_type = NULL;
}

static void write_errors(struct json_writer *writer, const struct problems *problems)
{
    if (problems->count == 0)
        return;
    json_array_begin(writer, "errors");
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        json_object_begin(writer, NULL);
        json_text(writer, "pointer", problem->pointer);
        json_text(writer, "code", err_info(problem->err)->code);
        json_text(writer, "message", problem->message);
        json_object_end(writer);
    }
    json_array_end(writer);
}

/* RFC 6750 section 3.1: an error is named only to who has sent a token. */
static const char *challenge(const struct call *call, enum err err)
{
    if (err == ERR_TOKEN_EXPIRED)
        return "Bearer realm=\"opendoor\", error=\"invalid_token\", error_description=\"expired\"";
    if (err == ERR_UNAUTHENTICATED && call_header(call, "Authorization"))
        return "Bearer realm=\"opendoor\", error=\"invalid_token\"";
    return "Bearer realm=\"opendoor\"";
}

static void problem_headers(struct call *call, enum err err, int status)
{
    if (err == ERR_METHOD)
        reply_header(call, "Allow", call->allow);
    if (status == 401)
        reply_header(call, "WWW-Authenticate", challenge(call, err));
    if (status == 503 || status == 429) {
        char seconds[ETAG_TEXT];
        (void)snprintf(seconds, sizeof seconds, "%lld",
                       (long long)(call->retry_after_s > 0 ? call->retry_after_s : 1));
        reply_header(call, "Retry-After", seconds);
    }
}

/* For a call that has no memory left to say what went wrong. */
static void reply_last_resort(struct reply *reply)
{
    static const char text[] =
        "{\"type\":\"/problems/out_of_memory\",\"title\":\"Out of "
        "memory\",\"status\":503,\"code\":\"out_of_memory\","
        "\"detail\":\"The service is short of memory. Nothing was changed. Try again.\","
        "\"message\":\"The service is short of memory. Nothing was changed. Try again.\"}";

    *reply = (struct reply){.status = 503, .content_type = TYPE_PROBLEM};
    reply->fixed = (struct span){(const uint8_t *)text, sizeof text - 1};
}

void reply_problem(struct call *call, enum err err)
{
    const struct err_info *info = err_info(err);
    char title[ERR_TITLE];
    const char *detail = call->detail ? call->detail : info->text;
    struct problems problems = call->problems;
    struct buf extra = call->problem_extra;
    struct reply *reply = &call->reply;

    err_title(err, title);
    *reply = (struct reply){.status = info->status, .content_type = TYPE_PROBLEM};
    buf_init(&reply->body, call->arena);
    problem_headers(call, err, info->status);
    struct json_writer writer = json_writer(&reply->body);
    json_object_begin(&writer, NULL);
    buf_text(&reply->body, "\"type\":\"/problems/");
    buf_text(&reply->body, info->code);
    buf_byte(&reply->body, '"');
    writer.comma = true;
    json_text(&writer, "title", title);
    json_integer(&writer, "status", info->status);
    json_text(&writer, "detail", detail);
    json_text(&writer, "message", detail);
    json_text(&writer, "code", info->code);
    json_instant(&writer, "timestamp", call->now_ms);
    json_text(&writer, "request_id", call->request_id);
    write_errors(&writer, &problems);
    if (extra.size > 0 && buf_ok(&extra))
        buf_add(&reply->body, extra.data, extra.size);
    json_object_end(&writer);
    if (!buf_ok(&reply->body))
        reply_last_resort(reply);
}

const char *reply_status_text(int status)
{
    static const char *const reasons[STATUS_MAX + 1] = {
        [200] = "OK",
        [201] = "Created",
        [202] = "Accepted",
        [204] = "No Content",
        [301] = "Moved Permanently",
        [302] = "Found",
        [303] = "See Other",
        [304] = "Not Modified",
        [307] = "Temporary Redirect",
        [308] = "Permanent Redirect",
        [400] = "Bad Request",
        [401] = "Unauthorized",
        [403] = "Forbidden",
        [404] = "Not Found",
        [405] = "Method Not Allowed",
        [406] = "Not Acceptable",
        [408] = "Request Timeout",
        [409] = "Conflict",
        [412] = "Precondition Failed",
        [413] = "Content Too Large",
        [414] = "URI Too Long",
        [415] = "Unsupported Media Type",
        [422] = "Unprocessable Content",
        [429] = "Too Many Requests",
        [431] = "Request Header Fields Too Large",
        [500] = "Internal Server Error",
        [501] = "Not Implemented",
        [502] = "Bad Gateway",
        [503] = "Service Unavailable",
        [504] = "Gateway Timeout",
        [505] = "HTTP Version Not Supported",
    };
    const char *reason = status >= STATUS_MIN && status <= STATUS_MAX ? reasons[status] : NULL;
    return reason ? reason : "";
}
