/* yaml.c - see yaml.h. */
#include "api/yaml.h"

#include "base/json.h"

#include <string.h>

enum { FOLD_BYTES = 80, WRAP_COLUMNS = 110 };

static void put_indent(struct yaml *yaml)
{
    for (unsigned i = 0; i < yaml->indent; i++)
        buf_text(yaml->buf, "  ");
}

static void put_key(struct yaml *yaml, const char *key)
{
    put_indent(yaml);
    buf_text(yaml->buf, key);
    buf_byte(yaml->buf, ':');
}

static void put_quoted(struct buf *buf, const char *text)
{
    struct json_writer writer = json_writer(buf);
    json_text(&writer, NULL, text);
}

void yaml_open(struct yaml *yaml, const char *key)
{
    put_key(yaml, key);
    buf_byte(yaml->buf, '\n');
    yaml->indent++;
}

void yaml_open_quoted(struct yaml *yaml, const char *key)
{
    put_indent(yaml);
    put_quoted(yaml->buf, key);
    buf_text(yaml->buf, ":\n");
    yaml->indent++;
}

void yaml_up(struct yaml *yaml)
{
    yaml->indent--;
}

/* One line of a folded or literal text, broken at blanks. */
static void put_folded(struct yaml *yaml, const char *text, size_t size)
{
    size_t column = 0;

    while (size > 0) {
        const char *blank = memchr(text, ' ', size);
        size_t word = blank ? (size_t)(blank - text) : size;
        if (column > 0 && yaml->indent * 2 + column + 1 + word > WRAP_COLUMNS) {
            buf_byte(yaml->buf, '\n');
            column = 0;
        }
        if (column == 0)
            put_indent(yaml);
        else
            buf_byte(yaml->buf, ' ');
        buf_add(yaml->buf, text, word);
        column += word + (column > 0 ? 1 : 0);
        text += word + (blank ? 1 : 0);
        size -= word + (blank ? 1 : 0);
    }
    buf_byte(yaml->buf, '\n');
}

static void put_lines(struct yaml *yaml, const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");
        if (size > 0)
            put_indent(yaml);
        buf_add(yaml->buf, text, size);
        buf_byte(yaml->buf, '\n');
        text += size + (text[size] ? 1 : 0);
    }
}

void yaml_text(struct yaml *yaml, const char *key, const char *text)
{
    if (!text)
        return;
    put_key(yaml, key);
    if (strchr(text, '\n')) {
        buf_text(yaml->buf, " |-\n");
        yaml->indent++;
        put_lines(yaml, text);
        yaml->indent--;
    } else if (strlen(text) > FOLD_BYTES) {
        buf_text(yaml->buf, " >-\n");
        yaml->indent++;
        put_folded(yaml, text, strlen(text));
        yaml->indent--;
    } else {
        buf_byte(yaml->buf, ' ');
        put_quoted(yaml->buf, text);
        buf_byte(yaml->buf, '\n');
    }
}

void yaml_word(struct yaml *yaml, const char *key, const char *word)
{
    put_key(yaml, key);
    buf_byte(yaml->buf, ' ');
    buf_text(yaml->buf, word);
    buf_byte(yaml->buf, '\n');
}

void yaml_integer(struct yaml *yaml, const char *key, int64_t value)
{
    put_key(yaml, key);
    buf_byte(yaml->buf, ' ');
    buf_integer(yaml->buf, value);
    buf_byte(yaml->buf, '\n');
}

static void put_ref(struct yaml *yaml, const char *before, const char *where, const char *name)
{
    put_indent(yaml);
    buf_printf(yaml->buf, "%s$ref: \"#/components/%s/%s\"\n", before, where, name);
}

void yaml_ref(struct yaml *yaml, const char *where, const char *name)
{
    put_ref(yaml, "", where, name);
}

void yaml_item_ref(struct yaml *yaml, const char *where, const char *name)
{
    put_ref(yaml, "- ", where, name);
}

void yaml_item(struct yaml *yaml, const char *key, const char *word)
{
    put_indent(yaml);
    buf_printf(yaml->buf, "- %s: %s\n", key, word);
    yaml->indent++;
}

void yaml_item_text(struct yaml *yaml, const char *text)
{
    put_indent(yaml);
    buf_text(yaml->buf, "- ");
    put_quoted(yaml->buf, text);
    buf_byte(yaml->buf, '\n');
}

void yaml_list(struct yaml *yaml, const char *key, const char *const *texts)
{
    put_key(yaml, key);
    buf_text(yaml->buf, " [");
    for (size_t i = 0; texts[i]; i++) {
        if (i > 0)
            buf_text(yaml->buf, ", ");
        put_quoted(yaml->buf, texts[i]);
    }
    buf_text(yaml->buf, "]\n");
}
