#include "engine/katib/kube/proxy.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "nbtags/number.h"

#define HOST_MAX 256

struct address {
    int bits; /* 32 or 128 */
    unsigned char bytes[16];
};

static bool parse_address(const char *text, struct address *ret_address)
{
    *ret_address = (struct address){.bits = 32};
    if (inet_pton(AF_INET, text, ret_address->bytes) == 1)
        return true;
    ret_address->bits = 128;
    return inet_pton(AF_INET6, text, ret_address->bytes) == 1;
}

static bool in_network(const struct address *address, const struct address *network, int bits)
{
    if (address->bits != network->bits || bits < 0 || bits > network->bits)
        return false;
    for (int i = 0; i < bits; i++) {
        int mask = 0x80 >> (i % 8);
        if ((address->bytes[i / 8] & mask) != (network->bytes[i / 8] & mask))
            return false;
    }
    return true;
}

/* "10.0.0.0/8" or an address. */
static bool takes_address(char *entry, const char *host)
{
    struct address address, network;
    int64_t bits;
    char *slash = strchr(entry, '/');
    if (slash)
        *slash = '\0';
    if (!parse_address(host, &address) || !parse_address(entry, &network))
        return false;
    bits = network.bits;
    if (slash && (!nbt_parse_int(slash + 1, &bits) || bits < 0 || bits > 128))
        return false;
    return in_network(&address, &network, (int)bits);
}

static bool takes_name(const char *entry, const char *host)
{
    if (strncmp(entry, "*.", 2) == 0)
        entry++;
    size_t n = strlen(entry), length = strlen(host);
    if (n == 0 || length < n || strcasecmp(host + length - n, entry) != 0)
        return false;
    return entry[0] == '.' || length == n || host[length - n - 1] == '.';
}

/* Takes brackets and a port off an entry; false when its port is another. */
static bool port_fits(char *entry, const char *port)
{
    char *colon = strrchr(entry, ':');
    char *close = strchr(entry, ']');
    if (entry[0] == '[' && close) {
        bool fits = close[1] != ':' || strcmp(close + 2, port) == 0;
        *close = '\0';
        memmove(entry, entry + 1, strlen(entry));
        return fits;
    }
    if (!colon || strchr(entry, ':') != colon)
        return true;
    *colon = '\0';
    return strcmp(colon + 1, port) == 0;
}

static bool takes(const char *text, size_t length, const char *host, const char *port)
{
    char entry[HOST_MAX];
    if (length == 0 || length >= sizeof(entry))
        return false;
    memcpy(entry, text, length);
    entry[length] = '\0';
    if (strcmp(entry, "*") == 0)
        return true;
    return port_fits(entry, port) && (takes_address(entry, host) || takes_name(entry, host));
}

bool kube_proxy_excepts(const char *list, const char *host, const char *port)
{
    for (const char *at = list; *at;) {
        at += strspn(at, ", \t");
        size_t length = strcspn(at, ", \t");
        if (takes(at, length, host, port))
            return true;
        at += length;
    }
    return false;
}

static bool is_here(const char *host)
{
    struct address address;
    static const unsigned char six[16] = {[15] = 1};
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (!parse_address(host, &address))
        return false;
    return address.bits == 32 ? address.bytes[0] == 127 : memcmp(address.bytes, six, 16) == 0;
}

static const char *variable(const char *lower, const char *upper)
{
    const char *value = getenv(lower);
    if (!value || !*value)
        value = getenv(upper);
    return value ? value : "";
}

/* Host and port of a URL. */
static bool split(const char *url, char host[HOST_MAX], char port[8])
{
    const char *scheme = strstr(url, "://");
    const char *at = scheme ? scheme + 3 : url;
    bool six = *at == '[';
    size_t length = six ? strcspn(++at, "]") : strcspn(at, ":/");
    if (length == 0 || length >= HOST_MAX)
        return false;
    memcpy(host, at, length);
    host[length] = '\0';
    at += length + (six ? 1 : 0);
    size_t digits = *at == ':' ? strcspn(at + 1, "/") : 0;
    if (digits == 0 || digits > 5)
        snprintf(port, 8, "%s", strncasecmp(url, "http://", 7) == 0 ? "80" : "443");
    else
        snprintf(port, 8, "%.*s", (int)digits, at + 1);
    return true;
}

const char *kube_proxy_for(const char *url)
{
    char host[HOST_MAX], port[8];
    bool plain = strncasecmp(url, "http://", 7) == 0;
    const char *proxy =
        plain ? variable("http_proxy", "HTTP_PROXY") : variable("https_proxy", "HTTPS_PROXY");
    if (!*proxy || !split(url, host, port) || is_here(host) ||
        kube_proxy_excepts(variable("no_proxy", "NO_PROXY"), host, port))
        return "";
    return proxy;
}
