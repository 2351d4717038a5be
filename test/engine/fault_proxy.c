/* fault_proxy.c - a thread that accepts, and one for each connection; one request at a time on each. */
#include "fault_proxy.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGE_MAX = 32 * 1024 * 1024,
    ROOM_FIRST = 64 * 1024,
    CONNECTIONS_MAX = 1024,
    OPERATION_MAX = 40,
    OPERATIONS_MAX = 16
};

struct counted {
    char operation[OPERATION_MAX];
    unsigned count;
};

struct fault_proxy {
    int listener;
    char url[64];
    struct sockaddr_in upstream;
    pthread_t thread;
    pthread_t connections[CONNECTIONS_MAX];
    size_t connection_count;
    int stop[2]; /* a pipe: closed at the end, so that everybody wakes */
    pthread_mutex_t lock;
    struct counted counted[OPERATIONS_MAX];
    char operation[OPERATION_MAX];
    enum fault fault;
    unsigned times;
    void (*after)(void *arg);
    void *arg;
};

struct connection {
    struct fault_proxy *proxy;
    int client, upstream;
};

struct message {
    char *data;
    size_t size, room, head_size, body_size;
    bool chunked;
};

/* ---- bytes ---- */

/* False if there is nothing to read any more, or the proxy stops. */
static bool wait_readable(struct fault_proxy *proxy, int fd)
{
    struct pollfd polled[2] = {{fd, POLLIN, 0}, {proxy->stop[0], POLLIN, 0}};
    return poll(polled, 2, -1) > 0 && !polled[1].revents;
}

static bool send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static size_t length_of(const char *head)
{
    const char *at = strcasestr(head, "\r\ncontent-length:");
    return at ? strtoul(at + strlen("\r\ncontent-length:"), NULL, 10) : 0;
}

static void head_read(struct message *message)
{
    char *end = message->head_size ? NULL : strstr(message->data, "\r\n\r\n");

    if (!end)
        return;
    end[2] = '\0'; /* the head is a text of its own while it is looked at */
    message->body_size = length_of(message->data);
    message->chunked = strcasestr(message->data, "\r\ntransfer-encoding: chunked") != NULL;
    end[2] = '\r';
    message->head_size = (size_t)(end + 4 - message->data);
}

static bool is_whole(const struct message *message)
{
    static const char last[] = "\r\n0\r\n\r\n";
    size_t size = sizeof last - 1;

    if (message->head_size == 0)
        return false;
    if (message->chunked)
        return message->size >= size && memcmp(message->data + message->size - size, last, size) == 0;
    return message->size >= message->head_size + message->body_size;
}

/* One request or answer, as long as it says, or in chunks. */
static bool message_read(struct fault_proxy *proxy, int fd, struct message *message)
{
    *message = (struct message){.room = ROOM_FIRST, .data = malloc(ROOM_FIRST)};
    while (!is_whole(message) && message->size < MESSAGE_MAX && wait_readable(proxy, fd)) {
        if (message->size + 1 == message->room)
            message->data = realloc(message->data, message->room *= 2);
        assert(message->data);
        ssize_t got = recv(fd, message->data + message->size, message->room - 1 - message->size, 0);
        if (got <= 0)
            return false;
        message->size += (size_t)got;
        message->data[message->size] = '\0';
        head_read(message);
    }
    return is_whole(message);
}

/* ---- faults ---- */

static void operation_read(const struct message *request, char operation[static OPERATION_MAX])
{
    const char *at = strcasestr(request->data, "DynamoDB_20120810.");
    size_t size = at ? strcspn(at + 18, "\r") : 0;

    (void)snprintf(operation, OPERATION_MAX, "%.*s", (int)size, at ? at + 18 : "");
}

static enum fault fault_take(struct fault_proxy *proxy, const char *operation)
{
    enum fault fault = FAULT_NONE;

    pthread_mutex_lock(&proxy->lock);
    for (size_t i = 0; i < OPERATIONS_MAX; i++) {
        struct counted *counted = &proxy->counted[i];
        if (counted->operation[0] && strcmp(counted->operation, operation) != 0)
            continue;
        (void)snprintf(counted->operation, sizeof counted->operation, "%s", operation);
        counted->count++;
        break;
    }
    if (proxy->times > 0 && (!proxy->operation[0] || strcmp(proxy->operation, operation) == 0)) {
        proxy->times--;
        fault = proxy->fault;
    }
    pthread_mutex_unlock(&proxy->lock);
    return fault;
}

static void after_fault(struct fault_proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    void (*after)(void *) = proxy->after;
    void *arg = proxy->arg;
    pthread_mutex_unlock(&proxy->lock);
    if (after)
        after(arg);
}

static bool answer(int fd, int status, const char *body)
{
    char head[200];
    int size = snprintf(
        head, sizeof head,
        "HTTP/1.1 %d Made\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %zu\r\n\r\n", status,
        strlen(body));
    return send_all(fd, head, (size_t)size) && send_all(fd, body, strlen(body));
}

#define TYPE "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"

static bool answer_unprocessed(int fd, const struct message *request)
{
    const char *keys =
        strstr(request->data + request->head_size, "\"RequestItems\":") + strlen("\"RequestItems\":");
    size_t size = strlen(keys) + 60;
    char *body = malloc(size);

    assert(body);
    bool writes = strstr(keys, "\"PutRequest\":") != NULL;
    (void)snprintf(body, size, "{%s:%s",
                   writes ? "\"UnprocessedItems\"" : "\"Responses\":{},\"UnprocessedKeys\"", keys);
    bool sent = answer(fd, 200, body);
    free(body);
    return sent;
}

