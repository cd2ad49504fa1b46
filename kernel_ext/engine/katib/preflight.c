#include "engine/katib/preflight.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "engine/katib/kube/path.h"
#include "engine/katib/members.h"
#include "engine/katib/rights.h"
#include "experiment/experiment.h"

#define NAMESPACE_LABEL "katib.kubeflow.org/metrics-collector-injection"
#define CONFIG_PATH     "/api/v1/namespaces/kubeflow/configmaps/katib-config"
#define TEXT_MAX        2048

struct preflight {
    json_t *checks; /* borrowed */
    const struct katib_session *session;
    const json_t *document; /* or NULL */
    bool away;              /* nothing more can be asked */
    bool absent;            /* there is no such namespace */
};

static void add(const struct preflight *preflight, const char *name, const char *status,
                const char *found, const char *cure)
{
    json_array_append_new(preflight->checks,
                          json_pack("{s:s, s:s, s:s%, s:s}", "name", name, "status", status, "text",
                                    found, strlen(found), "cure", cure));
}

/* An object, or why there is none: NBT_ENOTFOUND, or what could not be asked. */
static int look(json_t **ret, const struct preflight *preflight, const char *path,
                struct nbt_error *err)
{
    return path ? kube_get(preflight->session->client, path, ret, err)
                : nbt_error_set(err, NBT_ENOMEM, "no memory for a check of the cluster");
}

static char *here(const struct preflight *preflight, const char *resource, const char *name)
{
    return kube_path("/api/v1", resource ? preflight->session->namespace_ : NULL,
                     resource ? resource : "namespaces", name, NULL);
}

/* ---- checks ---- */

static void check_server(struct preflight *preflight)
{
    const struct kube_config *config = preflight->session->config;
    auto_json json_t *version = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf found = buf_init(TEXT_MAX);

    preflight->away = look(&version, preflight, "/version", &err) < 0;
    if (preflight->away) {
        add(preflight, "API server", "missing", err.text,
            "see that the cluster runs and can be reached from here, and that the credentials of "
            "the kubeconfig hold: kubectl version");
        return;
    }
    buf_printf(&found, "Kubernetes %s at %s, by %s", text(version, "gitVersion"), config->server,
               config->origin);
    add(preflight, "API server", "ok", buf_text(&found), "");
}

static bool serves(const json_t *list, const char *resource)
{
    size_t i;
    const json_t *row;

    json_array_foreach(member(list, "resources"), i, row)
    {
        if (strcmp(text(row, "name"), resource) == 0)
            return true;
    }
    return false;
}

static void check_katib(struct preflight *preflight)
{
    auto_json json_t *list = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    int result = look(&list, preflight, KATIB_API, &err);

    if (result < 0 && result != NBT_ENOTFOUND)
        add(preflight, "Katib", "warning", err.text, "");
    else if (!serves(list, "experiments") || !serves(list, "trials"))
        add(preflight, "Katib", "missing",
            "the cluster knows no Experiments of kubeflow.org/v1beta1",
            "have Katib installed in the cluster: "
            "https://www.kubeflow.org/docs/components/katib/installation/");
    else
        add(preflight, "Katib", "ok", "Experiments and Trials of kubeflow.org/v1beta1", "");
}

static void judge_namespace(struct preflight *preflight, const json_t *found)
{
    const char *name = preflight->session->namespace_;
    const json_t *labels = member(member(found, "metadata"), "labels");
    char cure[256];

    if (strcmp(text(labels, NAMESPACE_LABEL), "enabled") == 0) {
        add(preflight, "namespace", "ok", name, "");
        return;
    }
    snprintf(cure, sizeof(cure), "kubectl label namespace %.64s " NAMESPACE_LABEL "=enabled", name);
    add(preflight, "namespace", "missing",
        "it lacks the label " NAMESPACE_LABEL "=enabled, without which Katib takes no experiment",
        cure);
}

static void check_namespace(struct preflight *preflight)
{
    const char *name = preflight->session->namespace_;
    auto_free char *path = here(preflight, NULL, name);
    auto_json json_t *found = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    char what[128];
    int result = look(&found, preflight, path, &err);

    snprintf(what, sizeof(what), "there is no namespace %.64s", name);
    preflight->absent = result == NBT_ENOTFOUND;
    if (preflight->absent)
        add(preflight, "namespace", "missing", what, "give the right one: --namespace NAME");
    else if (result < 0)
        add(preflight, "namespace", "warning", err.text, "");
    else
        judge_namespace(preflight, found);
}

/* Snapshots are made of volumes that are cloned alone. */
static bool is_needed(const struct preflight *preflight, const struct katib_right *right)
{
    const char *settings = preflight->document
                               ? experiment_annotation(preflight->document, EXPERIMENT_SETTINGS)
                               : NULL;
    return strcmp(right->resource, "volumesnapshots") != 0 ||
           (settings && strstr(settings, "\"clone\""));
}

