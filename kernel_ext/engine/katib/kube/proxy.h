/*
 * Which proxy leads to the server: HTTPS_PROXY, HTTP_PROXY and NO_PROXY by Go's rules, which
 * kubectl follows. They differ from curl's: this machine itself is never reached through a proxy.
 */
#ifndef KUBE_PROXY_H
#define KUBE_PROXY_H

#include <stdbool.h>

/* For "https://host:port/..."; "" for none. Borrows from the environment. */
const char *kube_proxy_for(const char *url);

/* True when a NO_PROXY list takes host (without brackets) and port: "*", "10.0.0.0/8", "10.1.2.3",
 * "example.org" and all below it, ".example.org" what is below it alone, each with ":port" or
 * without. */
bool kube_proxy_excepts(const char *list, const char *host, const char *port);

#endif
