#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "search/search.h"
#include "service/internal.h"
#include "trial/json_text.h"

#define SOURCE_HEAD  4096
#define DOCUMENT_MAX ((size_t)64 << 20)

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

/* The first bytes of a file whose name says nothing; false when it cannot be read, which its
 * reader will report. */
static bool read_head(const struct service_source *source, char head[SOURCE_HEAD])
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_free char *data = NULL;
    size_t length = 0;

    if (file_read(source->path, (size_t)8 << 20, &data, &length, &ignored) < 0)
        return false;
    length = length < SOURCE_HEAD - 1 ? length : SOURCE_HEAD - 1;
    memcpy(head, data, length);
    head[length] = '\0';
    return true;
}

bool source_is_experiment(const struct service_source *source)
{
    char head[SOURCE_HEAD];

    /* A live document is a notebook, whatever its file is called. */
    if (source->bytes || ends_with(source->path, ".ipynb"))
        return false;
    if (ends_with(source->path, ".yaml") || ends_with(source->path, ".yml"))
        return true;
    return read_head(source, head) && strstr(head, "kubeflow.org/") != NULL;
}

int source_notebook(struct nbt_notebook **ret, const struct service_source *source,
                    struct nbt_error *err)
{
    if (source->bytes)
        return nbt_read_bytes(ret, source->path, source->bytes, source->size, err);
    return nbt_read(ret, source->path, err);
}

int service_document_text(char **ret_text, size_t *ret_size, const json_t *document,
                          struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf text = buf_init(DOCUMENT_MAX);

    json_text_value(&text, document, " ", 0);
    if (buf_failed(&text))
        return nbt_error_set(err, NBT_EINVAL,
                             "the notebook is larger than %zu MiB as a file; its outputs are not "
                             "needed, send it without them",
                             DOCUMENT_MAX >> 20);
    *ret_size = text.length;
    *ret_text = buf_take(&text);
    return *ret_text ? 0 : no_memory(err);
}

int source_derive(struct derivation *ret, const struct nbt_notebook *notebook,
                  const struct derive_given *given, struct nbt_error *err)
{
    struct derive_given complete = *given;

    complete.setting_known = search_knows_setting;
    return derive(ret, notebook, &complete, err);
}

/* A relative path counts from the Experiment's folder, so that both can move together. */
static char *beside(const char *experiment_path, const char *notebook_path)
{
    const char *slash = strrchr(experiment_path, '/');

    if (notebook_path[0] == '/' || !slash)
        return strdup(notebook_path);
    auto_free char *folder = strndup(experiment_path, (size_t)(slash - experiment_path));
    return folder ? file_join(folder[0] ? folder : "/", notebook_path) : NULL;
}

static int check_unchanged(const json_t *document, const struct nbt_notebook *notebook,
                           struct nbt_error *err)
{
    const char *expected = experiment_annotation(document, EXPERIMENT_NOTEBOOK_SHA256);
    char actual[65];

    if (!expected)
        return 0;
    file_sha256_bytes(notebook->text, notebook->size, actual);
    if (strcasecmp(expected, actual) == 0)
        return 0;
    nbt_error_set(err, NBT_EINVAL,
                  "%s has changed since this Experiment was made from it (SHA-256 %.12s..., "
                  "expected %.12s...); make the "
                  "Experiment anew with 'nbkatib experiment', or remove the "
                  "annotation " EXPERIMENT_NOTEBOOK_SHA256 " to run the notebook as it is now",
                  notebook->path, actual, expected);
    nbt_error_path(err, "metadata.annotations[\"" EXPERIMENT_NOTEBOOK_SHA256 "\"]");
    return NBT_EINVAL;
}

static int read_annotated(struct nbt_notebook **ret, const json_t *document, const char *path,
                          struct nbt_error *err)
{
    const char *named = experiment_annotation(document, EXPERIMENT_NOTEBOOK);

    if (!named) {
        nbt_error_set(
            err, NBT_EINVAL,
            "%s names no notebook; expected its path in the annotation " EXPERIMENT_NOTEBOOK
            ", which 'nbkatib experiment NOTEBOOK' writes",
            path);
        nbt_error_path(err, "metadata.annotations");
        return NBT_EINVAL;
    }
    auto_free char *notebook = beside(path, named);
    if (!notebook) {
        nbt_error_set(err, NBT_ENOMEM, "out of memory");
        return NBT_ENOMEM;
    }
    int result = nbt_read(ret, notebook, err);
    if (result < 0)
        nbt_error_prefix(err, "the notebook of %s", path);
    return result;
}

int source_experiment(json_t **ret_document, struct nbt_notebook **ret_notebook,
                      const struct service_source *source, struct nbt_error *err)
{
    auto_json json_t *document = NULL;
    struct nbt_notebook *notebook = NULL;
    int result = experiment_load(&document, source->path, err);

    if (result == 0)
        result = read_annotated(&notebook, document, source->path, err);
    if (result == 0)
        result = check_unchanged(document, notebook, err);
    if (result < 0) {
        nbt_free(notebook);
        return result;
    }
    *ret_document = TAKE(document);
    *ret_notebook = notebook;
    return 0;
}