static bool answer_fault(struct connection *connection, enum fault fault, const struct message *request)
{
    int fd = connection->client;

    switch (fault) {
    case FAULT_THROTTLE:
        return answer(fd, 400, TYPE "ThrottlingException\",\"message\":\"slow down\"}");
    case FAULT_INTERNAL:
        return answer(fd, 500, TYPE "InternalServerError\",\"message\":\"no\"}");
    case FAULT_REFUSE:
        return answer(fd, 400, TYPE "AccessDeniedException\",\"Message\":\"no\"}");
    case FAULT_CONFLICT:
        return answer(
            fd, 400,
            TYPE "TransactionCanceledException\",\"CancellationReasons\":[{\"Code\":\"TransactionConflict\"},"
                 "{\"Code\":\"None\"}],\"Message\":\"cancelled\"}");
    case FAULT_UNPROCESSED:
        return answer_unprocessed(fd, request);
    case FAULT_STALL:
        (void)wait_readable(connection->proxy, fd);
        return false;
    default:
        return false;
    }
}

/* ---- connections ---- */

static bool forward(struct connection *connection, const struct message *request, bool lose)
{
    struct message reply = {0};
    bool done = send_all(connection->upstream, request->data, request->size) &&
                message_read(connection->proxy, connection->upstream, &reply);

    if (done && !lose)
        done = send_all(connection->client, reply.data, reply.size);
    free(reply.data);
    return done && !lose;
}

static bool serve_one(struct connection *connection)
{
    struct message request;
    char operation[OPERATION_MAX];
    bool go_on = message_read(connection->proxy, connection->client, &request);

    if (go_on) {
        operation_read(&request, operation);
        enum fault fault = fault_take(connection->proxy, operation);
        if (fault == FAULT_NONE || fault == FAULT_LOSE_ANSWER)
            go_on = forward(connection, &request, fault == FAULT_LOSE_ANSWER);
        else if (fault != FAULT_DROP_REQUEST)
            go_on = answer_fault(connection, fault, &request);
        else
            go_on = false;
        if (fault != FAULT_NONE)
            after_fault(connection->proxy);
    }
    free(request.data);
    return go_on;
}

static void *connection_main(void *arg)
{
    struct connection *connection = arg;
    int on = 1;

    connection->upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(connection->upstream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bool go_on = connect(connection->upstream, (struct sockaddr *)&connection->proxy->upstream,
                         sizeof connection->proxy->upstream) == 0;
    while (go_on)
        go_on = serve_one(connection);
    close(connection->upstream);
    close(connection->client);
    free(connection);
    return NULL;
}

static void *accept_main(void *arg)
{
    struct fault_proxy *proxy = arg;
    int on = 1;

    while (wait_readable(proxy, proxy->listener)) {
        struct connection *connection = calloc(1, sizeof *connection);
        assert(connection && proxy->connection_count < CONNECTIONS_MAX);
        connection->proxy = proxy;
        connection->client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
        (void)setsockopt(connection->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        int code =
            pthread_create(&proxy->connections[proxy->connection_count++], NULL, connection_main, connection);
        assert(code == 0);
        (void)code;
    }
    return NULL;
}

struct fault_proxy *fault_proxy_new(const char *endpoint)
{
    struct fault_proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const char *port = endpoint ? strrchr(endpoint, ':') : NULL;

    assert(proxy && port);
    proxy->upstream = address;
    proxy->upstream.sin_port = htons((unsigned short)strtoul(port + 1, NULL, 10));
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code = bind(proxy->listener, (struct sockaddr *)&address, sizeof address);
    code |= listen(proxy->listener, 64);
    code |= getsockname(proxy->listener, (struct sockaddr *)&address, &size);
    code |= pipe(proxy->stop);
    code |= pthread_mutex_init(&proxy->lock, NULL);
    (void)snprintf(proxy->url, sizeof proxy->url, "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    code |= pthread_create(&proxy->thread, NULL, accept_main, proxy);
    assert(code == 0);
    (void)code;
    return proxy;
}

void fault_proxy_free(struct fault_proxy *proxy)
{
    close(proxy->stop[1]);
    pthread_join(proxy->thread, NULL);
    for (size_t i = 0; i < proxy->connection_count; i++)
        pthread_join(proxy->connections[i], NULL);
    close(proxy->stop[0]);
    close(proxy->listener);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

const char *fault_proxy_url(const struct fault_proxy *proxy)
{
    return proxy->url;
}

void fault_proxy_plan(struct fault_proxy *proxy, const char *operation, enum fault fault, unsigned times,
                      void (*after)(void *arg), void *arg)
{
    pthread_mutex_lock(&proxy->lock);
    (void)snprintf(proxy->operation, sizeof proxy->operation, "%s", operation ? operation : "");
    proxy->fault = fault;
    proxy->times = times;
    proxy->after = after;
    proxy->arg = arg;
    pthread_mutex_unlock(&proxy->lock);
}

unsigned fault_proxy_count(struct fault_proxy *proxy, const char *operation)
{
    unsigned count = 0;

    pthread_mutex_lock(&proxy->lock);
    for (size_t i = 0; i < OPERATIONS_MAX; i++)
        if (!operation || strcmp(proxy->counted[i].operation, operation) == 0)
            count += proxy->counted[i].count;
    pthread_mutex_unlock(&proxy->lock);
    return count;
}
