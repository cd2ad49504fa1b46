#include "engine/katib/kube/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "engine/katib/kube/secret.h"

#define CAUSES_SHOWN 5

static void copy(char *place, size_t size, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length >= size)
        for (length = size - 1; length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80;)
            length--;
    if (length)
        memcpy(place, text, length);
    place[length] = '\0';
}

static void set_message(struct kube_status *status, const char *text)
{
    auto_free char *shown = kube_secret_hide(text, 4096);
    copy(status->message, sizeof(status->message), shown);
}

/* Causes say more than the message only when the message does not repeat them, as the server's own
 * messages do. */
static void add_causes(struct kube_status *status, const json_t *causes, const char *message)
{
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    buf_puts(&text, message);
    for (size_t i = 0; i < json_array_size(causes) && i < CAUSES_SHOWN; i++) {
        const json_t *cause = json_array_get(causes, i);
        const char *field = json_string_value(json_object_get(cause, "field"));
        const char *why = json_string_value(json_object_get(cause, "message"));
        if (field && !status->field[0])
            copy(status->field, sizeof(status->field), field);
        if (why && !strstr(message, why))
            buf_printf(&text, "; %s%s%s", field ? field : "", field ? ": " : "", why);
    }
    set_message(status, buf_text(&text));
}

void kube_status_of(struct kube_status *ret_status, int http, const json_t *document)
{
    const json_t *details = json_object_get(document, "details");
    const json_t *code = json_object_get(document, "code");
    const json_t *wait = json_object_get(details, "retryAfterSeconds");
    const char *message = json_string_value(json_object_get(document, "message"));
    json_int_t number = json_integer_value(code);
    *ret_status = (struct kube_status){.http = http, .retry_after_s = -1};
    if (number >= 100 && number < 600)
        ret_status->http = (int)number;
    copy(ret_status->reason, sizeof(ret_status->reason),
         json_string_value(json_object_get(document, "reason")));
    add_causes(ret_status, json_object_get(details, "causes"), message ? message : "");
    json_int_t seconds = json_integer_value(wait);
    if (json_is_integer(wait) && seconds > 0)
        ret_status->retry_after_s = seconds > 86400 ? 86400 : (int)seconds;
}

void kube_status_read(struct kube_status *ret_status, int http, const char *text)
{
    auto_json json_t *document = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *kind = json_string_value(json_object_get(document, "kind"));
    if (kind && strcmp(kind, "Status") == 0) {
        kube_status_of(ret_status, http, document);
        ret_status->http = http;
        return;
    }
    *ret_status = (struct kube_status){.http = http, .retry_after_s = -1};
    if (text && *text) {
        auto_free char *shown = kube_secret_hide(text, 4096);
        snprintf(ret_status->message, sizeof(ret_status->message), "not Kubernetes, but: %.200s",
                 shown ? shown : "");
        /* The cut may have parted a character; nbt_error mends that. */
    }
}

bool kube_status_is_gone(const struct kube_status *status)
{
    return status->http == 410 || strcmp(status->reason, "Expired") == 0 ||
           strcmp(status->reason, "Gone") == 0;
}

static const struct row {
    int http;
    const char *reason; /* NULL: any */
    int code;
    const char *means, *advice;
} rows[] = {
    {400, NULL, NBT_EINVAL, "the server refuses the request", ""},
    {401, NULL, NBT_EIO, "the server does not accept our credentials",
     ". Log in again with your cluster's own tool; kubectl auth whoami tells who you are"},
    {403, NULL, NBT_EIO, "not permitted",
     ". Ask who runs the cluster for this permission, in this namespace"},
    {404, NULL, NBT_ENOTFOUND, "not found", ""},
    {405, NULL, NBT_EUNSUPPORTED, "the server does not offer this", ""},
    {406, NULL, NBT_EUNSUPPORTED, "the server does not offer this format", ""},
    {407, NULL, NBT_EIO, "the proxy wants credentials", ". Put them into proxy-url or HTTPS_PROXY"},
    {408, NULL, NBT_ETIMEOUT, "the server waited too long", ""},
    {409, "AlreadyExists", NBT_EEXIST, "it exists already", ""},
    {409, NULL, NBT_ESTATE, "it was changed by somebody else", ". Read it again"},
    {410, NULL, NBT_ESTATE, "the version asked for is gone", ". List again"},
    {413, NULL, NBT_EINVAL, "the server finds it too large", ""},
    {415, NULL, NBT_EINVAL, "the server does not read this format", ""},
    {422, NULL, NBT_EINVAL, "the server finds it invalid", ""},
    {429, NULL, NBT_EIO, "the server is asked too much", ". Try again later"},
    {500, NULL, NBT_EIO, "the server failed", ""},
    {502, NULL, NBT_EIO, "a proxy does not reach the server", ""},
    {503, NULL, NBT_EIO, "the server is not available", ". Try again later"},
    {504, NULL, NBT_ETIMEOUT, "the server, or one behind it, took too long", ""},
};

static const struct row *row_of(const struct kube_status *status)
{
    static const struct row redirect = {
        0, NULL, NBT_EPROTO, "redirects are refused, for credentials are meant for one server",
        ". Put the address of the API server itself into the kubeconfig"};
    static const struct row other = {0, NULL, NBT_EIO, "the server refuses", ""};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].http == status->http &&
            (!rows[i].reason || strcmp(rows[i].reason, status->reason) == 0))
            return &rows[i];
    return status->http >= 300 && status->http < 400 ? &redirect : &other;
}

int kube_status_error(const struct kube_status *status, const char *what, struct nbt_error *err)
{
    const struct row *row = row_of(status);
    bool told = status->message[0] != '\0';
    auto_free char *reason = file_printable(status->reason);
    int code = nbt_error_set(err, row->code, "%s: %s (%d%s%s)%s%s%s", what, row->means,
                             status->http, status->reason[0] ? " " : "", reason ? reason : "",
                             told ? ": " : "", status->message, row->advice);
    if (status->field[0])
        nbt_error_path(err, "%s", status->field);
    return code;
}
