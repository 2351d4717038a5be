/* answer.c - see answer.h. What is answered is about people, so nothing may keep it, embed it or guess its
 * type; a page that needs more (scripts of its own, say) sets its own Content-Security-Policy. */
#include "front/answer.h"

#include <strings.h>

const struct answer_default answer_defaults[] = {
    {{"Cache-Control", "no-store"}, false},
    {{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"}, false},
    {{"Cross-Origin-Resource-Policy", "same-origin"}, false},
    {{"Referrer-Policy", "no-referrer"}, false},
    {{"X-Content-Type-Options", "nosniff"}, false},
    {{"X-Frame-Options", "DENY"}, false},
    {{"Strict-Transport-Security", "max-age=31536000"}, true},
};

const size_t answer_default_count = sizeof answer_defaults / sizeof answer_defaults[0];

bool answer_has(const struct reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return true;
    return false;
}
