/* How a kernel is started: its command and its environment, and the transport that it can be
 * reached by. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scope.h"
#include "jupyter/kernelspec.h"

#define ARGUMENT_MAX ((size_t)128 << 10) /* the kernel's own limit for one argument or variable */

extern char **environ;

void kernelspec_strings_free(char **strings)
{
    for (size_t i = 0; strings && strings[i]; i++)
        free(strings[i]);
    free(strings);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t word_length(const char *text)
{
    size_t length = 0;
    while (is_word(text[length]))
        length++;
    return length;
}

/* ---- argv ---- */

struct name_value {
    const char *name, *value;
};

/* {name} replaced by its value; an unknown name stays as it is. */
static char *fill_in(const char *text, const struct name_value *values, size_t n)
{
    struct buf out = buf_init(ARGUMENT_MAX);
    while (*text) {
        size_t length = *text == '{' ? word_length(text + 1) : 0;
        const char *value = NULL;
        for (size_t i = 0; length > 0 && text[length + 1] == '}' && i < n; i++)
            if (strlen(values[i].name) == length && strncmp(values[i].name, text + 1, length) == 0)
                value = values[i].value;
        if (value)
            buf_puts(&out, value);
        else
            buf_putc(&out, *text);
        text += value ? length + 2 : 1;
    }
    char *filled = buf_take(&out);
    buf_fini(&out);
    return filled;
}

/* "python", "python3", "python3.11": what jupyter_client replaces by its own interpreter. */
static bool is_bare_python(const char *name)
{
    return strncmp(name, "python", 6) == 0 && strspn(name + 6, "0123456789.") == strlen(name + 6);
}

static char *resolve_program(const struct kernelspec *spec, char *name)
{
    char *path = NULL;
    const char *home = getenv("HOME");
    if (name && is_bare_python(name) && spec->interpreter_dir) {
        if (asprintf(&path, "%s/%s", spec->interpreter_dir, name) < 0)
            path = NULL;
    } else if (name && name[0] == '~' && name[1] == '/' && home) {
        if (asprintf(&path, "%s%s", home, name + 1) < 0)
            path = NULL;
    }
    if (!path || access(path, X_OK) != 0) {
        free(path);
        return name;
    }
    free(name);
    return path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);
    return length >= n && strcmp(text + length - n, end) == 0;
}

static bool runs_ipykernel(const struct kernelspec *spec)
{
    for (size_t i = 0; i < json_array_size(spec->argv); i++) {
        const char *text = json_string_value(json_array_get(spec->argv, i));
        if (strcmp(text, "ipykernel_launcher") == 0 || strcmp(text, "ipykernel") == 0 ||
            ends_with(text, "ipykernel_launcher.py") || ends_with(text, "ipykernel/__main__.py"))
            return true;
    }
    return false;
}

static bool is_whole(char **strings, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strings[i])
            return false;
    return true;
}

static void free_all(char **strings, size_t n)
{
    for (size_t i = 0; strings && i < n; i++)
        free(strings[i]);
    free(strings);
}

static char **build_argv(const struct kernelspec *spec, const char *connection_file)
{
    const struct name_value values[] = {
        {"connection_file", connection_file},
        {"resource_dir", spec->resource_dir},
        {"prefix", spec->prefix ? spec->prefix : "/usr"},
    };
    size_t n = json_array_size(spec->argv);
    char **argv = calloc(n + 2, sizeof(*argv));
    if (!argv)
        return NULL;
    for (size_t i = 0; i < n; i++)
        argv[i] =
            fill_in(json_string_value(json_array_get(spec->argv, i)), values, COUNT_OF(values));
    argv[0] = resolve_program(spec, argv[0]);
    /* Kernels that run side by side would fight over one history.sqlite. */
    if (runs_ipykernel(spec))
        argv[n++] = strdup("--HistoryManager.hist_file=:memory:");
    if (is_whole(argv, n))
        return argv;
    free_all(argv, n);
    return NULL;
}

/* ---- environment ---- */

/* Python's Template.safe_substitute over our own environment: $NAME, ${NAME}, $$; unknown names
 * stay. */