static void put_right(struct buf *out, const struct katib_right *right)
{
    buf_printf(out, "%s%s %s%s%s", out->length ? ", " : "", right->verb, right->resource,
               right->subresource[0] ? "/" : "", right->subresource);
}

static void check_rights(struct preflight *preflight)
{
    bool allowed[KATIB_RIGHTS];
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf refused = buf_init(TEXT_MAX);
    CLEANUP(buf_fini) struct buf found = buf_init(TEXT_MAX);
    bool submits = true;

    if (katib_ask_rights(allowed, preflight->session, &err) < 0) {
        add(preflight, "permissions", "warning", err.text, "");
        return;
    }
    for (size_t i = 0; i < KATIB_RIGHTS; i++) {
        if (allowed[i] || !is_needed(preflight, &katib_rights[i]))
            continue;
        put_right(&refused, &katib_rights[i]);
        submits = submits && !katib_rights[i].to_submit;
    }
    if (!refused.length) {
        add(preflight, "permissions", "ok", "all that is needed", "");
        return;
    }
    buf_printf(&found, "not allowed in namespace %s: %s", preflight->session->namespace_,
               buf_text(&refused));
    add(preflight, "permissions", submits ? "warning" : "missing", buf_text(&found),
        "have a role that allows it bound to you there, such as the ClusterRoles "
        "kubeflow-katib-edit and edit");
}

static const char *account_of(const json_t *document)
{
    const json_t *job = member(member(member(document, "spec"), "trialTemplate"), "trialSpec");
    const json_t *pod = member(member(member(job, "spec"), "template"), "spec");
    const char *name = text(pod, "serviceAccountName");

    return name[0] ? name : "default";
}

static void check_account(struct preflight *preflight)
{
    const char *name = account_of(preflight->document);
    auto_free char *path = here(preflight, "serviceaccounts", name);
    auto_json json_t *found = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    char what[192];
    int result = look(&found, preflight, path, &err);

    snprintf(what, sizeof(what), "there is no service account %.120s in the namespace", name);
    if (result == NBT_ENOTFOUND)
        add(preflight, "service account", "missing", what,
            "give another one: --service-account NAME");
    else if (result < 0)
        add(preflight, "service account", "warning", err.text, "");
    else
        add(preflight, "service account", "ok", name, "");
}

/* Where people may read it, Katib's configuration tells which searches there are. */
static void check_algorithm(struct preflight *preflight)
{
    const json_t *spec = member(preflight->document, "spec");
    const char *name = text(member(spec, "algorithm"), "algorithmName");
    auto_json json_t *map = NULL;
    struct nbt_error ignored = NBT_ERROR_INIT;
    char row[128], what[192];

    if (!name[0] || look(&map, preflight, CONFIG_PATH, &ignored) < 0)
        return;
    snprintf(row, sizeof(row), "algorithmName: %.64s\n", name);
    snprintf(what, sizeof(what), "Katib's configuration here has no algorithm %.64s", name);
    const char *config = text(member(map, "data"), "katib-config.yaml");
    if (!config[0] || strstr(config, row))
        add(preflight, "algorithm", "ok", name, "");
    else
        add(preflight, "algorithm", "missing", what,
            "name another one: --algorithm random is always there, or have it added to the "
            "ConfigMap katib-config");
}

int katib_preflight(json_t *checks, const struct katib_session *session, const json_t *document,
                    struct nbt_error *err)
{
    static void (*const table[])(struct preflight * preflight) = {
        check_server, check_katib, check_namespace, check_rights, check_account, check_algorithm,
    };
    struct preflight preflight = {.checks = checks, .session = session, .document = document};
    size_t before = json_array_size(checks);

    for (size_t i = 0; i < COUNT_OF(table) && !preflight.away && !preflight.absent; i++)
        table[i](&preflight);
    return json_array_size(checks) > before
               ? 0
               : nbt_error_set(err, NBT_ENOMEM, "no memory for the checks of the cluster");
}

int katib_check(json_t *checks, struct nbt_error *err)
{
    CLEANUP(katib_session_close) struct katib_session session = {0};
    struct nbt_error found = NBT_ERROR_INIT;
    struct preflight preflight = {.checks = checks};

    if (katib_session_open(&session, NULL, NULL, KATIB_QUICK, &found) == 0)
        return katib_preflight(checks, &session, NULL, err);
    add(&preflight, "cluster", "missing", found.text,
        "set KUBECONFIG to a kubeconfig file that leads to one");
    return 0;
}

int katib_preflight_error(const json_t *checks, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf all = buf_init(TEXT_MAX);
    size_t i;
    const json_t *check;

    json_array_foreach(checks, i, check)
    {
        if (strcmp(text(check, "status"), "missing") == 0)
            buf_printf(&all, "%s%s: %s (%s)", all.length ? "; " : "", text(check, "name"),
                       text(check, "text"), text(check, "cure"));
    }
    return all.length ? nbt_error_set(err, NBT_EIO, "%s", buf_text(&all)) : 0;
}
