#include "trial/workspace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"

#define STEP_NAME_MAX 60

static void exclude(struct workspace *workspace, const char *path)
{
    struct stat found;
    if (path != NULL && stat(path, &found) == 0)
        workspace->excluded[workspace->n_excluded++] = (struct copy_id){found.st_dev, found.st_ino};
}

/* The first running cell whose text names a folder above its own: in a copy that path would lead
 * nowhere. */
static int climbing_cell(const struct nbt_notebook *notebook)
{
    for (size_t i = 0; i < notebook->n_cells; i++)
        if (nbt_cell_runs(&notebook->cells[i]) && strstr(notebook->cells[i].source, "../") != NULL)
            return notebook->cells[i].index;
    return -1;
}

static char *shared_because(const char *why)
{
    CLEANUP(buf_fini) struct buf text = buf_init(2048);
    buf_printf(&text, "shared: %s", why);
    return buf_take(&text);
}

static char *warning_of(const char *why)
{
    CLEANUP(buf_fini) struct buf text = buf_init(2048);
    buf_printf(
        &text,
        "the trial works in the notebook's own folder (%s); trials that run side by side may "
        "overwrite each other's files: run one at a time, or give each its own file names",
        why);
    return buf_take(&text);
}

static void share(struct workspace *workspace, const char *why)
{
    workspace->isolation = shared_because(why);
    workspace->warning = warning_of(why);
}

static int copy_into(struct workspace *workspace, const struct workspace_request *request,
                     struct nbt_error *err)
{
    struct copy_result result;
    struct nbt_error why = NBT_ERROR_INIT;
    struct copy_options options = {
        .excluded = workspace->excluded,
        .n_excluded = workspace->n_excluded,
        .max_bytes = request->max_bytes > 0 ? request->max_bytes : WORKSPACE_MAX_BYTES,
        .max_files = request->max_files > 0 ? request->max_files : WORKSPACE_MAX_FILES,
    };
    auto_free char *copy = file_join(request->output, "work");
    if (copy == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the workspace");
    int code = file_remove_tree(copy, err);
    if (code < 0)
        return code;
    code = copy_tree(workspace->directory, copy, &options, &result, &why);
    /* A full disk is no reason to let trials write over each other's files. */
    if (code == NBT_ENOSPACE)
        return nbt_error_set(err, code, "%s", why.text);
    if (code < 0) {
        share(workspace, why.text);
        return 0;
    }
    free(workspace->directory);
    workspace->directory = strdup(copy);
    workspace->copy = TAKE(copy);
    workspace->isolation = strdup(result.reflinked ? "reflink" : "copy");
    return 0;
}

static int isolate(struct workspace *workspace, const struct workspace_request *request,
                   struct nbt_error *err)
{
    char why[96];
    int cell = climbing_cell(request->notebook);
    auto_free char *state = NULL;
    exclude(workspace, request->output);
    /* A notebook's folder may hold all experiments, a home directory does. */
    if (file_state_root(&state, NULL) == 0)
        exclude(workspace, state);
    if (cell < 0)
        return copy_into(workspace, request, err);
    snprintf(why, sizeof why, "cell %d names a path above its folder, \"../\"", cell);
    share(workspace, why);
    return 0;
}

int workspace_open(struct workspace *ret_workspace, const struct workspace_request *request,
                   struct nbt_error *err)
{
    struct workspace workspace = {0};
    int code = file_real_path(request->directory, &workspace.directory, err);
    workspace.snapshots = file_join(request->output, "snapshots");
    if (code == 0 && request->isolate)
        code = isolate(&workspace, request, err);
    else if (code == 0)
        workspace.isolation = strdup("shared");
    if (code == 0 &&
        (workspace.isolation == NULL || workspace.directory == NULL || workspace.snapshots == NULL))
        code = nbt_error_set(err, NBT_ENOMEM, "no memory for the workspace");
    if (code < 0) {
        workspace_close(&workspace, false);
        return code;
    }
    *ret_workspace = workspace;
    return 0;
}

/* A step's name as a file name: anything but letters, digits, '-' and '_' becomes '_'. */
static char *snapshot_path(const struct workspace *workspace, const char *step)
{
    char name[STEP_NAME_MAX + 16];
    int length = snprintf(name, sizeof name, "%02d-", workspace->n_snapshots + 1);
    for (size_t i = 0; step[i] != '\0' && i < STEP_NAME_MAX; i++) {
        bool plain = isalnum((unsigned char)step[i]) || step[i] == '-' || step[i] == '_';
        name[length++] = (char)(plain ? step[i] : '_');
    }
    name[length] = '\0';
    return file_join(workspace->snapshots, name);
}

int workspace_snapshot(struct workspace *workspace, const char *step, struct nbt_error *err)
{
    struct copy_result result;
    struct copy_options options = {.max_bytes = INT64_MAX, .max_files = INT64_MAX};
    if (workspace->copy == NULL)
        return nbt_error_set(err, NBT_ESTATE,
                             "no snapshot of step %s: the trial works in a shared folder (%s)",
                             step, workspace->isolation);
    int code = file_mkdir_all(workspace->snapshots, 0700, err);
    if (code < 0)
        return code;
    auto_free char *path = snapshot_path(workspace, step);
    if (path == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for a snapshot");
    if ((code = file_remove_tree(path, err)) < 0)
        return code;
    code = copy_tree(workspace->copy, path, &options, &result, err);
    if (code < 0)
        return nbt_error_prefix(err, "snapshot of step %s", step);
    workspace->n_snapshots++;
    return 0;
}

void workspace_close(struct workspace *workspace, bool keep)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    if (workspace->copy != NULL && !keep && file_remove_tree(workspace->copy, &ignored) < 0)
        nbt_error_clear(&ignored);
    free(workspace->directory);
    free(workspace->copy);
    free(workspace->snapshots);
    free(workspace->isolation);
    free(workspace->warning);
    *workspace = (struct workspace){0};
}
