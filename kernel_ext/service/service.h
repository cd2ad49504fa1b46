/*
 * One function for each verb of the product; the command line and the Jupyter kernel call these and
 * nothing below. Arguments are structs of texts as users give them; results are JSON documents (new
 * references), the same that --json prints.
 *
 *     json_t *result;
 *     if (service_inspect(&result, &(struct service_source){.path = "model.ipynb"}, &err) < 0) ...
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "experiment/derive.h"
#include "nbtags/error.h"

struct service_source {
    const char *path;  /* notebook or Experiment file */
    const void *bytes; /* a live notebook instead of the file's contents, or NULL; `path` still
                          names its folder, the file need not be there */
    size_t size;
    struct derive_given given;
};

/* A live document, as an interface holds it, as Jupyter writes its file; for service_source.bytes.
 * NBT_EINVAL when the text would have more than 64 MiB. The caller frees. */
nbt_must_check int service_document_text(char **ret_text, size_t *ret_size, const json_t *document,
                                         struct nbt_error *err);

/*
 * {"notebook","nbformat","kind":"kale|plain","kernel","language",
 *  "cells":[{index,id,type,role,tagged,step,prev,limits,labels,annotations,tags,runs}],
 *  "parameters":[{name,type,value,cell,line,column,present,selected,origin,why,
 *                 range:{name,parameterType,feasibleSpace}}], range null when it is not tuned,
 *  "metrics":[{variable,name,cell,line,column}],
 *  "objective":{...,"origin"},
 *  "run":{algorithm,parallelTrialCount,...,"resolvedAlgorithm","origin"},
 *  "steps":[{name,prev,cells}],
 *  "diagnostics":[problem]}, see service_experiment, of which these are all that a run would refuse
 *  or warn of, and the notes; those of tags and literals have "cell_id" too
 */
nbt_must_check int service_inspect(json_t **ret, const struct service_source *source,
                                   struct nbt_error *err);

/* Where in a cluster trials run, as users write it; NULL and 0: not given. */
struct service_cluster {
    const char *image, *namespace_name, *context, *service_account, *storage_class, *access_mode;
    const char *cpu, *memory, *gpu; /* quantities; "2" or "amd.com/gpu=1" */
    const char *ttl;                /* a duration */
    const char *const *volumes;     /* "CLAIM:/PATH", "new:NAME:/PATH:SIZE", "clone:CLAIM:/PATH:SIZE",
                                       "snapshot:NAME:/PATH:SIZE" */
    size_t n_volumes;
    const char *const *node_selectors; /* "KEY=VALUE" */
    size_t n_node_selectors;
    const char *const *tolerations; /* "KEY[=VALUE][:EFFECT]" */
    size_t n_tolerations;
    bool notebook_volumes, debug;
};

struct service_run {
    struct service_source source;
    struct service_cluster cluster;
    const char *engine; /* NULL: the default */
    const char *kernel;
    const char *timeout, *trial_timeout, *cell_timeout; /* "90", "90s", "15m", "2h"; NULL: none */
    bool no_isolate, snapshots, keep, reports, detach;
    bool objects; /* service_experiment tells all that is submitted */
    bool dry_run; /* service_experiment fails as service_submit does when the kernel is missing */
    bool single; /* one trial with the notebook's own values; nothing is searched */
};
/* {"experiment": document, "objects": [what is submitted with it; with run.objects alone],
 * "problems": [problem], "resolvedAlgorithm", "gridPoints"}; the document is exactly what service_submit would submit, null when the notebook has errors. gridPoints: how
 * many points the space has, in full digits, null when it has no end. A problem:
 * {"severity","code","path","cell","line","column","text"}; path is "" and cell -1 where they do
 * not apply. The experiment may be run only when no problem is an error. */
nbt_must_check int service_experiment(json_t **ret, const struct service_run *run,
                                      struct nbt_error *err);

/* What service_experiment gave as YAML: its document, and its objects behind it where there are
 * some. The caller frees. */
nbt_must_check int service_documents(char **ret_text, const json_t *experiment,
                                     struct nbt_error *err);

/* Submits. {"name","engine","problems":[warnings]}. NBT_EINVAL with every problem in *ret_problems
 * when it is not valid (an array, also when empty; untouched by other failures). NBT_EUNSUPPORTED
 * when the kernel is not installed. */
nbt_must_check int service_submit(json_t **ret, json_t **ret_problems,
                                  const struct service_run *run, struct nbt_error *err);

nbt_must_check int service_list(json_t **ret, struct nbt_error *err);
/* The engine's show, and "resolvedAlgorithm": what `auto` stands for; else the algorithm's name. */
nbt_must_check int service_show(json_t **ret, const char *experiment, struct nbt_error *err);
/* The trial of a show by its name, with or without "EXPERIMENT-" before it; borrowed, NULL when
 * there is none. Everywhere a trial is named, both forms serve. */
const json_t *service_find_trial(const json_t *show, const char *trial);
nbt_must_check int service_watch(const char *experiment, const struct engine_watch *watch,
                                 struct nbt_error *err);
