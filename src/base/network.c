/* network.c - see network.h. Everything is kept as IPv6. */
#include "base/network.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

enum { V4_BITS = 32, V6_BITS = 128, MAPPED_BITS = V6_BITS - V4_BITS, ADDRESS_TEXT = 64 };

static bool address_parse(const char *text, uint8_t bytes[static 16], bool *is_v4)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    *is_v4 = inet_pton(AF_INET, text, bytes + sizeof mapped) == 1;
    if (*is_v4)
        memcpy(bytes, mapped, sizeof mapped);
    return *is_v4 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Up to three digits that end the text. */
static bool prefix_parse(const char *text, unsigned max, unsigned *bits)
{
    unsigned value = 0;
    size_t size = strlen(text);

    if (size == 0 || size > 3 || strspn(text, "0123456789") != size)
        return false;
    for (; *text; text++)
        value = value * 10 + (unsigned)(*text - '0');
    *bits = value;
    return value <= max;
}

bool network_parse(const char *text, struct network *network)
{
    char address[ADDRESS_TEXT];
    size_t size = strcspn(text, "/");
    struct network parsed = {.bits = V6_BITS};
    bool is_v4;
    unsigned bits;

    if (size >= sizeof address)
        return false;
    memcpy(address, text, size);
    address[size] = '\0';
    if (!address_parse(address, parsed.bytes, &is_v4))
        return false;
    if (text[size] == '/') {
        if (!prefix_parse(text + size + 1, is_v4 ? V4_BITS : V6_BITS, &bits))
            return false;
        parsed.bits = is_v4 ? bits + MAPPED_BITS : bits;
    }
    *network = parsed;
    return true;
}

bool network_has(const struct network *network, const char *address)
{
    uint8_t bytes[16];
    bool is_v4;
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;

    if (!address_parse(address, bytes, &is_v4) || memcmp(bytes, network->bytes, whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ network->bytes[whole]) >> (8 - rest) == 0;
}
