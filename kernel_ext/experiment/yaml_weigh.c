#include <string.h>

#include "experiment/yamldoc.h"

static void weigh(const json_t *value, size_t depth, struct yamldoc_weight *weight)
{
    const char *key;
    size_t index;
    json_t *item;
    weight->nodes++;
    weight->bytes += json_string_length(value);
    if (depth > weight->depth)
        weight->depth = depth;
    if (depth > YAMLDOC_DEPTH_MAX || weight->nodes > YAMLDOC_NODES_MAX)
        return;
    json_array_foreach(value, index, item)
    {
        weigh(item, depth + 1, weight);
    }
    /* jansson's iterators take a pointer that is not const, and change nothing. */
    json_object_foreach((json_t *)value, key, item)
    {
        weight->bytes += strlen(key);
        weigh(item, depth + 1, weight);
    }
}

struct yamldoc_weight yamldoc_weigh(const json_t *value)
{
    struct yamldoc_weight weight = {0};
    weigh(value, 1, &weight);
    return weight;
}
