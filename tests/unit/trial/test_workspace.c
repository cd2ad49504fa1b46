/* A trial's own copy of the notebook's folder. */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "support.h"
#include "trial/workspace.h"

struct world {
    char root[40], folder[48], output[64];
    struct nbt_notebook *notebook;
};

static void path_in(char path[200], const char *folder, const char *name)
{
    snprintf(path, 200, "%s/%s", folder, name);
}

static void make_file(const char *folder, const char *name, const char *text)
{
    char path[200];
    struct nbt_error err = NBT_ERROR_INIT;
    path_in(path, folder, name);
    assert_ok(file_replace(path, text, strlen(text), 0644, &err));
}

static void make_folder(const char *folder, const char *name)
{
    char path[200];
    path_in(path, folder, name);
    assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const char *folder, const char *name, const char *target)
{
    char path[200];
    path_in(path, folder, name);
    assert_int_equal(symlink(target, path), 0);
}

/* root/nb is the notebook's folder; root/nb/state/t the trial's, inside it as on a home volume. */
static struct world make_world(const char *source)
{
    struct world world;
    const struct cell_text cells[] = {{PARAMETERS, "lr = 1"}, {"step:a", source}, {NULL, NULL}};
    snprintf(world.root, sizeof world.root, "/tmp/nbkatib-ws-XXXXXX");
    assert_non_null(mkdtemp(world.root));
    snprintf(world.folder, sizeof world.folder, "%s/nb", world.root);
    snprintf(world.output, sizeof world.output, "%s/nb/state/t", world.root);
    make_folder(world.root, "nb");
    make_folder(world.folder, "state");
    make_folder(world.folder, "state/t");
    make_file(world.folder, "state/other.db", "facts");
    make_file(world.folder, "data.txt", "data");
    make_folder(world.folder, "sub");
    make_file(world.folder, "sub/deep.txt", "deep");
    make_file(world.root, "beside.txt", "beside");
    world.notebook = notebook_of("python", cells);
    return world;
}

static void drop_world(struct world *world)
{
    struct nbt_error err = NBT_ERROR_INIT;
    assert_ok(file_remove_tree(world->root, &err));
    nbt_free(world->notebook);
}

static struct workspace_request request_of(const struct world *world)
{
    return (struct workspace_request){.directory = world->folder,
                                      .output = world->output,
                                      .isolate = true,
                                      .notebook = world->notebook};
}

static bool has(const char *folder, const char *name)
{
    struct stat found;
    char path[200];
    path_in(path, folder, name);
    return lstat(path, &found) == 0;
}

static char *content(const char *folder, const char *name)
{
    char path[200];
    char *text = NULL;
    size_t length;
    struct nbt_error err = NBT_ERROR_INIT;
    path_in(path, folder, name);
    assert_ok(file_read(path, 1 << 20, &text, &length, &err));
    return text;
}

static void the_folder_is_copied(void **state)
{
    (void)state;
    struct world world = make_world("x = lr");
    struct workspace_request request = request_of(&world);
    struct workspace workspace;
    struct nbt_error err = NBT_ERROR_INIT;
    char home[200];
    path_in(home, world.folder, "state");
    setenv("NBKATIB_HOME", home, 1);
    make_folder(world.folder, ".ipynb_checkpoints");
    make_link(world.folder, "inner", "sub/deep.txt");
    make_link(world.folder, "sub/up", "../data.txt");
    make_link(world.folder, "outer", "../beside.txt");
    make_link(world.folder, "broken", "nowhere");
    path_in(home, world.folder, "pipe");
    assert_int_equal(mkfifo(home, 0600), 0);
    assert_ok(workspace_open(&workspace, &request, &err));
    unsetenv("NBKATIB_HOME");
    assert_null(workspace.warning);
    auto_free char *deep = content(workspace.directory, "sub/deep.txt");
    auto_free char *inner = content(workspace.directory, "inner");
    auto_free char *up = content(workspace.directory, "sub/up");
    auto_free char *outer = content(workspace.directory, "outer");
    assert_string_equal(deep, "deep");
    assert_string_equal(inner, "deep");
    assert_string_equal(up, "data");
    assert_string_equal(outer, "beside");
    assert_true(has(workspace.directory, "broken"));
    assert_false(has(workspace.directory, "pipe"));
    assert_false(has(workspace.directory, "state"));
    assert_false(has(workspace.directory, ".ipynb_checkpoints"));
    workspace_close(&workspace, false);
    assert_false(has(world.output, "work"));
    drop_world(&world);
}

static void modes_and_times_are_kept(void **state)
{
    (void)state;
    struct world world = make_world("x = lr");
    struct workspace_request request = request_of(&world);
    struct workspace workspace;
    struct nbt_error err = NBT_ERROR_INIT;
    struct stat found;
    char path[200];
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
    path_in(path, world.folder, "data.txt");
    assert_int_equal(chmod(path, 0751), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_ok(workspace_open(&workspace, &request, &err));
    path_in(path, workspace.directory, "data.txt");
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0751);
    assert_int_equal(found.st_mtime, 2000);
    workspace_close(&workspace, false);
    drop_world(&world);
}

