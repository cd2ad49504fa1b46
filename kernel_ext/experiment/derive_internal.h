/*
 * What the files of derive.c share: a derivation in the making, and one function for each source of a range.
 */
#ifndef EXPERIMENT_DERIVE_INTERNAL_H
#define EXPERIMENT_DERIVE_INTERNAL_H

#include "experiment/derive.h"

#define DERIVE_WHY 192 /* bytes of a reason with its NUL */

/* Lower-case words of a name: split at '_' and other punctuation, digits and camelCase ("XGBMaxDepth2" is xgb max depth).
 * What does not fit is left out. */
struct tokens {
    char text[256];
    const char *words[48];
    size_t n;
};
void tokens_init(struct tokens *ret, const char *name);

/* The first of the tokens that stands among `words`, which are divided by single spaces; NULL when none does. */
const char *tokens_find(const struct tokens *tokens, const char *words);

/* A derivation in the making; borrows all but ret's contents. */
struct deriving {
    struct derivation *ret;
    const struct nbt_notebook *notebook;
    const struct derive_given *given;
    const json_t *stored; /* stored parameters as an array, NULL when there are none */
    const json_t *ranges; /* nbkatib's own: ranges of parameters that are not selected, or NULL */
    const json_t *own;    /* metadata.nbkatib in a version that is read, or NULL */
};

/* A range for one parameter. */
struct range {
    json_t *spec; /* new reference; NULL when there is none */
    bool selected;
    bool by_name; /* not selected because of its name */
    char why[DERIVE_WHY];
};
void derive_range_fini(struct range *range);

/* The table of design section 4. spec stays NULL for what cannot be searched. Fails without memory alone. */
nbt_must_check int derive_range(struct range *ret, const struct nbt_parameter *parameter, struct nbt_error *err);

/* The range that the cell's form comment gives; spec stays NULL when there is none or it is not usable, which is a warning
 * among the problems. `derived` lends the selection by name. */
nbt_must_check int derive_annotated(struct range *ret, const struct deriving *deriving,
                                    const struct nbt_parameter *parameter, const struct range *derived,
                                    struct nbt_error *err);

/* The range of a --param option for this parameter; spec stays NULL when there is none or it is wrong (a problem). */
nbt_must_check int derive_option(struct range *ret, const struct deriving *deriving,
                                 const struct nbt_parameter *parameter, struct nbt_error *err);

/* Problems of options that name no parameter or one twice. */
void derive_check_options(const struct deriving *deriving);

/* The given value of a fixed parameter, or NULL. */
const char *derive_fixed_value(const struct derive_given *given, const char *name);

/* Fills ret->fixed with the values that convert; the others are problems. */
nbt_must_check int derive_fixed(const struct deriving *deriving, struct nbt_error *err);

/* {"name", "parameterType", "feasibleSpace"}; takes feasible. */
nbt_must_check int derive_spec(json_t **ret, const char *name, const char *type, json_t *feasible,
                               struct nbt_error *err);

/* Whether values of the spec can become the parameter's literal; else the first that cannot and the type in `ret_text`. */
bool derive_converts(const struct nbt_notebook *notebook, const struct nbt_parameter *parameter, const json_t *spec,
                     char ret_text[DERIVE_WHY]);

/* The same, and whether it is a range at all (order, step, logarithm). */
bool derive_usable(const struct deriving *deriving, const struct nbt_parameter *parameter, const json_t *spec,
                   char ret_text[DERIVE_WHY]);
bool derive_value_converts(const struct nbt_notebook *notebook, const struct nbt_parameter *parameter, const char *text);

/* "True" or "False" for any spelling of a bool, NULL for another text. */
const char *derive_bool(const char *text);

/* Parts of spec: objective; algorithm, counts and seed. `document` has its metadata and an empty spec. */
nbt_must_check int derive_objective(const struct deriving *deriving, json_t *document, struct nbt_error *err);
nbt_must_check int derive_run(const struct deriving *deriving, json_t *document, struct nbt_error *err);

/* Sets a member; takes value, NULL is no memory. */
nbt_must_check int derive_put(json_t *object, const char *key, json_t *value, struct nbt_error *err);

#endif
