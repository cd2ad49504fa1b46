#include <string.h>

#include "nbtags/nbtags.h"

const char *nbt_role_name(enum nbt_role role)
{
    switch (role) {
    case NBT_ROLE_NONE: return "none";
    case NBT_ROLE_PLAIN: return "plain";
    case NBT_ROLE_IMPORTS: return "imports";
    case NBT_ROLE_FUNCTIONS: return "functions";
    case NBT_ROLE_PARAMETERS: return "pipeline-parameters";
    case NBT_ROLE_METRICS: return "pipeline-metrics";
    case NBT_ROLE_STEP: return "step";
    case NBT_ROLE_SKIP: return "skip";
    case NBT_ROLE_DROPPED: return "dropped";
    case NBT_ROLE_INJECTED: return "injected";
    }
    return "none";
}

const char *nbt_type_name(enum nbt_type type)
{
    switch (type) {
    case NBT_INT: return "int";
    case NBT_FLOAT: return "float";
    case NBT_STR: return "str";
    case NBT_BOOL: return "bool";
    case NBT_EXPRESSION: return "expression";
    }
    return "expression";
}

const char *nbt_severity_name(enum nbt_severity severity)
{
    switch (severity) {
    case NBT_NOTE: return "note";
    case NBT_WARNING: return "warning";
    case NBT_ERROR: return "error";
    }
    return "error";
}

bool nbt_cell_runs(const struct nbt_cell *cell)
{
    switch (cell->role) {
    case NBT_ROLE_PLAIN:
    case NBT_ROLE_IMPORTS:
    case NBT_ROLE_FUNCTIONS:
    case NBT_ROLE_PARAMETERS:
    case NBT_ROLE_METRICS:
    case NBT_ROLE_STEP: return true;
    case NBT_ROLE_NONE:
    case NBT_ROLE_SKIP:
    case NBT_ROLE_DROPPED:
    case NBT_ROLE_INJECTED: return false;
    }
    return false;
}

const struct nbt_parameter *nbt_find_parameter(const struct nbt_notebook *notebook,
                                               const char *name)
{
    for (size_t i = 0; i < notebook->n_parameters; i++) {
        if (strcmp(notebook->parameters[i].name, name) == 0)
            return &notebook->parameters[i];
    }
    return NULL;
}

const struct nbt_metric *nbt_find_metric(const struct nbt_notebook *notebook,
                                         const char *name_or_variable)
{
    for (size_t i = 0; i < notebook->n_metrics; i++) {
        const struct nbt_metric *metric = &notebook->metrics[i];
        if (strcmp(metric->name, name_or_variable) == 0 ||
            strcmp(metric->variable, name_or_variable) == 0)
            return metric;
    }
    return NULL;
}
