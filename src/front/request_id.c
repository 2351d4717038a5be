/* request_id.c - see request_id.h. */
#include "front/request_id.h"

#include "call/call.h"

bool request_id_is_sane(const char *id, size_t size)
{
    if (size == 0 || size > REQUEST_ID_MAX || id[0] == '=')
        return false;
    while (id[size - 1] == '=')
        size--;
    for (size_t i = 0; i < size; i++) {
        char c = id[i];
        bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
                    c == '_' || c == '-';
        if (!good)
            return false;
    }
    return true;
}
