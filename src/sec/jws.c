/* jws.c - see jws.h. */
#include "sec/jws.h"

#include <string.h>

bool jws_split(const char *token, struct jws *jws)
{
    size_t header = strcspn(token, ".");
    const char *payload = token + header + (token[header] == '.');
    size_t payload_size = strcspn(payload, ".");

    if (token[header] != '.' || payload[payload_size] != '.')
        return false;
    const char *signature = payload + payload_size + 1;
    if (strchr(signature, '.'))
        return false;
    jws->header = (struct span){(const uint8_t *)token, header};
    jws->payload = (struct span){(const uint8_t *)payload, payload_size};
    jws->signature = (struct span){(const uint8_t *)signature, strlen(signature)};
    jws->signed_text = (struct span){(const uint8_t *)token, header + 1 + payload_size};
    return true;
}
