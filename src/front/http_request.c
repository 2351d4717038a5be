/* http_request.c - a head becomes a call. The head is copied into the call's arena once; its pieces become
 * texts there by a NUL put over the delimiter behind each of them. */
#include "base/time.h"
#include "base/uuid.h"
#include "front/http_conn.h"
#include "front/request_id.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

/* The text of a piece in the copy, which ends where the piece ends. */
static const char *text_in(char *copy, const char *original, struct gate_piece piece)
{
    char *text = copy + (piece.at - original);

    text[piece.size] = '\0';
    return text;
}

static bool headers_fill(struct request *request, struct arena *arena, const struct gate_head *head,
                         char *copy, const char *original)
{
    struct header *headers = arena_alloc(arena, (head->field_count + 1) * sizeof *headers);

    if (!headers)
        return false;
    for (size_t i = 0; i < head->field_count; i++)
        headers[i] = (struct header){text_in(copy, original, head->fields[i].name),
                                     text_in(copy, original, head->fields[i].value)};
    request->headers = headers;
    request->header_count = head->field_count;
    return true;
}

static bool is_forwarded(const struct gate_field *field)
{
    static const char name[] = "X-Forwarded-For";
    return field->name.size == sizeof name - 1 && strncasecmp(field->name.at, name, sizeof name - 1) == 0;
}

/* Walks from the peer towards the client, as long as those who wrote the list are trusted. */
static void client_find(const struct conn *conn, const struct gate_head *head,
                        char client[static ADDRESS_TEXT])
{
    const struct proxies *proxies = conn->loop->http->proxies;
    bool trusted = proxies_trust(proxies, client);

    for (size_t i = head->field_count; i-- > 0 && trusted;) {
        const struct gate_field *field = &head->fields[i];
        size_t left = is_forwarded(field) ? field->value.size : 0;
        while (left > 0 && trusted)
            trusted = proxies_hop(field->value.at, &left, client) && proxies_trust(proxies, client);
    }
}

static bool address_fill(const struct conn *conn, const struct gate_head *head, struct call *call)
{
    char client[ADDRESS_TEXT];

    memcpy(client, conn->peer, sizeof client);
    if (head)
        client_find(conn, head, client);
    call->request.address = arena_dup(call->arena, client);
    return call->request.address;
}

/* The caller's X-Request-Id if it is sane, else one of ours. */
static void id_fill(struct call *call, struct gate_piece sent, const uint8_t random[static UUID_RANDOM])
{
    if (sent.at && request_id_is_sane(sent.at, sent.size))
        memcpy(call->request_id, sent.at, sent.size); /* the rest is zero */
    else
        uuid7_format(call->now_ms, random, call->request_id);
}

static bool call_begin(struct conn *conn, const struct gate_head *head)
{
    struct {
        uint8_t seed[SEED_BYTES];
        uint8_t id[UUID_RANDOM];
    } random;
    struct call *call = call_new(conn->loop->http->app);

    if (!call)
        return false;
    conn->call = call;
    call->request.path = "/";
    call->request.query = "";
    loop_random(conn->loop, &random, sizeof random);
    memcpy(call->seed, random.seed, sizeof random.seed);
    id_fill(call, head ? gate_field(head, "X-Request-Id") : (struct gate_piece){NULL, 0}, random.id);
    sodium_memzero(&random, sizeof random);
    return address_fill(conn, head, call);
}

static enum err body_begin(struct conn *conn, const struct gate_head *head)
{
    conn->body = NULL;
    conn->body_size = 0;
    conn->body_want = 0;
    conn->body_was_late = false;
    conn->chunked = head->chunked;
    conn->chunks = (struct gate_chunks){0};
    buf_init(&conn->content, conn->call->arena);
    if (head->body_bytes > CALL_BODY_MAX)
        return ERR_TOO_LARGE;
    if (head->body_bytes > 0) {
        conn->body_want = (size_t)head->body_bytes;
        conn->body = arena_alloc(conn->call->arena, conn->body_want);
        if (!conn->body)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

enum err request_begin(struct conn *conn, const struct gate_head *head)
{
    const char *original = conn->in->bytes + conn->in_start;

    conn->keep_alive = head->keep_alive;
    conn->is_http_1_0 = head->http_1_0;
    if (!call_begin(conn, head))
        return ERR_MEMORY;
    struct request *request = &conn->call->request;
    char *copy = arena_text(conn->call->arena, original, head->size);
    if (!copy || !headers_fill(request, conn->call->arena, head, copy, original))
        return ERR_MEMORY;
    request->method = method_of(head->method.at, head->method.size);
    conn->is_head = request->method == METHOD_HEAD;
    if (head->path.at && head->path.at[0] == '/') /* "*" is about the whole server, as "/" is */
        request->path = text_in(copy, original, head->path);
    if (head->query.at)
        request->query = text_in(copy, original, head->query);
    return body_begin(conn, head);
}

enum err request_none(struct conn *conn)
{
    conn->keep_alive = false;
    conn->is_head = false;
    return call_begin(conn, NULL) ? ERR_OK : ERR_MEMORY;
}
