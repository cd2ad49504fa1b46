#include "jupyter/kernelspec_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/user.h"

#define SMALL_FILE_MAX ((size_t)64 << 10)

/* A Python environment as jupyter_core sees it. */
struct python {
    char *prefix;
    bool preferred; /* a virtual environment, or a conda one that is not the base, that this user
                       owns */
    bool user_site; /* site.ENABLE_USER_SITE */
};

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* jupyter_core's envset. */
static bool is_on(const char *value)
{
    static const char *const off[] = {"no", "n", "false", "off", "0", "0.0"};
    for (size_t i = 0; i < COUNT_OF(off); i++)
        if (strcasecmp(value, off[i]) == 0)
            return false;
    return true;
}

static char *format_path(const char *folder, const char *rest)
{
    char *path = NULL;
    return folder && asprintf(&path, "%s/%s", folder, rest) >= 0 ? path : NULL;
}

static bool is_file(const char *folder, const char *name)
{
    struct stat info;
    auto_free char *path = format_path(folder, name);
    return path && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_ours(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_uid == geteuid();
}

static char *home_folder(void)
{
    char *home = user_home();
    char *real = realpath(home ? home : "/", NULL);
    if (!real)
        return home ? home : strdup("/");
    free(home);
    return real;
}

/* The text of a small file; "" when it cannot be read. */
static char *small_file(const char *folder, const char *name)
{
    auto_free char *path = format_path(folder, name);
    char *text = NULL;
    size_t length;
    if (!path || file_read(path, SMALL_FILE_MAX, &text, &length, NULL) < 0)
        return strdup("");
    return text;
}

static char *parent_of(const char *path, int levels)
{
    char *copy = strdup(path);
    while (copy && levels-- > 0) {
        char *slash = strrchr(copy, '/');
        if (slash)
            *slash = '\0';
    }
    return copy;
}

/* ---- which Python ---- */

/* The version that pyenv would choose here: PYENV_VERSION, .python-version upwards, the global
 * file. */
static char *pyenv_version(const char *root)
{
    const char *given = variable("PYENV_VERSION");
    if (given)
        return strndup(given, strcspn(given, ":"));
    auto_free char *folder = getcwd(NULL, 0);
    while (folder && *folder) {
        auto_free char *text = small_file(folder, ".python-version");
        if (text && *text)
            return strndup(text, strcspn(text, " \r\n:"));
        *strrchr(folder, '/') = '\0';
    }
    auto_free char *text = small_file(root, "version");
    return text ? strndup(text, strcspn(text, " \r\n:")) : NULL;
}

/* A shim is a script that asks pyenv each time; its choice is read from the files that pyenv reads.
 */
static char *behind_shim(const char *shims)
{
    auto_free char *root = parent_of(shims, 1);
    auto_free char *version = pyenv_version(root);
    char *bin = NULL;
    if (!version || !*version || strchr(version, '/') ||
        asprintf(&bin, "%s/versions/%s/bin", root, version) < 0)
        return NULL;
    if (is_file(bin, "python3"))
        return bin;
    free(bin);
    return NULL;
}

static bool is_shims(const char *folder)
{
    size_t length = strlen(folder);
    return length > 6 && strcmp(folder + length - 6, "/shims") == 0;
}

/* bin folder of the first python3, or python, on PATH. */
static char *python_on_path(const char *name)
{
    const char *path = variable("PATH");
    while (path) {
        size_t length = strcspn(path, ":");
        auto_free char *folder = strndup(path, length);
        if (folder && *folder == '/' && is_file(folder, name)) {
            char *behind = is_shims(folder) ? behind_shim(folder) : TAKE(folder);
            if (behind)
                return behind;
        }
        path = path[length] ? path + length + 1 : NULL;
    }
    return NULL;
}

static char *prefix_of(const char *bin)
{
    auto_free char *prefix = parent_of(bin, 1);
    if (prefix && is_file(prefix, "pyvenv.cfg"))
        return TAKE(prefix);
    /* Outside of an environment sys.prefix is where the program really is, through its links. */
    auto_free char *program = format_path(bin, is_file(bin, "python3") ? "python3" : "python");
    auto_free char *real = program ? realpath(program, NULL) : NULL;
    return real ? parent_of(real, 2) : NULL;
}

static char *find_prefix(void)
{
    static const char *const activated[] = {"VIRTUAL_ENV", "CONDA_PREFIX"};
    for (size_t i = 0; i < COUNT_OF(activated); i++)
        if (is_folder(variable(activated[i])))
            return strdup(variable(activated[i]));
    auto_free char *bin = python_on_path("python3");
    if (!bin)
        bin = python_on_path("python");
    return bin ? prefix_of(bin) : NULL;
}

static bool is_conda_not_base(const char *prefix)
{
    const char *conda = variable("CONDA_PREFIX");
    const char *name = variable("CONDA_DEFAULT_ENV");
    return conda && name && strncmp(prefix, conda, strlen(conda)) == 0 && strcmp(name, "base") != 0;
}

static bool sees_system_site(const char *prefix)
{
    auto_free char *text = small_file(prefix, "pyvenv.cfg");
    const char *at = text ? strstr(text, "include-system-site-packages") : NULL;
    at = at ? strchr(at, '=') : NULL;
    return at && strncasecmp(at + 1 + strspn(at + 1, " \t"), "true", 4) == 0;
}

static struct python find_python(void)
{
    struct python python = {.prefix = find_prefix(), .user_site = !variable("PYTHONNOUSERSITE")};
    if (!python.prefix)
        return python;
    bool virtual_environment = is_file(python.prefix, "pyvenv.cfg");
    if (virtual_environment && !sees_system_site(python.prefix))
        python.user_site = false;
    python.preferred =
        (virtual_environment || is_conda_not_base(python.prefix)) && is_ours(python.prefix);
    return python;
}

/* ---- the folders ---- */

static int add(struct kernelspec_paths *paths, const char *folder, const char *rest)
{
    char *path = rest || !folder ? format_path(folder, rest) : strdup(folder);
    if (!path)
        return NBT_ENOMEM;
    for (int i = 0; i < paths->n; i++) {
        if (strcmp(paths->folders[i], path) == 0) {
            free(path);
            return 0;
        }
    }
    if (paths->n == KERNELSPEC_FOLDERS_MAX) {
        free(path);
        return 0;
    }
    paths->folders[paths->n++] = path;
    return 0;
}

/* The entries of a list like PATH, without the slashes at their ends. */
static int add_list(struct kernelspec_paths *paths, const char *list, const char *rest)
{
    int rc = 0;
    while (list && rc == 0) {
        size_t length = strcspn(list, ":");
        const char *next = list[length] ? list + length + 1 : NULL;
        while (length > 0 && list[length - 1] == '/')
            length--;
        auto_free char *folder = strndup(list, length);
        if (length > 0)
            rc = add(paths, folder, rest);
        list = next;
    }
    return rc;
}

/* Where this user's own data are, as jupyter_core has it. */
static char *user_folder(const char *home)
{
    const char *data = variable("JUPYTER_DATA_DIR");
    const char *xdg = variable("XDG_DATA_HOME");
    if (data)
        return format_path(data, "kernels");
    return xdg ? format_path(xdg, "jupyter/kernels")
               : format_path(home, ".local/share/jupyter/kernels");
}

static int add_user(struct kernelspec_paths *paths, const char *home, const struct python *python)
{
    const char *base = variable("PYTHONUSERBASE");
    paths->user = user_folder(home);
    int rc = add(paths, paths->user, NULL);
    if (rc == 0 && python->user_site)
        rc = base ? add(paths, base, "share/jupyter/kernels")
                  : add(paths, home, ".local/share/jupyter/kernels");
    return rc;
}

static bool is_system_prefix(const char *prefix)
{
    return strcmp(prefix, "/usr") == 0 || strcmp(prefix, "/usr/local") == 0;
}

static int add_environment(struct kernelspec_paths *paths, const struct python *python)
{
    if (!python->prefix || is_system_prefix(python->prefix))
        return 0;
    return add(paths, python->prefix, "share/jupyter/kernels");
}

static int add_system(struct kernelspec_paths *paths)
{
    const char *platform = variable("JUPYTER_PLATFORM_DIRS");
    const char *list = platform && is_on(platform) ? variable("XDG_DATA_DIRS") : NULL;
    return add_list(paths, list ? list : "/usr/local/share:/usr/share", "jupyter/kernels");
}

static int add_ipython(struct kernelspec_paths *paths, const char *home)
{
    const char *given = variable("IPYTHONDIR");
    return given ? add(paths, given, "kernels") : add(paths, home, ".ipython/kernels");
}

static int add_all(struct kernelspec_paths *paths, const struct python *python)
{
    auto_free char *home = home_folder();
    const char *wish = getenv("JUPYTER_PREFER_ENV_PATH");
    bool environment_first = wish ? is_on(wish) : python->preferred;
    int rc = add_list(paths, variable("JUPYTER_PATH"), "kernels");
    if (rc == 0 && environment_first)
        rc = add_environment(paths, python);
    if (rc == 0)
        rc = add_user(paths, home, python);
    if (rc == 0)
        rc = add_environment(paths, python);
    if (rc == 0)
        rc = add_system(paths);
    return rc == 0 ? add_ipython(paths, home) : rc;
}

int kernelspec_paths_init(struct kernelspec_paths *ret_paths, struct nbt_error *err)
{
    struct kernelspec_paths paths = {0};
    struct python python = find_python();
    int rc = add_all(&paths, &python);
    if (python.prefix)
        paths.interpreter_dir = format_path(python.prefix, "bin");
    paths.prefix = python.prefix;
    if (rc < 0) {
        kernelspec_paths_fini(&paths);
        return nbt_error_set(err, NBT_ENOMEM, "out of memory for the list of kernelspec folders");
    }
    *ret_paths = paths;
    return 0;
}

void kernelspec_paths_fini(struct kernelspec_paths *paths)
{
    if (!paths)
        return;
    for (int i = 0; i < paths->n; i++)
        free(paths->folders[i]);
    free(paths->user);
    free(paths->prefix);
    free(paths->interpreter_dir);
    *paths = (struct kernelspec_paths){0};
}
