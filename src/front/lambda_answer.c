/* lambda_answer.c - see lambda_answer.h.
 *
 * Payload 1.0 takes every header as a list. Payload 2.0 takes one text a header, so those that stand twice
 * are joined by commas, and cookies, which cannot be joined, have a list of their own. Content-Length and
 * Date are the gateway's. A body that is no UTF-8 goes as base64. */
#include "front/lambda_answer.h"

#include "base/json.h"
#include "base/utf8.h"
#include "front/answer.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = REPLY_HEADERS_MAX + 16 };

struct headers {
    struct header rows[HEADERS_MAX];
    size_t count;
};

static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((uint8_t)*text < ' ' && *text != '\t')
            return false;
    return true;
}

static void add(struct headers *headers, const char *name, const char *value)
{
    if (headers->count < HEADERS_MAX && is_one_line(value))
        headers->rows[headers->count++] = (struct header){name, value};
}

/* The gateway speaks TLS alone. */
static void collect(struct headers *headers, const struct call *call)
{
    const struct reply *reply = &call->reply;

    add(headers, "X-Request-Id", call->request_id);
    if (reply->content_type)
        add(headers, "Content-Type", reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        add(headers, reply->headers[i].name, reply->headers[i].value);
    for (size_t i = 0; i < answer_default_count; i++)
        if (!answer_has(reply, answer_defaults[i].header.name))
            add(headers, answer_defaults[i].header.name, answer_defaults[i].header.value);
}

static bool is_same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* The first header of its name? */
static bool is_first(const struct headers *headers, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_same(headers->rows[i].name, headers->rows[at].name))
            return false;
    return true;
}

static void lists_write(struct json_writer *writer, const struct headers *headers)
{
    json_object_begin(writer, "multiValueHeaders");
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_first(headers, i))
            continue;
        json_array_begin(writer, headers->rows[i].name);
        for (size_t j = i; j < headers->count; j++)
            if (is_same(headers->rows[i].name, headers->rows[j].name))
                json_text(writer, NULL, headers->rows[j].value);
        json_array_end(writer);
    }
    json_object_end(writer);
}

static bool is_cookie(const struct header *header)
{
    return is_same(header->name, "Set-Cookie");
}

static bool joined_write(struct arena *arena, struct json_writer *writer, const struct headers *headers,
                         size_t at)
{
    struct buf value;

    buf_init(&value, arena);
    for (size_t i = at; i < headers->count; i++) {
        if (!is_same(headers->rows[i].name, headers->rows[at].name))
            continue;
        if (value.size > 0)
            buf_text(&value, ", ");
        buf_text(&value, headers->rows[i].value);
    }
    const char *text = buf_cstr(&value);
    json_text(writer, headers->rows[at].name, text);
    return text;
}

static bool texts_write(struct arena *arena, struct json_writer *writer, const struct headers *headers)
{
    bool good = true;

    json_object_begin(writer, "headers");
    for (size_t i = 0; i < headers->count && good; i++)
        if (!is_cookie(&headers->rows[i]) && is_first(headers, i))
            good = joined_write(arena, writer, headers, i);
    json_object_end(writer);
    json_array_begin(writer, "cookies");
    for (size_t i = 0; i < headers->count; i++)
        if (is_cookie(&headers->rows[i]))
            json_text(writer, NULL, headers->rows[i].value);
    json_array_end(writer);
    return good;
}

static bool body_write(struct arena *arena, struct json_writer *writer, struct span body)
{
    bool is_text = utf8_valid((const char *)body.data, body.size);

    json_boolean(writer, "isBase64Encoded", !is_text);
    if (is_text) {
        json_text_sized(writer, "body", (const char *)body.data, body.size);
        return true;
    }
    size_t room = sodium_base64_ENCODED_LEN(body.size, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(arena, room);
    if (text)
        json_text(writer, "body",
                  sodium_bin2base64(text, room, body.data, body.size, sodium_base64_VARIANT_ORIGINAL));
    return text;
}

static struct span body_of(const struct call *call)
{
    const struct reply *reply = &call->reply;

    if (call->request.method == METHOD_HEAD || reply->status == 204 || reply->status == 304)
        return (struct span){(const uint8_t *)"", 0};
    return reply->fixed.data ? reply->fixed : buf_span(&reply->body);
}

enum err lambda_answer_write(struct arena *arena, const struct call *call, enum lambda_payload payload,
                             struct span *json)
{
    struct headers headers = {.count = 0};
    struct span body = body_of(call);
    struct buf out;

    buf_init(&out, arena);
    buf_reserve(&out, body.size + body.size / 4 + 2048);
    struct json_writer writer = json_writer(&out);
    collect(&headers, call);
    json_object_begin(&writer, NULL);
    json_integer(&writer, "statusCode", call->reply.status);
    bool good = true;
    if (payload == LAMBDA_PAYLOAD_2)
        good = texts_write(arena, &writer, &headers);
    else
        lists_write(&writer, &headers);
    good = body_write(arena, &writer, body) && good;
    json_object_end(&writer);
    if (!good || !buf_ok(&out))
        return ERR_MEMORY;
    *json = buf_span(&out);
    return ERR_OK;
}
