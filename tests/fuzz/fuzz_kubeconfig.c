#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "engine/katib/kube/config.h"
#include "engine/katib/kube/exec.h"

/* A kubeconfig is read or refused, with a text that JSON can hold; the same bytes as what a plugin
 * printed. What is read has all that a client relies on. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_text(const char *text)
{
    auto_json json_t *value = json_string(text);
    if (!value)
        abort();
}

static void check_config(const char *text, size_t size)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct kube_config *config = NULL;
    const struct kube_config_options options = {0};
    int code = kube_config_parse(&config, "input", "/nowhere", text, size, &options, &err);
    if ((code < 0) != (config == NULL) || (code < 0) != (err.code < 0))
        abort();
    must_be_text(err.text);
    if (!config)
        return;
    if (!config->server || !config->namespace_ || !config->user || !config->origin ||
        strpbrk(config->server, "\r\n @"))
        abort();
    for (char **line = config->impersonation; line && *line; line++)
        if (strpbrk(*line, "\r\n"))
            abort();
    for (size_t i = 0; i < config->n_warnings; i++)
        must_be_text(config->warnings[i]);
    kube_config_free(config);
}

static void check_credential(const char *text, size_t size)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct kube_credential credential = {0};
    if (kube_credential_parse(&credential, text, size, "client.authentication.k8s.io/v1", &err) ==
            0 &&
        ((!credential.token && !credential.certificate) ||
         (credential.token && strpbrk(credential.token, "\r\n"))))
        abort();
    kube_credential_fini(&credential);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    unsetenv("KUBECONFIG");
    check_config(text, size);
    check_credential(text, size);
    return 0;
}
