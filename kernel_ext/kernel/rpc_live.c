#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "kernel/rpc_internal.h"

#define UNSAVED "Untitled.ipynb" /* the name of a notebook that was never saved */

/* Each row of options and where its value goes. */
#define OPTION_ROWS(row)                                                                           \
    row("engine", RPC_TEXT, engine) row("kernel", RPC_TEXT, kernel)                                \
        row("timeout", RPC_TEXT, timeout) row("trialTimeout", RPC_TEXT, trial_timeout)             \
            row("cellTimeout", RPC_TEXT, cell_timeout) row("seed", RPC_TEXT, source.given.seed)    \
                row("name", RPC_TEXT, source.given.name) row("noIsolate", RPC_BOOL, no_isolate)    \
                    row("snapshots", RPC_BOOL, snapshots) row("keep", RPC_BOOL, keep)              \
                        row("reports", RPC_BOOL, reports)

#define PARAM(text, kind, member)  {text, kind, false},
#define OFFSET(text, kind, member) offsetof(struct service_run, member),

const struct rpc_param rpc_option_params[] = {OPTION_ROWS(PARAM){NULL, RPC_TEXT, false}};
static const size_t offsets[] = {OPTION_ROWS(OFFSET)};

/* An empty field of a form is one that nobody filled in. */
static void set_option(struct service_run *run, size_t row, const json_t *value)
{
    char *member = (char *)run + offsets[row];
    const char *text = json_string_value(value);

    if (rpc_option_params[row].type == RPC_BOOL)
        *(bool *)(void *)member = json_is_true(value);
    else if (text && text[0])
        *(const char **)(void *)member = text;
}

static int check_durations(const struct service_run *run, struct nbt_error *err)
{
    const struct {
        const char *path, *text;
    } rows[] = {
        {"options.timeout", run->timeout},
        {"options.trialTimeout", run->trial_timeout},
        {"options.cellTimeout", run->cell_timeout},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t seconds;
        int result = rows[i].text ? service_duration(rows[i].text, &seconds, err) : 0;
        if (result < 0) {
            nbt_error_path(err, "%s", rows[i].path);
            return result;
        }
    }
    return 0;
}

static int read_options(struct service_run *run, const struct rpc_call *call, struct nbt_error *err)
{
    const json_t *options = json_object_get(call->params, "options");

    if (!options || json_is_null(options))
        return 0;
    int result = rpc_check_params(options, rpc_option_params, "options", err);
    if (result < 0)
        return result;
    for (size_t row = 0; rpc_option_params[row].name; row++)
        set_option(run, row, json_object_get(options, rpc_option_params[row].name));
    return check_durations(run, err);
}

/* The interface knows files by their path from the server's root folder. */
static int resolve(char **ret_path, const struct rpc_call *call, struct nbt_error *err)
{
    const char *notebook = rpc_text(call, "notebook");
    const char *root = call->client->root;

    if (!notebook || !notebook[0])
        notebook = UNSAVED;
    if (strlen(notebook) >= PATH_MAX) {
        nbt_error_set(err, NBT_EINVAL, "the path has %zu bytes, more than %d", strlen(notebook),
                      PATH_MAX - 1);
        nbt_error_path(err, "notebook");
        return NBT_EINVAL;
    }
    auto_free char *here = root || notebook[0] == '/' ? NULL : getcwd(NULL, 0);
    const char *folder = root ? root : here;
    char *path = notebook[0] == '/' || !folder ? strdup(notebook) : file_join(folder, notebook);
    if (!path)
        return rpc_no_memory(err);
    *ret_path = path;
    return 0;
}

static int document_text(struct rpc_live *live, const struct rpc_call *call, struct nbt_error *err)
{
    const json_t *document = json_object_get(call->params, "document");
    int result = service_document_text(&live->text, &live->run.source.size, document, err);

    if (result == NBT_EINVAL)
        nbt_error_path(err, "document");
    return result;
}

int rpc_live_init(struct rpc_live *ret_live, const struct rpc_call *call, struct nbt_error *err)
{
    struct rpc_live live = {.run.detach = true};
    int result = read_options(&live.run, call, err);

    if (result == 0)
        result = resolve(&live.path, call, err);
    if (result == 0)
        result = document_text(&live, call, err);
    if (result < 0) {
        rpc_live_fini(&live);
        return result;
    }
    live.run.source.path = live.path;
    live.run.source.bytes = live.text;
    *ret_live = live;
    return 0;
}

void rpc_live_fini(struct rpc_live *live)
{
    free(live->path);
    free(live->text);
    *live = (struct rpc_live){.path = NULL};
}

/* ---- paths of problems ---- */

static const char *translated(const char *path)
{
    static const char *const table[][2] = {
        {"--engine", "options.engine"},    {"--kernel", "options.kernel"},
        {"--seed", "options.seed"},        {"--name", "options.name"},
        {"metadata.name", "options.name"},
    };

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (strcmp(path, table[i][0]) == 0)
            return table[i][1];
    }
    return NULL;
}

void rpc_translate_path(struct nbt_error *err)
{
    const char *path = translated(err->path);

    if (path)
        nbt_error_path(err, "%s", path);
}

void rpc_translate_problems(json_t *problems)
{
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i, problem)
    {
        const char *found = json_string_value(json_object_get(problem, "path"));
        const char *path = found ? translated(found) : NULL;
        if (path)
            json_object_set_new(problem, "path", json_string(path));
    }
}
