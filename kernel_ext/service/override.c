#include <string.h>

#include "base/scope.h"
#include "nbtags/number.h"
#include "service/internal.h"

/* What shapes the search is the file's to say: two places that say it would be one too many. */
static int refuse_shape(const struct derive_given *given, struct nbt_error *err)
{
    const char *option = given->n_parameters ? "--param"
                         : given->n_fixed    ? "--fix"
                         : given->objective  ? "--objective"
                                             : NULL;

    if (!option)
        return 0;
    nbt_error_set(err, NBT_EINVAL,
                  "%s does not go with an Experiment file, which holds its own search space and "
                  "objective; change the file, "
                  "or run the notebook with %s",
                  option, option);
    nbt_error_path(err, "%s", option);
    return NBT_EINVAL;
}

static int set_count(json_t *spec, const char *field, const char *option, const char *text,
                     struct nbt_error *err)
{
    int64_t value = 0;

    if (!text)
        return 0;
    if (strcmp(text, "none") == 0 && strcmp(field, "maxTrialCount") == 0) {
        json_object_del(spec, field);
        return 0;
    }
    if (!nbt_parse_int(text, &value) || value < 0) {
        nbt_error_set(err, NBT_EINVAL, "%s is '%s'; expected a whole number from 0", option, text);
        nbt_error_path(err, "%s", option);
        return NBT_EINVAL;
    }
    return json_object_set_new(spec, field, json_integer(value)) < 0 ? no_memory(err) : 0;
}

static int set_goal(json_t *spec, const char *text, struct nbt_error *err)
{
    double goal = 0;

    if (!text)
        return 0;
    if (!nbt_parse_double(text, &goal)) {
        nbt_error_set(err, NBT_EINVAL, "--goal is '%s'; expected a finite number such as 0.95",
                      text);
        nbt_error_path(err, "--goal");
        return NBT_EINVAL;
    }
    if (json_object_set_new(json_object_get(spec, "objective"), "goal", json_real(goal)) < 0)
        return nbt_error_set(err, NBT_EINVAL,
                             "--goal needs an objective, but the Experiment has none");
    return 0;
}

static int add_setting(json_t *algorithm, const char *text, struct nbt_error *err)
{
    const char *equals = strchr(text, '=');
    json_t *settings = json_object_get(algorithm, "algorithmSettings");

    if (!equals || equals == text) {
        nbt_error_set(err, NBT_EINVAL, "--setting is '%s'; expected NAME=VALUE", text);
        nbt_error_path(err, "--setting");
        return NBT_EINVAL;
    }
    if (!json_is_array(settings)) {
        settings = json_array();
        if (json_object_set_new(algorithm, "algorithmSettings", settings) < 0)
            return no_memory(err);
    }
    json_t *row =
        json_pack("{s:s%, s:s}", "name", text, (size_t)(equals - text), "value", equals + 1);
    return json_array_append_new(settings, row) < 0 ? no_memory(err) : 0;
}

static int set_algorithm(json_t *spec, const struct derive_given *given, struct nbt_error *err)
{
    json_t *algorithm = json_object_get(spec, "algorithm");

    /* Settings belong to their algorithm: another one starts without them. */
    if (given->algorithm || (given->n_settings && !json_is_object(algorithm))) {
        algorithm =
            json_pack("{s:s}", "algorithmName", given->algorithm ? given->algorithm : "auto");
        if (json_object_set_new(spec, "algorithm", algorithm) < 0)
            return no_memory(err);
    }
    for (size_t i = 0; i < given->n_settings; i++) {
        int result = add_setting(algorithm, given->settings[i], err);
        if (result < 0)
            return result;
    }
    return 0;
}

static int set_name(json_t *document, const char *name, struct nbt_error *err)
{
    json_t *metadata = json_object_get(document, "metadata");
    const char *generate = json_string_value(json_object_get(metadata, "generateName"));
    char made[EXPERIMENT_NAME_MAX + 1], suffix[6];

    if (!name && json_string_value(json_object_get(metadata, "name")))
        return 0;
    if (!name) {
        random_suffix(suffix);
        experiment_name(made, generate ? generate : "experiment", suffix);
        name = made;
    }
    return json_object_set_new(metadata, "name", json_string(name)) < 0 ? no_memory(err) : 0;
}

/* Fewer trials than a count of the file allows: what was not asked for gives way, as in derivation. */
static int give_way(json_t *spec, const char *key, const char *given, const char *max_trials)
{
    int64_t trials;
    json_t *count = json_object_get(spec, key);

    if (given || !max_trials || !nbt_parse_int(max_trials, &trials) || !json_is_integer(count) ||
        json_integer_value(count) <= trials)
        return 0;
    return json_integer_set(count, trials);
}

int override(json_t *document, const struct derive_given *given, struct nbt_error *err)
{
    json_t *spec = json_object_get(document, "spec");
    int result = refuse_shape(given, err);

    if (result < 0 || (result = set_name(document, given->name, err)) < 0 ||
        (result = set_count(spec, "maxTrialCount", "--trials", given->max_trials, err)) < 0 ||
        (result = set_count(spec, "parallelTrialCount", "--parallel", given->parallel, err)) < 0 ||
        (result = set_count(spec, "maxFailedTrialCount", "--max-failed", given->max_failed, err)) <
            0 ||
        (result = give_way(spec, "parallelTrialCount", given->parallel, given->max_trials)) < 0 ||
        (result = give_way(spec, "maxFailedTrialCount", given->max_failed, given->max_trials)) <
            0 ||
        (result = set_goal(spec, given->goal, err)) < 0 ||
        (result = set_algorithm(spec, given, err)) < 0)
        return result;
    return given->seed ? experiment_annotate(document, EXPERIMENT_SEED, given->seed, err) : 0;
}
