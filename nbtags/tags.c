#include <string.h>

#include "nbtags/diagnostics.h"
#include "nbtags/reader.h"

/*
 * Kale's tag language (kale/processors, nbprocessor): tags are read in order, a reserved one ends
 * the reading, tags that are not Kale's are left alone. block: is the older spelling of step:.
 */

struct reading {
    struct nbt_notebook *notebook;
    struct nbt_cell *cell;
    bool stepless; /* a step: or block: without a name */
};

typedef void (*tag_fn)(struct reading *reading, const char *tag, const char *rest);

static bool is_name(const char *text)
{
    if (!(*text == '_' || (*text >= 'a' && *text <= 'z')))
        return false;
    return text[strspn(text, "_abcdefghijklmnopqrstuvwxyz0123456789")] == '\0';
}

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_key(const char *key, size_t length)
{
    const char *slash = memchr(key, '/', length);
    size_t head = slash ? (size_t)(slash - key) : length;
    size_t tail = slash ? length - head - 1 : 1;
    if (!head || !tail || strspn(key, ALNUM "-_./") < length ||
        (slash && memchr(slash + 1, '/', tail)))
        return false;
    return strchr(ALNUM, key[0]) && strchr(ALNUM, key[head - 1]) &&
           strchr(ALNUM, key[length - 1]) && (!slash || strchr(ALNUM, slash[1]));
}

static bool is_amount(const char *text)
{
    return *text && text[strspn(text, ALNUM "_.")] == '\0';
}

static void read_step(struct reading *reading, const char *tag, const char *rest)
{
    struct nbt_cell *cell = reading->cell;
    if (!*rest) {
        reading->stepless = true;
        return;
    }
    if (!is_name(rest))
        nbt_diagnose(reading->notebook, NBT_ERROR, NBT_BAD_STEP_NAME, cell->index, 0, 0,
                     "Unrecognized tag: %s. A step's name holds lower-case letters, digits and _, "
                     "and begins with no "
                     "digit. Rename the step",
                     tag);
    if (*cell->step && strcmp(cell->step, rest) != 0) {
        nbt_diagnose(reading->notebook, NBT_ERROR, NBT_TWO_NAMES, cell->index, 0, 0,
                     "Kale does not yet support multiple step names in a single notebook cell: "
                     "found %s and %s. Keep "
                     "one, and move the other's code to a cell of its own",
                     cell->step, rest);
        return;
    }
    cell->step = rest;
}

static bool has_text(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return false;
}

static void read_prev(struct reading *reading, const char *tag, const char *rest)
{
    struct nbt_cell *cell = reading->cell;
    if (!is_name(rest)) {
        nbt_diagnose(reading->notebook, NBT_ERROR, NBT_BAD_PREV, cell->index, 0, 0,
                     "Unrecognized tag: %s. prev: is followed by the name of a step above. Correct "
                     "or remove it",
                     tag);
        return;
    }
    if (has_text(cell->prev, cell->n_prev, rest))
        return;
    void *array = cell->prev;
    const char **place = nbt_arena_push(reading->notebook, &array, &cell->n_prev, sizeof(*place));
    if (!place)
        return;
    *place = rest;
    cell->prev = array;
}

/* A key that stands twice keeps its last value, as in Kale's dictionaries. */
static void set_pair(struct nbt_notebook *notebook, struct nbt_pair **pairs, size_t *count,
                     struct nbt_pair pair)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*pairs)[i].key, pair.key) == 0) {
            (*pairs)[i].value = pair.value;
            return;
        }
    }
    void *array = *pairs;
    struct nbt_pair *place = nbt_arena_push(notebook, &array, count, sizeof(*place));
    if (!place)
        return;
    *place = pair;
    *pairs = array;
}

static bool split_pair(struct nbt_notebook *notebook, const char *rest, struct nbt_pair *ret)
{
    const char *colon = strchr(rest, ':');
    if (!colon || !is_key(rest, (size_t)(colon - rest)))
        return false;
    ret->key = nbt_arena_text(notebook, rest, (size_t)(colon - rest));
    ret->value = colon + 1;
    return ret->key != NULL;
}

