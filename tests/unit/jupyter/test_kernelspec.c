#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "check.h"
#include "jupyter/kernelspec.h"
#include "jupyter/kernelspec_path.h"

static char root[] = "/tmp/nbk-spec-XXXXXX";

static void write_file(const char *name, const char *text, mode_t mode)
{
    char path[512], folder[512];
    struct nbt_error err = NBT_ERROR_INIT;
    snprintf(path, sizeof(path), "%s/%s", root, name);
    snprintf(folder, sizeof(folder), "%s", path);
    *strrchr(folder, '/') = '\0';
    if (file_mkdir_all(folder, 0755, &err) < 0 ||
        file_replace(path, text, strlen(text), mode, &err) < 0 || chmod(path, mode) < 0)
        fail_msg("%s: %s", path, err.text);
}

static void write_spec(const char *folder, const char *text)
{
    char name[256];
    snprintf(name, sizeof(name), "%s/kernel.json", folder);
    write_file(name, text, 0644);
}

/* A kernel "k" whose display name says where it was found. */
static void write_placed(const char *share)
{
    char folder[256], text[256];
    snprintf(folder, sizeof(folder), "%s/kernels/K", share);
    snprintf(text, sizeof(text),
             "{\"argv\": [\"x\"], \"display_name\": \"%s\", \"language\": \"lang-%s\"}", share,
             share);
    write_spec(folder, text);
}

static int make_tree(void **state)
{
    static const char *const shares[] = {
        "path1",
        "path2",
        "data",
        "xdg/jupyter",
        "home/.local/share/jupyter",
        "base/share/jupyter",
        "venv/share/jupyter",
        "conda/share/jupyter",
        "home/.ipython",
        "pyenv/versions/3.9.9/share/jupyter",
    };
    (void)state;
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < COUNT_OF(shares); i++)
        write_placed(shares[i]);
    write_file("venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n", 0644);
    write_file("venv/bin/python3", "#!/bin/sh\n", 0755);
    write_file("conda/bin/python", "#!/bin/sh\n", 0755);
    write_file("pyenv/shims/python3", "#!/bin/sh\n", 0755);
    write_file("pyenv/version", "3.9.9\n", 0644);
    write_file("pyenv/versions/3.9.9/bin/python3", "", 0755);
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    return file_remove_tree(root, NULL);
}

static const char *const variables[] = {
    "JUPYTER_PATH",   "JUPYTER_DATA_DIR",        "XDG_DATA_HOME",
    "PYTHONUSERBASE", "PYTHONNOUSERSITE",        "VIRTUAL_ENV",
    "CONDA_PREFIX",   "CONDA_DEFAULT_ENV",       "PYENV_VERSION",
    "IPYTHONDIR",     "JUPYTER_PREFER_ENV_PATH", "JUPYTER_PLATFORM_DIRS",
    "XDG_DATA_DIRS",
};

/* "A=@/x B=y" with @ for the root; everything else that matters is unset, HOME is @/empty, PATH
 * @/nobin. */
static void set_environment(const char *settings)
{
    char copied[512];
    for (size_t i = 0; i < COUNT_OF(variables); i++)
        unsetenv(variables[i]);
    snprintf(copied, sizeof(copied), "HOME=@/empty PATH=@/nobin %s", settings);
    char *rest = copied;
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
        char value[512] = "";
        char *name = strsep(&word, "=");
        for (size_t n = 0; word && *word && n + sizeof(root) < sizeof(value); word++)
            n += (size_t)snprintf(value + n, sizeof(value) - n, *word == '@' ? "%s" : "%.1s",
                                  *word == '@' ? root : word);
        setenv(name, value, 1);
    }
}

