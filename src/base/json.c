/* json.c - the reader of json.h.
 *
 * One pass, by recursive descent. Texts are decoded into one piece of memory of the body's size: a decoded
 * text and its NUL are never longer than the text between its quotes and the quotes. So a body of n bytes
 * costs n bytes and one node a value, and nothing is allocated per string. The first mistake ends the
 * reading; `at` stands on it. */
#include "base/json.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct parser {
    struct arena *arena;
    const char *start, *at, *end;
    char *out; /* where the next decoded text goes */
    unsigned depth;
    unsigned values;
    const char *expected; /* of the first mistake */
};

static enum err parse_value(struct parser *p, struct json *node);

static enum err refuse(struct parser *p, enum err err, const char *expected)
{
    p->expected = expected;
    return err;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
        p->at++;
}

static bool take(struct parser *p, char byte)
{
    if (p->at == p->end || *p->at != byte)
        return false;
    p->at++;
    return true;
}

static bool is_digit(const struct parser *p)
{
    return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

/* ---- texts ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX; `at` moves past them only if they are right. */
static bool take_hex4(struct parser *p, uint32_t *unit)
{
    uint32_t value = 0;

    if (p->end - p->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p->at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    p->at += 4;
    *unit = value;
    return true;
}

static void put_utf8(struct parser *p, uint32_t c)
{
    if (c < 0x80) {
        *p->out++ = (char)c;
        return;
    }
    if (c < 0x800) {
        *p->out++ = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        *p->out++ = (char)(0xe0 | c >> 12);
        *p->out++ = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        *p->out++ = (char)(0xf0 | c >> 18);
        *p->out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *p->out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *p->out++ = (char)(0x80 | (c & 0x3f));
}

static enum err parse_unicode_escape(struct parser *p)
{
    uint32_t unit;
    uint32_t low;

    if (!take_hex4(p, &unit))
        return refuse(p, ERR_NOT_JSON, "four hexadecimal digits after \\u");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return refuse(p, ERR_NOT_JSON, "no second half of a surrogate pair without the first");
    if (unit >= 0xd800 && unit <= 0xdbff) {
        if (!take(p, '\\') || !take(p, 'u') || !take_hex4(p, &low) || low < 0xdc00 || low > 0xdfff)
            return refuse(p, ERR_NOT_JSON, "the second half of a surrogate pair");
        unit = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
    }
    put_utf8(p, unit);
    return ERR_OK;
}

static enum err parse_escape(struct parser *p)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";

    if (take(p, 'u'))
        return parse_unicode_escape(p);
    const char *known = p->at < p->end && *p->at != '\0' ? strchr(from, *p->at) : NULL;
    if (!known)
        return refuse(p, ERR_NOT_JSON, "one of \" \\ / b f n r t u after a backslash");
    *p->out++ = to[known - from];
    p->at++;
    return ERR_OK;
}

/* Plain characters up to the next quote, backslash or mistake. */
static enum err parse_run(struct parser *p)
{
    const char *from = p->at;

    while (p->at < p->end && *p->at != '"' && *p->at != '\\') {
        unsigned char byte = (unsigned char)*p->at;
        size_t size = byte < 0x80 ? 1 : utf8_size(p->at, p->end);
        if (size == 0)
            return refuse(p, ERR_NOT_JSON, "UTF-8");
        if (byte < 0x20)
            return refuse(p, ERR_NOT_JSON, "an escape like \\n in place of a control character");
        p->at += size;
    }
    memcpy(p->out, from, (size_t)(p->at - from));
    p->out += p->at - from;
    return ERR_OK;
}

/* `at` stands behind the opening quote. */
static enum err parse_text(struct parser *p, const char **text, size_t *size)
{
    const char *start = p->out;

    for (;;) {
        enum err e = parse_run(p);
        if (e)
            return e;
        if (take(p, '"'))
            break;
        if (!take(p, '\\'))
            return refuse(p, ERR_NOT_JSON, "\" at the end of a string");
        e = parse_escape(p);
        if (e)
            return e;
    }
    *text = start;
    *size = (size_t)(p->out - start);
    *p->out++ = '\0';
    return ERR_OK;
}

/* ---- numbers ---- */

static bool skip_digits(struct parser *p)
{
    if (!is_digit(p))
        return false;
    while (is_digit(p))
        p->at++;
    return true;
}

/* false if it is not in int64_t. */
static bool to_integer(const char *from, const char *until, int64_t *integer)
{
    bool negative = *from == '-';
    int64_t value = 0;

    for (from += negative ? 1 : 0; from < until; from++) {
        int digit = *from - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *integer = value;
    return true;
}

static enum err parse_number(struct parser *p, struct json *node)
{
    const char *from = p->at;
    bool whole = true;

    (void)take(p, '-');
    if (!take(p, '0') && !skip_digits(p))
        return refuse(p, ERR_NOT_JSON, "a digit");
    if (take(p, '.')) {
        whole = false;
        if (!skip_digits(p))
            return refuse(p, ERR_NOT_JSON, "a digit after the point");
    }
    if (take(p, 'e') || take(p, 'E')) {
        whole = false;
        if (!take(p, '+'))
            (void)take(p, '-');
        if (!skip_digits(p))
            return refuse(p, ERR_NOT_JSON, "a digit in the exponent");
    }
    if (whole && to_integer(from, p->at, &node->integer)) {
        node->kind = JSON_INTEGER;
        node->real = (double)node->integer;
        return ERR_OK;
    }
    node->kind = JSON_REAL;
    memcpy(p->out, from, (size_t)(p->at - from)); /* strtod wants a NUL behind it; nothing is kept */
    p->out[p->at - from] = '\0';
    node->real = strtod(p->out, NULL);
    return ERR_OK;
}

/* ---- values ---- */

static enum err parse_word(struct parser *p, struct json *node, const char *word, enum json_kind kind)
{
    size_t size = strlen(word);

    if ((size_t)(p->end - p->at) < size || memcmp(p->at, word, size) != 0)
        return refuse(p, ERR_NOT_JSON, "a value");
    p->at += size;
    node->kind = kind;
    return ERR_OK;
}

static enum err new_node(struct parser *p, struct json **node)
{
    if (++p->values > JSON_VALUES_MAX)
        return refuse(p, ERR_INVALID, "an end to the values");
    *node = arena_zero(p->arena, 1, sizeof **node);
    return *node ? ERR_OK : ERR_MEMORY;
}

static enum err parse_member_name(struct parser *p, struct json *child)
{
    skip_blanks(p);
    if (!take(p, '"'))
        return refuse(p, ERR_NOT_JSON, "\" at the start of a member's name");
    enum err e = parse_text(p, &child->name, &child->name_size);
    if (e)
        return e;
    skip_blanks(p);
    return take(p, ':') ? ERR_OK : refuse(p, ERR_NOT_JSON, "a colon after a member's name");
}

static enum err parse_children(struct parser *p, struct json *parent, char close)
{
    const struct json **link = &parent->first;

    skip_blanks(p);
    if (take(p, close))
        return ERR_OK;
    do {
        struct json *child;
        enum err e = new_node(p, &child);
        if (!e && parent->kind == JSON_OBJECT)
            e = parse_member_name(p, child);
        if (!e)
            e = parse_value(p, child);
        if (e)
            return e;
        *link = child;
        link = &child->next;
        parent->count++;
        skip_blanks(p);
    } while (take(p, ','));
    if (take(p, close))
        return ERR_OK;
    return refuse(p, ERR_NOT_JSON, close == ']' ? "a comma or ]" : "a comma or }");
}

static enum err parse_nested(struct parser *p, struct json *node, enum json_kind kind, char close)
{
    if (p->depth == JSON_DEPTH_MAX)
        return refuse(p, ERR_INVALID, "an end to the nesting");
    p->at++;
    p->depth++;
    node->kind = kind;
    enum err e = parse_children(p, node, close);
    p->depth--;
    return e;
}

static enum err parse_value(struct parser *p, struct json *node)
{
    skip_blanks(p);
    switch (p->at < p->end ? *p->at : '\0') {
    case '{':
        return parse_nested(p, node, JSON_OBJECT, '}');
    case '[':
        return parse_nested(p, node, JSON_ARRAY, ']');
    case '"':
        p->at++;
        node->kind = JSON_STRING;
        return parse_text(p, &node->text, &node->size);
    case 't':
        return parse_word(p, node, "true", JSON_TRUE);
    case 'f':
        return parse_word(p, node, "false", JSON_FALSE);
    case 'n':
        return parse_word(p, node, "null", JSON_NULL);
    default:
        if (p->at < p->end && (*p->at == '-' || is_digit(p)))
            return parse_number(p, node);
        return refuse(p, ERR_NOT_JSON, "a value");
    }
}

/* ---- the whole ---- */

static const char *explain(const struct parser *p, enum err err)
{
    size_t line = 1;
    const char *line_start = p->start;

    for (const char *at = p->start; at < p->at; at++) {
        if (*at == '\n') {
            line++;
            line_start = at + 1;
        }
    }
    size_t column = utf8_characters(line_start, (size_t)(p->at - line_start)) + 1;
    if (err == ERR_INVALID)
        return arena_printf(
            p->arena, "at line %zu, column %zu, %s was needed: at most %d levels and %d values are read",
            line, column, p->expected, JSON_DEPTH_MAX, JSON_VALUES_MAX);
    return arena_printf(p->arena, "at line %zu, column %zu, %s was expected%s", line, column, p->expected,
                        p->at == p->end ? ", but it ends there" : "");
}

enum err json_parse(struct arena *arena, const char *text, size_t size, const struct json **json,
                    const char **why)
{
    struct parser p = {.arena = arena, .start = text, .at = text, .end = text + size};
    struct json *node = NULL;

    p.out = size == SIZE_MAX ? NULL : arena_alloc(arena, size + 1);
    if (!p.out)
        return ERR_MEMORY;
    enum err e = new_node(&p, &node);
    if (!e)
        e = parse_value(&p, node);
    if (!e) {
        skip_blanks(&p);
        if (p.at < p.end)
            e = refuse(&p, ERR_NOT_JSON, "nothing more");
    }
    if (e == ERR_NOT_JSON || e == ERR_INVALID) {
        *why = explain(&p, e);
        return *why ? e : ERR_MEMORY;
    }
    if (!e)
        *json = node;
    return e;
}

const struct json *json_member(const struct json *object, const char *name)
{
    size_t size = strlen(name);

    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *child = object->first; child; child = child->next) {
        if (child->name_size == size && memcmp(child->name, name, size) == 0)
            return child;
    }
    return NULL;
}