static char *substitute(const char *text)
{
    struct buf out = buf_init(ARGUMENT_MAX);
    while (*text) {
        bool braced = text[0] == '$' && text[1] == '{';
        const char *name = text + (braced ? 2 : 1);
        size_t length = text[0] == '$' && !(*name >= '0' && *name <= '9') ? word_length(name) : 0;
        if (text[0] == '$' && text[1] == '$') {
            buf_putc(&out, '$');
            text += 2;
            continue;
        }
        auto_free char *key =
            length > 0 && (!braced || name[length] == '}') ? strndup(name, length) : NULL;
        const char *value = key ? getenv(key) : NULL;
        if (value)
            buf_puts(&out, value);
        else
            buf_putc(&out, *text);
        text = value ? name + length + (braced ? 1 : 0) : text + 1;
    }
    char *whole = buf_take(&out);
    buf_fini(&out);
    return whole;
}

static char **slot_of(char **list, const char *pair, size_t name_length)
{
    while (*list && (strncmp(*list, pair, name_length) != 0 || (*list)[name_length] != '='))
        list++;
    return list;
}

/* Takes pair; replaces an entry of the same name. The list has room. */
static int put(char **list, char *pair)
{
    if (!pair)
        return NBT_ENOMEM;
    char **slot = slot_of(list, pair, strcspn(pair, "="));
    free(*slot);
    *slot = pair;
    return 0;
}

static int put_spec(char **list, const struct kernelspec *spec)
{
    const char *name;
    json_t *value;
    json_object_foreach(spec->env, name, value)
    {
        char *pair = NULL;
        auto_free char *text = substitute(json_string_value(value));
        if (!text || asprintf(&pair, "%s=%s", name, text) < 0 || put(list, pair) < 0)
            return NBT_ENOMEM;
    }
    return 0;
}

static size_t count_of(const char *const *strings)
{
    size_t n = 0;
    while (strings && strings[n])
        n++;
    return n;
}

static char **build_environment(const struct kernelspec *spec, const char *const *extra)
{
    size_t room =
        count_of((const char *const *)environ) + json_object_size(spec->env) + count_of(extra) + 1;
    char **list = calloc(room, sizeof(*list));
    if (!list)
        return NULL;
    /* It would make the kernel's Python believe that it is the launcher's. */
    bool python = strcasecmp(spec->language, "python") == 0;
    int rc = 0;
    size_t used = 0;
    for (char **at = environ; *at && rc == 0; at++) {
        if (python && strncmp(*at, "PYTHONEXECUTABLE=", 17) == 0)
            continue;
        list[used] = strdup(*at);
        rc = list[used++] ? 0 : NBT_ENOMEM;
    }
    if (rc == 0)
        rc = put_spec(list, spec);
    for (size_t i = 0; rc == 0 && extra && extra[i]; i++)
        rc = put(list, strdup(extra[i]));
    if (rc == 0)
        return list;
    kernelspec_strings_free(list);
    return NULL;
}

int kernelspec_command(const struct kernelspec *spec, const char *connection_file,
                       const char *const *extra, char ***ret_argv, char ***ret_environment,
                       struct nbt_error *err)
{
    char **argv = build_argv(spec, connection_file);
    char **environment = build_environment(spec, extra);
    if (!argv || !environment) {
        kernelspec_strings_free(argv);
        kernelspec_strings_free(environment);
        return nbt_error_set(
            err, NBT_ENOMEM,
            "the command or the environment of kernel \"%s\" does not fit into memory", spec->name);
    }
    *ret_argv = argv;
    *ret_environment = environment;
    return 0;
}

/* ---- transport ---- */

bool kernelspec_needs_tcp(const struct kernelspec *spec)
{
    static const char *const ipc_languages[] = {"",    "python", "r",     "julia", "c",
                                                "c++", "c++11",  "c++14", "c++17", "c++20"};
    const char *given = json_string_value(json_object_get(spec->metadata, "transport"));
    if (given)
        return strcasecmp(given, "tcp") == 0;
    for (size_t i = 0; i < COUNT_OF(ipc_languages); i++)
        if (strcasecmp(spec->language, ipc_languages[i]) == 0)
            return false;
    return true;
}
