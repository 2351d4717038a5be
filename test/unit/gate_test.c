/* gate_test.c - what the gate lets pass, what it refuses, and that it makes no difference how the bytes
 * arrive. */
#include "front/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) text, sizeof(text) - 1
#define HOST        "Host: x\r\n"

/* Reads the bytes one more at a time, as the slowest sender would send them; each prefix in memory of its
 * own, so that the address sanitizer sees a byte read too far. */
static enum err read_slowly(const char *bytes, size_t size, struct gate_head *head)
{
    struct gate_scan scan = {0};
    const char *why;

    for (size_t i = 1; i <= size; i++) {
        char *copy = malloc(i);
        assert_non_null(copy);
        memcpy(copy, bytes, i);
        enum err e = gate_read(&scan, copy, i, head, &why);
        assert_true(e != ERR_BAD_REQUEST || why);
        free(copy);
        if (e || head->size > 0)
            return e;
    }
    return ERR_OK;
}

static enum err read_at_once(const char *bytes, size_t size, struct gate_head *head)
{
    struct gate_scan scan = {0};
    const char *why;

    return gate_read(&scan, bytes, size, head, &why);
}

static bool piece_is(struct gate_piece piece, const char *text)
{
    return piece.at && piece.size == strlen(text) && memcmp(piece.at, text, piece.size) == 0;
}

static void an_ordinary_request(void **state)
{
    (void)state;
    static const char bytes[] =
        "POST /appointments?limit=5&x HTTP/1.1\r\nhost: example.org:80\r\n"
        "X-Empty:\r\nCONTENT-LENGTH:  12 \r\nX-Text: \t two words \t\r\n\r\n{\"a\": 1}";
    struct gate_head head;

    assert_int_equal(read_at_once(BYTES(bytes), &head), ERR_OK);
    assert_int_equal(head.size, strstr(bytes, "{\"a") - bytes);
    assert_true(piece_is(head.method, "POST"));
    assert_true(piece_is(head.path, "/appointments"));
    assert_true(piece_is(head.query, "limit=5&x"));
    assert_int_equal(head.field_count, 4);
    assert_true(piece_is(gate_field(&head, "x-empty"), ""));
    assert_true(piece_is(gate_field(&head, "X-TEXT"), "two words"));
    assert_null(gate_field(&head, "X-Nothing").at);
    assert_int_equal(head.body_bytes, 12);
    assert_true(head.keep_alive && !head.chunked && !head.http_1_0 && !head.expects_continue);
}

