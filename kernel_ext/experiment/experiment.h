/*
 * Katib's Experiment (kubeflow.org/v1beta1), the contract between all parts: a JSON object in memory, YAML or JSON in files.
 * Unknown fields survive a round trip in their place. Typed views (space.h, and the spec below) are made from the JSON, which
 * stays the truth.
 *
 *     json_t *document;
 *     if (experiment_load(&document, "experiment.yaml", &err) < 0) ...
 *     struct diagnostics problems = {0};
 *     experiment_validate(document, &rules, &problems);
 */
#ifndef EXPERIMENT_EXPERIMENT_H
#define EXPERIMENT_EXPERIMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "nbtags/error.h"

#define EXPERIMENT_NAME_MAX 40 /* Katib's limit, bytes */

/* Annotations of ours on an Experiment. */
#define EXPERIMENT_NOTEBOOK        "nbkatib.dev/notebook"        /* absolute path */
#define EXPERIMENT_NOTEBOOK_SHA256 "nbkatib.dev/notebook-sha256" /* hex of the bytes that were read */
#define EXPERIMENT_KERNEL          "nbkatib.dev/kernel"          /* kernelspec name */
#define EXPERIMENT_SEED            "nbkatib.dev/seed"            /* decimal uint64 */
#define EXPERIMENT_SETTINGS        "nbkatib.dev/settings"        /* JSON object: timeouts, isolation, keep, fixed values, ... */

/* One problem; path is a JSON path into the document ("spec.parameters[0].feasibleSpace.min"). */
struct experiment_problem {
    bool error; /* else a warning */
    char path[192];
    char text[512];
};

struct experiment_problems {
    struct experiment_problem *items; /* owned */
    size_t count;
    size_t errors;
};
void experiment_problems_fini(struct experiment_problems *problems);

/* What validation asks of the engine that will run it (an argument, since engines stand below). */
struct experiment_rules {
    bool trial_template_required;
    /* Checks algorithm name and settings against the engine's table; adds problems. May be NULL. */
    void (*check_algorithm)(const json_t *spec, struct experiment_problems *problems);
};

void experiment_problem(struct experiment_problems *problems, bool error, const char *path, const char *format, ...)
    nbt_printf(4, 5);

/* Parses JSON or YAML (told apart by content). YAML: one document, capped in depth (64), size (8 MiB) and expanded nodes
 * (100 000); scalars that Kubernetes' YAML reads as strings, numbers, booleans or null become just those. Errors carry line
 * and column. `name` stands in messages. New reference. */
nbt_must_check int experiment_parse(json_t **ret_document, const char *name, const char *text, size_t length,
                                    struct nbt_error *err);
nbt_must_check int experiment_load(json_t **ret_document, const char *path, struct nbt_error *err);

/* YAML in Kubernetes' habits (apiVersion, kind, metadata, spec, status first; two spaces; strings quoted only where they
 * would read as another type). The caller frees. */
nbt_must_check int experiment_to_yaml(const json_t *document, char **ret_text, struct nbt_error *err);

/* Fills Katib's own defaults in place (katib section 1, "Defaults"). */
nbt_must_check int experiment_default(json_t *document, struct nbt_error *err);

/* Katib's rules and those it lacks (katib sections 1 and 2); collects all problems. Returns the number of errors. */
size_t experiment_validate(const json_t *document, const struct experiment_rules *rules,
                           struct experiment_problems *problems);

/* A name of at most 40 bytes matching ^[a-z]([-a-z0-9]*[a-z0-9])?$ out of any text, with "-" and `suffix` appended. */
void experiment_name(char ret_name[EXPERIMENT_NAME_MAX + 1], const char *text, const char *suffix);
bool experiment_name_valid(const char *name);

const char *experiment_annotation(const json_t *document, const char *key); /* NULL when absent */
nbt_must_check int experiment_annotate(json_t *document, const char *key, const char *value, struct nbt_error *err);

/* The typed view of spec that engines run by. */
enum experiment_strategy { EXPERIMENT_MIN, EXPERIMENT_MAX, EXPERIMENT_LATEST };
struct experiment_metric {
    char *name;
    enum experiment_strategy strategy;
};
struct experiment_spec {
    bool maximize;
    bool has_goal;
    double goal;
    struct experiment_metric *metrics; /* [0] is the objective, then additional ones */
    size_t n_metrics;
    int64_t max_trials;  /* 0: none */
    int64_t max_failed;  /* -1: none */
    int64_t parallel;
    char *algorithm;
    const json_t *settings; /* array [{name,value}], borrowed from the document, or NULL */
};
nbt_must_check int experiment_spec_init(struct experiment_spec *ret_spec, const json_t *document, struct nbt_error *err);
void experiment_spec_fini(struct experiment_spec *spec);

#endif
