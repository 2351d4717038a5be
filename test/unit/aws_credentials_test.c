/* aws_credentials_test.c - each place that credentials come from, what is wrong with each, and keeping them.
 * A thread stands in for the services of containers and instances. */
#include "outside/aws_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VARIABLES_MAX = 16, REQUEST_MAX = 8192 };

/* ---- an environment ---- */

static struct {
    const char *name;
    char value[600];
} environment[VARIABLES_MAX];
static size_t environment_count;

static void set(const char *name, const char *value)
{
    environment[environment_count].name = name;
    (void)snprintf(environment[environment_count].value, sizeof environment->value, "%s", value);
    environment_count++;
}

static char *get(const char *name)
{
    for (size_t i = environment_count; i > 0; i--)
        if (strcmp(environment[i - 1].name, name) == 0)
            return environment[i - 1].value;
    return NULL;
}

static int64_t now_ms;

static int64_t the_clock(void)
{
    return now_ms;
}

/* ---- a service ---- */

struct said {
    const char *expects; /* has to stand in the request */
    int status;
    const char *body;
};

static struct {
    int listener, stop[2];
    unsigned short port;
    pthread_t thread;
    const struct said *said;
    unsigned asked;
} service;

static void serve_one(int fd)
{
    char request[REQUEST_MAX] = "";
    char answer[REQUEST_MAX];
    size_t size = 0;

    while (size < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
        ssize_t got = recv(fd, request + size, sizeof request - 1 - size, 0);
        if (got <= 0)
            return;
        size += (size_t)got;
        request[size] = '\0';
    }
    const struct said *said = &service.said[service.asked++];
    bool right = said->expects && strstr(request, said->expects);
    const char *body = right ? said->body : "";
    int length =
        snprintf(answer, sizeof answer, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                 right ? said->status : 599, strlen(body), body);
    (void)send(fd, answer, (size_t)length, MSG_NOSIGNAL);
}

static void *service_main(void *arg)
{
    struct pollfd polled[2] = {{service.listener, POLLIN, 0}, {service.stop[0], POLLIN, 0}};

    (void)arg;
    while (poll(polled, 2, -1) > 0 && !polled[1].revents) {
        int fd = accept(service.listener, NULL, NULL);
        serve_one(fd);
        close(fd);
    }
    return NULL;
}

static int set_up(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    environment_count = 0;
    now_ms = INT64_C(1795600000000);
    service.asked = 0;
    service.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(service.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(service.listener, 8), 0);
    assert_int_equal(getsockname(service.listener, (struct sockaddr *)&address, &size), 0);
    service.port = ntohs(address.sin_port);
    assert_int_equal(pipe(service.stop), 0);
    assert_int_equal(pthread_create(&service.thread, NULL, service_main, NULL), 0);
    *state = aws_keys_new(get, the_clock);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    aws_keys_free(*state);
    close(service.stop[1]);
    assert_int_equal(pthread_join(service.thread, NULL), 0);
    close(service.stop[0]);
    close(service.listener);
    return 0;
}

static void set_url(const char *name, const char *path)
{
    char url[100];

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)service.port, path);
    set(name, url);
}

static void gives(void *keys, const char *key, const char *token)
{
    struct aws_credentials out;
    const char *why = NULL;

    enum err e = aws_keys_get(keys, &out, &why);
    if (e)
        fail_msg("%s", why);
    assert_string_equal(out.access_key, key);
    assert_string_equal(out.secret_key, "secret");
    assert_string_equal(out.token, token);
}

static void refuses(void *keys, const char *says)
{
    struct aws_credentials out;
    const char *why = NULL;

    assert_int_equal(aws_keys_get(keys, &out, &why), ERR_OUTSIDE);
    if (!strstr(why, says))
        fail_msg("\"%s\" does not say \"%s\"", why, says);
}

/* ---- the places ---- */

