/* lambda_event.c - see lambda_event.h.
 *
 * Members that are missing or null are as good as empty, because the gateways write both. A member of the
 * wrong type means that the event is not one of theirs. What a client can cause (too many headers, too long
 * an address, too large a body) is no fault of the event: the request is refused, as the HTTP door would. */
#include "front/lambda_event.h"

#include "base/json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char hex_digits[] = "0123456789ABCDEF";

struct reading {
    struct arena *arena;
    struct lambda_event *event;
    const char **why;
    struct header *headers; /* LAMBDA_HEADERS_MAX */
};

static enum err wrong(struct reading *r, const char *why)
{
    *r->why = why;
    return ERR_INVALID;
}

/* The request is refused; the first reason stays. */
static void refuse(struct reading *r, enum err err, const char *detail)
{
    if (r->event->refused)
        return;
    r->event->refused = err;
    r->event->detail = detail;
}

/* The member, if it is there and not null. */
static const struct json *member(const struct json *object, const char *name)
{
    const struct json *found = json_member(object, name);
    return found && found->kind != JSON_NULL ? found : NULL;
}

/* The text of a member; "" if it is no text. */
static const char *text_of(const struct json *object, const char *name)
{
    const struct json *found = member(object, name);
    return found && found->kind == JSON_STRING ? found->text : "";
}

/* *found is NULL if the member is missing or null. */
static enum err take(struct reading *r, const struct json *object, const char *name, enum json_kind kind,
                     const struct json **found, const char *why)
{
    *found = member(object, name);
    return *found && (*found)->kind != kind ? wrong(r, why) : ERR_OK;
}

/* ---- paths and queries ---- */

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("-._~", c));
}

static void encode_byte(struct buf *out, char c)
{
    char code[3] = {'%', hex_digits[(uint8_t)c >> 4], hex_digits[(uint8_t)c & 15]};
    buf_add(out, code, sizeof code);
}

/* A path, be it encoded or not: what is right in an encoded one stays. */
static void path_encode(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool escape = text[i] == '%' && size - i > 2 && is_hex(text[i + 1]) && is_hex(text[i + 2]);
        if (escape || is_unreserved(text[i]) || (text[i] && strchr("/!$&'()*+,;=:@", text[i])))
            buf_byte(out, (uint8_t)text[i]);
        else
            encode_byte(out, text[i]);
    }
}

static void query_encode(struct buf *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (is_unreserved(text[i]))
            buf_byte(out, (uint8_t)text[i]);
        else
            encode_byte(out, text[i]);
    }
}

static void query_add(struct buf *out, const struct json *name, const struct json *value)
{
    if (out->size > 0)
        buf_byte(out, '&');
    query_encode(out, name->name, name->name_size);
    buf_byte(out, '=');
    query_encode(out, value->text, value->size);
}

/* {"a": ["1", "2"]} and {"a": "1"}: the decoded parameters of payload 1.0. */
static enum err query_join(struct reading *r, const struct json *params, struct buf *out)
{
    static const char why[] = "a query parameter of the event is no text";

    for (const struct json *param = params ? params->first : NULL; param; param = param->next) {
        bool many = param->kind == JSON_ARRAY;
        for (const struct json *value = many ? param->first : param; value;
             value = many ? value->next : NULL) {
            if (value->kind == JSON_STRING)
                query_add(out, param, value);
            else if (value->kind != JSON_NULL)
                return wrong(r, why);
        }
    }
    return ERR_OK;
}

/* "/prod/x" and "/prod" with the prefix "/prod" become "/x" and "/". */
static const char *without_prefix(const char *path, const char *prefix)
{
    size_t size = strlen(prefix);

    if (size < 2 || strncmp(path, prefix, size) != 0 || (path[size] != '/' && path[size] != '\0'))
        return path;
    return path[size] ? path + size : "/";
}

