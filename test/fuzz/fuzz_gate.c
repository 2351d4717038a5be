/* fuzz_gate.c - heads and chunked bodies, at once and in pieces. Whatever is let pass must hold what the gate
 * promises, by a look at the bytes that shares nothing with it. */
#include "front/gate.h"

#include "base/must.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many lines begin with that name and a colon. */
static int lines_named(const char *bytes, size_t size, const char *name)
{
    int count = 0;
    size_t name_size = strlen(name);

    for (size_t i = 0; i + 2 + name_size < size; i++)
        count += memcmp(bytes + i, "\r\n", 2) == 0 && strncasecmp(bytes + i + 2, name, name_size) == 0 &&
                 bytes[i + 2 + name_size] == ':';
    return count;
}

static void check_bytes(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        must(bytes[i] != '\0');
        must(bytes[i] != '\n' || (i > 0 && bytes[i - 1] == '\r'));
        must(bytes[i] != '\r' || (i + 1 < size && bytes[i + 1] == '\n'));
        must(bytes[i] == '\r' || bytes[i] == '\n' || bytes[i] == '\t' || (uint8_t)bytes[i] >= 0x20);
    }
    must(size >= 4 && memcmp(bytes + size - 4, "\r\n\r\n", 4) == 0);
}

static void check_inside(const char *bytes, size_t size, struct gate_piece piece)
{
    if (piece.at)
        must(piece.at >= bytes && piece.at + piece.size <= bytes + size);
}

static void check_head(const char *bytes, const struct gate_head *head)
{
    check_bytes(bytes, head->size);
    int lengths = lines_named(bytes, head->size, "Content-Length");
    int codings = lines_named(bytes, head->size, "Transfer-Encoding");
    must(lengths + codings <= 1);
    must(head->chunked == (codings == 1));
    must(lines_named(bytes, head->size, "Host") <= 1);
    must(head->http_1_0 || lines_named(bytes, head->size, "Host") == 1);
    must(head->field_count <= GATE_FIELDS_MAX);
    check_inside(bytes, head->size, head->method);
    check_inside(bytes, head->size, head->path);
    check_inside(bytes, head->size, head->query);
    for (size_t i = 0; i < head->field_count; i++) {
        check_inside(bytes, head->size, head->fields[i].name);
        check_inside(bytes, head->size, head->fields[i].value);
        must(head->fields[i].name.size > 0);
    }
}

/* Gives where the head ends, or 0. */
static size_t try_head(const char *bytes, size_t size, size_t step)
{
    struct gate_scan whole = {0}, pieces = {0};
    struct gate_head head, again;
    const char *why;
    enum err e = gate_read(&whole, bytes, size, &head, &why);
    enum err slow = ERR_OK;

    must(e != ERR_BAD_REQUEST || why);
    again.size = 0;
    for (size_t given = step; !slow && again.size == 0; given += step) {
        size_t now = given < size ? given : size;
        slow = gate_read(&pieces, bytes, now, &again, &why);
        if (now == size)
            break;
    }
    if (size < GATE_HEAD_MAX) /* beyond that the pieces are refused for their size sooner */
        must(slow == e && again.size == head.size);
    if (e || head.size == 0)
        return 0;
    check_head(bytes, &head);
    return head.size;
}

static void try_chunks(const char *bytes, size_t size, size_t step)
{
    struct gate_chunks chunks = {0};
    const char *why;
    size_t at = 0, content = 0;

    while (at < size && !chunks.done) {
        size_t used = 0;
        size_t given = size - at < step ? size - at : step;
        struct span data;
        if (gate_chunks_take(&chunks, bytes + at, given, &used, &data, &why))
            return;
        must(used > 0 && used <= given && data.size <= used);
        at += used;
        content += data.size;
    }
    must(content <= at);
    if (chunks.done)
        must(at >= 5 && memcmp(bytes + at - 2, "\r\n", 2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t step = 1 + data[0] % 16;
    const char *bytes = (const char *)data + 1;
    size_t head = try_head(bytes, size - 1, step);
    try_chunks(bytes + head, size - 1 - head, step);
    return 0;
}