static void test_environment(void **state)
{
    set("AWS_ACCESS_KEY_ID", "AKID");
    refuses(*state, "together");
    set("AWS_SECRET_ACCESS_KEY", "secret");
    gives(*state, "AKID", "");
    set("AWS_SESSION_TOKEN", "token");
    gives(*state, "AKID", ""); /* kept */
    aws_keys_expire(*state);
    gives(*state, "AKID", "token");
}

static void test_nowhere(void **state)
{
    set("AWS_EC2_METADATA_DISABLED", "true");
    refuses(*state, "AWS_ACCESS_KEY_ID");
}

static void file_make(char *path, const char *text)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void test_file(void **state)
{
    char path[] = "/tmp/opendoor-credentials-XXXXXX";

    file_make(
        path,
        "# a comment\n[default]\naws_access_key_id=DEFAULT\naws_secret_access_key = secret\r\n\n"
        "[ other ]\n  aws_access_key_id = OTHER\naws_secret_access_key=secret\naws_session_token = tok==\n"
        "[empty]\n; nothing\n");
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_SHARED_CREDENTIALS_FILE", path);
    gives(*state, "DEFAULT", "");
    set("AWS_PROFILE", "other");
    now_ms += 16 * 60 * 1000; /* then it is read again */
    gives(*state, "OTHER", "tok==");
    aws_keys_expire(*state);
    set("AWS_PROFILE", "empty");
    refuses(*state, "aws_access_key_id");
    set("AWS_PROFILE", "nobody");
    refuses(*state, "AWS_PROFILE");
    assert_int_equal(unlink(path), 0);
    refuses(*state, "AWS_ACCESS_KEY_ID");
}

#define ANSWER(key, expires)                                                                                 \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"secret\",\"Token\":\"tok\","    \
    "\"Expiration\":\"" expires "\"}"

static void test_container(void **state)
{
    static const struct said said[] = {
        {"GET /creds", 200, ANSWER("ONE", "2026-11-25T10:00:00Z")},
        {"Authorization: Bearer x", 200, ANSWER("TWO", "2027-11-25T10:00:00Z")},
        {"GET /creds", 403, "no"}};

    service.said = said;
    set("HOME", "/nonexistent");
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/creds");
    refuses(*state, "https");
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/creds");
    gives(*state, "ONE", "tok");
    set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer x");
    gives(*state, "ONE", "tok");
    assert_int_equal(service.asked, 1);
    now_ms += INT64_C(365) * 24 * 3600 * 1000 - 24 * 3600 * 1000; /* long expired */
    gives(*state, "TWO", "tok");
    aws_keys_expire(*state);
    refuses(*state, "container");
}

static void test_instance(void **state)
{
    static const struct said said[] = {{"PUT /latest/api/token", 200, "session-token"},
                                       {"X-aws-ec2-metadata-token: session-token", 200, "my-role\n"},
                                       {"GET /latest/meta-data/iam/security-credentials/my-role ", 200,
                                        ANSWER("ROLE", "2026-11-26T10:00:00Z")},
                                       {"PUT", 404, ""}};

    service.said = said;
    set("HOME", "/nonexistent");
    set_url("AWS_EC2_METADATA_SERVICE_ENDPOINT", "");
    gives(*state, "ROLE", "tok");
    assert_int_equal(service.asked, 3);
    aws_keys_expire(*state);
    refuses(*state, "There are no AWS credentials");
}

/* New ones are fetched before the old ones expire; if that fails, the old ones go on. */
static void test_refresh(void **state)
{
    static const struct said said[] = {{"GET /creds", 200, ANSWER("OLD", "2026-11-25T10:26:40Z")},
                                       {"GET /creds", 500, ""},
                                       {"GET /creds", 200, ANSWER("NEW", "2026-11-25T12:00:00Z")}};

    service.said = said;
    now_ms = INT64_C(1795600000000); /* 2026-11-25T09:46:40Z */
    set("HOME", "/nonexistent");
    set("AWS_EC2_METADATA_DISABLED", "true");
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/creds");
    gives(*state, "OLD", "tok");
    now_ms += 36 * 60 * 1000;
    gives(*state, "OLD", "tok");
    assert_int_equal(service.asked, 2);
    gives(*state, "OLD", "tok");
    assert_int_equal(service.asked, 2); /* not at every request */
    now_ms += 11 * 1000;
    gives(*state, "NEW", "tok");
}

