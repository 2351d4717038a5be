/* route.c - from method and path to the endpoint's row. Paths are compared segment by segment as they were
 * sent, then the parameters are percent-decoded: an encoded slash stays inside its segment. */
#include "flow/step.h"

#include "api/endpoint.h"
#include "base/utf8.h"
#include "call/percent.h"

#include <stdio.h>
#include <string.h>

struct segment {
    const char *text;
    size_t size;
};

static struct segment segment_next(const char **at)
{
    const char *text = *at + 1;
    struct segment segment = {text, (size_t)(strchrnul(text, '/') - text)};

    *at = text + segment.size;
    return segment;
}

static bool is_param(struct segment segment)
{
    return segment.size > 0 && segment.text[0] == '{';
}

/* Does the path fit the template? The raw texts of its parameters go to found. */
static bool path_fits(const char *template, const char *path, struct segment found[PATH_PARAMS_MAX],
                      size_t *count)
{
    *count = 0;
    while (*template == '/' && *path == '/') {
        struct segment want = segment_next(&template);
        struct segment have = segment_next(&path);
        if (is_param(want)) {
            if (have.size == 0)
                return false;
            found[(*count)++] = have;
        } else if (want.size != have.size || memcmp(want.text, have.text, want.size) != 0) {
            return false;
        }
    }
    return *template == '\0' && *path == '\0';
}

/* Only for who asks (OPTIONS) or has to be told (405). */
static void allow_write(struct call *call, unsigned methods)
{
    size_t size = 0;

    for (enum method method = METHOD_GET; method <= METHOD_PATCH; method++)
        if (methods & (1U << method))
            size += (size_t)snprintf(call->allow + size, sizeof call->allow - size, "%s%s", size ? ", " : "",
                                     method_name(method));
}

static enum err params_decode(struct call *call, const struct segment *found, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span plain;
        enum err e = percent_decode(call->arena, found[i].text, found[i].size, false, &plain);
        if (e)
            return e;
        if (memchr(plain.data, '\0', plain.size) || !utf8_valid((const char *)plain.data, plain.size))
            return ERR_NOT_FOUND;
        call->path_params[i] = (const char *)plain.data;
    }
    return ERR_OK;
}

enum err route_find(struct call *call)
{
    enum method method = call->request.method == METHOD_HEAD ? METHOD_GET : call->request.method;
    struct segment chosen[PATH_PARAMS_MAX];
    size_t chosen_count = 0;
    unsigned methods = 0;

    for (size_t i = 0; i < endpoint_count; i++) {
        struct segment found[PATH_PARAMS_MAX];
        size_t count;
        if (!path_fits(endpoints[i]->path, call->request.path, found, &count))
            continue;
        methods |= 1U << endpoints[i]->method;
        if (endpoints[i]->method == method && !call->endpoint) {
            call->endpoint = endpoints[i];
            chosen_count = count;
            memcpy(chosen, found, sizeof found[0] * count);
        }
    }
    if (methods == 0)
        return ERR_NOT_FOUND;
    if (call->endpoint)
        return params_decode(call, chosen, chosen_count);
    if (methods & (1U << METHOD_GET))
        methods |= 1U << METHOD_HEAD;
    allow_write(call, methods | (1U << METHOD_OPTIONS));
    return method == METHOD_OPTIONS ? ERR_OK : ERR_METHOD;
}
