#include <string.h>

#include "base/scope.h"
#include "experiment/validate.h"

/* metricsCollectorSpec: what each kind of collector needs of its source. */

static const char *const collector_kinds[] = {
    "StdOut", "File", "TensorFlowEvent", "PrometheusMetric", "Custom", "Push", NULL};
static const char *const formats[] = {"TEXT", "JSON", NULL};
static const char *const file_kinds[] = {"File", "Directory", "Invalid", NULL};

static const struct field collector_spec_fields[] = {
    {"collector", SHAPE_MAPPING, NULL, NULL},
    {"source", SHAPE_MAPPING, NULL, NULL},
    {0},
};
static const struct field collector_fields[] = {
    {"kind", SHAPE_TEXT, NULL, collector_kinds},
    {"customCollector", SHAPE_MAPPING, NULL, NULL},
    {0},
};
static const struct field source_fields[] = {
    {"httpGet", SHAPE_MAPPING, NULL, NULL},
    {"fileSystemPath", SHAPE_MAPPING, NULL, NULL},
    {"filter", SHAPE_MAPPING, NULL, NULL},
    {0},
};
static const struct field path_fields[] = {
    {"path", SHAPE_TEXT, NULL, NULL},
    {"kind", SHAPE_TEXT, NULL, file_kinds},
    {"format", SHAPE_TEXT, NULL, formats},
    {0},
};
static const struct field filter_fields[] = {
    {"metricsFormat", SHAPE_LIST, NULL, NULL},
    {0},
};

static const struct place collector_place = {"spec.metricsCollectorSpec.collector"};
static const struct place source_place = {"spec.metricsCollectorSpec.source"};
static const struct place path_place = {"spec.metricsCollectorSpec.source.fileSystemPath"};

/* What Katib's defaulter leaves alone must be right; what is absent it fills in. */
static void expect(const json_t *path, const char *key, const char *want, const char *kind,
                   struct experiment_problems *problems)
{
    const char *text = validate_text(path, key);
    if (text && strcmp(text, want) != 0)
        validate_error(problems, place_field(path_place, key),
                       "found \"%.60s\"; the collector %s needs %s", text, kind, want);
}

static void check_path(const json_t *path, const char *kind, struct experiment_problems *problems)
{
    const char *text = validate_text(path, "path");
    if (text && *text != '/')
        validate_error(problems, place_field(path_place, "path"),
                       "found \"%.60s\"; the collector %s needs an absolute path", text, kind);
}

static void check_file(const json_t *source, struct experiment_problems *problems)
{
    const json_t *path = json_object_get(source, "fileSystemPath");
    const char *format = validate_text(path, "format");
    expect(path, "kind", "File", "File", problems);
    check_path(path, "File", problems);
    if (format && strcmp(format, "JSON") == 0 &&
        !validate_missing(json_object_get(source, "filter")))
        validate_error(problems, place_field(source_place, "filter"),
                       "does not go with format JSON; remove it");
}

static void check_events(const json_t *source, struct experiment_problems *problems)
{
    const json_t *path = json_object_get(source, "fileSystemPath");
    expect(path, "kind", "Directory", "TensorFlowEvent", problems);
    check_path(path, "TensorFlowEvent", problems);
    if (validate_text(path, "format"))
        validate_error(problems, place_field(path_place, "format"),
                       "does not go with the collector TensorFlowEvent; remove it");
}

/* Past a bracket expression, where parentheses are ordinary characters. */
static const char *skip_class(const char *p)
{
    p++;
    if (*p == '^')
        p++;
    if (*p == ']')
        p++;
    while (*p && *p != ']')
        p += *p == '\\' && p[1] ? 2 : 1;
    return p;
}

static bool is_capturing(const char *p)
{
    return p[1] != '?' || p[2] == 'P' || (p[2] == '<' && p[3] != '=' && p[3] != '!');
}

/* Capturing groups at the top level, or -1 when the parentheses or brackets do not match. The rest
 * of RE2's grammar is left to Katib. */
static int count_groups(const char *pattern)
{
    int depth = 0, groups = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p == '\\') {
            if (!*++p)
                return -1;
        } else if (*p == '[') {
            p = skip_class(p);
            if (!*p)
                return -1;
        } else if (*p == '(') {
            groups += depth == 0 && is_capturing(p) ? 1 : 0;
            depth++;
        } else if (*p == ')' && --depth < 0) {
            return -1;
        }
    }
    return depth == 0 ? groups : -1;
}

static void check_filter(const json_t *source, struct experiment_problems *problems)
{
    const json_t *filter = json_object_get(source, "filter");
    struct place place = place_field(source_place, "filter");
    size_t index;
    json_t *pattern;
    if (!json_is_object(filter))
        return;
    validate_fields(problems, place, filter, filter_fields);
    json_array_foreach(json_object_get(filter, "metricsFormat"), index, pattern)
    {
        struct place item = place_item(place_field(place, "metricsFormat"), index);
        if (validate_shape(problems, item, pattern, SHAPE_TEXT) &&
            count_groups(json_string_value(pattern)) != 2)
            validate_error(
                problems, item,
                "found \"%.60s\"; expected a regular expression with two groups, the name and "
                "the value: ([\\w|-]+)\\s*=\\s*([+-]?\\d+)",
                json_string_value(pattern));
    }
}

static void check_source(const json_t *collector_spec, struct experiment_problems *problems)
{
    const json_t *source = json_object_get(collector_spec, "source");
    const json_t *path = json_object_get(source, "fileSystemPath");
    if (!json_is_object(source))
        return;
    validate_fields(problems, source_place, source, source_fields);
    if (json_is_object(path))
        validate_fields(problems, path_place, path, path_fields);
    check_filter(source, problems);
}

void validate_collector(const json_t *spec, struct experiment_problems *problems)
{
    const json_t *collector_spec = json_object_get(spec, "metricsCollectorSpec");
    const json_t *collector = json_object_get(collector_spec, "collector");
    const json_t *source = json_object_get(collector_spec, "source");
    const char *kind = validate_text(collector, "kind");
    if (!json_is_object(collector_spec))
        return;
    validate_fields(problems, (struct place){"spec.metricsCollectorSpec"}, collector_spec,
                    collector_spec_fields);
    if (json_is_object(collector))
        validate_fields(problems, collector_place, collector, collector_fields);
    check_source(collector_spec, problems);
    if (kind && strcmp(kind, "File") == 0)
        check_file(source, problems);
    else if (kind && strcmp(kind, "TensorFlowEvent") == 0)
        check_events(source, problems);
    else if (kind && strcmp(kind, "Custom") == 0 &&
             validate_missing(json_object_get(collector, "customCollector")))
        validate_error(problems, place_field(collector_place, "customCollector"),
                       "is missing; the collector Custom is a container of yours");
}
