/* aws_client.c - see aws_client.h. */
#include "outside/aws_client.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool aws_client_init(struct aws_client *client, const char *host, const char *endpoint)
{
    int size = endpoint ? snprintf(client->endpoint, sizeof client->endpoint, "%s", endpoint)
                        : snprintf(client->endpoint, sizeof client->endpoint, "https://%s.%s.amazonaws.com",
                                   host, client->region);

    if (size < 0 || (size_t)size >= sizeof client->endpoint)
        return false;
    const char *behind = strstr(client->endpoint, "://");
    bool is_http =
        strncasecmp(client->endpoint, "http://", 7) == 0 || strncasecmp(client->endpoint, "https://", 8) == 0;
    if (!is_http || !behind[3] || strpbrk(behind + 3, "/?# @"))
        return false;
    (void)snprintf(client->host, sizeof client->host, "%s", behind + 3);
    return true;
}

static void header_add(struct http_header *headers, size_t *count, const char *name, const char *value)
{
    if (value && *value)
        headers[(*count)++] = (struct http_header){name, value};
}

static enum err send_signed(struct aws_client *client, struct arena *scratch, const struct aws_ask *ask,
                            const struct aws_credentials *keys, struct http_answer *answer)
{
    struct http_header headers[8];
    size_t count = 0;
    char date[SIGV4_DATE_TEXT];
    const char *authorization;
    const char *path = ask->path ? ask->path : "/";
    const char *url = arena_printf(scratch, "%s%s", client->endpoint, path);

    if (!url)
        return ERR_MEMORY;
    sigv4_date(client->clock(), date);
    header_add(headers, &count, "Host", client->host);
    header_add(headers, &count, "Content-Type", ask->content_type);
    header_add(headers, &count, "X-Amz-Date", date);
    header_add(headers, &count, "X-Amz-Target", ask->target);
    header_add(headers, &count, "X-Amz-Security-Token", keys->token);
    struct sigv4_ask to_sign = {.method = ask->method ? ask->method : "POST",
                                .path = path,
                                .headers = headers,
                                .header_count = count,
                                .body = ask->body,
                                .region = client->region,
                                .service = client->service,
                                .date = date,
                                .access_key = keys->access_key,
                                .secret_key = keys->secret_key};
    enum err e = sigv4_authorization(scratch, &to_sign, &authorization);
    if (e)
        return e;
    header_add(headers, &count, "Authorization", authorization);
    struct http_ask http = {.method = to_sign.method,
                            .url = url,
                            .headers = headers,
                            .header_count = count,
                            .body = ask->body,
                            .total_ms = ask->total_ms,
                            .answer_bytes_max = ask->answer_bytes_max};
    return http_client_send(client->http, &http, answer);
}

enum err aws_client_send(struct aws_client *client, struct arena *scratch, const struct aws_ask *ask,
                         struct http_answer *answer)
{
    struct aws_credentials keys;
    const char *why;

    answer->status = 0;
    answer->sent = false;
    answer->body_size = 0;
    answer->why[0] = '\0';
    enum err e = aws_keys_get(client->keys, &keys, &why);
    if (e) {
        (void)snprintf(answer->why, sizeof answer->why, "%s", why);
        return e;
    }
    e = send_signed(client, scratch, ask, &keys, answer);
    sodium_memzero(&keys, sizeof keys);
    return e;
}

void aws_error_type(const struct http_answer *answer, char type[static AWS_ERROR_MAX])
{
    static const char member[] = "\"__type\"";
    const char *at = answer->body && answer->body_size > 0 ? strstr(answer->body, member) : NULL;

    type[0] = '\0';
    if (!at)
        return;
    at += sizeof member - 1;
    at += strspn(at, " \t\r\n:");
    if (*at != '"')
        return;
    at++;
    size_t size = strcspn(at, "\"");
    const char *hash = memchr(at, '#', size);
    if (hash) {
        size -= (size_t)(hash + 1 - at);
        at = hash + 1;
    }
    if (size < AWS_ERROR_MAX)
        (void)snprintf(type, AWS_ERROR_MAX, "%.*s", (int)size, at);
}
