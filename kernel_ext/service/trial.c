#include "trial/trial.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "service/internal.h"

static int add_assignment(json_t *assignments, const char *text, struct nbt_error *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text) {
        nbt_error_set(err, NBT_EINVAL, "'%s' is not an assignment; expected NAME=VALUE", text);
        nbt_error_path(err, "--set");
        return NBT_EINVAL;
    }
    json_t *row =
        json_pack("{s:s%, s:s}", "name", text, (size_t)(equals - text), "value", equals + 1);
    if (!row)
        return nbt_error_set(err, NBT_EINVAL, "--set: the assignment is not UTF-8");
    return json_array_append_new(assignments, row) < 0 ? no_memory(err) : 0;
}

static int read_assignments(json_t *assignments, const struct service_trial *trial,
                            struct nbt_error *err)
{
    int result = assignments ? 0 : no_memory(err);

    for (size_t i = 0; i < trial->n_assignments && result == 0; i++)
        result = add_assignment(assignments, trial->assignments[i], err);
    return result;
}

/* "NOTEBOOK-trial" beside the notebook. */
static char *default_output(const char *notebook)
{
    CLEANUP(buf_fini) struct buf path = buf_init(8192);
    size_t length = strlen(notebook);

    if (length > 6 && strcmp(notebook + length - 6, ".ipynb") == 0)
        length -= 6;
    buf_add(&path, notebook, length);
    buf_puts(&path, "-trial");
    return buf_take(&path);
}

static int check(json_t **ret_problems, const struct service_trial *trial,
                 const json_t *assignments, struct nbt_error *err)
{
    struct nbt_notebook *notebook = NULL;
    auto_json json_t *problems = json_array();
    auto_json json_t *found = NULL;
    int result = problems ? nbt_read(&notebook, trial->notebook, err) : no_memory(err);

    if (result == 0)
        result = problems_from_notebook(problems, notebook, err);
    if (result == 0 && !nbt_has_errors(notebook))
        result = trial_check(&found, notebook, assignments, err);
    if (result == 0 && found)
        result = problems_from_check(problems, found, err);
    if (result == 0 && !problems_have_errors(problems) && !trial->connection_file)
        result = check_kernel(notebook, trial->kernel, err);
    nbt_free(notebook);
    if (result == 0)
        *ret_problems = TAKE(problems);
    return result;
}

static int duration(const char *option, const char *text, int64_t *ret_seconds,
                    struct nbt_error *err)
{
    int result = text ? service_duration(text, ret_seconds, err) : 0;

    if (result < 0)
        nbt_error_prefix(err, "%s", option);
    return result;
}

static int durations(struct trial_options *options, const struct service_trial *trial,
                     struct nbt_error *err)
{
    int result = duration("--trial-timeout", trial->trial_timeout, &options->trial_timeout_s, err);

    return result < 0
               ? result
               : duration("--cell-timeout", trial->cell_timeout, &options->cell_timeout_s, err);
}

static int run(json_t **ret, const struct trial_options *options, struct nbt_error *err)
{
    CLEANUP(trial_result_fini) struct trial_result result = {0};
    auto_free char *output = NULL;
    int status = trial_run(&result, options, err);

    if (status < 0)
        return status;
    auto_json json_t *document = trial_result_json(&result);
    status = file_real_path(options->output, &output, err);
    if (status < 0)
        return status;
    if (!document || json_object_set_new(document, "output", json_string(output)) < 0)
        return no_memory(err);
    *ret = TAKE(document);
    return 0;
}

static int run_checked(json_t **ret, const struct service_trial *trial, const json_t *assignments,
                       struct nbt_error *err)
{
    auto_free char *output =
        trial->output ? strdup(trial->output) : default_output(trial->notebook);
    auto_free char *path = NULL;
    int result = file_real_path(trial->notebook, &path, err);

    if (result < 0)
        return result;
    auto_free char *folder = file_folder(path);
    if (!output || !folder)
        return no_memory(err);
    struct trial_options options = {
        .name = "",
        .notebook = path,
        .directory = folder,
        .output = output,
        .assignments = assignments,
        .kernel = trial->kernel,
        .connection_file = trial->connection_file,
        .isolation = trial->isolate || trial->snapshots ? TRIAL_ISOLATE : TRIAL_SHARE,
        .snapshots = trial->snapshots,
        .reports = trial->reports,
        .keep_workspace = trial->keep,
        .cancel_fd = trial->cancel_fd,
        .on_event = trial->on_event,
        .self = trial->self,
    };
    result = durations(&options, trial, err);
    return result < 0 ? result : run(ret, &options, err);
}

int service_trial(json_t **ret_result, json_t **ret_problems, const struct service_trial *trial,
                  struct nbt_error *err)
{
    auto_json json_t *assignments = json_array();
    auto_json json_t *problems = NULL;
    int result = read_assignments(assignments, trial, err);

    if (result == 0)
        result = check(&problems, trial, assignments, err);
    if (result == 0 && problems_have_errors(problems))
        result = problems_refuse(problems, err);
    else if (result == 0)
        result = run_checked(ret_result, trial, assignments, err);
    if (problems)
        *ret_problems = TAKE(problems);
    return result;
}
