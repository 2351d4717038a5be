/* fields_test.c - one made-up set with every kind of member: reading, queries, writing, the stored form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "thing.h"

enum { ARENA_BYTES = 16 * 1024 * 1024 };

static int setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_fail_after(0);
    fields_text_rule(NULL);
    arena_free(*state);
    return 0;
}

static enum err read_onto(struct arena *arena, const char *text, enum fields_mode mode, enum fields_by by,
                          struct problems *problems, struct thing *thing)
{
    const struct json *json = NULL;
    const char *why = NULL;

    if (json_parse(arena, text, strlen(text), &json, &why))
        fail_msg("%s: %s", text, why);
    problems_init(problems, arena);
    return fields_read(&thing_set, json, mode, by, arena, problems, thing);
}

static struct thing read_right(struct arena *arena, const char *text)
{
    struct problems problems;
    struct thing thing;

    fields_clear(&thing_set, &thing);
    enum err e = read_onto(arena, text, FIELDS_CREATE, FIELDS_BY_STAFF, &problems, &thing);
    if (e)
        fail_msg("%s: %s %s", text, problems.items[0].pointer, problems.items[0].message);
    return thing;
}

/* "pointer code; pointer code" of what is wrong with a text. */
static const char *mistakes_by(struct arena *arena, const char *text, enum fields_by by)
{
    struct problems problems;
    struct thing thing;
    struct buf buf;

    fields_clear(&thing_set, &thing);
    enum err e = read_onto(arena, text, FIELDS_CREATE, by, &problems, &thing);
    assert_int_equal(e, problems.count ? ERR_INVALID : ERR_OK);
    buf_init(&buf, arena);
    for (size_t i = 0; i < problems.count; i++)
        buf_printf(&buf, "%s%s %s", i ? "; " : "", problems.items[i].pointer,
                   err_info(problems.items[i].err)->code);
    return buf_cstr(&buf);
}

static const char *message_of(struct arena *arena, const char *text)
{
    struct problems problems;
    struct thing thing;

    fields_clear(&thing_set, &thing);
    assert_int_equal(read_onto(arena, text, FIELDS_CREATE, FIELDS_BY_STAFF, &problems, &thing), ERR_INVALID);
    return problems.items[0].message;
}

static const char everything[] =
    "{\"title\":\"abc\",\"code\":\"y1\",\"secret\":\"s\",\"note\":\"\",\"count\":30,\"plain\":-9,\"at_"
    "least\":1,"
    "\"ratio\":51.5,\"flag\":false,\"instant\":\"2026-11-25T10:30:00+01:00\",\"date\":\"2024-02-29\","
    "\"minute\":\"24:00\",\"colour\":\"blue\",\"any_colour\":\"GREEN\",\"set_of\":[\"blue\",\"red\"],"
    "\"words\":[\"a\",\"b\"],\"part\":{\"name\":\"p\",\"size\":3},\"parts\":[{\"name\":\"q\"},{\"name\":"
    "\"r\",\"size\":20}],"
    "\"asked\":{\"name\":\"z\"},\"verified\":1}";

static void clears_every_member(void **state)
{
    (void)state;
    struct thing thing;

    memset(&thing, 0x5a, sizeof thing);
    fields_clear(&thing_set, &thing);
    for (size_t i = 0; i < thing_set.count; i++)
        assert_false(field_is_there(&thing_fields[i], (char *)&thing + thing_fields[i].offset));
    assert_int_equal(thing.not_a_member, 0);
    assert_true(thing.count == INTEGER_NONE && thing.date == DATE_NONE && thing.minute == MINUTE_NONE);
    assert_true(isnan(thing.ratio) && thing.instant == INSTANT_NONE && thing.flag == TRUTH_NONE);
}

