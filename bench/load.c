/* load.c - sends requests over kept connections, as fast as they are answered, and says how fast that was.
 * One thread with epoll, so that it takes as little as it can from the server on the same machine.
 *
 *   load --port N --requests FILE [--connections 64] [--seconds 10] [--warmup 1] [--once] [--idle 0]
 *
 * A line of FILE is one request, its parts between tabs: method, address, access token ("-" for none) and,
 * where there is one, the JSON body. Connections take the lines in turn, from the first again after the last;
 * with --once each is sent once, and the run ends with the last answer. --idle opens that many more
 * connections and leaves them alone.
 *
 * It prints key=value lines: rate (answers a second), times of answers in microseconds (p50_us, p90_us,
 * p99_us, p999_us, max_us), statuses (status_200), broken (connections that were lost). The warm-up counts
 * nowhere. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 20000,
    EVENTS_MAX = 256,
    IN_BYTES = 16 * 1024,
    STATUS_MAX = 600,
    SUB_BITS = 6, /* 64 steps for each doubling: times are right within 2 % */
    SUB = 1 << SUB_BITS,
    TIMES = 40 * SUB,
};

struct request {
    char *bytes;
    size_t size;
};

struct conn {
    int fd;
    const struct request *request; /* the one that is on its way; NULL = idle */
    size_t sent;
    int64_t started_us;
    char in[IN_BYTES]; /* the head, until it is whole */
    size_t in_size;
    size_t body_left;
    bool in_body;
    int status;
    bool is_head; /* HEAD: no body follows */
};

struct options {
    const char *requests_file;
    uint16_t port;
    size_t connections, idle;
    double seconds, warmup;
    bool once;
};

struct load {
    struct options options;
    struct request *requests;
    size_t request_count, next;
    size_t in_flight;
    int epoll_fd;
    struct conn *conns;
    int64_t begin_us, end_us; /* of what counts */
    int64_t last_us;
    uint64_t answers, broken, max_us;
    uint64_t statuses[STATUS_MAX];
    uint64_t times[TIMES];
};

static void die(const char *what)
{
    (void)fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "not right");
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* ---- times ---- */

static size_t bucket_of(uint64_t us)
{
    if (us < SUB)
        return us;
    unsigned shift = 63U - (unsigned)__builtin_clzll(us) - SUB_BITS;
    size_t bucket = ((size_t)shift + 1) * SUB + (size_t)((us >> shift) - SUB);
    return bucket < TIMES ? bucket : TIMES - 1;
}

static uint64_t bucket_us(size_t bucket)
{
    if (bucket < SUB)
        return bucket;
    unsigned shift = (unsigned)(bucket / SUB) - 1;
    return (uint64_t)(bucket % SUB + SUB) << shift;
}

static uint64_t percentile(const struct load *load, double part)
{
    uint64_t wanted = (uint64_t)(part * (double)load->answers);
    uint64_t seen = 0;

    for (size_t i = 0; i < TIMES; i++) {
        seen += load->times[i];
        if (seen > wanted)
            return bucket_us(i);
    }
    return load->max_us;
}

/* ---- requests ---- */

static char *cut(char **rest)
{
    char *part = *rest;

    if (part)
        *rest = strchr(part, '\t');
    if (part && *rest)
        *(*rest)++ = '\0';
    return part;
}

static struct request request_make(char *line)
{
    struct request request = {NULL, 0};
    char *rest = line;
    const char *method = cut(&rest), *target = cut(&rest), *token = cut(&rest);
    const char *body = rest;

    if (!method || !target)
        die("a line of the requests");
    FILE *out = open_memstream(&request.bytes, &request.size);
    if (!out)
        die("memory");
    (void)fprintf(out, "%s %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n", method, target);
    if (token && strcmp(token, "-") != 0)
        (void)fprintf(out, "Authorization: Bearer %s\r\n", token);
    if (body)
        (void)fprintf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
                      body);
    else
        (void)fprintf(out, "\r\n");
    (void)fclose(out);
    return request;
}

