#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_notebook.h"

/* A document with one parameters cell; %s is the JSON value of its source. */
#define DOCUMENT                                                                                   \
    "{\"nbformat\": 4, \"nbformat_minor\": 4, \"metadata\": {}, \"cells\": [{\"cell_type\": "      \
    "\"code\", \"metadata\": {\"tags\": [\"pipeline-parameters\"]}, \"source\": %s}]}\n"

static struct nbt_notebook *read_text(const char *text)
{
    struct nbt_notebook *notebook = NULL;
    struct nbt_error err = NBT_ERROR_INIT;
    if (nbt_read_bytes(&notebook, "made.ipynb", text, strlen(text), &err) < 0)
        fail_msg("cannot read %s: %s", text, err.text);
    return notebook;
}

static struct nbt_edit *edit_of(const struct nbt_notebook *notebook)
{
    struct nbt_edit *edit = NULL;
    assert_int_equal(nbt_edit_new(&edit, notebook, NULL), 0);
    return edit;
}

static char *apply(const struct nbt_edit *edit)
{
    char *text = NULL;
    size_t size = 0;
    struct nbt_error err = NBT_ERROR_INIT;
    if (nbt_edit_apply(edit, &text, &size, &err) < 0)
        fail_msg("cannot apply: %s", err.text);
    assert_int_equal(strlen(text), size);
    return text;
}

static void expect_text(size_t i, char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("case %zu\ngot:  %s\nwant: %s", i, got, want);
    free(got);
}

static const struct {
    const char *source; /* JSON */
    const char *name, *value;
    const char *want; /* JSON */
} parameters[] = {
    {"\"lr = 0.01\"", "lr", "0.5", "\"lr = 0.5\""},
    {"\"lr = 0.01\"", "lr", "0.01", "\"lr = 0.01\""},
    {"\"lr = 1e-3 # c\"", "lr", "0.001", "\"lr = 1e-3 # c\""},
    {"\"n = 0x10\"", "n", "16", "\"n = 0x10\""},
    {"[\"a = 1\\n\", \"b = 'x'\\n\",\r\n \"c = 3\"]", "b", "it's\n",
     "[\"a = 1\\n\", \"b = 'it\\\\'s\\\\n'\\n\",\r\n \"c = 3\"]"},
    {"\"s = \\\"q\\\"\"", "s", "é\\\"", "\"s = \\\"é\\\\\\\\\\\\\\\"\\\"\""},
    {"\"\\u00e9 = '\\ud83d\\ude00' # \\u00e9\"", "é", "x", "\"\\u00e9 = 'x' # \\u00e9\""},
    {"\"s = '\\ud83d\\ude00'\\r\\nb = 1\"", "b", "2", "\"s = '\\ud83d\\ude00'\\r\\nb = 2\""},
    /* Literals over several lines, and over several strings of the list */
    {"\"s = '''a\\nb'''\\nt = 1\"", "s", "c", "\"s = 'c'\\nt = 1\""},
    {"[\"s = '''a\\n\", \"b\\n\",\n  \"c''' # d\\n\", \"t = 1\"]", "s", "c",
     "[\"s = 'c' # d\\n\", \"t = 1\"]"},
    {"[\"s = \", \"1\", \"2\"]", "s", "3", "[\"s = \", \"3\"]"},
    {"[\"s = \", \"\", \"12\", \"\"]", "s", "3", "[\"s = \", \"\", \"3\", \"\"]"},
    {"[\"s = (\\n\", \"  1 # x\\n\", \")\"]", "s", "3", "[\"s = (\\n\", \"  3 # x\\n\", \")\"]"},
    {"\"a = 1; a = 2\"", "a", "3", "\"a = 1; a = 3\""},
    {"\"n = 5\"", "n", "0.5", "\"n = 0.5\""},
    {"\"b = True\"", "b", "false", "\"b = False\""},
};

