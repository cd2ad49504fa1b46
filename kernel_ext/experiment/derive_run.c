/* Run parameters: algorithm with its settings, counts, seed. */
#include <string.h>

#include "base/scope.h"
#include "experiment/derive_internal.h"
#include "nbtags/number.h"

#define DEFAULT_ALGORITHM  "auto"
#define DEFAULT_PARALLEL   3
#define DEFAULT_MAX_TRIALS 12
#define DEFAULT_MAX_FAILED 3

/* Every digit text of a uint64_t. */
static bool is_seed(const char *text)
{
    static const char largest[] = "18446744073709551615";
    size_t length = strspn(text, "0123456789");
    if (length == 0 || text[length] != '\0')
        return false;
    text += strspn(text, "0");
    length = strlen(text);
    return length < sizeof(largest) - 1 ||
           (length == sizeof(largest) - 1 && strcmp(text, largest) <= 0);
}

static void set_origin(const struct deriving *deriving, enum derive_origin origin)
{
    if (origin < deriving->ret->run_origin)
        deriving->ret->run_origin = origin;
}

/* A count from an option, else stored, else `count`. */
static json_int_t count_of(const struct deriving *deriving, const char *option, const char *given,
                           json_int_t least, const char *key, json_int_t count)
{
    int64_t number;
    const json_t *stored = json_object_get(deriving->notebook->katib, key);
    if (json_is_integer(stored)) {
        count = json_integer_value(stored);
        set_origin(deriving, DERIVE_STORED);
    }
    if (given && nbt_parse_int(given, &number) && number >= least && number <= INT32_MAX) {
        set_origin(deriving, DERIVE_GIVEN);
        return number;
    }
    if (given)
        experiment_problem(&deriving->ret->problems, true, option,
                           "'%.80s' is not a count, expected an integer from %d%s", given,
                           (int)least, strcmp(option, "--trials") == 0 ? ", or none" : "");
    return count;
}

static bool no_maximum(const struct deriving *deriving)
{
    const char *given = deriving->given->max_trials;
    if (given)
        return strcmp(given, "none") == 0;
    return json_is_null(json_object_get(deriving->own, "maxTrialCount"));
}

/* Katib refuses more parallel or failed trials than trials; what was not asked for gives way. */
static json_int_t at_most(json_int_t count, const char *given, json_int_t maximum)
{
    return !given && maximum > 0 && count > maximum ? maximum : count;
}

static int put_counts(const struct deriving *deriving, json_t *spec, struct nbt_error *err)
{
    const struct derive_given *given = deriving->given;
    bool none = no_maximum(deriving);
    json_int_t trials = 0;
    if (none)
        set_origin(deriving, given->max_trials ? DERIVE_GIVEN : DERIVE_STORED);
    else
        trials = count_of(deriving, "--trials", given->max_trials, 1, "maxTrialCount",
                          DEFAULT_MAX_TRIALS);
    json_int_t parallel = count_of(deriving, "--parallel", given->parallel, 1, "parallelTrialCount",
                                   DEFAULT_PARALLEL);
    json_int_t failed = count_of(deriving, "--max-failed", given->max_failed, 0,
                                 "maxFailedTrialCount", DEFAULT_MAX_FAILED);
    int rc = derive_put(spec, "parallelTrialCount",
                        json_integer(at_most(parallel, given->parallel, trials)), err);
    if (rc == 0 && !none)
        rc = derive_put(spec, "maxTrialCount", json_integer(trials), err);
    if (rc == 0)
        rc = derive_put(spec, "maxFailedTrialCount",
                        json_integer(at_most(failed, given->max_failed, trials)), err);
    return rc;
}

/* Sets a setting, in place of one of that name. */
static int put_setting(json_t *settings, const char *name, const char *value, struct nbt_error *err)
{
    size_t i;
    const json_t *setting;
    json_t *added = json_pack("{s:s,s:s}", "name", name, "value", value);
    json_array_foreach(
        settings, i,
        setting) if (strcmp(json_string_value(json_object_get(setting, "name")), name) == 0) break;
    int rc = i < json_array_size(settings) ? json_array_set_new(settings, i, added)
                                           : json_array_append_new(settings, added);
    return rc < 0 ? nbt_error_set(err, NBT_ENOMEM, "no memory for the algorithm's settings") : 0;
}

