/* openapi_test.c - the printed document: whole, the same every time, and nothing of the tables is missing.
 * That it is right OpenAPI is for the linter to say (test/api/openapi_lint.test.mjs). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoint.h"
#include "api/openapi.h"
#include "api/openapi_fields.h"
#include "api/yaml.h"

enum { ARENA_BYTES = 64 * 1024 * 1024 };

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

static const char *document(struct arena *arena)
{
    struct buf buf;

    buf_init(&buf, arena);
    openapi_write(&buf);
    return buf_cstr(&buf);
}

/* A line that is this, but for blanks before it. */
static bool has_line(const char *text, const char *line)
{
    size_t size = strlen(line);

    for (const char *at = strstr(text, line); at; at = strstr(at + 1, line)) {
        bool begins = at == text || at[-1] == '\n' || at[-1] == ' ';
        if (begins && (at[size] == '\n' || at[size] == '\0'))
            return true;
    }
    return false;
}

static void is_the_same_every_time(void **state)
{
    assert_string_equal(document(*state), document(*state));
}

static void has_every_endpoint_but_parts_of_pages(void **state)
{
    const char *text = document(*state);
    char line[128];

    for (size_t i = 0; i < endpoint_count; i++) {
        (void)snprintf(line, sizeof line, "operationId: %s", endpoints[i]->name);
        bool listed = !(endpoints[i]->flags & ENDPOINT_UNLISTED);
        if (has_line(text, line) != listed)
            fail_msg("%s", line);
    }
}

static void describes_every_tag(void **state)
{
    const char *text = document(*state);
    char line[128];

    for (size_t i = 0; i < endpoint_count; i++) {
        (void)snprintf(line, sizeof line, "- name: %s\n    description: ", endpoints[i]->tag);
        if (!strstr(text, line))
            fail_msg("%s has a tag that openapi.c does not describe: %s", endpoints[i]->name,
                     endpoints[i]->tag);
        assert_non_null(endpoints[i]->summary);
    }
}

static void lists_every_code_that_a_client_can_see(void **state)
{
    const char *text = document(*state);
    char line[128];

    for (int err = ERR_OK + 1; err < ERR_COUNT; err++) {
        bool startup = err >= ERR_KEY_MISSING && err <= ERR_SETTING;
        (void)snprintf(line, sizeof line, "- \"%s\"", err_info((enum err)err)->code);
        if (has_line(text, line) == startup)
            fail_msg("%s", line);
    }
}

static void has_no_tabs_and_no_blanks_at_line_ends(void **state)
{
    const char *text = document(*state);

    assert_null(strchr(text, '\t'));
    assert_null(strstr(text, " \n"));
    assert_int_equal(text[strlen(text) - 1], '\n');
}

static void survives_without_memory(void **state)
{
    unsigned failures = 0;

    for (unsigned nth = 1;; nth += 1 + nth / 8) {
        struct arena_mark mark = arena_mark(*state);
        arena_fail_after(nth);
        const char *text = document(*state);
        arena_fail_after(0);
        arena_reset(*state, mark);
        if (text)
            break;
        failures++;
    }
    assert_in_range(failures, 10, 1000);
}

static void yaml_chooses_a_form(void **state)
{
    struct buf buf;

    buf_init(&buf, *state);
    struct yaml yaml = {.buf = &buf};
    yaml_open(&yaml, "a");
    yaml_text(&yaml, "short", "it's \"quoted\": \\");
    yaml_text(&yaml, "none", NULL);
    yaml_text(&yaml, "long",
              "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
              "0123456789 0123456789 0123456789");
    yaml_text(&yaml, "lines", "one\n\n- two");
    yaml_open_quoted(&yaml, "/b/{c}");
    yaml_item(&yaml, "d", "true");
    yaml_integer(&yaml, "e", -5);
    yaml_up(&yaml);
    yaml_item_ref(&yaml, "schemas", "F");
    yaml_up(&yaml);
    yaml_list(&yaml, "g", (const char *const[]){"h", "i", NULL});
    yaml_up(&yaml);
    yaml_ref(&yaml, "schemas", "J");
    assert_string_equal(buf_cstr(&buf), "a:\n"
                                        "  short: \"it's \\\"quoted\\\": \\\\\"\n"
                                        "  long: >-\n"
                                        "    0123456789 0123456789 0123456789 0123456789 0123456789 "
                                        "0123456789 0123456789 0123456789 0123456789\n"
                                        "    0123456789 0123456789\n"
                                        "  lines: |-\n"
                                        "    one\n"
                                        "\n"
                                        "    - two\n"
                                        "  \"/b/{c}\":\n"
                                        "    - d: true\n"
                                        "      e: -5\n"
                                        "    - $ref: \"#/components/schemas/F\"\n"
                                        "  g: [\"h\", \"i\"]\n"
                                        "$ref: \"#/components/schemas/J\"\n");
}

/* ---- shapes, on a made-up set ---- */

