/* curl_library.h - libcurl, loaded by the first who needs the network.
 *
 * It brings 28 shared libraries with it, and loading them was most of the time that every start took, also of
 * those that never send a request. So the program is not linked with it: callers go through this table. With
 * the option -Dcurl=linked (the static program for AWS Lambda) the table holds the linked functions.
 * (docs/decisions/050) */
#ifndef OUTSIDE_CURL_LIBRARY_H
#define OUTSIDE_CURL_LIBRARY_H

#include "base/err.h"

#include <curl/curl.h>

#define CURL_FUNCTIONS(ROW)                                                                                  \
    ROW(global_init)                                                                                         \
    ROW(easy_init)                                                                                           \
    ROW(easy_setopt)                                                                                         \
    ROW(easy_perform)                                                                                        \
    ROW(easy_getinfo)                                                                                        \
    ROW(easy_strerror)                                                                                       \
    ROW(easy_reset)                                                                                          \
    ROW(easy_cleanup)                                                                                        \
    ROW(slist_append)                                                                                        \
    ROW(slist_free_all)                                                                                      \
    ROW(multi_init)                                                                                          \
    ROW(multi_add_handle)                                                                                    \
    ROW(multi_remove_handle)                                                                                 \
    ROW(multi_perform)                                                                                       \
    ROW(multi_poll)                                                                                          \
    ROW(multi_info_read)                                                                                     \
    ROW(multi_wakeup)                                                                                        \
    ROW(multi_cleanup)

/* Each has the type that curl/curl.h declares it with. */
struct curl_library {
#define CURL_FUNCTION_MEMBER(name) __typeof__(curl_##name) *name;
    CURL_FUNCTIONS(CURL_FUNCTION_MEMBER)
#undef CURL_FUNCTION_MEMBER
};

/* Whole from curl_library_start() on. */
extern struct curl_library libcurl;

/* Loads and starts it, the first time. ERR_OUTSIDE: it cannot be used; *why is a sentence that says what to
 * do, and stays. */
enum err curl_library_start(const char **why);

#endif