static int put_stored_settings(const struct deriving *deriving, json_t *settings,
                               const char *algorithm, const json_t *stored, struct nbt_error *err)
{
    const struct derive_given *given = deriving->given;
    size_t i;
    const json_t *setting;
    int rc = 0;
    json_array_foreach(stored, i, setting)
    {
        const char *name = json_string_value(json_object_get(setting, "name"));
        const char *value = json_string_value(json_object_get(setting, "value"));
        if (!name || !value || !*value || rc < 0)
            continue;
        if (given->seed && strcmp(name, "random_state") == 0)
            continue; /* --seed takes its place */
        if (given->setting_known && !given->setting_known(algorithm, name))
            experiment_problem(&deriving->ret->problems, false, "spec.algorithm.algorithmSettings",
                               "the stored setting '%.60s' is left out: algorithm %.60s has none "
                               "of that name (the notebook "
                               "keeps it)",
                               name, algorithm);
        else
            rc = put_setting(settings, name, value, err);
    }
    return rc;
}

static int put_given_settings(const struct deriving *deriving, json_t *settings,
                              struct nbt_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < deriving->given->n_settings && rc == 0; i++) {
        const char *option = deriving->given->settings[i];
        const char *equals = strchr(option, '=');
        auto_free char *name = equals ? strndup(option, (size_t)(equals - option)) : NULL;
        if (!name || !*name)
            experiment_problem(
                &deriving->ret->problems, true, "--setting",
                "'%.80s' is not a setting, expected NAME=VALUE such as random_state=10", option);
        else
            rc = put_setting(settings, name, equals + 1, err);
        set_origin(deriving, DERIVE_GIVEN);
    }
    return rc;
}

static int put_algorithm(const struct deriving *deriving, json_t *spec, struct nbt_error *err)
{
    const json_t *stored = json_object_get(deriving->notebook->katib, "algorithm");
    const char *kept = json_string_value(json_object_get(stored, "algorithmName"));
    const char *name = kept && *kept ? kept : DEFAULT_ALGORITHM;
    if (kept && *kept)
        set_origin(deriving, DERIVE_STORED);
    if (deriving->given->algorithm) {
        name = deriving->given->algorithm;
        set_origin(deriving, DERIVE_GIVEN);
    }
    auto_json json_t *settings = json_array();
    int rc = 0;
    if (kept && strcmp(kept, name) == 0)
        rc = put_stored_settings(deriving, settings, name,
                                 json_object_get(stored, "algorithmSettings"), err);
    if (rc == 0)
        rc = put_given_settings(deriving, settings, err);
    if (rc < 0)
        return rc;
    auto_json json_t *algorithm = json_pack("{s:s}", "algorithmName", name);
    if (json_array_size(settings) > 0)
        rc = derive_put(algorithm, "algorithmSettings", TAKE(settings), err);
    return rc < 0 ? rc : derive_put(spec, "algorithm", TAKE(algorithm), err);
}

static int put_seed(const struct deriving *deriving, json_t *document, struct nbt_error *err)
{
    const char *seed = deriving->given->seed;
    if (!seed)
        return 0;
    if (is_seed(seed))
        return experiment_annotate(document, EXPERIMENT_SEED, seed, err);
    experiment_problem(&deriving->ret->problems, true, "--seed",
                       "'%.80s' is not a seed, expected an integer from 0 to 18446744073709551615",
                       seed);
    return 0;
}

int derive_run(const struct deriving *deriving, json_t *document, struct nbt_error *err)
{
    json_t *spec = json_object_get(document, "spec");
    deriving->ret->run_origin = DERIVE_DERIVED;
    int rc = put_algorithm(deriving, spec, err);
    if (rc == 0)
        rc = put_counts(deriving, spec, err);
    return rc < 0 ? rc : put_seed(deriving, document, err);
}
