#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/scope.h"
#include "engine/katib/kube/config_private.h"
#include "engine/katib/kube/secret.h"

static bool starts(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* A text that goes into a URL or a header: no control characters, no space. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F)
            return false;
    return true;
}

/* What is wrong with a server's address, or NULL. */
static const char *fault_of(const char *server)
{
    const char *scheme = strstr(server, "://");
    const char *host = scheme ? scheme + 3 : server;
    if (scheme && !starts(server, "https://") && !starts(server, "http://"))
        return "of a scheme that is not read";
    if (*host == '\0' || *host == '/')
        return "without a host";
    if (!is_plain(server))
        return "with blanks";
    return strpbrk(host, "@?#") ? "with a user, a query or a fragment" : NULL;
}

static void read_server(struct kube_config *config, struct kube_entry *entry)
{
    const char *server = kube_entry_text(entry, entry->value, "server");
    const char *fault = server ? fault_of(server) : "missing";
    if (fault) {
        kube_entry_fail(entry, NBT_EINVAL, "server is %s; expected https://HOST:PORT", fault);
        return;
    }
    size_t length = strlen(server);
    while (length > 0 && server[length - 1] == '/')
        length--;
    if (asprintf(&config->server, "%s%.*s", strstr(server, "://") ? "" : "https://", (int)length,
                 server) < 0) {
        config->server = NULL;
        kube_entry_no_memory(entry);
    }
}

static void read_proxy(struct kube_config *config, struct kube_entry *entry)
{
    const char *proxy = kube_entry_text(entry, entry->value, "proxy-url");
    if (!proxy)
        return;
    if (!starts(proxy, "http://") && !starts(proxy, "https://") && !starts(proxy, "socks5://") &&
        !starts(proxy, "socks5h://")) {
        kube_entry_fail(entry, NBT_EINVAL,
                        "proxy-url must start with http://, https:// or socks5://");
        return;
    }
    if (!is_plain(proxy)) {
        kube_entry_fail(entry, NBT_EINVAL, "proxy-url holds blanks");
        return;
    }
    /* Go's socks5 resolves names at the proxy, which curl calls socks5h. */
    if (starts(proxy, "socks5://")) {
        if (asprintf(&config->proxy, "socks5h://%s", proxy + strlen("socks5://")) < 0) {
            config->proxy = NULL;
            kube_entry_no_memory(entry);
        }
        return;
    }
    kube_entry_copy(entry, &config->proxy, proxy);
}

static void check_trust(struct kube_config *config, struct kube_entry *entry)
{
    bool authority = config->authority.path || config->authority.text;
    if (entry->code)
        return;
    if (config->insecure && authority)
        kube_entry_fail(entry, NBT_EINVAL,
                        "insecure-skip-tls-verify and certificate-authority exclude each other; "
                        "remove the first, which trusts anybody");
    else if (config->authority.path && access(config->authority.path, R_OK) < 0)
        kube_entry_fail(entry, NBT_ENOTFOUND, "certificate-authority: cannot read %s",
                        config->authority.path);
}

static int warn(struct kube_config *config, const struct kube_entry *entry)
{
    int code = 0;
    if (config->insecure)
        code = kube_config_warn(config,
                                "%s, cluster \"%s\": insecure-skip-tls-verify is set: anybody "
                                "between here and %s can read and change what is sent. Set "
                                "certificate-authority-data instead",
                                entry->file, entry->name, config->server);
    if (code == 0 && starts(config->server, "http://"))
        code = kube_config_warn(config,
                                "%s, cluster \"%s\": %s is not encrypted; no credentials are sent",
                                entry->file, entry->name, config->server);
    return code;
}

void kube_read_cluster(struct kube_config *config, struct kube_entry *entry)
{
    read_server(config, entry);
    read_proxy(config, entry);
    config->insecure = kube_entry_bool(entry, entry->value, "insecure-skip-tls-verify");
    config->uncompressed = kube_entry_bool(entry, entry->value, "disable-compression");
    const char *name = kube_entry_text(entry, entry->value, "tls-server-name");
    if (name && (!is_plain(name) || strpbrk(name, "/@:?#[]")))
        kube_entry_fail(entry, NBT_EINVAL, "tls-server-name must be the name of a host");
    kube_entry_copy(entry, &config->server_name, name);
    kube_entry_pem(entry, &config->authority, "certificate-authority");
    check_trust(config, entry);
    if (!entry->code && warn(config, entry) < 0)
        kube_entry_no_memory(entry);
}