static void requests_read(struct load *load)
{
    FILE *file = fopen(load->options.requests_file, "re");
    char *line = NULL;
    size_t room = 0, capacity = 0;
    ssize_t size;

    if (!file)
        die(load->options.requests_file);
    while ((size = getline(&line, &room, file)) > 0) {
        if (line[size - 1] == '\n')
            line[--size] = '\0';
        if (size == 0)
            continue;
        if (load->request_count == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            load->requests = realloc(load->requests, capacity * sizeof *load->requests);
            if (!load->requests)
                die("memory");
        }
        load->requests[load->request_count++] = request_make(line);
    }
    free(line);
    (void)fclose(file);
    if (load->request_count == 0)
        die("no requests");
}

/* The next one, or NULL if all were sent. */
static const struct request *request_next(struct load *load)
{
    if (load->next == load->request_count) {
        if (load->options.once)
            return NULL;
        load->next = 0;
    }
    return &load->requests[load->next++];
}

/* ---- connections ---- */

static int connect_to(uint16_t port)
{
    const int yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static void conn_open(struct load *load, struct conn *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = conn};

    *conn = (struct conn){.fd = connect_to(load->options.port)};
    if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        die("epoll");
}

static void send_rest(struct conn *conn)
{
    const struct request *request = conn->request;

    while (request && conn->sent < request->size) {
        ssize_t sent = send(conn->fd, request->bytes + conn->sent, request->size - conn->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return; /* full: goes on when epoll says so; broken: the receiving side sees it */
        conn->sent += (size_t)sent;
    }
}

static void send_next(struct load *load, struct conn *conn)
{
    conn->request = request_next(load);
    conn->sent = conn->in_size = conn->body_left = 0;
    conn->in_body = false;
    if (!conn->request)
        return;
    load->in_flight++;
    conn->is_head = strncmp(conn->request->bytes, "HEAD ", 5) == 0;
    conn->started_us = now_us();
    send_rest(conn);
}

static void answered(struct load *load, struct conn *conn)
{
    int64_t at = now_us();
    uint64_t took = (uint64_t)(at - conn->started_us);

    load->in_flight--;
    if (conn->started_us >= load->begin_us && at <= load->end_us) {
        load->answers++;
        load->last_us = at;
        load->statuses[conn->status < STATUS_MAX ? conn->status : 0]++;
        load->times[bucket_of(took)]++;
        if (took > load->max_us)
            load->max_us = took;
    }
    send_next(load, conn);
}

static void lost(struct load *load, struct conn *conn)
{
    if (conn->request) {
        load->in_flight--;
        load->broken++;
    }
    (void)close(conn->fd);
    conn_open(load, conn);
    send_next(load, conn);
}

static size_t content_length(const char *head)
{
    static const char name[] = "\r\nContent-Length:";
    const char *found = strcasestr(head, name);
    return found ? strtoul(found + sizeof name - 1, NULL, 10) : 0;
}

/* Takes what was received; false if it is no answer. */
static bool take(struct conn *conn, size_t size)
{
    conn->in_size += size;
    conn->in[conn->in_size] = '\0';
    const char *end = strstr(conn->in, "\r\n\r\n");
    if (!end)
        return conn->in_size < IN_BYTES - 1;
    if (sscanf(conn->in, "HTTP/1.%*c %3d", &conn->status) != 1)
        return false;
    size_t length = conn->is_head ? 0 : content_length(conn->in);
    size_t got = conn->in_size - (size_t)(end + 4 - conn->in);
    if (got > length)
        return false;
    conn->body_left = length - got;
    conn->in_body = true;
    return true;
}

static ssize_t receive(struct conn *conn)
{
    static char body[256 * 1024];

    if (!conn->in_body)
        return recv(conn->fd, conn->in + conn->in_size, IN_BYTES - 1 - conn->in_size, MSG_DONTWAIT);
    return recv(conn->fd, body, conn->body_left < sizeof body ? conn->body_left : sizeof body, MSG_DONTWAIT);
}

static void on_event(struct load *load, struct conn *conn, uint32_t events)
{
    if (events & EPOLLOUT)
        send_rest(conn);
    while (events & EPOLLIN) {
        ssize_t got = receive(conn);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0 || !conn->request) {
            lost(load, conn);
            return;
        }
        if (conn->in_body)
            conn->body_left -= (size_t)got;
        else if (!take(conn, (size_t)got)) {
            lost(load, conn);
            return;
        }
        if (conn->in_body && conn->body_left == 0)
            answered(load, conn);
    }
}

