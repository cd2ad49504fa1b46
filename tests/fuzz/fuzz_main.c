/*
 * Runs a fuzz target without libFuzzer: once on every file that is named, and on every file of a
 * folder that is named.
 *
 *     fuzz_edit tests/fuzz/corpus/edit
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0, n;
    FILE *file = fopen(path, "rb");
    uint8_t buffer[65536];
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0) {
        uint8_t *larger = realloc(data, size + n);
        if (!larger)
            abort();
        data = larger;
        memcpy(data + size, buffer, n);
        size += n;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

/* How many inputs ran; -1 when one could not be read. */
static int run_folder(DIR *folder, const char *path)
{
    int runs = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char *file;
        if (entry->d_name[0] == '.')
            continue;
        if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
            abort();
        int rc = run_file(file);
        free(file);
        if (rc < 0)
            return -1;
        runs++;
    }
    return runs;
}

int main(int argc, char **argv)
{
    int runs = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        int rc = folder ? run_folder(folder, argv[i]) : run_file(argv[i]);
        if (folder)
            closedir(folder);
        if (rc < 0)
            return 1;
        runs += rc;
    }
    printf("%d inputs\n", runs);
    /* An empty corpus tests nothing. */
    return runs > 0 ? 0 : 1;
}
