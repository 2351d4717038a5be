/* gate.c - see gate.h. First the bytes are looked at one by one until the empty line, refusing what may stand
 * nowhere in a head; then the lines are taken apart. */
#include "front/gate.h"

#include <string.h>
#include <strings.h>

enum {
    VERSION_SIZE = 8,
    REQUEST_LINE_MAX = GATE_TARGET_MAX + GATE_METHOD_MAX + 16,
    LENGTH_DIGITS_MAX = 19,
    CHUNK_DIGITS_MAX = 8
};

enum class {
    CONTROL = 0,
    TEXT = 1,   /* may stand in a field's value: visible, blank, tab, 0x80 and above */
    TOKEN = 2,  /* RFC 9110 section 5.6.2 */
    TARGET = 4, /* may stand in a request target: visible, but no '#' */
    HOST = 8,   /* may stand in a Host field: RFC 3986 section 3.2.2, and the port's colon */
};

/* clang-format off */
#define ALPHA (TEXT | TOKEN | TARGET | HOST)
#define MARK (TEXT | TARGET)
#define HIGH TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT
static const uint8_t classes[256] = {
    [0x00] = CONTROL, ['\t'] = TEXT, [' '] = TEXT,
    ['!'] = ALPHA, ['"'] = MARK, ['#'] = TEXT | TOKEN, ['$'] = ALPHA, ['%'] = ALPHA, ['&'] = ALPHA, ['\''] = ALPHA,
    ['('] = MARK | HOST, [')'] = MARK | HOST, ['*'] = ALPHA, ['+'] = ALPHA, [','] = MARK | HOST, ['-'] = ALPHA,
    ['.'] = ALPHA, ['/'] = MARK,
    ['0'] = ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA,
    [':'] = MARK | HOST, [';'] = MARK | HOST, ['<'] = MARK, ['='] = MARK | HOST, ['>'] = MARK, ['?'] = MARK, ['@'] = MARK,
    ['A'] = ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA,
    ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA,
    ['['] = MARK | HOST, ['\\'] = MARK, [']'] = MARK | HOST, ['^'] = MARK | TOKEN, ['_'] = ALPHA, ['`'] = MARK | TOKEN,
    ['a'] = ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA,
    ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA, ALPHA,
    ['{'] = MARK, ['|'] = MARK | TOKEN, ['}'] = MARK, ['~'] = ALPHA, [0x7f] = CONTROL,
    [0x80] = HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH,
};
/* clang-format on */

static bool is(char c, enum class class)
{
    return classes[(uint8_t)c] & class;
}

static bool all(struct gate_piece piece, enum class class)
{
    for (size_t i = 0; i < piece.size; i++)
        if (!is(piece.at[i], class))
            return false;
    return true;
}

static bool equals(struct gate_piece piece, const char *text)
{
    return piece.size == strlen(text) && strncasecmp(piece.at, text, piece.size) == 0;
}

static enum err refuse(const char **why, const char *text)
{
    *why = text;
    return ERR_BAD_REQUEST;
}

/* ---- the end of the head ---- */

/* A carriage return at i: ends a line, and the head if the line is empty. */
static enum err line_end(struct gate_scan *scan, const char *bytes, size_t i, size_t *head_bytes,
                         const char **why)
{
    if (bytes[i + 1] != '\n')
        return refuse(why, "A carriage return stands alone in the request's head.");
    bool leads = i == scan->line && scan->lines == 0 && scan->empty < GATE_EMPTY_MAX;
    if (i == scan->line && !leads) {
        *head_bytes = i + 2;
        return ERR_OK;
    }
    if (leads)
        scan->empty++;
    else
        scan->lines++;
    scan->line = i + 2;
    return ERR_OK;
}

static enum err too_long(const struct gate_scan *scan, size_t size)
{
    if (scan->lines == 0 && size - scan->line > REQUEST_LINE_MAX)
        return ERR_URI_TOO_LONG;
    return size >= GATE_HEAD_MAX ? ERR_HEADERS_TOO_LARGE : ERR_OK;
}

static enum err head_find(struct gate_scan *scan, const char *bytes, size_t size, size_t *head_bytes,
                          const char **why)
{
    size_t i = scan->looked;

    *head_bytes = 0;
    while (i < size) {
        if (is(bytes[i], TEXT)) {
            i++;
            continue;
        }
        if (bytes[i] == '\n')
            return refuse(why, "A line feed stands without its carriage return in the request's head.");
        if (bytes[i] != '\r')
            return refuse(why, "The request's head has a control character in it.");
        if (i + 1 == size)
            break; /* its line feed is still to come */
        enum err e = line_end(scan, bytes, i, head_bytes, why);
        if (e || *head_bytes > 0)
            return e;
        i += 2;
    }
    scan->looked = i;
    return too_long(scan, size);
}

