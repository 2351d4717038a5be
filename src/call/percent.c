/* percent.c - see percent.h. */
#include "call/percent.h"

#include "base/utf8.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err percent_decode(struct arena *arena, const char *text, size_t size, bool plus, struct span *plain)
{
    char *out = arena_alloc(arena, size + 1);
    size_t used = 0;

    if (!out)
        return ERR_MEMORY;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '%') {
            int high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            if (low < 0)
                return ERR_BAD_REQUEST;
            out[used++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[used++] = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    out[used] = '\0';
    *plain = (struct span){(const uint8_t *)out, used};
    return ERR_OK;
}

static enum err param_read(struct arena *arena, const char *text, size_t size, struct param *param)
{
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals ? (size_t)(equals - text) : size;
    struct span name;
    struct span value = {(const uint8_t *)"", 0};

    enum err e = percent_decode(arena, text, name_size, true, &name);
    if (!e && equals)
        e = percent_decode(arena, equals + 1, size - name_size - 1, true, &value);
    if (e)
        return e;
    if (memchr(name.data, '\0', name.size) || !utf8_valid((const char *)name.data, name.size) ||
        !utf8_valid((const char *)value.data, value.size))
        return ERR_BAD_REQUEST;
    *param = (struct param){(const char *)name.data, (const char *)value.data, value.size};
    return ERR_OK;
}

enum err query_split(struct arena *arena, const char *query, struct param **params, size_t *count)
{
    struct param *list = *query ? arena_zero(arena, QUERY_PARAMS_MAX, sizeof *list) : NULL;
    size_t used = 0;

    if (*query && !list)
        return ERR_MEMORY;
    while (*query) {
        size_t size = strcspn(query, "&");
        if (size > 0) {
            if (used == QUERY_PARAMS_MAX)
                return ERR_BAD_REQUEST;
            enum err e = param_read(arena, query, size, &list[used]);
            if (e)
                return e;
            used++;
        }
        query += size + (query[size] == '&');
    }
    *params = list;
    *count = used;
    return ERR_OK;
}