static void read_limit(struct reading *reading, const char *tag, const char *rest)
{
    struct nbt_cell *cell = reading->cell;
    struct nbt_pair pair;
    if (split_pair(reading->notebook, rest, &pair) && is_amount(pair.value))
        set_pair(reading->notebook, &cell->limits, &cell->n_limits, pair);
    else
        nbt_diagnose(reading->notebook, NBT_ERROR, NBT_BAD_LIMIT, cell->index, 0, 0,
                     "Unrecognized tag: %s. A limit is written limit:RESOURCE:AMOUNT, as in "
                     "limit:nvidia.com/gpu:1",
                     tag);
}

static void read_label(struct reading *reading, const char *tag, const char *rest)
{
    struct nbt_cell *cell = reading->cell;
    struct nbt_pair pair;
    if (split_pair(reading->notebook, rest, &pair))
        set_pair(reading->notebook, &cell->labels, &cell->n_labels, pair);
    else
        nbt_diagnose(
            reading->notebook, NBT_WARNING, NBT_BAD_LABEL, cell->index, 0, 0,
            "Unrecognized tag: %s. A label is written label:KEY:VALUE, as in label:team:vision",
            tag);
}

static void read_annotation(struct reading *reading, const char *tag, const char *rest)
{
    struct nbt_cell *cell = reading->cell;
    struct nbt_pair pair;
    if (split_pair(reading->notebook, rest, &pair))
        set_pair(reading->notebook, &cell->annotations, &cell->n_annotations, pair);
    else
        nbt_diagnose(reading->notebook, NBT_WARNING, NBT_BAD_ANNOTATION, cell->index, 0, 0,
                     "Unrecognized tag: %s. An annotation is written annotation:KEY:VALUE", tag);
}

static const struct {
    const char *prefix;
    tag_fn read;
    bool has_default; /* may stand in steps_defaults */
} prefixes[] = {
    {"step:", read_step, false},  {"block:", read_step, false},
    {"prev:", read_prev, false},  {"limit:", read_limit, true},
    {"label:", read_label, true}, {"annotation:", read_annotation, true},
};

static void read_prefixed(struct reading *reading, const char *tag, bool defaults)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i].prefix);
        if ((!defaults || prefixes[i].has_default) && strncmp(tag, prefixes[i].prefix, length) == 0)
            prefixes[i].read(reading, tag, tag + length);
    }
}

static const struct {
    const char *tag;
    enum nbt_role role;
} reserved[] = {
    {"skip", NBT_ROLE_SKIP},
    {"imports", NBT_ROLE_IMPORTS},
    {"functions", NBT_ROLE_FUNCTIONS},
    {"pipeline-parameters", NBT_ROLE_PARAMETERS},
    {"pipeline-metrics", NBT_ROLE_METRICS},
};

static enum nbt_role reserved_role(const char *tag, bool papermill)
{
    if (papermill && strcmp(tag, "parameters") == 0)
        return NBT_ROLE_PARAMETERS;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(tag, reserved[i].tag) == 0)
            return reserved[i].role;
    }
    return NBT_ROLE_NONE;
}

static bool is_left_behind(const struct nbt_cell *cell)
{
    return has_text(cell->tags, cell->n_tags, "injected-parameters") ||
           has_text(cell->tags, cell->n_tags, "papermill-error-cell-tag");
}

static enum nbt_role first_reserved(const struct nbt_cell *cell, bool papermill,
                                    const char **ret_tag)
{
    for (size_t i = 0; i < cell->n_tags; i++) {
        enum nbt_role role = reserved_role(cell->tags[i], papermill);
        if (role != NBT_ROLE_NONE) {
            *ret_tag = cell->tags[i];
            return role;
        }
    }
    return NBT_ROLE_NONE;
}

/* Another role or step on the cell, which the reserved tag outdoes. */
static const char *outdone(const struct nbt_cell *cell, enum nbt_role role, bool papermill)
{
    for (size_t i = 0; i < cell->n_tags; i++) {
        const char *tag = cell->tags[i];
        enum nbt_role other = reserved_role(tag, papermill);
        bool step = strncmp(tag, "step:", 5) == 0 || strncmp(tag, "block:", 6) == 0;
        if ((other != NBT_ROLE_NONE && other != role) || (step && tag[strcspn(tag, ":") + 1]))
            return tag;
    }
    return NULL;
}