static enum err path_set(struct reading *r, const struct json *path, const char *stage,
                         const char *public_path)
{
    struct buf out;
    char prefix[130];

    buf_init(&out, r->arena);
    path_encode(&out, path->text, path->size);
    const char *text = buf_cstr(&out);
    if (!text)
        return ERR_MEMORY;
    if (text[0] != '/')
        return wrong(r, "the event's path does not begin with a slash");
    if (strlen(stage) < sizeof prefix - 1) {
        (void)snprintf(prefix, sizeof prefix, "/%s", stage);
        text = without_prefix(text, prefix);
    }
    r->event->request.path = without_prefix(text, public_path);
    return ERR_OK;
}

/* ---- headers ---- */

static bool is_line(const struct json *value)
{
    for (size_t i = 0; i < value->size; i++)
        if (((uint8_t)value->text[i] < ' ' && value->text[i] != '\t') || value->text[i] == 0x7f)
            return false;
    return true;
}

static bool is_token(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!is_unreserved(name[i]) && !(name[i] && strchr("!#$%&'*+^`|", name[i])))
            return false;
    return size > 0;
}

/* A request that has two of these says two things at once. */
static void once_check(struct reading *r, const char *name)
{
    static const struct {
        const char *name, *why;
    } once[] = {
        {"Authorization", "There is more than one Authorization header."},
        {"Content-Type", "There is more than one Content-Type header."},
        {"Idempotency-Key", "There is more than one Idempotency-Key header."},
        {"Origin", "There is more than one Origin header."},
    };
    const struct request *request = &r->event->request;

    for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
        if (strcasecmp(once[i].name, name) != 0)
            continue;
        for (size_t j = 0; j < request->header_count; j++)
            if (strcasecmp(r->headers[j].name, name) == 0)
                refuse(r, ERR_BAD_REQUEST, once[i].why);
    }
}

static enum err header_add(struct reading *r, const struct json *name, const struct json *value)
{
    struct request *request = &r->event->request;

    if (value->kind == JSON_NULL)
        return ERR_OK;
    if (value->kind != JSON_STRING)
        return wrong(r, "a header of the event is no text");
    if (!is_token(name->name, name->name_size) || !is_line(value)) {
        refuse(r, ERR_BAD_REQUEST, "A header has a character in it that none may have.");
        return ERR_OK;
    }
    if (request->header_count == LAMBDA_HEADERS_MAX) {
        refuse(r, ERR_HEADERS_TOO_LARGE, NULL);
        return ERR_OK;
    }
    once_check(r, name->name);
    r->headers[request->header_count++] = (struct header){name->name, value->text};
    return ERR_OK;
}

static enum err headers_add(struct reading *r, const struct json *headers)
{
    enum err e = ERR_OK;

    for (const struct json *header = headers ? headers->first : NULL; header && !e; header = header->next) {
        if (header->kind != JSON_ARRAY)
            e = header_add(r, header, header);
        for (const struct json *value = header->kind == JSON_ARRAY ? header->first : NULL; value && !e;
             value = value->next)
            e = header_add(r, header, value);
    }
    return e;
}

/* Payload 2.0 takes the cookies out of the headers. */
static enum err cookies_add(struct reading *r, const struct json *cookies)
{
    static const char name[] = "cookie";
    struct buf out;

    buf_init(&out, r->arena);
    for (const struct json *cookie = cookies ? cookies->first : NULL; cookie; cookie = cookie->next) {
        if (cookie->kind != JSON_STRING)
            return wrong(r, "a cookie of the event is no text");
        if (out.size > 0)
            buf_text(&out, "; ");
        buf_add(&out, cookie->text, cookie->size);
    }
    size_t size = out.size;
    const char *text = buf_cstr(&out);
    if (!text)
        return ERR_MEMORY;
    const struct json joined = {
        .kind = JSON_STRING, .name = name, .name_size = sizeof name - 1, .text = text, .size = size};
    return size > 0 ? header_add(r, &joined, &joined) : ERR_OK;
}

