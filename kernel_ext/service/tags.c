#include <string.h>

#include "base/scope.h"
#include "nbtags/nbtags.h"
#include "service/internal.h"

/* The tag language as data, for an editor of cells. Colours are Kale's, which users know. */
static const struct {
    enum nbt_role role;
    const char *name, *color, *help;
} roles[] = {
    {NBT_ROLE_IMPORTS, "Imports", "#a32626",
     "Code that every step needs, such as imports. It runs first in each trial."},
    {NBT_ROLE_FUNCTIONS, "Functions", "#a32626",
     "Functions and classes that several steps use. It runs before the steps in each trial."},
    {NBT_ROLE_PARAMETERS, "Pipeline Parameters", "#ee7a1a",
     "The hyperparameters: one assignment of a literal a line, such as lr = 0.01. Each trial runs "
     "with other values."},
    {NBT_ROLE_METRICS, "Pipeline Metrics", "#773d0d",
     "What a trial achieved: one print(name) a line. Values must be numbers."},
    {NBT_ROLE_STEP, "Pipeline Step", "",
     "A part of the work, with a name and the steps it depends on."},
    {NBT_ROLE_SKIP, "Skip Cell", "#a9a9a9", "The cell is left out of trials."},
};

#define STEP_PATTERN "^[_a-z][_a-z0-9]*$"
#define KEY_PATTERN                                                                                \
    "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?(/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"

static json_t *roles_json(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < COUNT_OF(roles); i++) {
        const char *tag = roles[i].role == NBT_ROLE_STEP ? "" : nbt_role_name(roles[i].role);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "role",
                                              nbt_role_name(roles[i].role), "tag", tag, "name",
                                              roles[i].name, "color", roles[i].color, "help",
                                              roles[i].help));
    }
    return list;
}

int service_tags(json_t **ret, struct nbt_error *err)
{
    json_t *tags = json_pack(
        "{s:o, s:{s:s, s:[s], s:s}, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}]}, "
        "s:{s:s, s:s}, s:{s:s, s:s}}",
        "roles", roles_json(), "step", "prefix", "step:", "aliases", "block:", "pattern",
        STEP_PATTERN, "prev", "prefix", "prev:", "pattern", STEP_PATTERN, "limit", "prefix",
        "limit:", "pattern", KEY_PATTERN, "amount", "^[A-Za-z0-9_.]+$", "keys", "key",
        "nvidia.com/gpu", "name", "Nvidia GPUs", "key", "amd.com/gpu", "name", "AMD GPUs", "label",
        "prefix", "label:", "pattern", KEY_PATTERN, "annotation", "prefix",
        "annotation:", "pattern", KEY_PATTERN);

    if (!tags)
        return no_memory(err);
    *ret = tags;
    return 0;
}
