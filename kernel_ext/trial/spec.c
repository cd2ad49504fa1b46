#include "trial/spec.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"

#define SPEC_MAX ((size_t)16 << 20)

enum kind { TEXT, REQUIRED_TEXT, SECONDS, COUNT, FLAG };

/* The members of trial_options that stand in the file under their own names. */
static const struct member {
    const char *name;
    enum kind kind;
    size_t offset;
} members[] = {
    {"name", TEXT, offsetof(struct trial_options, name)},
    {"notebook", REQUIRED_TEXT, offsetof(struct trial_options, notebook)},
    {"directory", REQUIRED_TEXT, offsetof(struct trial_options, directory)},
    {"output", REQUIRED_TEXT, offsetof(struct trial_options, output)},
    {"kernel", TEXT, offsetof(struct trial_options, kernel)},
    {"connection_file", TEXT, offsetof(struct trial_options, connection_file)},
    {"objective", TEXT, offsetof(struct trial_options, objective)},
    {"marker", TEXT, offsetof(struct trial_options, marker)},
    {"trial_timeout_s", SECONDS, offsetof(struct trial_options, trial_timeout_s)},
    {"cell_timeout_s", SECONDS, offsetof(struct trial_options, cell_timeout_s)},
    {"threads", COUNT, offsetof(struct trial_options, threads)},
    {"snapshots", FLAG, offsetof(struct trial_options, snapshots)},
    {"reports", FLAG, offsetof(struct trial_options, reports)},
    {"keep_workspace", FLAG, offsetof(struct trial_options, keep_workspace)},
};

static json_t *value_of(const struct trial_options *options, const struct member *member)
{
    const char *place = (const char *)options + member->offset;
    const char *text;
    switch (member->kind) {
    case TEXT:
    case REQUIRED_TEXT:
        text = *(const char *const *)(const void *)place;
        return text == NULL ? json_null() : json_string(text);
    case SECONDS: return json_integer(*(const int64_t *)(const void *)place);
    case COUNT: return json_integer(*(const int *)(const void *)place);
    case FLAG: return json_boolean(*(const bool *)(const void *)place);
    }
    return NULL;
}

int trial_spec_write(const char *path, const struct trial_options *options, struct nbt_error *err)
{
    auto_json json_t *spec = json_object();
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        json_t *value = value_of(options, &members[i]);
        if (value == NULL || json_object_set_new(spec, members[i].name, value) < 0)
            return nbt_error_set(err, NBT_EINVAL, "the trial's %s is not UTF-8 text; rename it",
                                 members[i].name);
    }
    json_object_set_new(spec, "build", json_string(trial_build_id()));
    json_object_set_new(spec, "isolation",
                        json_string(options->isolation == TRIAL_ISOLATE ? "isolate" : "share"));
    json_object_set_new(spec, "assignments",
                        options->assignments == NULL ? json_array()
                                                     : json_deep_copy(options->assignments));
    auto_free char *text = json_dumps(spec, JSON_INDENT(1));
    if (text == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the trial's spec");
    return file_replace(path, text, strlen(text), 0600, err);
}

static int refuse(struct nbt_error *err, const char *name, const char *expected)
{
    nbt_error_set(err, NBT_EINVAL, "%s must be %s", name, expected);
    nbt_error_path(err, "%s", name);
    return NBT_EINVAL;
}

static int take_text(const json_t *value, const struct member *member, char *place,
                     struct nbt_error *err)
{
    bool absent = value == NULL || json_is_null(value);
    if (!absent && !json_is_string(value))
        return refuse(err, member->name, "text");
    if (absent && member->kind == REQUIRED_TEXT)
        return refuse(err, member->name, "given");
    *(const char **)(void *)place = absent ? NULL : json_string_value(value);
    return 0;
}

static int take_number(const json_t *value, const struct member *member, char *place,
                       struct nbt_error *err)
{
    json_int_t number = json_integer_value(value);
    if (value == NULL)
        return 0;
    if (!json_is_integer(value) || number < 0 || number > INT32_MAX)
        return refuse(err, member->name, "an integer from 0 to 2147483647");
    if (member->kind == SECONDS)
        *(int64_t *)(void *)place = number;
    else
        *(int *)(void *)place = (int)number;
    return 0;
}

static int take(const json_t *spec, const struct member *member, struct trial_options *options,
                struct nbt_error *err)
{
    const json_t *value = json_object_get(spec, member->name);
    char *place = (char *)options + member->offset;
    if (member->kind == TEXT || member->kind == REQUIRED_TEXT)
        return take_text(value, member, place, err);
    if (member->kind != FLAG)
        return take_number(value, member, place, err);
    if (value != NULL && !json_is_boolean(value))
        return refuse(err, member->name, "true or false");
    *(bool *)(void *)place = json_is_true(value);
    return 0;
}

static int take_isolation(const json_t *spec, struct trial_options *options, struct nbt_error *err)
{
    const char *text = json_string_value(json_object_get(spec, "isolation"));
    if (text == NULL || (strcmp(text, "isolate") != 0 && strcmp(text, "share") != 0))
        return refuse(err, "isolation", "\"isolate\" or \"share\"");
    options->isolation = strcmp(text, "isolate") == 0 ? TRIAL_ISOLATE : TRIAL_SHARE;
    return 0;
}

static int take_build(const json_t *spec, struct nbt_error *err)
{
    const char *build = json_string_value(json_object_get(spec, "build"));
    if (build == NULL || strcmp(build, trial_build_id()) == 0)
        return 0;
    nbt_error_set(err, NBT_EVERSION,
                  "the spec was written by build %.16s, this is build %.16s; let one program run "
                  "engine and trials",
                  build, trial_build_id());
    nbt_error_path(err, "build");
    return NBT_EVERSION;
}

static int take_all(const json_t *spec, struct trial_options *options, struct nbt_error *err)
{
    if (!json_is_object(spec))
        return nbt_error_set(err, NBT_EINVAL, "a trial's spec must be a JSON object");
    int code = take_build(spec, err);
    for (size_t i = 0; code == 0 && i < COUNT_OF(members); i++)
        code = take(spec, &members[i], options, err);
    if (code == 0)
        code = take_isolation(spec, options, err);
    options->assignments = json_object_get(spec, "assignments");
    if (code == 0 && !json_is_array(options->assignments))
        code = refuse(err, "assignments", "a list of {\"name\", \"value\"}");
    if (options->name == NULL)
        options->name = "";
    return code;
}

int spec_read(json_t **ret_spec, struct trial_options *ret_options, const char *path,
              struct nbt_error *err)
{
    auto_free char *text = NULL;
    size_t length;
    json_error_t bad;
    struct trial_options options = {.cancel_fd = -1};
    int code = file_read(path, SPEC_MAX, &text, &length, err);
    if (code < 0)
        return code;
    auto_json json_t *spec = json_loadb(text, length, JSON_REJECT_DUPLICATES, &bad);
    if (spec == NULL) {
        nbt_error_set(err, NBT_EPARSE, "%s is not JSON: %s", path, bad.text);
        nbt_error_at(err, -1, bad.line, bad.column);
        return NBT_EPARSE;
    }
    code = take_all(spec, &options, err);
    if (code < 0) {
        nbt_error_prefix(err, "%s", path);
        return code;
    }
    *ret_options = options;
    *ret_spec = TAKE(spec);
    return 0;
}
