/* json_test.c - the reader against the grammar and against jansson, the writer against the reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "jansson_oracle.h"

enum { ARENA_BYTES = 32 * 1024 * 1024 };

static int setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_fail_after(0);
    arena_free(*state);
    return 0;
}

static const struct json *read_text(struct arena *arena, const char *text)
{
    const struct json *json = NULL;
    const char *why = NULL;

    if (json_parse(arena, text, strlen(text), &json, &why))
        fail_msg("%s: %s", text, why);
    return json;
}

/* ---- reading ---- */

static void reads_every_kind(void **state)
{
    const struct json *json = read_text(
        *state, " { \"a\" : [ 1 , -2.5 , true , false , null , \"x\" ] , \"b\" : { } , \"c\":\"\" }\r\n\t");
    const struct json *a = json_member(json, "a");
    static const enum json_kind kinds[] = {JSON_INTEGER, JSON_REAL, JSON_TRUE,
                                           JSON_FALSE,   JSON_NULL, JSON_STRING};

    assert_int_equal(json->kind, JSON_OBJECT);
    assert_int_equal(json->count, 3);
    assert_int_equal(a->count, 6);
    const struct json *child = a->first;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++, child = child->next)
        assert_int_equal(child->kind, kinds[i]);
    assert_null(child);
    assert_int_equal(a->first->integer, 1);
    assert_true(a->first->next->real == -2.5);
    assert_int_equal(json_member(json, "b")->kind, JSON_OBJECT);
    assert_int_equal(json_member(json, "c")->size, 0);
    assert_string_equal(json_member(json, "c")->text, "");
    assert_null(json_member(json, "d"));
    assert_null(json_member(a, "a"));
    assert_null(json_member(NULL, "a"));
}

static void finds_the_first_of_two(void **state)
{
    const struct json *json = read_text(*state, "{\"a\":1,\"a\":2}");

    assert_int_equal(json->count, 2);
    assert_int_equal(json_member(json, "a")->integer, 1);
}

static void reads_texts(void **state)
{
    const struct json *json = read_text(
        *state,
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\",\"é€😀\",\"a\\u0000b\"]");
    const struct json *child = json->first;

    assert_string_equal(child->text, "\"\\/\b\f\n\r\t");
    child = child->next;
    assert_string_equal(child->text, "Aé€😀");
    child = child->next;
    assert_string_equal(child->text, "é€😀");
    child = child->next;
    assert_int_equal(child->size, 3);
    assert_memory_equal(child->text, "a\0b", 4);
    json = read_text(*state, "{\"n\\u0000m\":1}");
    assert_int_equal(json->first->name_size, 3);
    assert_memory_equal(json->first->name, "n\0m", 4);
}