/* ---- the request line ---- */

/* Cuts off what stands before the separator, which is dropped; all of it if there is none. */
static struct gate_piece cut(struct gate_piece *rest, char separator)
{
    const char *end = memchr(rest->at, separator, rest->size);
    struct gate_piece piece = {rest->at, end ? (size_t)(end - rest->at) : rest->size};
    size_t taken = end ? piece.size + 1 : piece.size;

    rest->at += taken;
    rest->size -= taken;
    return piece;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum err version_read(struct gate_piece version, struct gate_head *head, const char **why)
{
    if (version.size != VERSION_SIZE || memcmp(version.at, "HTTP/", 5) != 0 || !is_digit(version.at[5]) ||
        version.at[6] != '.' || !is_digit(version.at[7]))
        return refuse(why,
                      "The request line must be a method, an address and HTTP/1.1, with one blank between.");
    if (version.at[5] != '1')
        return ERR_HTTP_VERSION;
    head->http_1_0 = version.at[7] == '0';
    return ERR_OK;
}

static bool host_is_valid(struct gate_piece host)
{
    return all(host, HOST);
}

/* "http://example.org/path": the authority stands for Host (RFC 9112 section 3.2.2). */
static enum err absolute_read(struct gate_piece *target, const char **why)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t size = strlen(schemes[i]);
        if (target->size < size || strncasecmp(target->at, schemes[i], size) != 0)
            continue;
        struct gate_piece host = {target->at + size, 0};
        while (size + host.size < target->size && host.at[host.size] != '/' && host.at[host.size] != '?')
            host.size++;
        if (host.size == 0 || !host_is_valid(host))
            return refuse(why, "The host of the address is not valid.");
        *target = (struct gate_piece){host.at + host.size, target->size - size - host.size};
        return ERR_OK;
    }
    return refuse(why, "The address must begin with a slash.");
}

static enum err target_read(struct gate_piece target, struct gate_head *head, const char **why)
{
    if (target.size > GATE_TARGET_MAX)
        return ERR_URI_TOO_LONG;
    if (target.size == 0 || !all(target, TARGET))
        return refuse(why, "The address is empty or has a character in it that must be percent-encoded.");
    bool server_wide = target.size == 1 && target.at[0] == '*' && equals(head->method, "OPTIONS");
    if (target.at[0] != '/' && !server_wide) {
        enum err e = absolute_read(&target, why);
        if (e)
            return e;
    }
    bool has_query = target.size > 0 && memchr(target.at, '?', target.size);
    head->path = cut(&target, '?');
    if (head->path.size == 0)
        head->path.at = NULL;
    if (has_query)
        head->query = target;
    return ERR_OK;
}

static enum err request_line_read(struct gate_piece line, struct gate_head *head, const char **why)
{
    head->method = cut(&line, ' ');
    if (head->method.size == 0 || head->method.size > GATE_METHOD_MAX || !all(head->method, TOKEN))
        return refuse(why, "The request line must begin with a method, such as GET.");
    struct gate_piece target = cut(&line, ' ');
    enum err e = version_read(line, head, why);
    return e ? e : target_read(target, head, why);
}

/* ---- fields ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct gate_piece trimmed(struct gate_piece piece)
{
    while (piece.size > 0 && is_blank(piece.at[0])) {
        piece.at++;
        piece.size--;
    }
    while (piece.size > 0 && is_blank(piece.at[piece.size - 1]))
        piece.size--;
    return piece;
}

static enum err host_read(struct gate_piece value, struct gate_head *head, const char **why)
{
    (void)head;
    return host_is_valid(value) ? ERR_OK : refuse(why, "The Host header is not valid.");
}

static enum err length_read(struct gate_piece value, struct gate_head *head, const char **why)
{
    uint64_t length = 0;

    if (value.size == 0 || value.size > LENGTH_DIGITS_MAX)
        return refuse(why, "Content-Length must be a plain number.");
    for (size_t i = 0; i < value.size; i++) {
        if (!is_digit(value.at[i]))
            return refuse(why, "Content-Length must be a plain number.");
        length = length * 10 + (uint64_t)(value.at[i] - '0');
    }
    head->body_bytes = length;
    return ERR_OK;
}

static enum err coding_read(struct gate_piece value, struct gate_head *head, const char **why)
{
    if (!equals(value, "chunked"))
        return refuse(why, "The only Transfer-Encoding that is known here is chunked.");
    head->chunked = true;
    return ERR_OK;
}

static enum err connection_read(struct gate_piece value, struct gate_head *head, const char **why)
{
    (void)why;
    while (value.size > 0) {
        struct gate_piece option = trimmed(cut(&value, ','));
        head->asks_close = head->asks_close || equals(option, "close");
        head->asks_keep = head->asks_keep || equals(option, "keep-alive");
    }
    return ERR_OK;
}

static enum err expect_read(struct gate_piece value, struct gate_head *head, const char **why)
{
    (void)why;
    head->expects_continue = equals(value, "100-continue");
    return ERR_OK;
}

/* The fields that we act upon. Of most there may be only one, so that nobody before us has acted upon
 * another. */
