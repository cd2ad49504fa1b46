/*
 * nbtags: what a Jupyter notebook says about how to tune it.
 *
 * Reads nbformat 4.0 to 4.5 with one tolerant reader: cells and the roles that their tags give them, pipeline parameters,
 * pipeline metrics, steps, stored Katib settings, and every problem as a diagnostic. Writes back by replacing only the bytes
 * that are meant to change. It derives no search space, validates no experiment and runs nothing.
 *
 * A notebook owns everything that is reached through it; strings are NUL-terminated UTF-8 and never NULL ("" when absent);
 * all live until nbt_free. Reading never changes the file. One notebook may be read by several threads, not edited by them.
 *
 *     struct nbt_notebook *notebook;
 *     if (nbt_read(&notebook, "model.ipynb", &err) < 0)
 *         return report(&err);
 *     for (size_t i = 0; i < notebook->n_parameters; i++)
 *         puts(notebook->parameters[i].name);
 *     nbt_free(notebook);
 */
#ifndef NBTAGS_NBTAGS_H
#define NBTAGS_NBTAGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "nbtags/error.h"

struct nbt_span {
    size_t offset; /* bytes into notebook->text */
    size_t length; /* bytes; 0 when the thing is absent */
};

enum nbt_cell_type { NBT_CODE, NBT_MARKDOWN, NBT_RAW, NBT_OTHER };

/* What a code cell is for, after untagged cells joined the group above them (kale_ui section 2; design section 3). */
enum nbt_role {
    NBT_ROLE_NONE,       /* not a code cell, or untagged and blank */
    NBT_ROLE_PLAIN,      /* untagged code of a plain notebook: runs */
    NBT_ROLE_IMPORTS,    /* runs */
    NBT_ROLE_FUNCTIONS,  /* runs */
    NBT_ROLE_PARAMETERS, /* runs, then its injected cell */
    NBT_ROLE_METRICS,    /* runs, then its metrics are read */
    NBT_ROLE_STEP,       /* runs */
    NBT_ROLE_SKIP,       /* tagged skip: never runs */
    NBT_ROLE_DROPPED,    /* Kale notebook: untagged before any tag; never runs */
    NBT_ROLE_INJECTED,   /* an earlier run's injected-parameters or error banner cell: dropped before a trial */
};

struct nbt_pair {
    const char *key;
    const char *value;
};

struct nbt_cell {
    int index;             /* position in the notebook, from 0 */
    const char *id;        /* nbformat 4.5 cell id */
    enum nbt_cell_type type;
    enum nbt_role role;    /* effective role */
    bool tagged;           /* the role stands in this cell's own tags, it did not join */
    const char *step;      /* effective step name */
    const char **tags;     /* all tags, foreign ones too, in order */
    size_t n_tags;
    const char **prev;     /* the steps that this one depends on */
    size_t n_prev;
    struct nbt_pair *limits, *labels, *annotations; /* of the step */
    size_t n_limits, n_labels, n_annotations;
    const char *source;    /* joined and decoded; line ends as in the file */
    size_t source_length;  /* bytes */
    struct nbt_span span;          /* the cell's object */
    struct nbt_span source_span;   /* the value of "source" */
    struct nbt_span metadata_span; /* the value of "metadata" */
    struct nbt_span tags_span;     /* the value of metadata.tags */
    struct nbt_span outputs_span;  /* the value of "outputs"; not decoded */
};

enum nbt_type { NBT_INT, NBT_FLOAT, NBT_STR, NBT_BOOL, NBT_EXPRESSION };

/* A range written in the cell (Colab form comment). Texts as they stand there, "" when absent. */
struct nbt_range {
    const char *min, *max, *step;
    const char **choices; /* decoded values */
    size_t n_choices;
};

/* `NAME = literal`, in order of first appearance over all parameters cells; a repeated name keeps its last value. */
struct nbt_parameter {
    const char *name;
    enum nbt_type type;
    const char *value;   /* INT decimal digits, FLOAT shortest decimal, BOOL "True"/"False", STR decoded, EXPRESSION its text */
    const char *literal; /* as it stands in the cell */
    int cell, line, column;     /* of the literal; line and column from 1, column in code points */
    size_t offset, length;      /* bytes of the literal within the cell's decoded source */
    struct nbt_range range;     /* from an annotation comment */
    const char **reads;         /* EXPRESSION: the parameter names that it mentions */
    size_t n_reads;
};

struct nbt_metric {
    const char *variable; /* "xgb_r2_score" */
    const char *name;     /* Katib's: "xgb-r2-score" */
    int cell, line, column;
};

enum nbt_severity { NBT_NOTE, NBT_WARNING, NBT_ERROR };

struct nbt_diagnostic {
    enum nbt_severity severity;
    const char *code;     /* stable: "no-parameters-cell", "duplicate-step", ... (nbtags/diagnostics.h lists them) */
    int cell;             /* -1: the notebook */
    const char *cell_id;
    int line, column;     /* 0 when it is the whole cell's */
    const char *path;     /* of a stored Katib setting, as in an Experiment: "spec.maxTrialCount"; else "" */
    const char *text;     /* found, expected, cure */
};

