#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "jupyter/kernelspec.h"
#include "service/internal.h"

static json_t *engines_json(void)
{
    json_t *list = json_array();

    for (size_t i = 0; engines[i]; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", engines[i]->name, "summary",
                                              engines[i]->summary));
    return list;
}

/* Without kernels the checks say why. */
static json_t *kernels_json(void)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *specs = NULL;
    json_t *list = json_array();
    size_t i;
    json_t *spec;

    if (kernelspec_list(&specs, &ignored) < 0)
        return list;
    json_array_foreach(specs, i, spec)
    {
        json_t *name = json_object_get(spec, "name");
        json_t *shown = json_object_get(spec, "display_name");
        json_t *language = json_object_get(spec, "language");
        json_array_append_new(
            list, json_pack("{s:O, s:O, s:o}", "name", name, "displayName",
                            json_is_string(shown) ? shown : name, "language",
                            json_is_string(language) ? json_incref(language) : json_string("")));
    }
    return list;
}

int service_environment(json_t **ret, struct nbt_error *err)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    auto_json json_t *doctor = NULL;
    auto_free char *state = NULL;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int result = service_doctor(&doctor, NULL, err);

    if (result < 0)
        return result;
    /* No folder at all is one of the checks. */
    if (file_state_root(&state, &ignored) < 0)
        state = NULL;
    json_t *environment =
        json_pack("{s:o, s:o, s:O, s:s, s:I, s:n}", "engines", engines_json(), "kernels",
                  kernels_json(), "checks", json_object_get(doctor, "checks"), "state",
                  state ? state : "", "cores", (json_int_t)(cores > 0 ? cores : 1), "cluster");
    if (!environment)
        return no_memory(err);
    *ret = environment;
    return 0;
}