static void replaces_literals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        char *before, *after;
        struct nbt_error err = NBT_ERROR_INIT;
        assert_true(asprintf(&before, DOCUMENT, parameters[i].source) > 0);
        assert_true(asprintf(&after, DOCUMENT, parameters[i].want) > 0);
        struct nbt_notebook *notebook = read_text(before);
        struct nbt_edit *edit = edit_of(notebook);
        if (nbt_edit_parameter(edit, parameters[i].name, "7", NULL) < 0)
            nbt_error_clear(&err); /* a value of another type first: the last one counts */
        if (nbt_edit_parameter(edit, parameters[i].name, parameters[i].value, &err) < 0)
            fail_msg("case %zu: %s", i, err.text);
        expect_text(i, apply(edit), after);
        nbt_edit_free(edit);
        nbt_free(notebook);
        free(before);
        free(after);
    }
}

static const struct {
    const char *name, *value;
    int code;
    const char *text;
} refusals[] = {
    {"zz", "1", NBT_ENOTFOUND,
     "made.ipynb has no parameter zz. `nbkatib inspect` lists those that it has"},
    {"a", "x", NBT_EINVAL,
     "a: 'x' does not fit a literal of type int: expected a finite number such as 5 or 0.5. Give "
     "such a value"},
    {"e", "1", NBT_EINVAL,
     "e: an expression takes no value: '1' was given for one. Write a literal into the parameters "
     "cell first"},
};

static void refuses_values(void **state)
{
    (void)state;
    char *before;
    assert_true(asprintf(&before, DOCUMENT, "\"a = 1\\ne = a + 1\"") > 0);
    struct nbt_notebook *notebook = read_text(before);
    struct nbt_edit *edit = edit_of(notebook);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        int rc = nbt_edit_parameter(edit, refusals[i].name, refusals[i].value, &err);
        if (rc != refusals[i].code || strcmp(err.text, refusals[i].text) != 0)
            fail_msg("%s: got %d %s\nwant %d %s", refusals[i].name, rc, err.text, refusals[i].code,
                     refusals[i].text);
    }
    expect_text(0, apply(edit), before);
    nbt_edit_free(edit);
    nbt_free(notebook);
    free(before);
}

#define PRETTY_HEAD  "{\n  \"cells\": [\n    "
#define PRETTY_TAIL  "\n  ],\n  \"metadata\": {},\n  \"nbformat\": 4,\n  \"nbformat_minor\": 5\n}"
#define COMPACT_HEAD "{\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{},\"cells\":["