static void test_wrong_answers(void **state)
{
    static const struct said said[] = {{"GET", 200, "no json"},
                                       {"GET", 200, "{}"},
                                       {"GET", 200, ANSWER("X", "tomorrow")},
                                       {"GET", 200, ANSWER("X", "2020-01-01T00:00:00Z")}};

    service.said = said;
    set("HOME", "/nonexistent");
    set("AWS_EC2_METADATA_DISABLED", "true");
    set_url("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/creds");
    refuses(*state, "JSON");
    refuses(*state, "no keys");
    refuses(*state, "Expiration");
    refuses(*state, "expired");
}

/* ---- the client ---- */

static void test_endpoints(void **state)
{
    struct aws_client client = {.region = "eu-west-2"};

    (void)state;
    assert_true(aws_client_init(&client, "dynamodb", NULL));
    assert_string_equal(client.endpoint, "https://dynamodb.eu-west-2.amazonaws.com");
    assert_string_equal(client.host, "dynamodb.eu-west-2.amazonaws.com");
    assert_true(aws_client_init(&client, "dynamodb", "http://127.0.0.1:8000"));
    assert_string_equal(client.host, "127.0.0.1:8000");
    assert_false(aws_client_init(&client, "dynamodb", "http://127.0.0.1:8000/"));
    assert_false(aws_client_init(&client, "dynamodb", "ftp://127.0.0.1"));
    assert_false(aws_client_init(&client, "dynamodb", "http://u@127.0.0.1"));
    assert_false(aws_client_init(&client, "dynamodb", "http://"));
}

static void test_error_types(void **state)
{
    char type[AWS_ERROR_MAX];
    char texts[][120] = {
        "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ThrottlingException\",\"message\":\"x\"}",
        "{\"message\":\"x\", \"__type\" : \"NotAuthorizedException\"}", "{}", "", "{\"__type\":7}"};
    const char *const types[] = {"ThrottlingException", "NotAuthorizedException", "", "", ""};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct http_answer answer = {.body = texts[i], .body_size = strlen(texts[i])};
        aws_error_type(&answer, type);
        assert_string_equal(type, types[i]);
    }
}

static void test_http_limits(void **state)
{
    static const struct said said[] = {
        {"GET", 200, "0123456789"}, {"GET", 302, ""}, {"GET", 200, "0123456789"}};
    struct http_client *client = http_client_new(&(struct http_client_options){.connections_max = 1});
    struct http_answer answer = {0};
    char url[60];
    size_t size;

    (void)state;
    service.said = said;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)service.port);
    struct http_ask ask = {.method = "GET", .url = url, .answer_bytes_max = 9};
    assert_int_equal(http_client_send(client, &ask, &answer), ERR_OUTSIDE);
    assert_non_null(strstr(answer.why, "larger"));
    assert_int_equal(http_client_send(client, &ask, &answer), ERR_OK);
    assert_int_equal(answer.status, 302);
    ask.answer_bytes_max = 10;
    assert_int_equal(http_client_send(client, &ask, &answer), ERR_OK);
    assert_string_equal(answer.body, "0123456789");
    assert_memory_equal(http_answer_header(&answer, "content-LENGTH", &size), "10", 2);
    assert_int_equal(size, 2);
    assert_null(http_answer_header(&answer, "content", &size));
    ask.url = "file:///etc/passwd";
    assert_int_equal(http_client_send(client, &ask, &answer), ERR_OUTSIDE);
    http_answer_done(&answer);
    http_client_free(client);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_environment), TEST(test_nowhere),     TEST(test_file),          TEST(test_container),
        TEST(test_instance),    TEST(test_refresh),     TEST(test_wrong_answers), TEST(test_endpoints),
        TEST(test_error_types), TEST(test_http_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