static void reads_every_kind(void **state)
{
    struct thing thing = read_right(*state, everything);
    const struct part *parts = thing.parts.items;
    const char *const *words = thing.words.items;

    assert_string_equal(thing.title, "abc");
    assert_string_equal(thing.code, "Y1");
    assert_string_equal(thing.note, "");
    assert_int_equal(thing.count, 30);
    assert_int_equal(thing.plain, -9);
    assert_true(thing.ratio == 51.5);
    assert_int_equal(thing.flag, TRUTH_NO);
    assert_int_equal(thing.instant, 1795599000000);
    assert_int_equal(thing.date, 19782);
    assert_int_equal(thing.minute, 1440);
    assert_int_equal(thing.colour, 3);
    assert_int_equal(thing.any_colour, 2);
    assert_int_equal(thing.set_of, 5);
    assert_int_equal(thing.words.count, 2);
    assert_string_equal(words[1], "b");
    assert_string_equal(thing.part->name, "p");
    assert_int_equal(thing.parts.count, 2);
    assert_int_equal(parts[0].size, INTEGER_NONE);
    assert_string_equal(parts[1].name, "r");
    assert_int_equal(thing.verified, 1);
}

/* Each row: a body, and everything that is wrong with it. */
static void names_every_mistake(void **state)
{
    static const char *const rows[][2] = {
        {"{}", "/title required"},
        {"[]", " wrong_type"},
        {"7", " wrong_type"},
        {"{\"title\":null}", "/title required"},
        {"{\"title\":\"\"}", "/title empty"},
        {"{\"title\":\"   \"}", "/title empty"},
        {"{\"title\":\"a\"}", "/title too_short"},
        {"{\"title\":\"abcdef\"}", "/title too_long"},
        {"{\"title\":\"ééééé\"}", ""},
        {"{\"title\":\"éééééé\"}", "/title too_long"},
        {"{\"title\":1}", "/title wrong_type"},
        {"{\"title\":[]}", "/title wrong_type"},
        {"{\"title\":\"a\\u0000b\"}", "/title control_character"},
        {"{\"title\":\"a\\nb\"}", "/title control_character"},
        {"{\"title\":\"a\\u007fb\"}", "/title control_character"},
        {"{\"title\":\"ab\",\"title\":\"cd\"}", "/title duplicate"},
        {"{\"title\":\"ab\",\"code\":\"\"}", "/code empty"},
        {"{\"title\":\"ab\",\"code\":\"a b\"}", "/code ods_code_invalid"},
        {"{\"title\":\"ab\",\"code\":\"a\\tb\"}", "/code control_character"},
        {"{\"title\":\"ab\",\"code\":\"a\\u0000b\"}", "/code control_character"},
        {"{\"title\":\"ab\",\"code\":\"abcde\"}", "/code too_long"},
        {"{\"title\":\"ab\",\"hidden\":\"x\"}", "/hidden unknown_member"},
        {"{\"title\":\"ab\",\"thing_id\":\"x\"}", "/thing_id read_only"},
        {"{\"title\":\"ab\",\"thing_id\":null}", "/thing_id read_only"},
        {"{\"title\":\"ab\",\"Title\":\"x\"}", "/Title unknown_member"},
        {"{\"title\":\"ab\",\"a/b~c\":1,\"\":2}", "/a~1b~0c unknown_member; / unknown_member"},
        {"{\"title\":\"ab\",\"a\\u0000b\":1}", "/a\xef\xbf\xbd"
                                               "b unknown_member"},
        {"{\"title\":\"ab\",\"count\":4}", "/count out_of_range"},
        {"{\"title\":\"ab\",\"count\":121}", "/count out_of_range"},
        {"{\"title\":\"ab\",\"count\":30.0}", "/count wrong_type"},
        {"{\"title\":\"ab\",\"count\":3e1}", "/count wrong_type"},
        {"{\"title\":\"ab\",\"count\":\"30\"}", "/count wrong_type"},
        {"{\"title\":\"ab\",\"count\":true}", "/count wrong_type"},
        {"{\"title\":\"ab\",\"count\":99999999999999999999}", "/count out_of_range"},
        {"{\"title\":\"ab\",\"plain\":-9223372036854775808}", "/plain out_of_range"},
        {"{\"title\":\"ab\",\"plain\":9223372036854775807}", ""},
        {"{\"title\":\"ab\",\"at_least\":0}", "/at_least out_of_range"},
        {"{\"title\":\"ab\",\"ratio\":90.5}", "/ratio out_of_range"},
        {"{\"title\":\"ab\",\"ratio\":-1e400}", "/ratio out_of_range"},
        {"{\"title\":\"ab\",\"ratio\":7}", ""},
        {"{\"title\":\"ab\",\"flag\":1}", "/flag wrong_type"},
        {"{\"title\":\"ab\",\"flag\":\"true\"}", "/flag wrong_type"},
        {"{\"title\":\"ab\",\"instant\":\"2026-11-25T10:30:00\"}", "/instant datetime_needs_offset"},
        {"{\"title\":\"ab\",\"instant\":\"\"}", "/instant datetime_invalid"},
        {"{\"title\":\"ab\",\"instant\":1}", "/instant wrong_type"},
        {"{\"title\":\"ab\",\"date\":\"2026-02-30\"}", "/date date_invalid"},
        {"{\"title\":\"ab\",\"date\":\"2026-02-20\\u0000\"}", "/date date_invalid"},
        {"{\"title\":\"ab\",\"minute\":\"24:01\"}", "/minute time_invalid"},
        {"{\"title\":\"ab\",\"colour\":\"Blue\"}", "/colour not_allowed_value"},
        {"{\"title\":\"ab\",\"colour\":\"\"}", "/colour not_allowed_value"},
        {"{\"title\":\"ab\",\"any_colour\":\"blu\"}", "/any_colour not_allowed_value"},
        {"{\"title\":\"ab\",\"set_of\":[\"red\",\"red\"]}", "/set_of/1 duplicate"},
        {"{\"title\":\"ab\",\"set_of\":[\"red\",\"x\",3]}",
         "/set_of/1 not_allowed_value; /set_of/2 wrong_type"},
        {"{\"title\":\"ab\",\"set_of\":\"red\"}", "/set_of wrong_type"},
        {"{\"title\":\"ab\",\"words\":[]}", "/words too_short"},
        {"{\"title\":\"ab\",\"words\":[\"a\",\"b\",\"c\",\"d\"]}", "/words too_long"},
        {"{\"title\":\"ab\",\"words\":[\"a\",\"\",4]}", "/words/1 empty; /words/2 wrong_type"},
        {"{\"title\":\"ab\",\"part\":{}}", "/part/name required"},
        {"{\"title\":\"ab\",\"part\":{\"nme\":\"x\"}}", "/part/nme unknown_member; /part/name required"},
        {"{\"title\":\"ab\",\"part\":[]}", "/part wrong_type"},
        {"{\"title\":\"ab\",\"part\":{\"name\":\"x\",\"size\":13}}", "/part/size not_allowed_value"},
        {"{\"title\":\"ab\",\"part\":{\"size\":13}}", "/part/name required; /part/size not_allowed_value"},
        {"{\"title\":\"ab\",\"parts\":[{\"name\":\"x\"},{\"size\":0},5,{\"name\":\"y\",\"size\":13}]}",
         "/parts too_long"},
        {"{\"title\":\"ab\",\"parts\":[{\"size\":0},5,{\"name\":\"y\",\"size\":13}]}",
         "/parts/0/size out_of_range; /parts/0/name required; /parts/1 wrong_type; /parts/2/size "
         "not_allowed_value"},
        {"{\"count\":1,\"flag\":\"x\",\"nope\":0}",
         "/count out_of_range; /flag wrong_type; /nope unknown_member; /title required"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = mistakes_by(*state, rows[i][0], FIELDS_BY_STAFF);
        if (strcmp(found, rows[i][1]) != 0)
            fail_msg("%s\nfound:    %s\nexpected: %s", rows[i][0], found, rows[i][1]);
    }
}

static void says_what_to_do(void **state)
{
    static const char *const rows[][2] = {
        {"{\"title\":\"abcdef\"}", "This must have at most 5 characters."},
        {"{\"title\":\"a\"}", "This must have at least 2 characters."},
        {"{\"count\":1}", "This must be from 5 to 120."},
        {"{\"at_least\":0}", "This must be at least 1."},
        {"{\"plain\":1e30}", "This is out of range."},
        {"{\"colour\":\"x\"}", "This must be one of: red, green, blue."},
        {"{\"colour\":7}", "This must be text, one of: red, green, blue."},
        {"{\"titel\":\"ab\"}", "There is no such member here. Did you mean \"title\"?"},
        {"{\"TITLE\":\"ab\"}", "There is no such member here. Did you mean \"title\"?"},
        {"{\"zzz\":\"ab\"}", "There is no such member here; remove it."},
        {"{\"words\":[]}", "This must have at least 1 entry."},
        {"{\"words\":[\"a\",\"a\",\"a\",\"a\"]}", "This must have at most 3 entries."},
        {"{\"count\":\"7\"}", "This must be a whole number, without quotes, point or exponent."},
        {"{\"title\":null}", "This is required and cannot be null."},
        {"[]", "The body must be one JSON object."},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(message_of(*state, rows[i][0]), rows[i][1]);
}

static void staff_members_need_staff(void **state)
{
    const char *body = "{\"title\":\"ab\",\"verified\":1}";

    assert_string_equal(mistakes_by(*state, body, FIELDS_BY_STAFF), "");
    assert_string_equal(mistakes_by(*state, body, FIELDS_BY_PATIENT), "/verified read_only");
}

static void merges_members(void **state)
{
    struct thing thing = read_right(*state, everything);
    const struct thing before = thing;
    struct problems problems;

    assert_int_equal(read_onto(*state, "{\"part\":{\"size\":4},\"code\":null,\"words\":[\"z\"]}",
                               FIELDS_UPDATE, FIELDS_BY_STAFF, &problems, &thing),
                     ERR_OK);
    assert_string_equal(thing.title, "abc"); /* not named: kept */
    assert_null(thing.code);
    assert_string_equal(thing.part->name, "p"); /* merged */
    assert_int_equal(thing.part->size, 4);
    assert_int_equal(before.part->size, 3); /* into a copy */
    assert_int_equal(thing.words.count, 1); /* replaced */
    assert_int_equal(thing.parts.count, 2);
}

static void a_new_object_must_be_whole(void **state)
{
    struct thing thing = read_right(*state, "{\"title\":\"ab\"}");
    struct problems problems;

    assert_int_equal(
        read_onto(*state, "{\"part\":{\"size\":4}}", FIELDS_UPDATE, FIELDS_BY_STAFF, &problems, &thing),
        ERR_INVALID);
    assert_string_equal(problems.items[0].pointer, "/part/name");
    thing = read_right(*state, everything);
    assert_int_equal(
        read_onto(*state, "{\"part\":{\"name\":null}}", FIELDS_UPDATE, FIELDS_BY_STAFF, &problems, &thing),
        ERR_INVALID);
    thing = read_right(*state, everything);
    assert_int_equal(read_onto(*state, "{\"part\":null,\"parts\":null,\"set_of\":null,\"flag\":null}",
                               FIELDS_UPDATE, FIELDS_BY_STAFF, &problems, &thing),
                     ERR_OK);
    assert_true(!thing.part && thing.parts.count == 0 && thing.set_of == 0 && thing.flag == TRUTH_NONE);
}

static enum err shout(struct arena *arena, const char *text, size_t size, const char **out)
{
    (void)text;
    (void)size;
    *out = arena_dup(arena, "SHOUT");
    return *out ? ERR_OK : ERR_MEMORY;
}

static void uses_the_text_rule(void **state)
{
    fields_text_rule(shout);
    struct thing thing = read_right(*state, "{\"title\":\"x\",\"code\":\"y\",\"words\":[\"z\"]}");
    assert_string_equal(thing.title, "SHOUT");
    assert_string_equal(thing.code, "Y"); /* has its own */
    assert_string_equal(((const char **)thing.words.items)[0], "SHOUT");
}

static void lists_a_hundred_mistakes(void **state)
{
    struct buf buf;
    struct problems problems;
    struct thing thing;

    buf_init(&buf, *state);
    buf_text(&buf, "{\"title\":\"ab\"");
    for (int i = 0; i < 300; i++)
        buf_printf(&buf, ",\"zzzzzz%d\":1", i);
    buf_text(&buf, "}");
    fields_clear(&thing_set, &thing);
    assert_int_equal(read_onto(*state, buf_cstr(&buf), FIELDS_CREATE, FIELDS_BY_STAFF, &problems, &thing),
                     ERR_INVALID);
    assert_int_equal(problems.count, PROBLEMS_MAX);
    assert_string_equal(problems.items[0].pointer, "/zzzzzz0");
    assert_string_equal(problems.items[PROBLEMS_MAX - 1].message,
                        "There are more mistakes than are listed here.");
}

static void cuts_long_names(void **state)
{
    struct problems problems;
    struct thing thing;
    struct buf buf;

    buf_init(&buf, *state);
    buf_text(&buf, "{\"title\":\"ab\",\"x");
    for (int i = 0; i < 5000; i++)
        buf_text(&buf, "é");
    buf_text(&buf, "\":1}");
    fields_clear(&thing_set, &thing);
    assert_int_equal(read_onto(*state, buf_cstr(&buf), FIELDS_CREATE, FIELDS_BY_STAFF, &problems, &thing),
                     ERR_INVALID);
    assert_int_equal(strlen(problems.items[0].pointer), 1 + 199); /* a whole number of characters */
}

/* ---- queries ---- */

static enum err read_query(struct arena *arena, const struct param *params, size_t count,
                           struct problems *problems, struct thing *thing)
{
    fields_clear(&thing_set, thing);
    problems_init(problems, arena);
    return fields_read_query(&thing_set, params, count, arena, problems, thing);
}

#define PARAM(name, value)                                                                                   \
    {                                                                                                        \
        name, value, sizeof(value) - 1                                                                       \
    }

static void reads_queries(void **state)
{
    static const struct param params[] = {
        PARAM("title", "a+b"),       PARAM("count", "30"),
        PARAM("ratio", "-1.5"),      PARAM("flag", "true"),
        PARAM("date", "2026-11-25"), PARAM("set_of", "red,blue"),
        PARAM("words", "x"),         PARAM("instant", "2026-11-25T10:30:00Z"),
        PARAM("any_colour", "Red"),
    };
    struct problems problems;
    struct thing thing;

    assert_int_equal(read_query(*state, params, sizeof params / sizeof *params, &problems, &thing), ERR_OK);
    assert_string_equal(thing.title, "a+b");
    assert_int_equal(thing.count, 30);
    assert_true(thing.ratio == -1.5);
    assert_int_equal(thing.flag, TRUTH_YES);
    assert_int_equal(thing.set_of, 5);
    assert_int_equal(thing.words.count, 1);
    assert_int_equal(thing.any_colour, 1);
}

static void names_mistakes_in_queries(void **state)
{
    static const struct {
        struct param params[2];
        const char *pointer;
        enum err err;
    } rows[] = {
        {{PARAM("title", "ab"), PARAM("count", "")}, "?count", ERR_FIELD_TYPE},
        {{PARAM("title", "ab"), PARAM("count", "7x")}, "?count", ERR_FIELD_TYPE},
        {{PARAM("title", "ab"), PARAM("count", "null")}, "?count", ERR_FIELD_TYPE},
        {{PARAM("title", "ab"), PARAM("count", "[1]")}, "?count", ERR_FIELD_TYPE},
        {{PARAM("title", "ab"), PARAM("count", "1")}, "?count", ERR_FIELD_RANGE},
        {{PARAM("title", "ab"), PARAM("flag", "yes")}, "?flag", ERR_FIELD_TYPE},
        {{PARAM("title", "ab"), PARAM("flag", "1")}, "?flag", ERR_FIELD_TYPE},
        {{PARAM("title", "ab"), PARAM("titel", "ab")}, "?titel", ERR_FIELD_UNKNOWN},
        {{PARAM("title", "ab"), PARAM("title", "ab")}, "?title", ERR_FIELD_DUPLICATE},
        {{PARAM("title", "ab"), PARAM("set_of", "red,pink")}, "?set_of", ERR_FIELD_VALUE},
        {{PARAM("title", "ab"), PARAM("set_of", "")}, "?set_of", ERR_FIELD_VALUE},
        {{PARAM("title", "ab"), PARAM("words", "a,,b")}, "?words", ERR_FIELD_EMPTY},
        {{PARAM("title", "ab"), PARAM("secret", "a\0b")}, "?secret", ERR_FIELD_CONTROL},
        {{PARAM("title", "ab"), PARAM("secret", "\xff")}, "?secret", ERR_FIELD_FORMAT},
        {{PARAM("title", "ab"), PARAM("a\xff/b", "1")}, "?a\xef\xbf\xbd/b", ERR_FIELD_UNKNOWN},
        {{PARAM("secret", "ab"), PARAM("count", "30")}, "?title", ERR_FIELD_REQUIRED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problems problems;
        struct thing thing;
        assert_int_equal(read_query(*state, rows[i].params, 2, &problems, &thing), ERR_INVALID);
        assert_int_equal(problems.count, 1);
        assert_string_equal(problems.items[0].pointer, rows[i].pointer);
        assert_int_equal(problems.items[0].err, rows[i].err);
    }
}

/* ---- writing ---- */

static const char *written(struct arena *arena, const struct thing *thing, bool with_on_request)
{
    struct buf buf;

    buf_init(&buf, arena);
    struct json_writer writer = json_writer(&buf);
    fields_write(&thing_set, thing, with_on_request, &writer, NULL);
    return buf_cstr(&buf);
}

static void writes_what_is_there(void **state)
{
    struct thing thing = read_right(*state, everything);

    thing.hidden = "never";
    thing.id = "thing-1";
    assert_string_equal(
        written(*state, &thing, true),
        "{\"title\":\"abc\",\"code\":\"Y1\",\"note\":\"\",\"thing_id\":\"thing-1\",\"count\":30,\"plain\":-9,"
        "\"at_least\":1,"
        "\"ratio\":51.5,\"flag\":false,\"instant\":\"2026-11-25T09:30:00Z\",\"date\":\"2024-02-29\","
        "\"minute\":\"24:00\","
        "\"colour\":\"blue\",\"any_colour\":\"green\",\"set_of\":[\"red\",\"blue\"],\"words\":[\"a\",\"b\"],"
        "\"part\":{\"name\":\"p\",\"size\":3},\"parts\":[{\"name\":\"q\"},{\"name\":\"r\",\"size\":20}],"
        "\"asked\":{\"name\":\"z\"},\"verified\":1,\"always\":[]}");
    assert_null(strstr(written(*state, &thing, false), "asked"));
    fields_clear(&thing_set, &thing);
    assert_string_equal(written(*state, &thing, true), "{\"always\":[]}");
}

/* ---- the stored form ---- */

static struct span encoded(struct arena *arena, const struct thing *thing)
{
    struct buf buf;

    buf_init(&buf, arena);
    fields_encode(&thing_set, thing, &buf);
    assert_true(buf_ok(&buf));
    return buf_span(&buf);
}

static void stores_and_reads_back(void **state)
{
    static const char *const bodies[] = {
        everything,
        "{\"title\":\"ab\"}",
        "{\"title\":\"ab\",\"plain\":9223372036854775807,\"ratio\":-0.000001,\"flag\":true}",
        "{\"title\":\"ab\",\"instant\":\"1800-01-01T00:00:00Z\",\"date\":\"1800-01-01\",\"minute\":\"00:"
        "00\"}",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct thing thing = read_right(*state, bodies[i]);
        struct thing back;
        thing.hidden = "kept";
        assert_int_equal(fields_decode(&thing_set, encoded(*state, &thing), *state, &back), ERR_OK);
        assert_string_equal(written(*state, &thing, true), written(*state, &back, true));
        assert_string_equal(back.hidden, "kept");
        if (thing.secret)
            assert_string_equal(back.secret, thing.secret);
    }
}

static void stores_long_things(void **state)
{
    struct thing thing = read_right(*state, "{\"title\":\"ab\"}");
    struct thing back;
    char *text = arena_zero(*state, 1, 20001);

    memset(text, 'x', 20000); /* a length of three bytes */
    thing.note = text;
    const char *words[2] = {text, ""};
    thing.words = (struct list){words, 2};
    assert_int_equal(fields_decode(&thing_set, encoded(*state, &thing), *state, &back), ERR_OK);
    assert_string_equal(back.note, text);
    assert_string_equal(((const char **)back.words.items)[0], text);
    assert_string_equal(((const char **)back.words.items)[1], "");
}

static void skips_unknown_tags(void **state)
{
    static const uint8_t bytes[] = {0xff, 0x01, 3, 'n', 'e', 'w', 1, 2, 'a', 'b'};
    struct thing thing;

    assert_int_equal(fields_decode(&thing_set, (struct span){bytes, sizeof bytes}, *state, &thing), ERR_OK);
    assert_string_equal(thing.title, "ab");
    assert_int_equal(fields_decode(&thing_set, (struct span){NULL, 0}, *state, &thing), ERR_OK);
    assert_null(thing.title);
}

static void refuses_damage(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[16];
        size_t size;
    } rows[] = {
        {"tag without length", {1}, 1},
        {"length past the end", {1, 5, 'a'}, 3},
        {"tag 0", {0, 0}, 2},
        {"endless varint", {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}, 12},
        {"a tag twice", {1, 1, 'a', 1, 1, 'b'}, 6},
        {"NUL in a text", {1, 2, 'a', 0}, 4},
        {"text no UTF-8", {1, 1, 0xff}, 3},
        {"integer too long", {7, 2, 1, 1}, 4},
        {"integer empty", {7, 0}, 2},
        {"integer absent", {7, 10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 12},
        {"number short", {10, 4, 0, 0, 0, 0}, 6},
        {"number NAN", {10, 8, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, 10},
        {"boolean 2", {11, 1, 2}, 3},
        {"date too large", {13, 5, 0x80, 0x80, 0x80, 0x80, 0x10}, 7},
        {"enum 0", {15, 1, 0}, 3},
        {"enum 4", {15, 1, 8}, 3},
        {"enum negative", {15, 1, 1}, 3},
        {"enums none", {17, 1, 0}, 3},
        {"enums unknown bit", {17, 1, 8}, 3},
        {"texts none", {18, 0}, 2},
        {"texts cut", {18, 2, 5, 'a'}, 4},
        {"object cut", {19, 2, 1, 5}, 4},
        {"objects cut", {20, 3, 2, 1, 5}, 5},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct thing thing;
        enum err e = fields_decode(&thing_set, (struct span){rows[i].bytes, rows[i].size}, *state, &thing);
        if (e != ERR_DAMAGED)
            fail_msg("%s: %d", rows[i].what, e);
    }
}

static void refuses_endless_lists(void **state)
{
    struct thing thing;
    struct buf buf;

    for (size_t count = FIELD_STORED_LIST_MAX; count <= FIELD_STORED_LIST_MAX + 1; count++) {
        struct arena_mark mark = arena_mark(*state);
        uint8_t *nothing = arena_zero(*state, 1, count);
        buf_init(&buf, *state);
        buf_varint(&buf, 18);
        buf_bytes(&buf, nothing, count);
        enum err e = fields_decode(&thing_set, buf_span(&buf), *state, &thing);
        assert_int_equal(e, count > FIELD_STORED_LIST_MAX ? ERR_DAMAGED : ERR_OK);
        arena_reset(*state, mark);
    }
}

/* Every single-byte change of a record gives ERR_DAMAGED or a record that can be stored and read again. */
static void any_changed_byte_is_safe(void **state)
{
    struct thing thing = read_right(*state, everything);
    struct span right = encoded(*state, &thing);
    unsigned damaged = 0;

    for (size_t at = 0; at < right.size; at++) {
        for (unsigned change = 1; change < 256; change += 7) {
            struct arena_mark mark = arena_mark(*state);
            uint8_t *bytes = arena_copy(*state, right.data, right.size);
            struct thing back;
            struct thing again;
            bytes[at] ^= (uint8_t)change;
            enum err e = fields_decode(&thing_set, (struct span){bytes, right.size}, *state, &back);
            if (!e)
                assert_int_equal(fields_decode(&thing_set, encoded(*state, &back), *state, &again), ERR_OK);
            else
                assert_int_equal(e, ERR_DAMAGED);
            damaged += e ? 1 : 0;
            arena_reset(*state, mark);
        }
    }
    assert_true(damaged > 100);
}

/* ---- without memory ---- */

static enum err all_of_it(struct arena *arena)
{
    const struct json *json = NULL;
    const char *why = NULL;
    struct problems problems;
    struct thing thing;
    struct thing back;
    struct buf buf;

    enum err e = json_parse(arena, everything, strlen(everything), &json, &why);
    problems_init(&problems, arena);
    fields_clear(&thing_set, &thing);
    if (!e)
        e = fields_read(&thing_set, json, FIELDS_CREATE, FIELDS_BY_STAFF, arena, &problems, &thing);
    if (e)
        return e;
    buf_init(&buf, arena);
    fields_encode(&thing_set, &thing, &buf);
    e = buf_ok(&buf) ? fields_decode(&thing_set, buf_span(&buf), arena, &back) : ERR_MEMORY;
    if (!e && !written(arena, &back, true))
        e = ERR_MEMORY;
    if (!e && json_parse(arena, "{\"a\":1,\"part\":{}}", 17, &json, &why))
        e = ERR_MEMORY;
    if (!e)
        e = fields_read(&thing_set, json, FIELDS_CREATE, FIELDS_BY_STAFF, arena, &problems, &back);
    return e;
}

static void survives_without_memory(void **state)
{
    unsigned failures = 0;

    for (unsigned nth = 1; nth < 1000; nth++) {
        arena_fail_after(nth);
        enum err e = all_of_it(*state);
        arena_fail_after(0);
        if (e == ERR_INVALID && nth > 100)
            break;
        assert_true(e == ERR_MEMORY || e == ERR_INVALID); /* a message that cannot be made is left out */
        failures++;
    }
    assert_in_range(failures, 60, 300);
}

/* A rule may look at what is in question already: the first word about a member stands. */
static void each_member_is_named_once(void **state)
{
    struct problems problems;

    problems_init(&problems, *state);
    assert_false(problems_about(&problems, ""));
    assert_int_equal(problems_add(&problems, "/part/size", ERR_FIELD_RANGE, "Too large."), ERR_OK);
    assert_int_equal(problems_add(&problems, "?date", ERR_DATE, NULL), ERR_OK);
    assert_int_equal(problems_add(&problems, "/part/size", ERR_FIELD_VALUE, "Not thirteen."), ERR_OK);
    assert_int_equal(problems.count, 2);
    assert_int_equal(problems.items[0].err, ERR_FIELD_RANGE);
    assert_true(problems_about(&problems, "/part/size"));
    assert_true(problems_about(&problems, "/part"));
    assert_false(problems_about(&problems, "/par"));
    assert_false(problems_about(&problems, "/part/size/x"));
    assert_true(problems_about_member(&problems, "", "part"));
    assert_true(problems_about_member(&problems, "/part", "size"));
    assert_false(problems_about_member(&problems, "/part", "siz"));
    assert_false(problems_about_member(&problems, "", "date"));
    assert_true(problems_about_member(&problems, "?", "date"));
    assert_false(problems_about_member(&problems, "?", "part"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clears_every_member),
        cmocka_unit_test_setup_teardown(reads_every_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(names_every_mistake, setup, teardown),
        cmocka_unit_test_setup_teardown(each_member_is_named_once, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_to_do, setup, teardown),
        cmocka_unit_test_setup_teardown(staff_members_need_staff, setup, teardown),
        cmocka_unit_test_setup_teardown(merges_members, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_object_must_be_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(uses_the_text_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_a_hundred_mistakes, setup, teardown),
        cmocka_unit_test_setup_teardown(cuts_long_names, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_queries, setup, teardown),
        cmocka_unit_test_setup_teardown(names_mistakes_in_queries, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(stores_and_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(stores_long_things, setup, teardown),
        cmocka_unit_test_setup_teardown(skips_unknown_tags, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_endless_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(any_changed_byte_is_safe, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_without_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
