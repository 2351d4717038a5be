/* http_answer.c - a reply becomes bytes. The body goes out from where it was written; only the head is made
 * here, in the call's arena. */
#include "call/reply.h"
#include "front/answer.h"
#include "front/http_conn.h"

#include <string.h>
#include <strings.h>

enum { HEAD_BYTES = 1200 };

/* A field that could end its line early is not sent. */
static bool is_one_line(const char *text)
{
    for (; *text; text++)
        if ((uint8_t)*text < ' ' && *text != '\t')
            return false;
    return true;
}

static void header_write(struct buf *head, const char *name, const char *value)
{
    if (!is_one_line(value))
        return;
    buf_text(head, name);
    buf_add(head, ": ", 2);
    buf_text(head, value);
    buf_add(head, "\r\n", 2);
}

static void headers_write(struct buf *head, const struct conn *conn)
{
    const struct reply *reply = &conn->call->reply;
    bool secure = conn->tls;

    for (size_t i = 0; i < reply->header_count; i++)
        header_write(head, reply->headers[i].name, reply->headers[i].value);
    for (size_t i = 0; i < answer_default_count; i++) {
        const struct answer_default *row = &answer_defaults[i];
        if ((secure || !row->tls_only) && !answer_has(reply, row->header.name))
            header_write(head, row->header.name, row->header.value);
    }
}

/* Neither has a body, nor says how long it would be (RFC 9110 section 8.6). */
static bool is_bodiless(int status)
{
    return status == 204 || status == 304;
}

static void head_write(struct buf *head, struct conn *conn, size_t body_bytes)
{
    struct call *call = conn->call;
    const struct reply *reply = &call->reply;

    buf_text(head, "HTTP/1.1 ");
    buf_integer(head, reply->status);
    buf_byte(head, ' ');
    buf_text(head, reply_status_text(reply->status));
    buf_text(head, "\r\nDate: ");
    buf_text(head, loop_date(conn->loop, call->now_ms));
    buf_text(head, "\r\nX-Request-Id: ");
    buf_text(head, call->request_id);
    if (reply->content_type) {
        buf_text(head, "\r\nContent-Type: ");
        buf_text(head, reply->content_type);
    }
    if (!is_bodiless(reply->status)) {
        buf_text(head, "\r\nContent-Length: ");
        buf_integer(head, (int64_t)body_bytes);
    }
    buf_text(head, "\r\n");
    headers_write(head, conn);
    if (!conn->keep_alive)
        buf_text(head, "Connection: close\r\n");
    else if (conn->is_http_1_0)
        buf_text(head, "Connection: keep-alive\r\n");
    buf_text(head, "\r\n");
}

bool answer_render(struct conn *conn)
{
    const struct reply *reply = &conn->call->reply;
    struct span body = reply->fixed.data ? reply->fixed : buf_span(&reply->body);
    struct buf head;

    buf_init(&head, conn->call->arena);
    buf_reserve(&head, HEAD_BYTES);
    head_write(&head, conn, body.size);
    if (!buf_ok(&head))
        return false;
    bool with_body = body.size > 0 && !conn->is_head && !is_bodiless(reply->status);
    conn->out[0] = (struct iovec){head.data, head.size};
    conn->out[1] = (struct iovec){(void *)(uintptr_t)body.data, body.size}; /* sendmsg only reads it */
    conn->out_count = with_body ? 2 : 1;
    return true;
}