/* Tags of cell 0, separated by spaces. */
static const struct {
    const char *before, *tags, *want;
} tags[] = {
    {PRETTY_HEAD
     "{\"metadata\": {\n        \"tags\": [\n          \"a\"\n        ]\n      }}" PRETTY_TAIL,
     "b c",
     PRETTY_HEAD
     "{\"metadata\": {\n        \"tags\": [\n          \"b\",\n          \"c\"\n        ]\n"
     "      }}" PRETTY_TAIL},
    {PRETTY_HEAD "{\"metadata\": { \"tags\" : [\"a\"] , \"x\": 1}}" PRETTY_TAIL, "b \"",
     PRETTY_HEAD "{\"metadata\": { \"tags\" : [\"b\", \"\\\"\"] , \"x\": 1}}" PRETTY_TAIL},
    /* The same tags: the same bytes */
    {PRETTY_HEAD "{\"metadata\": {\"tags\": [\"a\",\"b\"]}}" PRETTY_TAIL, "a b",
     PRETTY_HEAD "{\"metadata\": {\"tags\": [\"a\",\"b\"]}}" PRETTY_TAIL},
    /* Removing */
    {PRETTY_HEAD "{\"metadata\": {\"x\": 1, \"tags\": [\"a\"]}}" PRETTY_TAIL, "",
     PRETTY_HEAD "{\"metadata\": {\"x\": 1}}" PRETTY_TAIL},
    {PRETTY_HEAD "{\"metadata\": {\n\"tags\": [\"a\"],\n\"x\": 1\n}}" PRETTY_TAIL, "",
     PRETTY_HEAD "{\"metadata\": {\n\"x\": 1\n}}" PRETTY_TAIL},
    {PRETTY_HEAD "{\"metadata\": {\n\"tags\": [\"a\"]\n}}" PRETTY_TAIL, "",
     PRETTY_HEAD "{\"metadata\": {}}" PRETTY_TAIL},
    {PRETTY_HEAD "{\"metadata\": {}}" PRETTY_TAIL, "",
     PRETTY_HEAD "{\"metadata\": {}}" PRETTY_TAIL},
    /* Adding */
    {PRETTY_HEAD "{\n      \"metadata\": {}\n    }" PRETTY_TAIL, "a",
     PRETTY_HEAD
     "{\n      \"metadata\": {\n        \"tags\": [\n          \"a\"\n        ]\n      }\n"
     "    }" PRETTY_TAIL},
    {PRETTY_HEAD "{\n      \"metadata\": {\n        \"x\": 1\n      }\n    }" PRETTY_TAIL, "a",
     PRETTY_HEAD
     "{\n      \"metadata\": {\n        \"x\": 1,\n        \"tags\": [\n          \"a\"\n"
     "        ]\n      }\n    }" PRETTY_TAIL},
    {PRETTY_HEAD "{\r\n\t\t\"metadata\": {\r\n\t\t\t\"x\": 1\r\n\t\t}\r\n\t}" PRETTY_TAIL, "a",
     PRETTY_HEAD
     "{\r\n\t\t\"metadata\": {\r\n\t\t\t\"x\": 1,\r\n\t\t\t\"tags\": [\r\n\t\t\t  \"a\"\r\n\t\t\t]"
     "\r\n\t\t}\r\n\t}" PRETTY_TAIL},
    {PRETTY_HEAD "{\n      \"cell_type\": \"code\"\n    }" PRETTY_TAIL, "a",
     PRETTY_HEAD "{\n      \"cell_type\": \"code\",\n      \"metadata\": {\n        \"tags\": [\n"
                 "          \"a\"\n        ]\n      }\n    }" PRETTY_TAIL},
    {COMPACT_HEAD "{\"metadata\":{}}]}", "a", COMPACT_HEAD "{\"metadata\":{\"tags\":[\"a\"]}}]}"},
    {COMPACT_HEAD "{\"metadata\":{\"x\":1}}]}", "a b",
     COMPACT_HEAD "{\"metadata\":{\"x\":1,\"tags\":[\"a\",\"b\"]}}]}"},
    {COMPACT_HEAD "{\"metadata\": {\"x\": 1}}]}", "a b",
     COMPACT_HEAD "{\"metadata\": {\"x\": 1, \"tags\": [\"a\", \"b\"]}}]}"},
    /* A key that stands twice is set where it counts, and removed twice */
    {COMPACT_HEAD "{\"metadata\":{\"tags\":[\"a\"],\"tags\":[\"b\"]}}]}", "c",
     COMPACT_HEAD "{\"metadata\":{\"tags\":[\"a\"],\"tags\":[\"c\"]}}]}"},
    {COMPACT_HEAD "{\"metadata\":{\"tags\":[\"a\"],\"x\":1,\"t\\u0061gs\":[\"b\"]}}]}", "",
     COMPACT_HEAD "{\"metadata\":{\"x\":1}}]}"},
};

static size_t split(char *words, const char *list[8])
{
    size_t n = 0;
    for (char *word; (word = strsep(&words, " "));)
        if (*word)
            list[n++] = word;
    return n;
}

static void replaces_tags(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct nbt_notebook *notebook = read_text(tags[i].before);
        struct nbt_edit *edit = edit_of(notebook);
        const char *list[8] = {"other"};
        char *words = strdup(tags[i].tags);
        assert_int_equal(nbt_edit_tags(edit, 0, list, 1, NULL), 0);
        size_t n = split(words, list);
        assert_int_equal(nbt_edit_tags(edit, 0, list, n, NULL), 0);
        assert_int_equal(nbt_edit_tags(edit, 1, list, n, NULL), NBT_ENOTFOUND);
        expect_text(i, apply(edit), tags[i].want);
        nbt_edit_free(edit);
        nbt_free(notebook);
        free(words);
    }
}

/* Values of the keys "kubeflow_notebook" and "nbkatib" as JSON; "" leaves the key, "-" removes it.
 */