static void test_order(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *want; /* display name; NULL: not found */
    } rows[] = {
        {"", NULL},
        {"JUPYTER_PATH=@/path1:@/path2 JUPYTER_DATA_DIR=@/data", "path1"},
        {"JUPYTER_PATH=@/none:@/path2// JUPYTER_DATA_DIR=@/data", "path2"},
        {"JUPYTER_DATA_DIR=@/data XDG_DATA_HOME=@/xdg", "data"},
        {"XDG_DATA_HOME=@/xdg HOME=@/home", "xdg/jupyter"},
        {"HOME=@/home", "home/.local/share/jupyter"},
        {"XDG_DATA_HOME=@/none HOME=@/home", "home/.local/share/jupyter"},
        {"XDG_DATA_HOME=@/none HOME=@/home PYTHONNOUSERSITE=1", "home/.ipython"},
        {"PYTHONUSERBASE=@/base", "base/share/jupyter"},
        {"PYTHONUSERBASE=@/base JUPYTER_DATA_DIR=@/data", "data"},
        {"VIRTUAL_ENV=@/venv PYTHONUSERBASE=@/base JUPYTER_DATA_DIR=@/data", "venv/share/jupyter"},
        {"VIRTUAL_ENV=@/venv JUPYTER_DATA_DIR=@/data JUPYTER_PREFER_ENV_PATH=0", "data"},
        {"VIRTUAL_ENV=@/venv JUPYTER_DATA_DIR=@/data JUPYTER_PREFER_ENV_PATH=No", "data"},
        {"VIRTUAL_ENV=@/venv PYTHONUSERBASE=@/base JUPYTER_PREFER_ENV_PATH=0",
         "venv/share/jupyter"},
        {"VIRTUAL_ENV=@/nowhere JUPYTER_DATA_DIR=@/data", "data"},
        {"PATH=@/venv/bin JUPYTER_DATA_DIR=@/data", "venv/share/jupyter"},
        {"CONDA_PREFIX=@/conda CONDA_DEFAULT_ENV=work JUPYTER_DATA_DIR=@/data",
         "conda/share/jupyter"},
        {"CONDA_PREFIX=@/conda CONDA_DEFAULT_ENV=base JUPYTER_DATA_DIR=@/data", "data"},
        {"CONDA_PREFIX=@/conda JUPYTER_DATA_DIR=@/data", "data"},
        {"CONDA_PREFIX=@/conda JUPYTER_DATA_DIR=@/data JUPYTER_PREFER_ENV_PATH=1",
         "conda/share/jupyter"},
        {"CONDA_PREFIX=@/conda", "conda/share/jupyter"},
        {"PATH=@/pyenv/shims", "pyenv/versions/3.9.9/share/jupyter"},
        {"PATH=@/pyenv/shims PYENV_VERSION=system", NULL},
        {"PATH=@/pyenv/shims JUPYTER_DATA_DIR=@/data", "data"},
        {"IPYTHONDIR=@/home/.ipython", "home/.ipython"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct kernelspec *spec = NULL;
        set_environment(rows[i].settings);
        int rc = kernelspec_find(&spec, "k", "", &err);
        const char *got = rc < 0 ? NULL : spec->display_name;
        if ((got == NULL) != (rows[i].want == NULL) || (got && strcmp(got, rows[i].want) != 0))
            fail_msg("%s: got %s, expected %s (%s)", rows[i].settings, got ? got : "none",
                     rows[i].want ? rows[i].want : "none", err.text);
        if (!rows[i].want)
            assert_int_equal(rc, NBT_ENOTFOUND);
        kernelspec_free(spec);
    }
}

static void test_system_folders_last(void **state)
{
    (void)state;
    struct kernelspec_paths paths;
    set_environment("JUPYTER_DATA_DIR=@/data HOME=@/home");
    assert_int_equal(kernelspec_paths_init(&paths, NULL), 0);
    assert_true(paths.n >= 4);
    assert_string_equal(paths.folders[paths.n - 3], "/usr/local/share/jupyter/kernels");
    assert_string_equal(paths.folders[paths.n - 2], "/usr/share/jupyter/kernels");
    assert_non_null(strstr(paths.folders[paths.n - 1], "/home/.ipython/kernels"));
    kernelspec_paths_fini(&paths);
}

#define ARGV "\"argv\":[\"x\",\"{connection_file}\"],\"display_name\":\"X\",\"language\":\"python\""

static void test_spec(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        int code;
        const char *want; /* part of the error */
    } rows[] = {
        {"plain", "{" ARGV "}", 0, ""},
        {"unknown members", "{" ARGV ",\"kernel_protocol_version\":\"5.5\",\"mimetype\":null}", 0,
         ""},
        {"local provisioner",
         "{" ARGV
         ",\"metadata\":{\"kernel_provisioner\":{\"provisioner_name\":\"local-provisioner\"}}}",
         0, ""},
        {"other provisioner",
         "{" ARGV ",\"metadata\":{\"kernel_provisioner\":{\"provisioner_name\":\"k8s\"}}}",
         NBT_EUNSUPPORTED, "provisioner \"k8s\""},
        {"no argv", "{}", NBT_EPARSE, "\"argv\" is not a list of texts"},
        {"empty argv", "{\"argv\":[]}", NBT_EPARSE, "\"argv\" is not a list of texts"},
        {"number in argv", "{\"argv\":[\"x\",1]}", NBT_EPARSE, "\"argv\" is not a list of texts"},
        {"env", "{" ARGV ",\"env\":{\"A\":1}}", NBT_EPARSE, "\"env\" is not an object"},
        {"mode", "{" ARGV ",\"interrupt_mode\":\"shout\"}", NBT_EPARSE,
         "\"interrupt_mode\" is neither"},
        {"metadata", "{" ARGV ",\"metadata\":[]}", NBT_EPARSE, "\"metadata\" is not an object"},
        {"cut", "{\"argv\":", NBT_EPARSE, "not a JSON object (line 1"},
        {"list", "[]", NBT_EPARSE, "not a JSON object"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct kernelspec *spec = NULL;
        write_spec("one/kernels/spec", rows[i].text);
        set_environment("JUPYTER_PATH=@/one");
        int rc = kernelspec_find(&spec, "spec", "", &err);
        if (rc != rows[i].code || (rc < 0 && !strstr(err.text, rows[i].want)))
            fail_msg("%s: code %d \"%s\", expected %d \"%s\"", rows[i].name, rc, err.text,
                     rows[i].code, rows[i].want);
        if (rc < 0)
            assert_non_null(strstr(err.text, "spec/kernel.json"));
        kernelspec_free(spec);
    }
}