nbt_must_check int service_stop(const char *experiment, enum engine_stop how,
                                struct nbt_error *err);
/* max_trials: a new budget in all, more than the old one; NULL keeps it. */
nbt_must_check int service_resume(const char *experiment, const char *max_trials, bool detach,
                                  struct nbt_error *err);
nbt_must_check int service_delete(const char *experiment, struct nbt_error *err);
/* Path of a trial's file, or with trial NULL of the engine's; see engine.h. The caller frees. */
nbt_must_check int service_file(char **ret_path, const char *experiment, const char *trial,
                                const char *file, struct nbt_error *err);

struct service_trial {
    const char *notebook;
    const char *const *assignments; /* "NAME=VALUE" */
    size_t n_assignments;
    const char *output; /* folder; NULL: NOTEBOOK-trial beside it */
    const char *kernel, *connection_file, *trial_timeout, *cell_timeout;
    bool isolate, snapshots, reports, keep;
    int cancel_fd;
    void (*on_event)(void *self, const json_t *event);
    void *self;
};
/* Runs one trial here; *ret_result is its trial_result_json with "output" added. 0 also when the
 * trial failed (its "state" says so). NBT_EINVAL with *ret_problems as service_submit. */
nbt_must_check int service_trial(json_t **ret_result, json_t **ret_problems,
                                 const struct service_trial *trial, struct nbt_error *err);

/* Writes the best (or a named trial's) values into the parameters cell; of a live document nothing
 * is written, whoever holds it makes the change.
 * {"trial","changes":[{name,from,to,cell,cellId,line}], "cells":[{cell,cellId,source}]: each cell
 *  that changes with its whole new source, "diff": unified text, "written": bool}. */
nbt_must_check int service_apply(json_t **ret, const struct service_source *source,
                                 const char *experiment, const char *trial, bool dry_run,
                                 struct nbt_error *err);

/*
 * [{"name","title","spec"}]: Vega-Lite v5 documents with their data inside, each under 1 MB; of more trials than one can
 * show, the best and others evenly spread. "objective", "parallel", "parameters" and "importance" are always there, and
 * say what is missing when there is nothing to draw; "learning" is there when trials reported while they ran.
 */
nbt_must_check int service_charts(json_t **ret, const char *experiment, struct nbt_error *err);

/* One HTML page that needs nothing else: summary, charts, trials, errors, settings and YAML of a service_show. `apply` is
 * the command that writes the best values, shown as it is; NULL: none. The caller frees. */
nbt_must_check int service_report(char **ret_html, const json_t *show, const char *apply,
                                  struct nbt_error *err);
struct service_install {
    bool user, sys_prefix; /* where; neither and no prefix: as user */
    const char *prefix;
    bool bare; /* name the program without its folder */
    bool remove;
};
/* The kernelspec: {"name","folder","program","installed","removed"}. Idempotent both ways. */
nbt_must_check int service_install(json_t **ret, const struct service_install *install,
                                   struct nbt_error *err);

/* {"checks":[{"name","status":"ok|warning|missing","text","cure"}]}; with an engine's name, what
 * must hold where it runs trials comes first. */
nbt_must_check int service_doctor(json_t **ret, const char *engine, struct nbt_error *err);

/* "90", "90s", "15m", "2h", "1d" to seconds, 1 s to 366 d. NBT_EINVAL otherwise. */
nbt_must_check int service_duration(const char *text, int64_t *ret_seconds, struct nbt_error *err);

/* An Experiment as YAML in Kubernetes' habits; the caller frees. */
nbt_must_check int service_yaml(char **ret_text, const json_t *document, struct nbt_error *err);

/* [{"name","title","summary","engines":[names],"takes":[parameter types],
 *   "settings":[{"name","type":"int|number|text|bool|choice","default","minimum","maximum",
 *                "choices","help"}]}] of the algorithms. Of a setting, members that do not apply are
 * absent; default "" is one that the algorithm finds itself. */
nbt_must_check int service_algorithms(json_t **ret, struct nbt_error *err);

/* {"engines":[{"name","summary"}],"kernels":[{"name","displayName","language"}],
 *  "checks": as service_doctor, "state": folder, "cores", "cluster": null} */
nbt_must_check int service_environment(json_t **ret, struct nbt_error *err);

/* The tag language: {"roles":[{"role","tag","name","color","help"}], "step":{"prefix","aliases",
 * "pattern"}, "prev":{...}, "limit":{"prefix","pattern","amount","keys":[{key,name}]}, "label",
 * "annotation"}. Patterns are regular expressions of what follows the prefix, as ECMA-262 has
 * them. */
nbt_must_check int service_tags(json_t **ret, struct nbt_error *err);

/* The processes that engines start from this same program: local_engine_main and trial_main. Return
 * an exit status. */
int service_engine_main(const char *experiment, int lifeline_fd, int ready_fd);
int service_trial_main(const char *spec_file, int status_fd);
int service_job_main(const char *job_file); /* trial_job_main, in a cluster's pod */

#endif
