/* proxies.c - see proxies.h. */
#include "front/proxies.h"

#include "base/network.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPED_BYTES = 12, LOOPBACK_FIRST = 127 };

static const uint8_t mapped_prefix[MAPPED_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct proxies {
    size_t count;
    struct network networks[];
};

struct proxies *proxies_new(const struct list *texts)
{
    const char *const *items = texts->items;
    struct proxies *proxies = calloc(1, sizeof *proxies + texts->count * sizeof proxies->networks[0]);

    for (size_t i = 0; proxies && i < texts->count; i++) {
        if (!network_parse(items[i], &proxies->networks[proxies->count++])) {
            proxies_free(proxies);
            return NULL;
        }
    }
    return proxies;
}

void proxies_free(struct proxies *proxies)
{
    free(proxies);
}

bool proxies_trust(const struct proxies *proxies, const char *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (network_has(&proxies->networks[i], address))
            return true;
    return false;
}

void address_format(const struct in6_addr *address, char out[static ADDRESS_TEXT])
{
    const char *text = IN6_IS_ADDR_V4MAPPED(address)
                           ? inet_ntop(AF_INET, address->s6_addr + MAPPED_BYTES, out, ADDRESS_TEXT)
                           : inet_ntop(AF_INET6, address, out, ADDRESS_TEXT);
    if (!text)
        out[0] = '\0';
}

bool address_is_loopback(const struct in6_addr *address)
{
    return IN6_IS_ADDR_LOOPBACK(address) ||
           (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[MAPPED_BYTES] == LOOPBACK_FIRST);
}

static bool address_normalise(const char *text, size_t size, char out[static ADDRESS_TEXT])
{
    char copy[ADDRESS_TEXT];
    struct in6_addr address;

    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    memcpy(address.s6_addr, mapped_prefix, sizeof mapped_prefix);
    if (inet_pton(AF_INET, copy, address.s6_addr + MAPPED_BYTES) != 1 &&
        inet_pton(AF_INET6, copy, &address) != 1)
        return false;
    address_format(&address, out);
    return true;
}

/* "192.0.2.1:443" and "[2001:db8::1]:443" without what is not the address. */
static bool hop_read(const char *text, size_t size, char out[static ADDRESS_TEXT])
{
    if (size > 0 && text[0] == '[') {
        const char *end = memchr(text, ']', size);
        return end && address_normalise(text + 1, (size_t)(end - text) - 1, out);
    }
    const char *colon = memchr(text, ':', size);
    bool has_port = colon && !memchr(colon + 1, ':', size - (size_t)(colon - text) - 1);
    return address_normalise(text, has_port ? (size_t)(colon - text) : size, out);
}

bool proxies_hop(const char *list, size_t *size, char out[static ADDRESS_TEXT])
{
    size_t end = *size;

    while (end > 0 && (list[end - 1] == ' ' || list[end - 1] == '\t'))
        end--;
    size_t start = end;
    while (start > 0 && list[start - 1] != ',')
        start--;
    *size = start > 0 ? start - 1 : 0;
    while (start < end && (list[start] == ' ' || list[start] == '\t'))
        start++;
    return hop_read(list + start, end - start, out);
}