#define NO_SYSTEM "JUPYTER_PLATFORM_DIRS=1 XDG_DATA_DIRS=@/none"

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *language, *settings, *want; /* display name, or part of the error */
        int code;
    } rows[] = {
        {"K", "", "JUPYTER_PATH=@/path1", "path1", 0},
        {"", "LANG-path2", "JUPYTER_PATH=@/path2", "path2", 0},
        {"nope", "", "JUPYTER_PATH=@/path1", "no kernel named \"nope\"; found: k", NBT_ENOTFOUND},
        {"nope", "R", "JUPYTER_PATH=@/path1", "no kernel named \"nope\" for R; found: k",
         NBT_ENOTFOUND},
        {"python3", "", NO_SYSTEM, "Python 3 (ipykernel)", 0},
        {"Python", "", NO_SYSTEM, "Python 3 (ipykernel)", 0},
        {"", "python", NO_SYSTEM, "Python 3 (ipykernel)", 0},
        {"", "", NO_SYSTEM, "Python 3 (ipykernel)", 0},
        {"", "R", NO_SYSTEM, "found: none", NBT_ENOTFOUND},
        {"../k", "", "JUPYTER_PATH=@/path1", "no kernel named \"../k\"", NBT_ENOTFOUND},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        struct kernelspec *spec = NULL;
        set_environment(rows[i].settings);
        int rc = kernelspec_find(&spec, rows[i].name, rows[i].language, &err);
        const char *got = rc < 0 ? err.text : spec->display_name;
        if (rc != rows[i].code || !strstr(got, rows[i].want))
            fail_msg("\"%s\": code %d \"%s\", expected %d \"%s\"", rows[i].name, rc, got,
                     rows[i].code, rows[i].want);
        kernelspec_free(spec);
    }
}

static void test_list(void **state)
{
    (void)state;
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *list = NULL;
    write_spec("list/kernels/broken", "{");
    write_spec("list/kernels/bad name", "{" ARGV "}");
    write_spec("list/kernels/two", "{" ARGV "}");
    set_environment("JUPYTER_PATH=@/list:@/path1:@/path2");
    assert_int_equal(kernelspec_list(&list, &err), 0);
    char names[256] = "";
    for (size_t i = 0, n = 0; i < json_array_size(list) && n < 200; i++) {
        const json_t *row = json_array_get(list, i);
        if (strncmp(json_string_value(json_object_get(row, "resource_dir")), root, strlen(root)) ==
            0)
            n += (size_t)snprintf(names + n, sizeof(names) - n, "%s=%s ",
                                  json_string_value(json_object_get(row, "name")),
                                  json_string_value(json_object_get(row, "display_name")));
    }
    assert_string_equal(names, "two=X k=path1 ");
}