static const struct {
    const char *before, *kale, *own, *want;
} metadata[] = {
    {"{\n \"cells\": [],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 4\n}\n",
     "{\"a\": 0.1, \"b\": [2.0, 1e-05, 3, null, true, {}], \"c\": {\"d\": []}}", "1",
     "{\n \"cells\": [],\n \"metadata\": {\n  \"kubeflow_notebook\": {\n   \"a\": 0.1,\n   \"b\": "
     "[\n    2.0,\n"
     "    1e-05,\n    3,\n    null,\n    true,\n    {}\n   ],\n   \"c\": {\n    \"d\": []\n   }\n  "
     "},\n"
     "  \"nbkatib\": 1\n },\n \"nbformat\": 4,\n \"nbformat_minor\": 4\n}\n"},
    {"{\n \"cells\": [],\n \"metadata\": {\n  \"nbkatib\": {\"v\": 1},\n  \"z\": 0.10\n },\n "
     "\"nbformat\": "
     "4,\n \"nbformat_minor\": 4\n}",
     "{}", "-",
     "{\n \"cells\": [],\n \"metadata\": {\n  \"z\": 0.10,\n  \"kubeflow_notebook\": {}\n },\n "
     "\"nbformat\": 4,\n \"nbformat_minor\": 4\n}"},
    {"{\"metadata\":{\"kubeflow_notebook\":{\"a\" : "
     "1},\"nbkatib\":2,\"k\":3},\"cells\":[],\"nbformat\":4,"
     "\"nbformat_minor\":4}",
     "-", "-", "{\"metadata\":{\"k\":3},\"cells\":[],\"nbformat\":4,\"nbformat_minor\":4}"},
    {"{\"metadata\":{\"k\":3,\"kubeflow_notebook\":{\"a\" : "
     "1},\"nbkatib\":2},\"cells\":[],\"nbformat\":4,"
     "\"nbformat_minor\":4}",
     "-", "-", "{\"metadata\":{\"k\":3},\"cells\":[],\"nbformat\":4,\"nbformat_minor\":4}"},
    /* An equal value keeps its bytes */
    {"{\"metadata\":{\"kubeflow_notebook\":{\"a\" : "
     "1}},\"cells\":[],\"nbformat\":4,\"nbformat_minor\":4}",
     "{\"a\":1}", "",
     "{\"metadata\":{\"kubeflow_notebook\":{\"a\" : "
     "1}},\"cells\":[],\"nbformat\":4,\"nbformat_minor\":4}"},
    {"{\"cells\":[],\"nbformat\":4,\"nbformat_minor\":4}", "{\"a\":1}", "-",
     "{\"cells\":[],\"nbformat\":4,\"nbformat_minor\":4,\"metadata\":{\"kubeflow_notebook\":{\"a\":"
     "1}}}"},
};

static void set_key(struct nbt_edit *edit, const char *key, const char *text)
{
    if (!*text)
        return;
    json_t *value = *text == '-' ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
    assert_int_equal(nbt_edit_metadata(edit, key, value, NULL), 0);
    json_decref(value);
}

static void replaces_metadata(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
        struct nbt_notebook *notebook = read_text(metadata[i].before);
        struct nbt_edit *edit = edit_of(notebook);
        set_key(edit, "kubeflow_notebook", metadata[i].kale);
        set_key(edit, "nbkatib", metadata[i].own);
        expect_text(i, apply(edit), metadata[i].want);
        nbt_edit_free(edit);
        nbt_free(notebook);
    }
}

/* Saving, in a folder of the test's own. */
struct place {
    char folder[64];
    char path[128];
    char link[128];
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect_file(const char *path, const char *want)
{
    char got[1024] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t n = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    got[n] = '\0';
    if (strcmp(got, want) != 0)
        fail_msg("%s\ngot:  %s\nwant: %s", path, got, want);
}

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    memcpy(place->folder, "/tmp/nbtags-XXXXXX", sizeof "/tmp/nbtags-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/a b'\n\xc3\xa9.ipynb", place->folder);
    snprintf(place->link, sizeof place->link, "%s/link", place->folder);
    char *text;
    assert_true(asprintf(&text, DOCUMENT, "\"a = 1\"") > 0);
    write_file(place->path, text);
    free(text);
    assert_int_equal(symlink(place->path, place->link), 0);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    unlink(place->link);
    unlink(place->path);
    int left = rmdir(place->folder);
    free(place);
    return left;
}

