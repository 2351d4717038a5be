/* curl_library.c - see curl_library.h. It is never unloaded: threads of its own may still run. */
#include "outside/curl_library.h"

#include "base/must.h"

#include <pthread.h>

#ifdef OPENDOOR_CURL_LINKED

struct curl_library libcurl = {
#define CURL_FUNCTION_LINKED(name) .name = curl_##name,
    CURL_FUNCTIONS(CURL_FUNCTION_LINKED)
#undef CURL_FUNCTION_LINKED
};

static const char *functions_find(void)
{
    return NULL;
}

#else

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define CURL_SONAME             "libcurl.so.4" /* what curl/curl.h of every libcurl since 7.16 belongs to */

enum { WHY_BYTES = 240 };

struct curl_library libcurl;

struct function {
    const char *name;
    size_t at; /* in struct curl_library */
};

static const struct function functions[] = {
#define CURL_FUNCTION_ROW(name) {"curl_" #name, offsetof(struct curl_library, name)},
    CURL_FUNCTIONS(CURL_FUNCTION_ROW)
#undef CURL_FUNCTION_ROW
};

static char reason[WHY_BYTES];

static const char *missing(const char *what)
{
    (void)snprintf(reason, sizeof reason,
                   "The network needs libcurl, and it cannot be loaded (%.120s). Install it; on Debian: "
                   "apt-get install libcurl4",
                   what);
    return reason;
}

/* NULL, or why not. */
static const char *functions_find(void)
{
    void *library = dlopen(CURL_SONAME, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return missing(dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *found = dlsym(library, functions[i].name);
        if (!found)
            return missing(dlerror());
        memcpy((char *)&libcurl + functions[i].at, &found, sizeof found);
    }
    return NULL;
}

#endif

static const char *not_usable;

static void start(void)
{
    not_usable = functions_find();
    if (!not_usable && libcurl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        not_usable = "The network needs libcurl, and it does not start: there is too little memory, or its "
                     "TLS library is broken.";
}

enum err curl_library_start(const char **why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    must(pthread_once(&once, start) == 0);
    if (!not_usable)
        return ERR_OK;
    *why = not_usable;
    return ERR_OUTSIDE;
}
