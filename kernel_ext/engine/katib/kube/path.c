#include "engine/katib/kube/path.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"

#define PATH_SIZE_MAX 65536 /* a continue token is some hundred bytes, a selector may be longer */

/* RFC 3986, 2.3: unreserved characters stay. */
static void escape(struct buf *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (; *text; text++)
        if (strchr(plain, *text))
            buf_putc(out, *text);
        else
            buf_printf(out, "%%%02X", (unsigned char)*text);
}

static void segment(struct buf *out, const char *text)
{
    if (!text)
        return;
    buf_putc(out, '/');
    escape(out, text);
}

char *kube_path(const char *api, const char *namespace_, const char *resource, const char *name,
                const char *subresource)
{
    struct buf out = buf_init(PATH_SIZE_MAX);
    buf_puts(&out, api);
    if (namespace_)
        buf_puts(&out, "/namespaces");
    segment(&out, namespace_);
    segment(&out, resource);
    segment(&out, name);
    segment(&out, subresource);
    return buf_take(&out);
}

char *kube_path_query(const char *path, const char *const *pairs)
{
    struct buf out = buf_init(PATH_SIZE_MAX);
    char mark = strchr(path, '?') ? '&' : '?';
    buf_puts(&out, path);
    for (; *pairs; pairs += 2) {
        if (!pairs[1])
            continue;
        buf_putc(&out, mark);
        escape(&out, pairs[0]);
        buf_putc(&out, '=');
        escape(&out, pairs[1]);
        mark = '&';
    }
    return buf_take(&out);
}
