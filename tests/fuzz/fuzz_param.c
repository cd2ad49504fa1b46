/* --param: whatever the text, the range is one that a space can be made of, or a problem names the
 * option. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "experiment/derive.h"
#include "experiment/space.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nbt_parameter literal(const char *name, enum nbt_type type, const char *value)
{
    const struct nbt_range none = {.min = "", .max = "", .step = ""};
    return (struct nbt_parameter){
        .name = name, .type = type, .value = value, .literal = value, .range = none};
}

static void check(const struct derivation *derivation)
{
    for (size_t i = 0; i < derivation->n_parameters; i++) {
        const struct derive_parameter *item = &derivation->parameters[i];
        auto_json json_t *parameters = json_pack("[O]", item->spec);
        CLEANUP(space_fini) struct space space = {0};
        if (space_init(&space, parameters, NULL) < 0 || space.n != 1)
            abort();
        char text[SPACE_TEXT_MAX];
        double back, coordinate = space_quantile(&space.dimensions[0], 0.7);
        const char *value = space_text(&space.dimensions[0], coordinate, text);
        if (!space_coordinate(&space.dimensions[0], value, &back) || back != coordinate)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nbt_parameter parameters[] = {literal("f", NBT_FLOAT, "0.5"), literal("i", NBT_INT, "5"),
                                         literal("s", NBT_STR, "a"),
                                         literal("b", NBT_BOOL, "True")};
    struct nbt_metric metric = {.variable = "m", .name = "m"};
    struct nbt_notebook notebook = {.path = "x.ipynb",
                                    .language = "python",
                                    .parameters = parameters,
                                    .n_parameters = 4,
                                    .metrics = &metric,
                                    .n_metrics = 1};
    auto_free char *option = strndup((const char *)data, size);
    const char *options[] = {option};
    struct derive_given given = {
        .parameters = options, .n_parameters = 1, .fixed = options, .n_fixed = 1};
    struct derivation derivation = {0};
    for (int fixed = 0; fixed < 2; fixed++) {
        given.n_parameters = !fixed;
        given.n_fixed = (size_t)fixed;
        if (derive(&derivation, &notebook, &given, NULL) == 0)
            check(&derivation);
        derivation_fini(&derivation);
    }
    return 0;
}