static void read_reserved(struct nbt_notebook *notebook, struct nbt_cell *cell, enum nbt_role role,
                          const char *tag, bool papermill)
{
    cell->role = role;
    cell->tagged = true;
    const char *other = outdone(cell, role, papermill);
    if (other && role != NBT_ROLE_SKIP)
        nbt_diagnose(notebook, NBT_WARNING, NBT_TWO_ROLES, cell->index, 0, 0,
                     "The cell is tagged %s and %s; a cell has one role, and this one counts as "
                     "%s. Remove the other tag, "
                     "or split the cell",
                     tag, other, tag);
}

/* Kale refuses these; a notebook that is not Kale's loses nothing by them. */
static void check_stepless(struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    enum nbt_severity severity = notebook->is_kale ? NBT_ERROR : NBT_WARNING;
    if (cell->n_prev)
        nbt_diagnose(notebook, severity, NBT_PREV_WITHOUT_STEP, cell->index, 0, 0,
                     "A cell can not provide `prev` annotations without providing a `block` or "
                     "`step` annotation as "
                     "well: found prev:%s. Add step:NAME, or remove it",
                     cell->prev[0]);
    if (cell->n_limits || cell->n_labels || cell->n_annotations)
        nbt_diagnose(notebook, severity, NBT_RESOURCES_WITHOUT_STEP, cell->index, 0, 0,
                     "A cell can not provide Pod resource limits, labels or annotations in a cell "
                     "that does not declare "
                     "a step name. Add step:NAME, or move the tag to the step's first cell");
}

static void read_steps(struct nbt_notebook *notebook, struct nbt_cell *cell)
{
    struct reading reading = {.notebook = notebook, .cell = cell};
    for (size_t i = 0; i < cell->n_tags; i++)
        read_prefixed(&reading, cell->tags[i], false);
    if (*cell->step) {
        cell->role = NBT_ROLE_STEP;
        cell->tagged = true;
        return;
    }
    check_stepless(notebook, cell);
    cell->n_prev = cell->n_limits = cell->n_labels = cell->n_annotations = 0;
}

static void check_text_cell(struct nbt_notebook *notebook, const struct nbt_cell *cell)
{
    const char *tag = "";
    enum nbt_role role = first_reserved(cell, false, &tag);
    if (role == NBT_ROLE_PARAMETERS || role == NBT_ROLE_METRICS)
        nbt_diagnose(notebook, NBT_WARNING, NBT_NOT_CODE, cell->index, 0, 0,
                     "The cell is tagged %s but holds no code, so that the tag does nothing. Move "
                     "it to the code cell",
                     tag);
}

void nbt_tags_read(struct nbt_notebook *notebook, struct nbt_cell *cell, bool papermill)
{
    const char *tag = "";
    enum nbt_role role;
    if (is_left_behind(cell)) {
        cell->role = NBT_ROLE_INJECTED;
        cell->tagged = true;
    } else if (cell->type != NBT_CODE) {
        check_text_cell(notebook, cell);
    } else if ((role = first_reserved(cell, papermill, &tag)) != NBT_ROLE_NONE) {
        read_reserved(notebook, cell, role, tag, papermill);
    } else {
        read_steps(notebook, cell);
    }
}

static bool is_default(const char *tag)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (prefixes[i].has_default &&
            strncmp(tag, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0)
            return true;
    }
    return false;
}

void nbt_steps_defaults_read(struct nbt_notebook *notebook)
{
    const json_t *list = json_object_get(notebook->kale, "steps_defaults");
    struct nbt_cell holder = {.index = -1, .step = ""};
    struct reading reading = {.notebook = notebook, .cell = &holder};
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)list, i, value)
    {
        const char *tag = json_string_value(value);
        if (tag && is_default(tag))
            read_prefixed(&reading, tag, true);
        else
            nbt_diagnose(notebook, NBT_WARNING, NBT_BAD_METADATA, -1, 0, 0,
                         "steps_defaults holds %s, which was ignored: limit:, label: or "
                         "annotation: was expected",
                         tag ? tag : "something that is no string");
    }
    notebook->steps_limits = holder.limits;
    notebook->n_steps_limits = holder.n_limits;
    notebook->steps_labels = holder.labels;
    notebook->n_steps_labels = holder.n_labels;
    notebook->steps_annotations = holder.annotations;
    notebook->n_steps_annotations = holder.n_annotations;
}
