/* sigv4_test.c - the signer against every vector of AWS's test suite, and what it refuses. */
#include "outside/sigv4.h"

#include "sigv4_vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN  "X-Amz-Security-Token"

static struct arena *arena;

struct parsed {
    struct sigv4_ask ask;
    struct http_header headers[SIGV4_HEADERS_MAX];
};

/* Takes the line off the front of the text. */
static char *line_take(char **text)
{
    size_t size = strcspn(*text, "\n");
    char *line = arena_text(arena, *text, size);

    assert_non_null(line);
    *text += size + ((*text)[size] == '\n');
    return line;
}

/* "METHOD target HTTP/1.1": the target of a vector may hold blanks. */
static void first_line_read(struct parsed *parsed, char *line)
{
    char *target = strchr(line, ' ') + 1;

    target[-1] = '\0';
    *strstr(target, " HTTP/1.1") = '\0';
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    parsed->ask.method = line;
    parsed->ask.path = target;
    parsed->ask.query = query;
}

static void header_read(struct parsed *parsed, char *line)
{
    struct http_header *headers = parsed->headers;
    size_t *count = &parsed->ask.header_count;

    if (*line == ' ') { /* a value goes on */
        const char *before = headers[*count - 1].value;
        headers[*count - 1].value = arena_printf(arena, "%s\n%s", before, line);
        return;
    }
    char *value = strchr(line, ':');
    *value++ = '\0';
    headers[(*count)++] = (struct http_header){line, value};
    if (strcmp(line, "X-Amz-Date") == 0)
        parsed->ask.date = value;
}

/* One vector is about a token that the credentials carry: the request file is without it. */
static void token_add(const struct vector *vector, struct parsed *parsed)
{
    static const char line[] = "\nx-amz-security-token:";
    const char *at = strstr(vector->canonical, line);

    if (!at || strstr(vector->request, TOKEN))
        return;
    at += sizeof line - 1;
    char *value = arena_text(arena, at, strcspn(at, "\n"));
    parsed->headers[parsed->ask.header_count++] = (struct http_header){TOKEN, value};
}

static void vector_read(const struct vector *vector, struct parsed *parsed)
{
    char *text = arena_dup(arena, vector->request);

    *parsed = (struct parsed){
        .ask = {
            .region = "us-east-1", .service = "service", .access_key = "AKIDEXAMPLE", .secret_key = SECRET}};
    parsed->ask.headers = parsed->headers;
    first_line_read(parsed, line_take(&text));
    while (*text && *text != '\n')
        header_read(parsed, line_take(&text));
    token_add(vector, parsed);
    text += *text == '\n';
    parsed->ask.body = (struct span){(const uint8_t *)text, strlen(text)};
}

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct parsed parsed;
        const char *canonical;
        const char *names;
        const char *authorization;
        print_message("%s\n", vectors[i].name);
        vector_read(&vectors[i], &parsed);
        assert_int_equal(sigv4_canonical(arena, &parsed.ask, &canonical, &names), ERR_OK);
        assert_string_equal(canonical, vectors[i].canonical);
        assert_int_equal(sigv4_authorization(arena, &parsed.ask, &authorization), ERR_OK);
        assert_string_equal(authorization, vectors[i].authorization);
    }
}

static void test_date(void **state)
{
    char text[SIGV4_DATE_TEXT];

    (void)state;
    sigv4_date(INT64_C(1440938160999), text);
    assert_string_equal(text, "20150830T123600Z");
}

static void test_limits(void **state)
{
    struct parsed parsed;
    struct http_header many[SIGV4_HEADERS_MAX + 1];
    char query[4 * SIGV4_PARAMETERS_MAX + 8] = "";
    const char *value = "untouched";

    (void)state;
    vector_read(&vectors[0], &parsed);
    for (size_t i = 0; i <= SIGV4_HEADERS_MAX; i++)
        many[i] = (struct http_header){"a", "b"};
    struct sigv4_ask ask = parsed.ask;
    ask.headers = many;
    ask.header_count = SIGV4_HEADERS_MAX + 1;
    assert_int_equal(sigv4_authorization(arena, &ask, &value), ERR_INTERNAL);
    ask = parsed.ask;
    for (size_t i = 0; i <= SIGV4_PARAMETERS_MAX; i++)
        memcpy(query + 4 * i, "a=b&", 4);
    ask.query = query;
    assert_int_equal(sigv4_authorization(arena, &ask, &value), ERR_INTERNAL);
    assert_string_equal(value, "untouched");
}

static void test_without_memory(void **state)
{
    struct parsed parsed;
    const char *value = "untouched";
    unsigned nth = 1;
    enum err e;

    (void)state;
    vector_read(&vectors[0], &parsed);
    do {
        arena_fail_after(nth++);
        e = sigv4_authorization(arena, &parsed.ask, &value);
        arena_fail_after(0);
        assert_true(e == ERR_MEMORY || e == ERR_OK);
        assert_true(e == ERR_OK || strcmp(value, "untouched") == 0);
    } while (e && nth < 100);
    assert_in_range(nth, 4, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_without_memory),
    };
    arena = arena_new((size_t)16 * 1024 * 1024);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