static struct nbt_edit *open_edit(const char *path, struct nbt_notebook **notebook)
{
    struct nbt_error err = NBT_ERROR_INIT;
    if (nbt_read(notebook, path, &err) < 0)
        fail_msg("cannot read: %s", err.text);
    struct nbt_edit *edit = edit_of(*notebook);
    assert_int_equal(nbt_edit_parameter(edit, "a", "2", NULL), 0);
    return edit;
}

static void saves_through_a_link(void **state)
{
    struct place *place = *state;
    struct nbt_notebook *notebook;
    struct nbt_error err = NBT_ERROR_INIT;
    struct stat before, after;
    char *want;
    assert_true(asprintf(&want, DOCUMENT, "\"a = 2\"") > 0);
    chmod(place->path, 0640);
    if (geteuid() == 0)
        assert_int_equal(chown(place->path, 12, 34), 0);
    stat(place->path, &before);
    struct nbt_edit *edit = open_edit(place->link, &notebook);
    if (nbt_edit_save(edit, &err) < 0)
        fail_msg("cannot save: %s", err.text);
    expect_file(place->path, want);
    assert_int_equal(lstat(place->link, &after), 0);
    assert_true(S_ISLNK(after.st_mode));
    stat(place->path, &after);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(after.st_gid, before.st_gid);
    nbt_edit_free(edit);
    nbt_free(notebook);
    free(want);
}

static void refuses_a_changed_file(void **state)
{
    struct place *place = *state;
    struct nbt_notebook *notebook;
    struct nbt_error err = NBT_ERROR_INIT;
    struct nbt_edit *edit = open_edit(place->path, &notebook);
    char *other;
    assert_true(asprintf(&other, DOCUMENT, "\"a = 9\"") > 0);
    write_file(place->path, other);
    assert_int_equal(nbt_edit_save(edit, &err), NBT_ESTATE);
    assert_non_null(strstr(err.text, "changed since it was read, so nothing was written"));
    expect_file(place->path, other);
    nbt_error_clear(&err);
    unlink(place->path);
    assert_int_equal(nbt_edit_save(edit, &err), NBT_ENOTFOUND);
    assert_int_equal(access(place->path, F_OK), -1);
    nbt_edit_free(edit);
    nbt_free(notebook);
    free(other);
}

/* root may write everywhere, so the folder refuses no root. */
static void refuses_a_folder_without_permission(void **state)
{
    struct place *place = *state;
    struct nbt_notebook *notebook;
    struct nbt_error err = NBT_ERROR_INIT;
    char *before;
    assert_true(asprintf(&before, DOCUMENT, "\"a = 1\"") > 0);
    struct nbt_edit *edit = open_edit(place->path, &notebook);
    bool root = geteuid() == 0;
    chmod(place->folder, 0555);
    chmod(place->path, 0666);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    int rc = nbt_edit_save(edit, &err);
    if (root)
        assert_int_equal(seteuid(0), 0);
    chmod(place->folder, 0700);
    assert_int_equal(rc, NBT_EIO);
    assert_non_null(strstr(err.text, "cannot write into the folder of"));
    expect_file(place->path, before);
    nbt_edit_free(edit);
    nbt_free(notebook);
    free(before);
}

static void refuses_a_live_document(void **state)
{
    (void)state;
    char *text;
    assert_true(asprintf(&text, DOCUMENT, "\"a = 1\"") > 0);
    struct nbt_notebook *notebook = read_text(text);
    struct nbt_edit *edit = edit_of(notebook);
    assert_int_equal(nbt_edit_save(edit, NULL), NBT_EINVAL);
    nbt_edit_free(edit);
    nbt_free(notebook);
    free(text);
}

#define saving(f) cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_literals),
        cmocka_unit_test(refuses_values),
        cmocka_unit_test(replaces_tags),
        cmocka_unit_test(replaces_metadata),
        saving(saves_through_a_link),
        saving(refuses_a_changed_file),
        saving(refuses_a_folder_without_permission),
        cmocka_unit_test(refuses_a_live_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