static void taken(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *path;
        bool keep_alive;
    } rows[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", "/", true},
        {"\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "/", true}, /* empty lines before: RFC 9112 section 2.2 */
        {"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "/", true},
        {"GET / HTTP/1.0\r\n\r\n", "/", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "/", true},
        {"GET / HTTP/1.1\r\n" HOST "Connection: x, close\r\n\r\n", "/", false},
        {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n", "/", false},
        {"GET / HTTP/1.2\r\n" HOST "\r\n", "/", true},
        {"GET /a%00b HTTP/1.1\r\n" HOST "\r\n", "/a%00b", true}, /* not decoded here */
        {"GET http://x/a HTTP/1.1\r\n" HOST "\r\n", "/a", true},
        {"GET HTTPS://x:1/a HTTP/1.1\r\n" HOST "\r\n", "/a", true},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "*", true},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "/", true},
        {"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "/", true},
        {"GET / HTTP/1.1\r\n" HOST "X: caf\xc3\xa9\ttab\r\n\r\n", "/", true},
        {"GET / HTTP/1.1\r\n" HOST "Content-Length: 0007\r\n\r\n", "/", true},
        {"G!#$%&'*+-.^_`|~T / HTTP/1.1\r\n" HOST "\r\n", "/", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gate_head head;
        const char *bytes = rows[i].bytes;
        if (read_slowly(bytes, strlen(bytes), &head) != ERR_OK || head.size != strlen(bytes))
            fail_msg("refused: %s", bytes);
        assert_int_equal(read_at_once(bytes, strlen(bytes), &head), ERR_OK); /* its pieces are still there */
        assert_true(piece_is(head.path, rows[i].path));
        assert_int_equal(head.keep_alive, rows[i].keep_alive);
    }
}

static void an_absolute_target_without_a_path(void **state)
{
    (void)state;
    struct gate_head head;

    assert_int_equal(read_at_once(BYTES("GET http://x?a=1 HTTP/1.1\r\n" HOST "\r\n"), &head), ERR_OK);
    assert_null(head.path.at);
    assert_true(piece_is(head.query, "a=1"));
}

struct refused {
    const char *bytes;
    size_t size;
    const char *what;
};

#define START "GET / HTTP/1.1\r\n"
static const struct refused refused_rows[] = {
    {BYTES("BLAH\r\n\r\n"), "no address"},
    {BYTES("\r\n\r\n\r\n\r\n\r\n"), "nothing"},
    {BYTES("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), "five empty lines"},
    {BYTES(" GET / HTTP/1.1\r\n" HOST "\r\n"), "blank before the method"},
    {BYTES("GET  / HTTP/1.1\r\n" HOST "\r\n"), "two blanks"},
    {BYTES("GET / HTTP/1.1 \r\n" HOST "\r\n"), "blank behind the version"},
    {BYTES("GET\t/\tHTTP/1.1\r\n" HOST "\r\n"), "tabs"},
    {BYTES("GET /\r\n" HOST "\r\n"), "HTTP/0.9"},
    {BYTES("GET / a HTTP/1.1\r\n" HOST "\r\n"), "blank in the address"},
    {BYTES("G@T / HTTP/1.1\r\n" HOST "\r\n"), "method"},
    {BYTES("GET a HTTP/1.1\r\n" HOST "\r\n"), "address without a slash"},
    {BYTES("GET * HTTP/1.1\r\n" HOST "\r\n"), "* for GET"},
    {BYTES("GET ftp://x/ HTTP/1.1\r\n" HOST "\r\n"), "scheme"},
    {BYTES("GET http:///a HTTP/1.1\r\n" HOST "\r\n"), "no host in the address"},
    {BYTES("GET http://u@x/a HTTP/1.1\r\n" HOST "\r\n"), "user in the address"},
    {BYTES("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), "fragment"},
    {BYTES("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"), "bytes beyond ASCII in the address"},
    {BYTES("GET /a\0b HTTP/1.1\r\n" HOST "\r\n"), "NUL in the address"},
    {BYTES("GET /a\x7f HTTP/1.1\r\n" HOST "\r\n"), "DEL in the address"},
    {BYTES("GET / http/1.1\r\n" HOST "\r\n"), "version in lower case"},
    {BYTES("GET / HTTP/1.10\r\n" HOST "\r\n"), "version with three digits"},
    {BYTES("GET / HTTP/1,1\r\n" HOST "\r\n"), "version with a comma"},
    {BYTES("GET / HTTP/1.1\n" HOST "\r\n"), "bare LF behind the request line"},
    {BYTES("GET / HTTP/1.1\r" HOST "\r\n"), "bare CR behind the request line"},
    {BYTES(START HOST "\n"), "bare LF at the end"},
    {BYTES(START "Host: x\n\r\n"), "bare LF behind a header"},
    {BYTES(START "Host: x\0\n\r\n"), "NUL LF behind a header"},
    {BYTES(START HOST "X: a\rb\r\n\r\n"), "bare CR in a value"},
    {BYTES(START HOST "X: a\r\r\n\r\n"), "CR CR LF"},
    {BYTES(START HOST "X: a\0b\r\n\r\n"), "NUL in a value"},
    {BYTES(START HOST "X: a\0\r\n\r\n"), "NUL at the end of a value"},
    {BYTES(START HOST "X\0: a\r\n\r\n"), "NUL in a name"},
    {BYTES(START HOST "\0\r\n\r\n"), "a line of NUL"},
    {BYTES(START HOST "X: a\x01\r\n\r\n"), "control character in a value"},
    {BYTES(START HOST "X: a\x7f\r\n\r\n"), "DEL in a value"},
    {BYTES(START HOST "X : a\r\n\r\n"), "blank before the colon"},
    {BYTES(START HOST "X\t: a\r\n\r\n"), "tab before the colon"},
    {BYTES(START HOST "X Y: a\r\n\r\n"), "blank in a name"},
    {BYTES(START HOST ": a\r\n\r\n"), "empty name"},
    {BYTES(START HOST "X\r\n\r\n"), "no colon"},
    {BYTES(START HOST "X: a\r\n b\r\n\r\n"), "folded line"},
    {BYTES(START HOST "X: a\r\n\tb\r\n\r\n"), "folded line with a tab"},
    {BYTES(START " X: a\r\n" HOST "\r\n"), "blank before the first header"},
    {BYTES(START HOST "X(: a\r\n\r\n"), "parenthesis in a name"},
    {BYTES(START HOST "X\xc3\xa9: a\r\n\r\n"), "bytes beyond ASCII in a name"},
    {BYTES(START "\r\n"), "no Host"},
    {BYTES(START HOST HOST "\r\n"), "two Hosts"},
    {BYTES(START "Host: x y\r\n\r\n"), "blank in Host"},
    {BYTES(START "Host: x/y\r\n\r\n"), "slash in Host"},
    {BYTES(START "Host: u@x\r\n\r\n"), "user in Host"},
    {BYTES(START HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), "two equal lengths"},
    {BYTES(START HOST "Content-Length: 5\r\ncontent-length: 6\r\n\r\n"), "two lengths"},
    {BYTES(START HOST "Content-Length: 5, 5\r\n\r\n"), "a list of lengths"},
    {BYTES(START HOST "Content-Length: +5\r\n\r\n"), "plus"},
    {BYTES(START HOST "Content-Length: -5\r\n\r\n"), "minus"},
    {BYTES(START HOST "Content-Length: 0x5\r\n\r\n"), "hex"},
    {BYTES(START HOST "Content-Length: 5 5\r\n\r\n"), "blank in the length"},
    {BYTES(START HOST "Content-Length: 5.0\r\n\r\n"), "fraction"},
    {BYTES(START HOST "Content-Length: 1e1\r\n\r\n"), "exponent"},
    {BYTES(START HOST "Content-Length:\r\n\r\n"), "empty length"},
    {BYTES(START HOST "Content-Length: 18446744073709551617\r\n\r\n"), "length that wraps around"},
    {BYTES(START HOST "Content-Length: 00000000000000000000005\r\n\r\n"), "length with too many digits"},
    {BYTES(START HOST "Content-Length: \xd9\xa5\r\n\r\n"), "Arabic digit"},
    {BYTES(START HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), "both framings"},
    {BYTES(START HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
     "both framings, other order"},
    {BYTES(START HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), "chunked twice"},
    {BYTES(START HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"), "two codings"},
    {BYTES(START HOST "Transfer-Encoding: chunked, chunked\r\n\r\n"), "a list"},
    {BYTES(START HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"), "gzip"},
    {BYTES(START HOST "Transfer-Encoding: identity\r\n\r\n"), "identity"},
    {BYTES(START HOST "Transfer-Encoding: xchunked\r\n\r\n"), "xchunked"},
    {BYTES(START HOST "Transfer-Encoding: \"chunked\"\r\n\r\n"), "quoted"},
    {BYTES(START HOST "Transfer-Encoding: chunked;a=b\r\n\r\n"), "parameter"},
    {BYTES(START HOST "Transfer-Encoding: \x0b"
                      "chunked\r\n\r\n"),
     "vertical tab"},
    {BYTES(START HOST "Transfer-Encoding:\r\n\r\n"), "empty coding"},
    {BYTES(START HOST "Transfer-Encoding : chunked\r\n\r\n"), "blank before the colon of the coding"},
    {BYTES(START HOST "Transfer-Encoding:\r\n chunked\r\n\r\n"), "folded coding"},
    {BYTES("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "chunked in HTTP/1.0"},
    {BYTES(START HOST "Authorization: a\r\nAuthorization: b\r\n\r\n"), "two Authorizations"},
    {BYTES("\x16\x03\x01\x02\x00\x01\x00\x01"), "TLS"},
};

static void refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused_rows / sizeof refused_rows[0]; i++) {
        const struct refused *row = &refused_rows[i];
        struct gate_head head;
        if (read_at_once(row->bytes, row->size, &head) != ERR_BAD_REQUEST)
            fail_msg("let pass at once: %s", row->what);
        if (read_slowly(row->bytes, row->size, &head) != ERR_BAD_REQUEST)
            fail_msg("let pass slowly: %s", row->what);
    }
}

static void other_versions(void **state)
{
    (void)state;
    struct gate_head head;

    assert_int_equal(read_at_once(BYTES("GET / HTTP/2.0\r\n" HOST "\r\n"), &head), ERR_HTTP_VERSION);
    assert_int_equal(read_at_once(BYTES("GET / HTTP/0.9\r\n" HOST "\r\n"), &head), ERR_HTTP_VERSION);
}

/* What is wrong is said before the rest has come. */
static void refused_early(void **state)
{
    (void)state;
    struct gate_head head;

    assert_int_equal(read_at_once(BYTES("GET / HTTP/1.1\n"), &head), ERR_BAD_REQUEST);
    assert_int_equal(read_at_once(BYTES(START "X: \x01"), &head), ERR_BAD_REQUEST);
    assert_int_equal(read_at_once(BYTES("GET / HTTP/1.1\r\n" HOST "\r"), &head), ERR_OK);
    assert_int_equal(head.size, 0);
}

static enum err read_long(size_t target, size_t value, size_t fields)
{
    char *bytes = malloc(GATE_HEAD_MAX * 3);
    struct gate_head head;

    assert_non_null(bytes);
    int used = sprintf(bytes, "GET /%0*d HTTP/1.1\r\n" HOST, (int)target - 1, 0);
    for (size_t i = 0; i < fields; i++)
        used += sprintf(bytes + used, "X: %0*d\r\n", (int)value, 0);
    used += sprintf(bytes + used, "\r\n");
    enum err e = read_at_once(bytes, (size_t)used, &head);
    if (!e)
        e = head.size == (size_t)used ? ERR_OK : ERR_INTERNAL;
    free(bytes);
    return e;
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(read_long(GATE_TARGET_MAX, 1, 1), ERR_OK);
    assert_int_equal(read_long(GATE_TARGET_MAX + 1, 1, 1), ERR_URI_TOO_LONG);
    assert_int_equal(read_long(GATE_HEAD_MAX, 1, 1), ERR_URI_TOO_LONG);
    assert_int_equal(read_long(2, 7000, 2), ERR_OK);
    assert_int_equal(read_long(2, 9000, 2), ERR_HEADERS_TOO_LARGE);
    assert_int_equal(read_long(2, 1, GATE_FIELDS_MAX - 1), ERR_OK);
    assert_int_equal(read_long(2, 1, GATE_FIELDS_MAX), ERR_HEADERS_TOO_LARGE);
}

/* Without its end, so that nobody can have us wait for more than we take. */
static void limits_of_what_never_ends(void **state)
{
    (void)state;
    char *bytes = malloc(GATE_HEAD_MAX);
    struct gate_head head;

    assert_non_null(bytes);
    memset(bytes, 'a', GATE_HEAD_MAX);
    assert_int_equal(read_at_once(bytes, 8000, &head), ERR_OK);
    assert_int_equal(read_at_once(bytes, GATE_HEAD_MAX, &head), ERR_URI_TOO_LONG);
    memcpy(bytes, START, sizeof START - 1);
    assert_int_equal(read_at_once(bytes, GATE_HEAD_MAX - 1, &head), ERR_OK);
    assert_int_equal(head.size, 0);
    assert_int_equal(read_at_once(bytes, GATE_HEAD_MAX, &head), ERR_HEADERS_TOO_LARGE);
    free(bytes);
}

/* ---- chunked bodies ---- */

/* Decodes in pieces of that size; the content goes to out. */
static enum err decode(const char *bytes, size_t size, size_t step, char *out, size_t *rest)
{
    struct gate_chunks chunks = {0};
    const char *why = NULL;
    size_t at = 0;

    out[0] = '\0';
    while (at < size && !chunks.done) {
        size_t used = 0;
        size_t given = size - at < step ? size - at : step;
        struct span data;
        enum err e = gate_chunks_take(&chunks, bytes + at, given, &used, &data, &why);
        if (e) {
            assert_non_null(why);
            return e;
        }
        if (data.size > 0)
            strncat(out, (const char *)data.data, data.size);
        assert_true(used > 0);
        at += used;
    }
    *rest = size - at;
    return chunks.done ? ERR_OK : ERR_BUSY;
}

static void chunked_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *content;
        size_t rest;
    } rows[] = {
        {"0\r\n\r\n", "", 0},
        {"5\r\nhello\r\n0\r\n\r\nGET", "hello", 3},
        {"5\r\nhello\r\n1\r\n \r\n00a\r\nworld12345\r\n000\r\n\r\n", "hello world12345", 0},
        {"A;name=value;other=\"x\"\r\n0123456789\r\n0;last\r\n\r\n", "0123456789", 0},
        {"1\r\n\n\r\n0\r\nX-Sum: 1\r\nX-Other:\r\n\r\n", "\n", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 1; step <= 20; step++) {
            char out[100];
            size_t rest;
            assert_int_equal(decode(rows[i].bytes, strlen(rows[i].bytes), step, out, &rest), ERR_OK);
            assert_string_equal(out, rows[i].content);
            assert_int_equal(rest, rows[i].rest);
        }
}

static void chunked_bodies_refused(void **state)
{
    (void)state;
    static const struct refused rows[] = {
        {BYTES("\r\n\r\n"), "no size"},
        {BYTES("x\r\n"), "no digit"},
        {BYTES("+5\r\nhello\r\n0\r\n\r\n"), "plus"},
        {BYTES("-5\r\nhello\r\n0\r\n\r\n"), "minus"},
        {BYTES("0x5\r\nhello\r\n0\r\n\r\n"), "0x"},
        {BYTES(" 5\r\nhello\r\n0\r\n\r\n"), "blank before"},
        {BYTES("5 \r\nhello\r\n0\r\n\r\n"), "blank behind"},
        {BYTES("5\nhello\r\n0\r\n\r\n"), "bare LF behind the size"},
        {BYTES("5\rhello\r\n0\r\n\r\n"), "bare CR behind the size"},
        {BYTES("5;a\nb\r\nhello\r\n0\r\n\r\n"), "LF in an extension"},
        {BYTES("5;a\0b\r\nhello\r\n0\r\n\r\n"), "NUL in an extension"},
        {BYTES("5\r\nhello\n0\r\n\r\n"), "bare LF behind the data"},
        {BYTES("5\r\nhello0\r\n\r\n"), "nothing behind the data"},
        {BYTES("5\r\nhello!\r\n0\r\n\r\n"), "more data than was said"},
        {BYTES("0\r\n\n"), "bare LF at the end"},
        {BYTES("0\r\nX: a\n\r\n"), "bare LF in a trailer"},
        {BYTES("0\r\nX : a\r\n\r\n"), "blank in a trailer's name"},
        {BYTES("0\r\n X: a\r\n\r\n"), "folded trailer"},
        {BYTES("0\r\nX\r\n\r\n"), "trailer without a colon"},
        {BYTES("0\r\nX: \0\r\n\r\n"), "NUL in a trailer"},
        {BYTES("100000000\r\n"), "nine digits"},
        {BYTES("000000005\r\nhello\r\n0\r\n\r\n"), "nine digits with zeros"},
        {BYTES("FFFFFFFFFFFFFFFF5\r\n"), "size that wraps around"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 1; step <= 40; step += 39) {
            char out[100];
            size_t rest;
            if (decode(rows[i].bytes, rows[i].size, step, out, &rest) != ERR_BAD_REQUEST)
                fail_msg("let pass: %s", rows[i].what);
        }
}

static void chunk_extensions_have_a_limit(void **state)
{
    (void)state;
    char *bytes = malloc(GATE_CHUNK_EXTRA_MAX + 10);
    char out[10];
    size_t rest;

    assert_non_null(bytes);
    memset(bytes, 'a', GATE_CHUNK_EXTRA_MAX + 10);
    memcpy(bytes, "1;", 2);
    assert_int_equal(decode(bytes, GATE_CHUNK_EXTRA_MAX + 2, 1000, out, &rest), ERR_BUSY); /* still waiting */
    assert_int_equal(decode(bytes, GATE_CHUNK_EXTRA_MAX + 3, 1000, out, &rest), ERR_BAD_REQUEST);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_request),
        cmocka_unit_test(taken),
        cmocka_unit_test(an_absolute_target_without_a_path),
        cmocka_unit_test(refused),
        cmocka_unit_test(other_versions),
        cmocka_unit_test(refused_early),
        cmocka_unit_test(limits),
        cmocka_unit_test(limits_of_what_never_ends),
        cmocka_unit_test(chunked_bodies),
        cmocka_unit_test(chunked_bodies_refused),
        cmocka_unit_test(chunk_extensions_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