static const struct known {
    const char *name;
    size_t size;
    const char *twice; /* what to say of a second one; NULL = there may be several */
    enum err (*read)(struct gate_piece value, struct gate_head *head, const char **why);
} known_fields[] = {
#define ONCE(name, read)                                                                                     \
    {                                                                                                        \
        name, sizeof(name) - 1, "There is more than one " name " header.", read                              \
    }
    ONCE("Host", host_read),
    ONCE("Content-Length", length_read),
    ONCE("Transfer-Encoding", coding_read),
    ONCE("Expect", expect_read),
    ONCE("Authorization", NULL),
    ONCE("Content-Type", NULL),
    ONCE("Idempotency-Key", NULL),
    ONCE("Origin", NULL),
#undef ONCE
    {"Connection", sizeof "Connection" - 1, NULL, connection_read},
};

enum { KNOWN_HOST = 0, KNOWN_LENGTH = 1, KNOWN_COUNT = sizeof known_fields / sizeof known_fields[0] };

static enum err known_read(const struct gate_field *field, struct gate_head *head, unsigned *seen,
                           const char **why)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        const struct known *known = &known_fields[i];
        if (field->name.size != known->size || strncasecmp(field->name.at, known->name, known->size) != 0)
            continue;
        if (known->twice && (*seen & (1U << i)))
            return refuse(why, known->twice);
        *seen |= 1U << i;
        return known->read ? known->read(field->value, head, why) : ERR_OK;
    }
    return ERR_OK;
}

static enum err field_read(struct gate_piece line, struct gate_field *field, const char **why)
{
    if (is_blank(line.at[0]))
        return refuse(why, "A header goes on in a second line; write it in one.");
    if (!memchr(line.at, ':', line.size))
        return refuse(why, "A header has no colon.");
    field->name = cut(&line, ':');
    if (field->name.size == 0 || !all(field->name, TOKEN))
        return refuse(
            why, "A header's name is empty, or has a blank or another character in it that none may have.");
    field->value = trimmed(line);
    return ERR_OK;
}

/* What the fields say together. */
static enum err framing_check(struct gate_head *head, unsigned seen, const char **why)
{
    bool has_length = seen & (1U << KNOWN_LENGTH);

    if (head->chunked && has_length)
        return refuse(why, "There is a Content-Length and a Transfer-Encoding; send one of them.");
    if (head->chunked && head->http_1_0)
        return refuse(why, "Transfer-Encoding needs HTTP/1.1.");
    if (!head->http_1_0 && !(seen & (1U << KNOWN_HOST)))
        return refuse(why, "HTTP/1.1 needs a Host header.");
    head->keep_alive = !head->asks_close && (!head->http_1_0 || head->asks_keep);
    return ERR_OK;
}

/* The next line; head_find has made sure that there is one, with its CR LF. */
static struct gate_piece line_cut(struct gate_piece *rest)
{
    struct gate_piece line = cut(rest, '\r');

    rest->at++;
    rest->size--;
    return line;
}

static enum err fields_read(struct gate_piece rest, struct gate_head *head, const char **why)
{
    unsigned seen = 0;

    for (;;) {
        struct gate_piece line = line_cut(&rest);
        if (line.size == 0)
            return framing_check(head, seen, why);
        if (head->field_count == GATE_FIELDS_MAX)
            return ERR_HEADERS_TOO_LARGE;
        struct gate_field *field = &head->fields[head->field_count++];
        enum err e = field_read(line, field, why);
        if (!e)
            e = known_read(field, head, &seen, why);
        if (e)
            return e;
    }
}

/* The fields are left as they are: only field_count of them mean something. */
static void head_clear(struct gate_head *head)
{
    memset(head, 0, offsetof(struct gate_head, fields));
}

