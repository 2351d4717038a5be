/* network.h - is an address in a network? For TRUSTED_PROXIES: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32".
 * IPv4 addresses and those mapped into IPv6 (::ffff:192.0.2.7, RFC 4291 section 2.5.5.2) are the same. */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

struct network {
    uint8_t bytes[16];
    unsigned bits; /* of the prefix, 0 to 128 */
};

/* An address, or one with a prefix length behind a slash. Bits behind the prefix do not matter. */
bool network_parse(const char *text, struct network *network);
/* false too if the address is none. */
bool network_has(const struct network *network, const char *address);

#endif
