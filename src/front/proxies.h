/* proxies.h - whose client is it? Behind a proxy every connection comes from the proxy, and the client's
 * address stands in X-Forwarded-For, which anybody can send: it counts only as far as it was written by
 * proxies that are trusted. */
#ifndef FRONT_PROXIES_H
#define FRONT_PROXIES_H

#include "base/fields.h" /* struct list */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN };

struct proxies;

/* Texts of addresses and networks that network_parse takes; NULL without memory, or if one is none. */
struct proxies *proxies_new(const struct list *texts);
void proxies_free(struct proxies *proxies); /* takes NULL */

bool proxies_trust(const struct proxies *proxies, const char *address);

/* One step back towards the client: the rightmost hop of a list ("a, b, c"), which is cut off it, in its
 * shortest form. A port behind the address is let pass. False if it is no address; out is left as it is then.
 */
bool proxies_hop(const char *list, size_t *size, char out[static ADDRESS_TEXT]);

/* An address in its shortest form; IPv4 in its own, whether it was mapped into IPv6 or not. */
void address_format(const struct in6_addr *address, char out[static ADDRESS_TEXT]);
bool address_is_loopback(const struct in6_addr *address);

#endif