static void environments_are_linked(void **state)
{
    (void)state;
    struct world world = make_world("x = lr");
    struct workspace_request request = request_of(&world);
    struct workspace workspace;
    struct nbt_error err = NBT_ERROR_INIT;
    char target[200], want[200];
    make_folder(world.folder, ".venv");
    make_file(world.folder, ".venv/pyvenv.cfg", "home = /usr");
    assert_ok(workspace_open(&workspace, &request, &err));
    char path[200];
    path_in(path, workspace.directory, ".venv");
    ssize_t length = readlink(path, target, sizeof target - 1);
    assert_true(length > 0);
    target[length] = '\0';
    path_in(want, world.folder, ".venv");
    assert_string_equal(target, want);
    workspace_close(&workspace, false);
    drop_world(&world);
}

struct row {
    const char *name;
    const char *source;
    int64_t max_bytes, max_files;
    bool isolate;
    const char *isolation, *warning; /* parts; warning NULL: none */
};

static const struct row rows[] = {
    {"not asked for", "x = lr", 0, 0, false, "shared", NULL},
    {"too many files", "x = lr", 0, 2, true, "shared: the folder holds more than 2 files",
     "side by side"},
    {"above the folder", "open('../beside.txt')", 0, 0, true, "shared: cell 1 names a path above",
     "side by side"},
};

static void folders_that_cannot_be_copied_are_shared(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct world world = make_world(rows[i].source);
        struct workspace_request request = request_of(&world);
        struct workspace workspace;
        struct nbt_error err = NBT_ERROR_INIT;
        request.isolate = rows[i].isolate;
        request.max_bytes = rows[i].max_bytes;
        request.max_files = rows[i].max_files;
        assert_ok(workspace_open(&workspace, &request, &err));
        if (strstr(workspace.isolation, rows[i].isolation) == NULL)
            fail_msg("%s: isolation \"%s\", want \"%s\"", rows[i].name, workspace.isolation,
                     rows[i].isolation);
        assert_string_equal(workspace.directory, world.folder);
        assert_false(has(world.output, "work"));
        if ((workspace.warning == NULL) != (rows[i].warning == NULL) ||
            (rows[i].warning != NULL && strstr(workspace.warning, rows[i].warning) == NULL))
            fail_msg("%s: warning \"%s\"", rows[i].name,
                     workspace.warning == NULL ? "" : workspace.warning);
        workspace_close(&workspace, false);
        drop_world(&world);
    }
}

/* Sharing the folder would let trials write over each other's files for want of space. */
static void a_full_disk_is_no_reason_to_share(void **state)
{
    (void)state;
    struct world world = make_world("y = lr");
    struct workspace_request request = request_of(&world);
    struct workspace workspace = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    char data[4096] = "";
    auto_close int fd = open(world.folder, O_RDONLY | O_DIRECTORY);
    auto_close int file = openat(fd, "big.bin", O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 64; i++)
        assert_int_equal(write(file, data, sizeof data), sizeof data);
    if (mount("none", world.output, "tmpfs", 0, "size=64k") < 0) {
        drop_world(&world);
        skip();
    }
    int code = workspace_open(&workspace, &request, &err);
    umount2(world.output, MNT_DETACH);
    assert_int_equal(code, NBT_ENOSPACE);
    assert_non_null(strstr(err.text, "big.bin"));
    drop_world(&world);
}

static void snapshots_are_numbered(void **state)
{
    (void)state;
    struct world world = make_world("x = lr");
    struct workspace_request request = request_of(&world);
    struct workspace workspace;
    struct nbt_error err = NBT_ERROR_INIT;
    assert_ok(workspace_open(&workspace, &request, &err));
    make_file(workspace.directory, "one.txt", "1");
    assert_ok(workspace_snapshot(&workspace, "load data/../x", &err));
    make_file(workspace.directory, "two.txt", "2");
    assert_ok(workspace_snapshot(&workspace, "train", &err));
    assert_true(has(world.output, "snapshots/01-load_data____x/one.txt"));
    assert_false(has(world.output, "snapshots/01-load_data____x/two.txt"));
    assert_true(has(world.output, "snapshots/02-train/two.txt"));
    workspace_close(&workspace, true);
    assert_true(has(world.output, "work/two.txt"));
    drop_world(&world);
}

static void a_shared_folder_has_no_snapshots(void **state)
{
    (void)state;
    struct world world = make_world("x = lr");
    struct workspace_request request = request_of(&world);
    struct workspace workspace;
    struct nbt_error err = NBT_ERROR_INIT;
    request.isolate = false;
    assert_ok(workspace_open(&workspace, &request, &err));
    assert_int_equal(workspace_snapshot(&workspace, "a", &err), NBT_ESTATE);
    workspace_close(&workspace, false);
    drop_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_folder_is_copied),
        cmocka_unit_test(modes_and_times_are_kept),
        cmocka_unit_test(environments_are_linked),
        cmocka_unit_test(folders_that_cannot_be_copied_are_shared),
        cmocka_unit_test(a_full_disk_is_no_reason_to_share),
        cmocka_unit_test(snapshots_are_numbered),
        cmocka_unit_test(a_shared_folder_has_no_snapshots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