/* ---- the run ---- */

static void run(struct load *load)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t start = now_us();

    load->begin_us = start + (int64_t)(load->options.warmup * 1e6);
    load->end_us = load->begin_us + (int64_t)(load->options.seconds * 1e6);
    for (size_t i = 0; i < load->options.connections; i++)
        send_next(load, &load->conns[i]);
    while (now_us() < load->end_us && load->in_flight > 0) {
        int count = epoll_wait(load->epoll_fd, events, EVENTS_MAX, 100);
        for (int i = 0; i < count; i++)
            on_event(load, events[i].data.ptr, events[i].events);
    }
}

static void report(const struct load *load)
{
    double seconds = (double)(load->last_us - load->begin_us) / 1e6;

    (void)printf("connections=%zu\nanswers=%llu\nseconds=%.3f\nrate=%.1f\n", load->options.connections,
                 (unsigned long long)load->answers, seconds,
                 seconds > 0 ? (double)load->answers / seconds : 0.0);
    (void)printf("p50_us=%llu\np90_us=%llu\np99_us=%llu\np999_us=%llu\nmax_us=%llu\n",
                 (unsigned long long)percentile(load, 0.5), (unsigned long long)percentile(load, 0.9),
                 (unsigned long long)percentile(load, 0.99), (unsigned long long)percentile(load, 0.999),
                 (unsigned long long)load->max_us);
    for (int status = 0; status < STATUS_MAX; status++)
        if (load->statuses[status] > 0)
            (void)printf("status_%d=%llu\n", status, (unsigned long long)load->statuses[status]);
    (void)printf("broken=%llu\n", (unsigned long long)load->broken);
}

static const char usage[] =
    "usage: load --port N --requests FILE [--connections 64] [--seconds 10] [--warmup 1] [--once] "
    "[--idle 0]\n";

static bool options_read(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},        {"requests", required_argument, NULL, 'r'},
        {"connections", required_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 's'},
        {"warmup", required_argument, NULL, 'w'},      {"once", no_argument, NULL, 'o'},
        {"idle", required_argument, NULL, 'i'},        {NULL, 0, NULL, 0}};
    int which;

    *options = (struct options){.connections = 64, .seconds = 10, .warmup = 1};
    while ((which = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (which) {
        case 'p':
            options->port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options->requests_file = optarg;
            break;
        case 'c':
            options->connections = strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->seconds = strtod(optarg, NULL);
            break;
        case 'w':
            options->warmup = strtod(optarg, NULL);
            break;
        case 'o':
            options->once = true;
            options->warmup = 0;
            break;
        case 'i':
            options->idle = strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return options->port && options->requests_file && options->connections > 0 &&
           options->connections <= CONNECTIONS_MAX && options->idle <= CONNECTIONS_MAX;
}

static void files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    static struct load load;

    if (!options_read(argc, argv, &load.options)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    files_raise();
    requests_read(&load);
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load.conns = calloc(load.options.connections, sizeof *load.conns);
    if (load.epoll_fd < 0 || !load.conns)
        die("memory");
    for (size_t i = 0; i < load.options.idle; i++)
        (void)connect_to(load.options.port); /* kept open to the end */
    for (size_t i = 0; i < load.options.connections; i++)
        conn_open(&load, &load.conns[i]);
    run(&load);
    report(&load);
    return load.answers > 0 ? 0 : 1;
}