enum err gate_read(struct gate_scan *scan, const char *bytes, size_t size, struct gate_head *head,
                   const char **why)
{
    size_t head_bytes;

    *why = NULL;
    head_clear(head);
    enum err e = head_find(scan, bytes, size, &head_bytes, why);
    if (e || head_bytes == 0)
        return e;
    struct gate_piece rest = {bytes, head_bytes};
    struct gate_piece line = line_cut(&rest);
    for (size_t i = 0; i < scan->empty; i++)
        line = line_cut(&rest);
    e = request_line_read(line, head, why);
    if (!e && head_bytes > GATE_HEAD_MAX)
        e = ERR_HEADERS_TOO_LARGE;
    if (!e)
        e = fields_read(rest, head, why);
    if (!e)
        head->size = head_bytes;
    return e;
}

struct gate_piece gate_field(const struct gate_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (equals(head->fields[i].name, name))
            return head->fields[i].value;
    return (struct gate_piece){NULL, 0};
}

/* ---- chunked bodies ---- */

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_START, /* of a line */
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    TRAILER_END_LF,
};

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool size_take(struct gate_chunks *chunks, char c)
{
    int digit = hex_digit(c);

    if (digit >= 0) {
        chunks->left = chunks->left * 16 + (size_t)digit;
        return ++chunks->digits <= CHUNK_DIGITS_MAX;
    }
    if (chunks->digits == 0 || (c != ';' && c != '\r'))
        return false;
    chunks->state = c == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
    return true;
}

static bool extra_take(struct gate_chunks *chunks, char c, enum class class)
{
    return is(c, class) && ++chunks->extra <= GATE_CHUNK_EXTRA_MAX;
}

/* Goes to the next state if c is what has to come. */
static bool expect(struct gate_chunks *chunks, char c, char wanted, enum chunk_state next)
{
    chunks->state = (int)next;
    return c == wanted;
}

static bool size_ended(struct gate_chunks *chunks, char c)
{
    chunks->state = chunks->left > 0 ? CHUNK_DATA : TRAILER_START;
    chunks->digits = 0;
    return c == '\n';
}

static bool trailer_take(struct gate_chunks *chunks, char c)
{
    if (chunks->state == TRAILER_START && c == '\r') {
        chunks->state = TRAILER_END_LF;
        return true;
    }
    if (chunks->state == TRAILER_NAME && c == ':') {
        chunks->state = TRAILER_VALUE;
        return true;
    }
    if (chunks->state == TRAILER_VALUE) {
        if (c == '\r')
            chunks->state = TRAILER_LF;
        return c == '\r' || extra_take(chunks, c, TEXT);
    }
    chunks->state = TRAILER_NAME;
    return extra_take(chunks, c, TOKEN);
}

/* One byte of what is not content. */
static bool frame_take(struct gate_chunks *chunks, char c)
{
    switch ((enum chunk_state)chunks->state) {
    case CHUNK_SIZE:
        return size_take(chunks, c);
    case CHUNK_EXTENSION:
        if (c == '\r')
            chunks->state = CHUNK_SIZE_LF;
        return c == '\r' || extra_take(chunks, c, TEXT);
    case CHUNK_SIZE_LF:
        return size_ended(chunks, c);
    case CHUNK_DATA_CR:
        return expect(chunks, c, '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        return expect(chunks, c, '\n', CHUNK_SIZE);
    case TRAILER_LF:
        return expect(chunks, c, '\n', TRAILER_START);
    case TRAILER_END_LF:
        chunks->done = true;
        return c == '\n';
    case CHUNK_DATA:
        return false; /* taken as a whole */
    case TRAILER_START:
    case TRAILER_NAME:
    case TRAILER_VALUE:
        break;
    }
    return trailer_take(chunks, c);
}

enum err gate_chunks_take(struct gate_chunks *chunks, const char *bytes, size_t size, size_t *used,
                          struct span *data, const char **why)
{
    size_t i = 0;

    *data = (struct span){NULL, 0};
    while (i < size && !chunks->done && chunks->state != CHUNK_DATA)
        if (!frame_take(chunks, bytes[i++]))
            return refuse(why, "The chunked body is not well-formed.");
    if (i < size && !chunks->done) {
        *data = (struct span){(const uint8_t *)bytes + i, size - i < chunks->left ? size - i : chunks->left};
        chunks->left -= data->size;
        i += data->size;
        if (chunks->left == 0)
            chunks->state = CHUNK_DATA_CR;
    }
    *used = i;
    return ERR_OK;
}