static struct kernelspec *spec_of(const char *text)
{
    struct nbt_error err = NBT_ERROR_INIT;
    struct kernelspec *spec = NULL;
    write_spec("command/kernels/c", text);
    set_environment("JUPYTER_PATH=@/command VIRTUAL_ENV=@/venv A=one B=");
    if (kernelspec_find(&spec, "c", "", &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return spec;
}

/* The words with spaces between them, the root as @. */
static void join(char *const *words, char text[1024])
{
    size_t n = 0;
    text[0] = '\0';
    for (; *words; words++) {
        const char *at = strstr(*words, root);
        if (at)
            n += (size_t)snprintf(text + n, 1024 - n, "%.*s@%s ", (int)(at - *words), *words,
                                  at + strlen(root));
        else
            n += (size_t)snprintf(text + n, 1024 - n, "%s ", *words);
    }
}

static void test_argv(void **state)
{
    (void)state;
    static const struct {
        const char *argv, *want;
    } rows[] = {
        {"\"/k\", \"{connection_file}\"", "/k /c.json "},
        {"\"/k\", \"-f={connection_file}\", \"{resource_dir}/r\"",
         "/k -f=/c.json @/command/kernels/c/r "},
        {"\"/k\", \"{prefix}\", \"{unknown}\", \"{\", \"{}\", \"{connection_file\"",
         "/k @/venv {unknown} { {} {connection_file "},
        {"\"/k\", \"{connection_file}{connection_file}\"", "/k /c.json/c.json "},
        {"\"python3\", \"x\"", "@/venv/bin/python3 x "},
        {"\"python3.99\", \"x\"", "python3.99 x "},
        {"\"pythonic\", \"x\"", "pythonic x "},
        {"\"/usr/bin/python3\", \"-m\", \"ipykernel_launcher\", \"-f\", \"{connection_file}\"",
         "/usr/bin/python3 -m ipykernel_launcher -f /c.json --HistoryManager.hist_file=:memory: "},
        {"\"p\", \"-m\", \"ipykernel\"", "p -m ipykernel --HistoryManager.hist_file=:memory: "},
        {"\"xpython\", \"-f\", \"{connection_file}\"", "xpython -f /c.json "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        char text[512], got[1024];
        char **argv, **environment;
        snprintf(text, sizeof(text), "{\"argv\":[%s],\"language\":\"python\"}", rows[i].argv);
        struct kernelspec *spec = spec_of(text);
        assert_int_equal(kernelspec_command(spec, "/c.json", NULL, &argv, &environment, &err), 0);
        join(argv, got);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got %s, expected %s", rows[i].argv, got, rows[i].want);
        kernelspec_strings_free(argv);
        kernelspec_strings_free(environment);
        kernelspec_free(spec);
    }
}

static void test_environment(void **state)
{
    (void)state;
    static const struct {
        const char *env, *name, *want; /* NULL: not there */
    } rows[] = {
        {"{\"X\":\"plain\"}", "X", "plain"},
        {"{\"X\":\"${A}/$A/$$A\"}", "X", "one/one/$A"},
        {"{\"X\":\"${NOT_THERE} $NOT_THERE ${A $ $1\"}", "X", "${NOT_THERE} $NOT_THERE ${A $ $1"},
        {"{\"X\":\"[${B}]\"}", "X", "[]"},
        {"{\"A\":\"two\"}", "A", "two"},
        {"{\"E\":\"of spec\"}", "E", "extra"},
        {"{}", "PYTHONEXECUTABLE", NULL},
        {"{}", "B", ""},
    };
    const char *const extra[] = {"E=extra", NULL};
    setenv("PYTHONEXECUTABLE", "/x", 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct nbt_error err = NBT_ERROR_INIT;
        char text[512];
        char **argv, **environment;
        const char *got = NULL;
        snprintf(text, sizeof(text), "{\"argv\":[\"x\"],\"language\":\"python\",\"env\":%s}",
                 rows[i].env);
        struct kernelspec *spec = spec_of(text);
        assert_int_equal(kernelspec_command(spec, "/c.json", extra, &argv, &environment, &err), 0);
        size_t length = strlen(rows[i].name), times = 0;
        for (char **at = environment; *at; at++)
            if (strncmp(*at, rows[i].name, length) == 0 && (*at)[length] == '=' && ++times)
                got = *at + length + 1;
        if (times > 1 || (got == NULL) != (rows[i].want == NULL) ||
            (got && strcmp(got, rows[i].want) != 0))
            fail_msg("%s: %s is %s (%zu times), expected %s", rows[i].env, rows[i].name,
                     got ? got : "unset", times, rows[i].want ? rows[i].want : "unset");
        kernelspec_strings_free(argv);
        kernelspec_strings_free(environment);
        kernelspec_free(spec);
    }
    unsetenv("PYTHONEXECUTABLE");
}

static void test_transport(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        int tcp;
    } rows[] = {
        {"\"language\":\"python\"", 0},
        {"\"language\":\"R\"", 0},
        {"\"language\":\"kotlin\"", 1},
        {"\"language\":\"python\",\"metadata\":{\"transport\":\"tcp\"}", 1},
        {"\"language\":\"kotlin\",\"metadata\":{\"transport\":\"ipc\"}", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[256];
        snprintf(text, sizeof(text), "{\"argv\":[\"x\"],%s}", rows[i].members);
        struct kernelspec *spec = spec_of(text);
        if (kernelspec_needs_tcp(spec) != rows[i].tcp)
            fail_msg("%s: expected %d", rows[i].members, rows[i].tcp);
        kernelspec_free(spec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),       cmocka_unit_test(test_system_folders_last),
        cmocka_unit_test(test_spec),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_list),        cmocka_unit_test(test_argv),
        cmocka_unit_test(test_environment), cmocka_unit_test(test_transport),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
