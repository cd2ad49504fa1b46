/*
 * submit: the Experiment, then what goes with it, owned by it. Where the latter fails the
 * Experiment is deleted again, so that a submission is whole or not there. Its place is written
 * first: whatever happens between, `delete` finds it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/scope.h"
#include "engine/katib/katib.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/preflight.h"
#include "engine/katib/session.h"
#include "engine/katib/translate.h"
#include "engine/katib/verbs.h"

static int no_memory(struct nbt_error *err)
{
    return nbt_error_set(err, NBT_ENOMEM, "no memory for the submission");
}

static const char *metadata_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(json_object_get(object, "metadata"), key));
}

/* ---- the Experiment ---- */

static int label_submission(json_t *document, struct nbt_error *err)
{
    json_t *metadata = json_object_get(document, "metadata");
    json_t *labels = json_object_get(metadata, "labels");
    unsigned long long number = 0;
    char text[24];

    if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
        return nbt_error_errno(err, "cannot draw a random number");
    snprintf(text, sizeof(text), "%016llx", number);
    if (!labels && json_object_set_new(metadata, "labels", labels = json_object()) < 0)
        return no_memory(err);
    return json_object_set_new(labels, KATIB_SUBMISSION, json_string(text)) < 0 ? no_memory(err)
                                                                                : 0;
}

/* A refusal is Katib's own, whose words name the field. */
static int create_experiment(json_t **ret, const struct katib_session *session,
                             const json_t *document, struct nbt_error *err)
{
    auto_free char *path = katib_path(session, "experiments", NULL);

    return path ? kube_create(session->client, path, document, KATIB_SUBMISSION, ret, err)
                : no_memory(err);
}

/* ---- what goes with it ---- */

static const struct {
    const char *kind, *api, *resource;
} kinds[] = {
    {"ConfigMap", "/api/v1", "configmaps"},
    {"PersistentVolumeClaim", "/api/v1", "persistentvolumeclaims"},
    {"VolumeSnapshot", "/apis/snapshot.storage.k8s.io/v1", "volumesnapshots"},
};

static char *collection(const struct katib_session *session, const json_t *object)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));

    for (size_t i = 0; kind && i < COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return kube_path(kinds[i].api, session->namespace_, kinds[i].resource, NULL, NULL);
    }
    return NULL;
}

static int create_objects(const struct katib_session *session, const json_t *objects,
                          struct nbt_error *err)
{
    size_t i;
    const json_t *object;

    json_array_foreach(objects, i, object)
    {
        auto_free char *path = collection(session, object);
        int result =
            path ? kube_create(session->client, path, object, NULL, NULL, err) : no_memory(err);
        if (result < 0)
            return result;
    }
    return 0;
}

static int create_all(const struct katib_session *session, json_t *document,
                      const struct nbt_notebook *notebook, struct nbt_error *err)
{
    auto_json json_t *created = NULL;
    auto_json json_t *objects = NULL;
    const char *name = metadata_text(document, "name");
    int result = create_experiment(&created, session, document, err);

    if (result < 0)
        return result;
    result = katib_objects(&objects, document, notebook, metadata_text(created, "uid"), err);
    if (result == 0)
        result = create_objects(session, objects, err);
    auto_free char *path = result < 0 ? katib_path(session, "experiments", name) : NULL;
    if (path &&
        kube_delete(session->client, path, "Background", metadata_text(created, "uid"), NULL) < 0)
        nbt_error_prefix(err, "the Experiment %s was created and could not be deleted again", name);
    return result;
}

/* ---- its place ---- */

static int create_place(const struct engine_submission *submission, const json_t *document,
                        const struct katib_session *session, struct nbt_error *err)
{
    const json_t *labels = json_object_get(json_object_get(document, "metadata"), "labels");
    auto_json json_t *facts =
        json_pack("{s:s*, s:s, s:s, s:O}", "context", session->config->context, "namespace",
                  session->namespace_, "server", session->config->server, "submission",
                  json_object_get(labels, KATIB_SUBMISSION));

    return facts ? katib_place_create(metadata_text(document, "name"), facts,
                                      submission->notebook_text, submission->notebook_size, err)
                 : no_memory(err);
}

static int open_session(struct katib_session *ret, const json_t *document, struct nbt_error *err)
{
    auto_json json_t *settings = NULL;
    int result = katib_settings(&settings, document, err);
    const json_t *cluster = json_object_get(settings, "cluster");

    return result < 0
               ? result
               : katib_session_open(ret, json_string_value(json_object_get(cluster, "context")),
                                    metadata_text(document, "namespace"), KATIB_PATIENT, err);
}

static int check(const struct katib_session *session, const json_t *document, struct nbt_error *err)
{
    auto_json json_t *checks = json_array();
    int result = katib_preflight(checks, session, document, err);

    return result < 0 ? result : katib_preflight_error(checks, err);
}

static int submit(const struct engine_submission *submission, json_t *document,
                  const struct nbt_notebook *notebook, struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    int result = open_session(&session, document, err);

    if (result == 0)
        result = check(&session, document, err);
    if (result == 0)
        result = label_submission(document, err);
    if (result == 0)
        result = create_place(submission, document, &session, err);
    if (result == 0 && (result = create_all(&session, document, notebook, err)) < 0 &&
        katib_place_remove(metadata_text(document, "name"), NULL) < 0)
        nbt_error_prefix(err, "it is listed though it was not submitted");
    return result;
}

int katib_submit(const struct engine_submission *submission, struct nbt_error *err)
{
    auto_json json_t *document = json_deep_copy(submission->document);
    struct nbt_notebook *notebook = NULL;
    int result = document ? nbt_read_bytes(&notebook, "notebook.ipynb", submission->notebook_text,
                                           submission->notebook_size, err)
                          : no_memory(err);

    if (result == 0)
        result = submit(submission, document, notebook, err);
    nbt_free(notebook);
    return result;
}
