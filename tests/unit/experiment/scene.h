/* What the tests of derivation share: literals, a notebook by hand, comparisons that print both
 * sides. */
#ifndef TESTS_EXPERIMENT_SCENE_H
#define TESTS_EXPERIMENT_SCENE_H

#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "experiment/derive_internal.h"
#include "experiment/space.h"
#include "nbtags/number.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* JSON with ' for ". */
static inline json_t *quoted(const char *text)
{
    char copy[2048];
    snprintf(copy, sizeof(copy), "%s", text);
    for (char *p = copy; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    json_error_t where;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &where);
    if (!value)
        fail_msg("%s: %s", text, where.text);
    return value;
}

static inline void expect_json(const char *what, const json_t *got, const char *want_text)
{
    auto_json json_t *want = quoted(want_text);
    if (json_equal(got, want))
        return;
    auto_free char *shown =
        got ? json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("nothing");
    fail_msg("%s: got %s, want %s", what, shown, want_text);
}

#define LOG ",'distribution':'logUniform'"

static inline struct nbt_parameter literal(const char *name, enum nbt_type type, const char *value)
{
    return (struct nbt_parameter){.name = name,
                                  .type = type,
                                  .value = value,
                                  .literal = value,
                                  .range = {.min = "", .max = "", .step = ""}};
}

/* A notebook by hand, and its derivation as one document of what tests compare. */
struct scene {
    struct nbt_parameter parameters[8];
    struct nbt_metric metrics[4];
    struct nbt_cell cell; /* where they stand */
    struct nbt_notebook notebook;
    json_t *katib, *own, *kale;
    struct derivation derivation;
};

static inline void scene_init(struct scene *scene, const char *katib, const char *own)
{
    memset(scene, 0, sizeof(*scene));
    const struct nbt_parameter parameters[] = {
        literal("lr", NBT_FLOAT, "0.01"), literal("depth", NBT_INT, "3"),
        literal("opt", NBT_STR, "adam"),  literal("flag", NBT_BOOL, "True"),
        literal("seed", NBT_INT, "42"),   literal("lr2", NBT_EXPRESSION, "lr * 2"),
    };
    memcpy(scene->parameters, parameters, sizeof(parameters));
    scene->metrics[0] = (struct nbt_metric){.variable = "depth", .name = "depth"};
    scene->metrics[1] = (struct nbt_metric){.variable = "val_loss", .name = "val-loss"};
    scene->metrics[2] = (struct nbt_metric){.variable = "accuracy", .name = "accuracy"};
    scene->cell = (struct nbt_cell){.role = NBT_ROLE_METRICS};
    scene->katib = katib ? quoted(katib) : NULL;
    scene->own = own ? quoted(own) : NULL;
    scene->notebook = (struct nbt_notebook){.path = "dir/My Model.ipynb",
                                            .language = "python",
                                            .parameters = scene->parameters,
                                            .n_parameters = COUNT(parameters),
                                            .cells = &scene->cell,
                                            .n_cells = 1,
                                            .metrics = scene->metrics,
                                            .n_metrics = 3,
                                            .katib = scene->katib,
                                            .own = scene->own};
}

static inline void scene_fini(struct scene *scene)
{
    derivation_fini(&scene->derivation);
    json_decref(scene->katib);
    json_decref(scene->own);
    json_decref(scene->kale);
}

static inline void scene_derive(struct scene *scene, const struct derive_given *given)
{
    struct nbt_error err = NBT_ERROR_INIT;
    if (derive(&scene->derivation, &scene->notebook, given, &err) < 0)
        fail_msg("derive: %s", err.text);
}

static inline const struct derive_parameter *item(const struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->derivation.n_parameters; i++)
        if (strcmp(scene->derivation.parameters[i].name, name) == 0)
            return &scene->derivation.parameters[i];
    fail_msg("no parameter %s", name);
    return NULL;
}

static inline void expect_item(const struct scene *scene, const char *name, bool selected,
                               enum derive_origin origin, const char *type, const char *feasible)
{
    const struct derive_parameter *got = item(scene, name);
    if (got->selected != selected || got->origin != origin)
        fail_msg("%s: selected %d %s, want %d %s", name, got->selected,
                 derive_origin_name(got->origin), selected, derive_origin_name(origin));
    assert_string_equal(json_string_value(json_object_get(got->spec, "parameterType")), type);
    expect_json(name, json_object_get(got->spec, "feasibleSpace"), feasible);
}

static inline const json_t *spec_of(const struct scene *scene, const char *key)
{
    return json_object_get(json_object_get(scene->derivation.document, "spec"), key);
}

static inline void expect_problem(const struct scene *scene, bool error, const char *path,
                                  const char *part)
{
    const struct experiment_problems *problems = &scene->derivation.problems;
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].error == error && strcmp(problems->items[i].path, path) == 0 &&
            strstr(problems->items[i].text, part))
            return;
    for (size_t i = 0; i < problems->count; i++)
        print_error("has %s: %s\n", problems->items[i].path, problems->items[i].text);
    fail_msg("no problem '%s' at %s", part, path);
}

#endif