/* ---- body ---- */

static enum err body_decode(struct reading *r, const struct json *text)
{
    struct request *request = &r->event->request;
    size_t room = text->size / 4 * 3 + 3;
    size_t size;
    uint8_t *bytes = arena_alloc(r->arena, room);

    if (!bytes)
        return ERR_MEMORY;
    if (sodium_base642bin(bytes, room, text->text, text->size, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        refuse(r, ERR_BAD_REQUEST, "The body is said to be base64 and is not.");
    else
        request->body = (struct span){bytes, size};
    return ERR_OK;
}

static enum err body_set(struct reading *r, const struct json *event)
{
    const struct json *encoded = member(event, "isBase64Encoded");
    const struct json *body;

    enum err e = take(r, event, "body", JSON_STRING, &body, "the event's body is no text");
    if (!e && encoded && encoded->kind != JSON_TRUE && encoded->kind != JSON_FALSE)
        e = wrong(r, "isBase64Encoded of the event is neither true nor false");
    if (e || !body)
        return e;
    if (encoded && encoded->kind == JSON_TRUE)
        e = body_decode(r, body);
    else
        r->event->request.body = (struct span){(const uint8_t *)body->text, body->size};
    if (!e && r->event->request.body.size > CALL_BODY_MAX)
        refuse(r, ERR_TOO_LARGE, NULL);
    return e;
}

/* ---- requests ---- */

static enum err target_check(struct reading *r)
{
    const struct request *request = &r->event->request;

    if (strlen(request->path) + strlen(request->query) > CALL_TARGET_MAX)
        refuse(r, ERR_URI_TOO_LONG, NULL);
    return ERR_OK;
}

static enum err method_set(struct reading *r, const struct json *object, const char *name)
{
    const char *method = text_of(object, name);

    if (*method == '\0')
        return wrong(r, "the event has no HTTP method");
    r->event->request.method = method_of(method, strlen(method));
    return ERR_OK;
}

static enum err read_1(struct reading *r, const struct json *event, const char *public_path)
{
    const struct json *context = member(event, "requestContext");
    const struct json *path, *headers, *query;
    struct buf joined;

    r->event->source_ip = text_of(member(context, "identity"), "sourceIp");
    enum err e = method_set(r, event, "httpMethod");
    if (!e)
        e = take(r, event, "path", JSON_STRING, &path, "the event's path is no text");
    if (!e && !path)
        e = wrong(r, "the event has no path");
    if (!e)
        e = path_set(r, path, "", public_path);
    if (!e)
        e = take(r, event, "multiValueHeaders", JSON_OBJECT, &headers,
                 "multiValueHeaders of the event is no object");
    if (!e && !headers)
        e = take(r, event, "headers", JSON_OBJECT, &headers, "headers of the event is no object");
    if (!e)
        e = headers_add(r, headers);
    if (!e)
        e = take(r, event, "multiValueQueryStringParameters", JSON_OBJECT, &query,
                 "multiValueQueryStringParameters of the event is no object");
    if (!e && !query)
        e = take(r, event, "queryStringParameters", JSON_OBJECT, &query,
                 "queryStringParameters of the event is no object");
    buf_init(&joined, r->arena);
    if (!e)
        e = query_join(r, query, &joined);
    if (e)
        return e;
    r->event->request.query = buf_cstr(&joined);
    return r->event->request.query ? ERR_OK : ERR_MEMORY;
}

/* HTTP APIs put the stage in front of the path, unless it is the one without a name. */
static enum err read_2(struct reading *r, const struct json *event, const char *public_path)
{
    const struct json *context = member(event, "requestContext");
    const struct json *http = member(context, "http");
    const char *stage = text_of(context, "stage");
    const struct json *path, *query, *headers, *cookies;

    r->event->source_ip = text_of(http, "sourceIp");
    enum err e = method_set(r, http, "method");
    if (!e)
        e = take(r, event, "rawPath", JSON_STRING, &path, "the event's rawPath is no text");
    if (!e && !path)
        e = wrong(r, "the event has no rawPath");
    if (!e)
        e = path_set(r, path, strcmp(stage, "$default") == 0 ? "" : stage, public_path);
    if (!e)
        e = take(r, event, "rawQueryString", JSON_STRING, &query, "the event's rawQueryString is no text");
    if (!e)
        e = take(r, event, "headers", JSON_OBJECT, &headers, "headers of the event is no object");
    if (!e)
        e = headers_add(r, headers);
    if (!e)
        e = take(r, event, "cookies", JSON_ARRAY, &cookies, "cookies of the event is no array");
    if (!e)
        e = cookies_add(r, cookies);
    if (e)
        return e;
    r->event->request.query = query ? query->text : "";
    if (query && !is_line(query))
        refuse(r, ERR_BAD_REQUEST, "The query has a character in it that none may have.");
    return ERR_OK;
}

static enum err request_read(struct reading *r, const struct json *event, const char *public_path)
{
    bool is_2 = r->event->payload == LAMBDA_PAYLOAD_2;

    r->headers = arena_alloc(r->arena, LAMBDA_HEADERS_MAX * sizeof *r->headers);
    if (!r->headers)
        return ERR_MEMORY;
    r->event->request.headers = r->headers;
    r->event->request_id = text_of(member(event, "requestContext"), "requestId");
    enum err e = is_2 ? read_2(r, event, public_path) : read_1(r, event, public_path);
    if (!e)
        e = body_set(r, event);
    if (!e)
        e = target_check(r);
    return e;
}

/* ---- schedules ---- */

/* EventBridge rules say "aws.events", its Scheduler "aws.scheduler". */
static bool is_schedule(const struct json *event)
{
    const char *source = text_of(event, "source");
    return strcmp(source, "aws.events") == 0 || strcmp(source, "aws.scheduler") == 0;
}

static enum err schedule_read(struct reading *r, const struct json *event)
{
    const struct json *detail, *job;

    if (strcmp(text_of(event, "detail-type"), "Scheduled Event") != 0)
        return wrong(r, "detail-type of the event is not \"Scheduled Event\"");
    enum err e = take(r, event, "detail", JSON_OBJECT, &detail, "detail of the event is no object");
    if (!e)
        e = take(r, detail, "job", JSON_STRING, &job, "job in the event's detail is no text");
    if (!e)
        r->event->job = job ? job->text : NULL;
    return e;
}

/* ---- events ---- */

static enum err event_read(struct reading *r, const struct json *event, const char *public_path)
{
    if (event->kind != JSON_OBJECT)
        return wrong(r, "the event is no JSON object");
    if (is_schedule(event)) {
        r->event->payload = LAMBDA_SCHEDULE;
        return schedule_read(r, event);
    }
    const char *version = text_of(event, "version");
    if (strcmp(version, "2.0") == 0)
        r->event->payload = LAMBDA_PAYLOAD_2;
    else if (!member(event, "httpMethod") || (*version && strcmp(version, "1.0") != 0))
        return wrong(r, "the event is neither a request of API Gateway (payload 1.0 or 2.0) nor a schedule");
    return request_read(r, event, public_path);
}

enum err lambda_event_read(struct arena *arena, struct span json, const char *public_path,
                           struct lambda_event *event, const char **why)
{
    struct lambda_event read = {.payload = LAMBDA_PAYLOAD_1, .source_ip = "", .request_id = ""};
    struct reading r = {.arena = arena, .event = &read, .why = why};
    const struct json *tree;

    enum err e = json_parse(arena, (const char *)json.data, json.size, &tree, why);
    if (!e)
        e = event_read(&r, tree, public_path);
    if (!e)
        *event = read;
    return e == ERR_NOT_JSON ? ERR_INVALID : e;
}
