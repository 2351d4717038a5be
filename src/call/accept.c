/* accept.c - see accept.h. A header that is not well-formed is read as kindly as it can be: it is a wish. */
#include "call/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* How exactly a range names a type. */
enum fit { FIT_NOT, FIT_ALL, FIT_MAJOR, FIT_FAMILY, FIT_EXACT };

static enum fit fit_of(const char *range, size_t size, const char *type)
{
    size_t type_size = strcspn(type, "; \t");
    size_t major_size = strcspn(type, "/");
    static const char json[] = "application/json";
    bool is_json = type_size > 5 && strncasecmp(type + type_size - 5, "+json", 5) == 0; /* RFC 6839 */

    if (size == type_size && strncasecmp(range, type, size) == 0)
        return FIT_EXACT;
    if (is_json && size == sizeof json - 1 && strncasecmp(range, json, size) == 0)
        return FIT_FAMILY;
    if (size == major_size + 2 && strncasecmp(range, type, major_size + 1) == 0 && range[size - 1] == '*')
        return FIT_MAJOR;
    return size == 3 && memcmp(range, "*/*", 3) == 0 ? FIT_ALL : FIT_NOT;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "0.5" is 500; three digits behind the point count. */
static int weight_read(const char *text, size_t size)
{
    int weight = 0;
    int unit = ACCEPT_MAX / 10;

    if (size == 0 || !is_digit(text[0]) || text[0] > '0')
        return ACCEPT_MAX;
    for (size_t i = 2; i < size && text[1] == '.' && is_digit(text[i]) && unit > 0; i++, unit /= 10)
        weight += (text[i] - '0') * unit;
    return weight;
}

/* Of the parameters behind a range: "; level=1; q=0.3". */
static int weight_of(const char *params, size_t size)
{
    const char *end = params + size;

    while (params < end) {
        params += strspn(params, "; \t");
        if (params >= end)
            break;
        size_t length = strcspn(params, ";");
        if (length > (size_t)(end - params))
            length = (size_t)(end - params);
        if (length > 2 && (params[0] == 'q' || params[0] == 'Q') && params[1] == '=')
            return weight_read(params + 2, length - 2);
        params += length;
    }
    return ACCEPT_MAX;
}

int accept_quality(const char *accept, const char *type)
{
    enum fit best = FIT_NOT;
    int quality = 0;

    if (!accept || !*accept)
        return ACCEPT_MAX;
    for (accept += strspn(accept, " \t,"); *accept; accept += strspn(accept, " \t,")) {
        size_t size = strcspn(accept, ",");
        size_t name = strcspn(accept, "; \t,");
        enum fit fit = fit_of(accept, name, type);
        int weight = weight_of(accept + name, size - name);
        if (fit > best || (fit == best && fit != FIT_NOT && weight > quality)) {
            best = fit;
            quality = weight;
        }
        accept += size;
    }
    return quality;
}

bool accept_prefers(const char *accept, const char *type, const char *other)
{
    return accept_quality(accept, type) > accept_quality(accept, other);
}