struct inner {
    const char *text;
};
static const struct field inner_fields[] = {{.name = "text", .kind = FIELD_TEXT, .flags = FIELD_REQUIRED}};
static const struct field_set inner_set = {
    .name = "Inner", .size = sizeof(struct inner), FIELDS(inner_fields)};

static const struct field outer_fields[] = {
    {.name = "outer_id", .kind = FIELD_TEXT, .flags = FIELD_READ_ONLY},
    {.name = "secret_password",
     .kind = FIELD_TEXT,
     .flags = FIELD_WRITE_ONLY | FIELD_REQUIRED,
     .min = 10,
     .max = 128},
    {.name = "hidden", .kind = FIELD_TEXT, .flags = FIELD_HIDDEN},
    {.name = "one", .kind = FIELD_OBJECT, .of = &inner_set},
    {.name = "many", .kind = FIELD_OBJECTS, .flags = FIELD_REQUIRED, .min = 2, .max = 5, .of = &inner_set},
    {.name = "staff",
     .kind = FIELD_BOOLEAN,
     .flags = FIELD_STAFF | FIELD_PERSONAL,
     .help = "Yes or no.",
     .example = "true"},
};
static const struct field_set outer_set = {.name = "Outer", .size = 1, FIELDS(outer_fields)};

static const char *shapes_text(struct arena *arena, unsigned wanted)
{
    struct shapes shapes = {.count = 0};
    struct buf buf;

    buf_init(&buf, arena);
    struct yaml yaml = {.buf = &buf};
    for (enum shape shape = SHAPE_ANSWER; shape <= SHAPE_UPDATE; shape++) {
        if (wanted & 1U << shape)
            shapes_add(&shapes, &outer_set, shape);
    }
    shapes_add(&shapes, NULL, SHAPE_ANSWER);
    shapes_write(&shapes, &yaml);
    return buf_cstr(&buf);
}

static void an_answer_shows_what_is_not_secret(void **state)
{
    assert_string_equal(shapes_text(*state, 1U << SHAPE_ANSWER),
                        "Outer:\n"
                        "  type: object\n"
                        "  properties:\n"
                        "    outer_id:\n"
                        "      type: string\n"
                        "      minLength: 1\n"
                        "      maxLength: 1000\n"
                        "      readOnly: true\n"
                        "    one:\n"
                        "      type: object\n"
                        "      allOf:\n"
                        "        - $ref: \"#/components/schemas/Inner\"\n"
                        "    many:\n"
                        "      type: array\n"
                        "      minItems: 2\n"
                        "      maxItems: 5\n"
                        "      items:\n"
                        "        $ref: \"#/components/schemas/Inner\"\n"
                        "    staff:\n"
                        "      type: boolean\n"
                        "      description: \"Yes or no.\"\n"
                        "      example: true\n"
                        "      x-personal: true\n"
                        "Inner:\n"
                        "  type: object\n"
                        "  properties:\n"
                        "    text:\n"
                        "      type: string\n"
                        "      minLength: 1\n"
                        "      maxLength: 1000\n");
}

static void bodies_say_what_they_need(void **state)
{
    const char *create = shapes_text(*state, 1U << SHAPE_CREATE);
    const char *all = shapes_text(*state, 7);

    assert_non_null(strstr(
        create, "  additionalProperties: false\n  required:\n    - \"secret_password\"\n    - \"many\"\n"));
    assert_non_null(strstr(create, "      format: password\n      minLength: 10\n      maxLength: 128\n"));
    assert_non_null(strstr(create, "description: \"Yes or no. Set by staff and admins only.\"\n"));
    assert_null(strstr(create, "outer_id"));
    assert_null(strstr(create, "hidden"));
    /* Elements of a list are made anew in an update too; an object is merged. */
    assert_non_null(strstr(all, "OuterInput:\n"));
    const char *patch = strstr(all, "OuterPatch:\n");
    assert_non_null(patch);
    assert_null(strstr(patch, "required:\n    - \"many\""));
    assert_non_null(strstr(patch, "schemas/InnerPatch"));
    assert_non_null(strstr(patch, "schemas/InnerInput"));
}

static void makes_an_example(void **state)
{
    struct buf buf;

    buf_init(&buf, *state);
    example_write(&outer_set, &buf);
    assert_string_equal(
        buf_cstr(&buf),
        "{\"secret_password\": \"text\", \"many\": [{\"text\": \"text\"}, {\"text\": \"text\"}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_the_same_every_time, setup, teardown),
        cmocka_unit_test_setup_teardown(has_every_endpoint_but_parts_of_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(describes_every_tag, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_every_code_that_a_client_can_see, setup, teardown),
        cmocka_unit_test_setup_teardown(has_no_tabs_and_no_blanks_at_line_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(survives_without_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(yaml_chooses_a_form, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_shows_what_is_not_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(bodies_say_what_they_need, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_an_example, setup, teardown),
    };
    return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
