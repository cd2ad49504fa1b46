#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

/* Parameters as a whole: that there are some, and that no two have one name. */

static const struct place parameters_place = {"spec.parameters"};

static bool has_space(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *parameters = json_object_get(spec, "parameters");
    const json_t *nas = json_object_get(spec, "nasConfig");
    if (json_array_size(parameters) > 0) {
        if (!validate_missing(nas))
            validate_error(problems, (struct place){"spec.nasConfig"},
                           "stands beside spec.parameters; keep one of them");
        return true;
    }
    if (!validate_missing(nas))
        validate_error(problems, (struct place){"spec.nasConfig"},
                       "searches for an architecture, which nbkatib does not; search over "
                       "spec.parameters instead");
    else if (validate_missing(parameters))
        validate_error(problems, parameters_place,
                       "is missing; list at least one parameter to search");
    else if (json_is_array(parameters))
        validate_error(problems, parameters_place,
                       "is empty; list at least one parameter to search");
    return false;
}

void validate_space(const json_t *spec, struct experiment_problems *problems)
{
    auto_json json_t *seen = json_object();
    size_t index;
    json_t *parameter;
    if (!has_space(spec, problems))
        return;
    json_array_foreach(json_object_get(spec, "parameters"), index, parameter)
    {
        struct place place = place_item(parameters_place, index);
        validate_parameter(parameter, place, problems);
        const char *name = validate_text(parameter, "name");
        if (name && !validate_see(seen, name))
            validate_error(problems, place_field(place, "name"),
                           "\"%.60s\" stands twice among the parameters; rename or remove one",
                           name);
    }
}