struct nbt_notebook {
    const char *path;      /* as given; the name given to nbt_read_bytes */
    const char *text;      /* the file's bytes; offsets of spans count from here; not NUL-terminated */
    size_t size;
    int nbformat, nbformat_minor;
    const char *kernel_name; /* metadata.kernelspec.name */
    const char *language;    /* metadata.language_info.name, else kernelspec.language, else "python"; lower case */
    bool is_kale;          /* some cell carries step: or block: */
    struct nbt_cell *cells;
    size_t n_cells;
    struct nbt_parameter *parameters;
    size_t n_parameters;
    struct nbt_metric *metrics;
    size_t n_metrics;
    struct nbt_diagnostic *diagnostics; /* by cell, line, column */
    size_t n_diagnostics;
    const json_t *metadata; /* the notebook's metadata object, without foreign members over 1 MiB (widget state) */
    const json_t *kale;     /* metadata.kubeflow_notebook as stored, or NULL */
    const json_t *own;      /* metadata.nbkatib as stored, or NULL */
    const json_t *katib;    /* kale.katib_metadata in the shape of an Experiment's spec (parameters, objective, algorithm,
                               counts): numbers in feasibleSpace as strings, "float" as "double"; NULL when none stored */
    struct nbt_pair *steps_limits, *steps_labels, *steps_annotations; /* kale.steps_defaults */
    size_t n_steps_limits, n_steps_labels, n_steps_annotations;
    void *priv;
};

/* Reads a notebook; what a tag or cell says wrongly becomes a diagnostic, not a failure.
 * Fails with NBT_ENOTFOUND, NBT_EIO, NBT_EPARSE (not JSON, truncated, invalid UTF-8: line and column), NBT_EVERSION
 * (nbformat 3 or older, 5 or newer), NBT_ENOMEM. The caller owns *ret_notebook and ends it with nbt_free. */
nbt_must_check int nbt_read(struct nbt_notebook **ret_notebook, const char *path, struct nbt_error *err);

/* The same for a live document; copies `data`. `name` stands in messages and in notebook->path. */
nbt_must_check int nbt_read_bytes(struct nbt_notebook **ret_notebook, const char *name, const void *data, size_t size,
                                  struct nbt_error *err);

void nbt_free(struct nbt_notebook *notebook);

bool nbt_has_errors(const struct nbt_notebook *notebook);
const struct nbt_parameter *nbt_find_parameter(const struct nbt_notebook *notebook, const char *name);
const struct nbt_metric *nbt_find_metric(const struct nbt_notebook *notebook, const char *name_or_variable);
const char *nbt_role_name(enum nbt_role role); /* "pipeline-parameters", "step", "plain", ... */
const char *nbt_type_name(enum nbt_type type); /* Kale's: "int", "float", "str", "bool"; "expression" */
const char *nbt_severity_name(enum nbt_severity severity);
bool nbt_cell_runs(const struct nbt_cell *cell); /* a trial executes it */

/*
 * Edits: a list of replacements on the original bytes; what no edit names stays identical (key order, indent, ids, line
 * ends, final newline). Each function checks that the notebook allows the change and adds to the list.
 */
struct nbt_edit;

nbt_must_check int nbt_edit_new(struct nbt_edit **ret_edit, const struct nbt_notebook *notebook, struct nbt_error *err);
void nbt_edit_free(struct nbt_edit *edit);

/* Replaces the parameter's literal by `value`, written in the notebook's language with the type of the literal
 * (quote style kept; an int literal given "0.5" becomes a float). NBT_EINVAL when it does not convert. */
nbt_must_check int nbt_edit_parameter(struct nbt_edit *edit, const char *name, const char *value, struct nbt_error *err);

/* Replaces metadata.tags of one cell; n_tags 0 removes the key. */
nbt_must_check int nbt_edit_tags(struct nbt_edit *edit, int cell, const char *const *tags, size_t n_tags,
                                 struct nbt_error *err);

/* Sets one key of the notebook's metadata ("kubeflow_notebook", "nbkatib"); value NULL removes it. Borrows value. */
nbt_must_check int nbt_edit_metadata(struct nbt_edit *edit, const char *key, const json_t *value, struct nbt_error *err);

/* The edited notebook's bytes; the caller frees them with free(). */
nbt_must_check int nbt_edit_apply(const struct nbt_edit *edit, char **ret_text, size_t *ret_size, struct nbt_error *err);

/* Writes the edited notebook over its file: temporary file beside it, fsync, rename; mode and owner kept, symbolic links
 * followed. NBT_ESTATE, and nothing written, when the file changed since it was read. */
nbt_must_check int nbt_edit_save(const struct nbt_edit *edit, struct nbt_error *err);

/*
 * Literals: a value in the notebook's language. `type` is the cell's literal type; language "python", "r", "julia".
 * Sets *ret_text (free()); NBT_EINVAL when value cannot have that type, NBT_EUNSUPPORTED for another language.
 */
nbt_must_check int nbt_literal(const char *language, enum nbt_type type, const char *value, char **ret_text,
                               struct nbt_error *err);

/* The same for a parameter of the notebook, in the style of its own literal: its quotes, R's 5 or 5L, Julia's 1f-3. */
nbt_must_check int nbt_parameter_literal(const struct nbt_notebook *notebook, const struct nbt_parameter *parameter,
                                         const char *value, char **ret_text, struct nbt_error *err);

#endif