static void reads_numbers(void **state)
{
    static const struct {
        const char *text;
        enum json_kind kind;
        int64_t integer;
        double real;
    } rows[] = {
        {"0", JSON_INTEGER, 0, 0},
        {"-0", JSON_INTEGER, 0, 0},
        {"9223372036854775807", JSON_INTEGER, INT64_MAX, 9223372036854775807.0},
        {"-9223372036854775808", JSON_INTEGER, INT64_MIN, -9223372036854775808.0},
        {"9223372036854775808", JSON_REAL, 0, 9223372036854775808.0},
        {"-9223372036854775809", JSON_REAL, 0, -9223372036854775809.0},
        {"1e2", JSON_REAL, 0, 100},
        {"1E+2", JSON_REAL, 0, 100},
        {"25e-1", JSON_REAL, 0, 2.5},
        {"30.0", JSON_REAL, 0, 30},
        {"-0.1", JSON_REAL, 0, -0.1},
        {"1e400", JSON_REAL, 0, HUGE_VAL},
        {"-1e400", JSON_REAL, 0, -HUGE_VAL},
        {"1e-400", JSON_REAL, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct json *json = read_text(*state, rows[i].text);
        assert_int_equal(json->kind, rows[i].kind);
        assert_true(json->real == rows[i].real);
        if (rows[i].kind == JSON_INTEGER)
            assert_int_equal(json->integer, rows[i].integer);
    }
}

static void says_where_it_is_wrong(void **state)
{
    static const struct {
        const char *text;
        const char *why; /* part of it */
    } rows[] = {
        {"", "line 1, column 1, a value was expected, but it ends there"},
        {"  ", "line 1, column 3, a value was expected"},
        {"{\n  \"a\": 1,\n  b: 2}", "line 3, column 3, \" at the start of a member's name"},
        {"{\"é\" 1}", "line 1, column 6, a colon"},
        {"{\"a\":1", "line 1, column 7, a comma or }"},
        {"[1 2]", "line 1, column 4, a comma or ]"},
        {"[1,]", "line 1, column 4, a value"},
        {"{\"a\":1,}", "line 1, column 8, \" at the start"},
        {"{} x", "line 1, column 4, nothing more"},
        {"01", "line 1, column 2, nothing more"},
        {"-", "a digit"},
        {"+1", "a value"},
        {".5", "a value"},
        {"1.", "a digit after the point"},
        {"1e", "a digit in the exponent"},
        {"1e+", "a digit in the exponent"},
        {"tru", "a value"},
        {"nul", "a value"},
        {"NaN", "a value"},
        {"Infinity", "a value"},
        {"'a'", "a value"},
        {"\"a", "\" at the end of a string"},
        {"\"a\nb\"", "an escape like"},
        {"\"\\x\"", "one of"},
        {"\"\\", "one of"},
        {"\"\\u12g4\"", "four hexadecimal digits"},
        {"\"\\u12", "four hexadecimal digits"},
        {"\"\\udc00\"", "without the first"},
        {"\"\\ud800\"", "second half"},
        {"\"\\ud800\\u0041\"", "second half"},
        {"\"\\ud800\\n\"", "second half"},
        {"\"\xff\"", "UTF-8"},
        {"\"\xc0\x80\"", "UTF-8"},
        {"\"\xed\xa0\x80\"", "UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "UTF-8"},
        {"\"\xe2\x82\"", "UTF-8"},
        {"\xef\xbb\xbf{}", "a value"},
        {"/* c */ {}", "a value"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct json *json = NULL;
        const char *why = NULL;
        enum err e = json_parse(*state, rows[i].text, strlen(rows[i].text), &json, &why);
        if (e != ERR_NOT_JSON || !strstr(why, rows[i].why))
            fail_msg("%s: %d, %s", rows[i].text, e, why ? why : "no reason");
        assert_null(json);
    }
    const struct json *json = NULL;
    const char *why = NULL;
    assert_int_equal(json_parse(*state, "\0", 1, &json, &why), ERR_NOT_JSON);
    assert_int_equal(json_parse(*state, "[1]\0", 4, &json, &why), ERR_NOT_JSON);
}

static enum err nest(struct arena *arena, int depth)
{
    char text[2 * (JSON_DEPTH_MAX + 1) + 1];
    const struct json *json;
    const char *why = NULL;

    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    enum err e = json_parse(arena, text, 2 * (size_t)depth, &json, &why);
    if (e)
        assert_non_null(strstr(why, "levels"));
    return e;
}

static void has_limits(void **state)
{
    const struct json *json;
    const char *why = NULL;
    struct buf buf;

    assert_int_equal(nest(*state, JSON_DEPTH_MAX), ERR_OK);
    assert_int_equal(nest(*state, JSON_DEPTH_MAX + 1), ERR_INVALID);
    buf_init(&buf, *state);
    buf_text(&buf, "[0");
    for (int i = 0; i < JSON_VALUES_MAX - 2; i++) /* the list and its first element are two */
        buf_text(&buf, ",0");
    buf_text(&buf, "]");
    assert_int_equal(json_parse(*state, buf.data, buf.size, &json, &why), ERR_OK);
    assert_int_equal(json->count, JSON_VALUES_MAX - 1);
    buf.size--;
    buf_text(&buf, ",0]");
    assert_int_equal(json_parse(*state, buf.data, buf.size, &json, &why), ERR_INVALID);
    assert_non_null(strstr(why, "an end to the values"));
}

static void survives_without_memory(void **state)
{
    const char text[] = "{\"a\":[1,2,{\"b\":\"c\"}],\"d\":x";
    const struct json *json;
    const char *why;
    unsigned failures = 0;

    for (unsigned nth = 1;; nth++) {
        arena_fail_after(nth);
        enum err e = json_parse(*state, text, strlen(text), &json, &why);
        arena_fail_after(0);
        if (e != ERR_MEMORY) {
            assert_int_equal(e, ERR_NOT_JSON);
            break;
        }
        failures++;
    }
    assert_in_range(failures, 5, 20);
}

/* ---- against jansson ---- */

/* The same verdict as jansson, and the same values; *accepted counts what both take. */
static void compare(struct arena *arena, const char *text, size_t size, unsigned *accepted)
{
    const struct json *json = NULL;
    const char *why = NULL;
    struct buf buf;
    struct arena_mark mark = arena_mark(arena);

    enum err e = json_parse(arena, text, size, &json, &why);
    enum oracle verdict = oracle_parse(text, size);
    if (verdict != ORACLE_UNABLE && (e == ERR_NOT_JSON) != (verdict == ORACLE_REFUSED))
        fail_msg("%.*s: %s, jansson %d", (int)size, text, why ? why : "taken", verdict);
    if (!e && verdict == ORACLE_TAKEN) {
        buf_init(&buf, arena);
        struct json_writer writer = json_writer(&buf);
        json_tree(&writer, NULL, json);
        if (!oracle_equal(text, size, buf.data, buf.size))
            fail_msg("%.*s became %.*s", (int)size, text, (int)buf.size, buf.data);
        ++*accepted;
    }
    arena_reset(arena, mark);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Documents with a few bytes replaced, dropped or doubled: most are wrong in some small way. */
static void agrees_with_jansson(void **state)
{
    static const char *const seeds[] = {
        "{\"patient_id\":\"patient-123\",\"duration_minutes\":30,\"reason\":\"Annual \\\"check-up\\\"\"}",
        "[-1.5e+10,0,-0,1E5,123456789012345678901234567890,0.1e-7,true,false,null]",
        "{\"a\":{\"b\":[{},[],\"\\u00e9\\ud83d\\ude00é\\t\"]},\"\":\"\\u0000\"}",
        " [ 1 , { \"x\" : [ [ [ ] ] ] } , \"\\/\\b\\f\\n\\r\\t\" ] ",
    };
    static const char bytes[] = "{}[]\",:\\ue01-+.9 Enul\n\x80\xe2\xf0";
    uint32_t seed = 2463534242;
    unsigned accepted = 0;
    char text[256];

    for (int round = 0; round < 40000; round++) {
        const char *from = seeds[next_random(&seed) % 4];
        size_t size = strlen(from);
        memcpy(text, from, size);
        for (uint32_t changes = next_random(&seed) % 4; changes > 0; changes--) {
            size_t at = next_random(&seed) % size;
            if (next_random(&seed) % 3 == 0 && size > 2)
                memmove(text + at, text + at + 1, --size - at);
            else
                text[at] = bytes[next_random(&seed) % (sizeof bytes - 1)];
        }
        compare(*state, text, size, &accepted);
    }
    assert_in_range(accepted, 5000, 35000); /* both kinds were seen */
}

/* ---- writing ---- */

static const char *written(struct arena *arena, void write(struct json_writer *writer))
{
    struct buf buf;

    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    write(&writer);
    return buf_cstr(&buf);
}

static void write_all(struct json_writer *writer)
{
    json_object_begin(writer, NULL);
    json_text(writer, "text", "a\"b\\c\n\x01é");
    json_text(writer, "none", NULL);
    json_text_sized(writer, "sized", "a\0b", 3);
    json_integer(writer, "least", INT64_MIN);
    json_array_begin(writer, "list");
    json_boolean(writer, NULL, true);
    json_boolean(writer, NULL, false);
    json_null(writer, NULL);
    json_object_begin(writer, NULL);
    json_object_end(writer);
    json_array_begin(writer, NULL);
    json_array_end(writer);
    json_array_end(writer);
    json_instant(writer, "instant", 1795597200123);
    json_date(writer, "date", 20782);
    json_raw(writer, "raw", (struct span){(const uint8_t *)"[1]", 3});
    json_real(writer, "real", 51.5);
    json_object_end(writer);
}

static void writes_every_kind(void **state)
{
    assert_string_equal(
        written(*state, write_all),
        "{\"text\":\"a\\\"b\\\\c\\n\\u0001é\",\"none\":null,\"sized\":\"a\\u0000b\","
        "\"least\":-9223372036854775808,\"list\":[true,false,null,{},[]],"
        "\"instant\":\"2026-11-25T09:00:00Z\",\"date\":\"2026-11-25\",\"raw\":[1],\"real\":51.5}");
}

/* Every byte at every position of a word: what is written reads back as it was. */
static void escapes_wherever_it_stands(void **state)
{
    char text[24];

    for (int byte = 0; byte < 0x80; byte++) {
        for (size_t at = 0; at < sizeof text; at++) {
            struct arena_mark mark = arena_mark(*state);
            const struct json *json = NULL;
            const char *why = NULL;
            struct buf buf;
            memset(text, 'x', sizeof text);
            text[at] = (char)byte;
            buf_init(&buf, *state);
            struct json_writer writer = json_writer(&buf);
            json_text_sized(&writer, NULL, text, sizeof text);
            assert_int_equal(json_parse(*state, buf.data, buf.size, &json, &why), ERR_OK);
            assert_int_equal(json->size, sizeof text);
            assert_memory_equal(json->text, text, sizeof text);
            arena_reset(*state, mark);
        }
    }
}

/* The writer makes instants itself; base/time.h is the judge. Some of one day, some far apart, before 1970
 * too. */
static void writes_instants_as_time_does(void **state)
{
    uint32_t seed = 521288629;
    struct buf buf;
    struct json_writer writer = json_writer(&buf);

    for (int round = 0; round < 20000; round++) {
        struct arena_mark mark = arena_mark(*state);
        int64_t wide = ((int64_t)next_random(&seed) << 12) - ((int64_t)1 << 42);
        int64_t ms = round % 3 == 0 ? wide : 1795597200000 + (int64_t)(next_random(&seed) % (2 * DAY_MS));
        char expected[INSTANT_TEXT + 2];
        expected[0] = '"';
        instant_format(ms, expected + 1);
        expected[INSTANT_TEXT] = '"';
        expected[INSTANT_TEXT + 1] = '\0';
        buf_init(&buf, *state);
        writer.comma = false;
        json_instant(&writer, NULL, ms);
        assert_string_equal(buf_cstr(&buf), expected);
        arena_reset(*state, mark);
    }
}

static const char *real_text(struct arena *arena, double value)
{
    struct buf buf;

    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    json_real(&writer, NULL, value);
    return buf_cstr(&buf);
}

static void writes_reals_short_and_exact(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {1, "1"},
        {-1.25, "-1.25"},
        {0.1, "0.1"},
        {51.501364, "51.501364"},
        {-0.14189, "-0.14189"},
        {-0.000001, "-0.000001"},
        {1e-7, "1e-07"},
        {123456789.5, "123456789.5"},
        {1e15, "1e+15"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e300, "1e+300"},
        {5e-324, "4.94065645841247e-324"},
        {HUGE_VAL, "null"},
        {-HUGE_VAL, "null"},
        {(double)NAN, "null"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(real_text(*state, rows[i].value), rows[i].text);
}

static void reals_read_back_equal(void **state)
{
    uint32_t seed = 88172645;

    for (int round = 0; round < 50000; round++) {
        struct arena_mark mark = arena_mark(*state);
        uint64_t bits = (uint64_t)next_random(&seed) << 32 | next_random(&seed);
        double value;
        if (round % 2 == 0)
            memcpy(&value, &bits, sizeof value);
        else /* degrees, as people write them */
            value = (double)(int32_t)(next_random(&seed) % 360000000 - 180000000) / 1e6;
        if (isfinite(value)) {
            const struct json *json = read_text(*state, real_text(*state, value));
            assert_true(json->real == value);
        }
        arena_reset(*state, mark);
    }
}

static void writes_trees(void **state)
{
    static const char text[] =
        "{\"a\\\"b\":[1,-2.5,true,false,null,\"x\\ny\",{},[],{\"c\":{\"d\":[[1],2]}}],\"e\":\"\"}";
    struct buf buf;

    buf_init(&buf, *state);
    struct json_writer writer = json_writer(&buf);
    json_array_begin(&writer, NULL);
    json_tree(&writer, NULL, read_text(*state, text));
    json_tree(&writer, NULL, read_text(*state, "7"));
    json_array_end(&writer);
    const char *expected = arena_printf(*state, "[%s,7]", text);
    assert_string_equal(buf_cstr(&buf), expected);
}

static void writer_survives_without_memory(void **state)
{
    unsigned failures = 0;

    for (unsigned nth = 1;; nth++) {
        arena_fail_after(nth);
        const char *text = written(*state, write_all);
        arena_fail_after(0);
        if (text)
            break;
        failures++;
    }
    assert_in_range(failures, 1, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_the_first_of_two, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(says_where_it_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(has_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_without_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(agrees_with_jansson, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_every_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(escapes_wherever_it_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_instants_as_time_does, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_reals_short_and_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(reals_read_back_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(writer_survives_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
