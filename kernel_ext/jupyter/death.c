/* How a kernel ended, in words. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "jupyter/client_internal.h"
#include "nbtags/number.h"

#define LAST_OUTPUT 300 /* bytes of the tail in a message */

/* "name N" in a file of such lines; -1 when it is not there. */
static int64_t read_counter(const char *path, const char *name)
{
    char line[256];
    int64_t value = -1;
    FILE *file = fopen(path, "re");
    size_t length = strlen(name);
    while (file && value < 0 && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, name, length) == 0 && line[length] == ' ' &&
            !nbt_parse_int(line + length + 1, &value))
            value = -1;
    }
    if (file)
        fclose(file);
    return value;
}

/* The path of our cgroup in the hierarchy whose line of /proc/self/cgroup has this middle: "::" or
 * ":memory:". */
static bool own_cgroup(const char *middle, char path[512])
{
    char line[512];
    bool found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && !found && fgets(line, sizeof(line), file)) {
        char *at = strchr(line, ':');
        line[strcspn(line, "\n")] = '\0';
        found = at && strncmp(at, middle, strlen(middle)) == 0;
        if (found)
            snprintf(path, 512, "%s", at + strlen(middle));
    }
    if (file)
        fclose(file);
    return found;
}

int64_t death_oom_kills(void)
{
    static const struct {
        const char *middle, *root, *file;
    } versions[] = {
        {"::", "/sys/fs/cgroup", "memory.events"},
        {":memory:", "/sys/fs/cgroup/memory", "memory.oom_control"},
    };
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        char group[512], path[1200];
        if (!own_cgroup(versions[i].middle, group))
            continue;
        /* In a container the path is the host's, and its own group is mounted at the root. */
        const char *const groups[] = {group, ""};
        for (size_t k = 0; k < COUNT_OF(groups); k++) {
            snprintf(path, sizeof(path), "%s%s/%s", versions[i].root, groups[k], versions[i].file);
            int64_t kills = read_counter(path, "oom_kill");
            if (kills >= 0)
                return kills;
        }
    }
    return read_counter("/proc/vmstat", "oom_kill");
}

void death_notice(struct client *client)
{
    client->dead = true;
    if (client->attached)
        return;
    /* Until it is reaped its group is surely still its own; the children that it left behind end
     * with it. */
    process_signal_group(&client->process, SIGKILL);
    if (process_reap(&client->process, 0, &client->status) < 0)
        process_kill(&client->process);
}

/* The last lines that the kernel wrote, on one line: "" or "; its last output: ...". */
static char *last_output(struct client *client)
{
    const char *tail = tail_text(&client->tail);
    size_t length = strlen(tail);
    struct buf line = buf_init((size_t)4 * LAST_OUTPUT);
    if (length > LAST_OUTPUT)
        tail += length - LAST_OUTPUT;
    while (*tail && ((unsigned char)*tail & 0xC0) == 0x80)
        tail++;
    while (*tail) {
        size_t n = strcspn(tail, "\r\n");
        if (n > 0) {
            buf_puts(&line, line.length ? " | " : "; its last output: ");
            buf_add(&line, tail, n);
        }
        tail += n + strspn(tail + n, "\r\n");
    }
    char *printable = file_printable(buf_text(&line));
    buf_fini(&line);
    return printable;
}

static const char *advice(struct client *client)
{
    const char *tail = tail_text(&client->tail);
    if (strstr(tail, "No module named ipykernel"))
        return ". Install it into that Python: python3 -m pip install ipykernel";
    return "";
}

static bool killed_for_memory(const struct client *client)
{
    bool killed = WIFSIGNALED(client->status) && WTERMSIG(client->status) == SIGKILL;
    return killed && client->oom_kills_before >= 0 && death_oom_kills() > client->oom_kills_before;
}

int death_report(struct client *client, const char *when, struct nbt_error *err)
{
    if (client->attached)
        return nbt_error_set(err, NBT_EDIED, "kernel \"%s\"%s ended %s", client->name,
                             client->pid ? "" : " closed its connection and", when);
    char how[64];
    process_describe(client->status, how);
    auto_free char *output = last_output(client);
    return nbt_error_set(err, NBT_EDIED, "kernel \"%s\" died %s: it %s%s; command: %.200s%s%s",
                         client->name, when, how,
                         killed_for_memory(client)
                             ? " by the out-of-memory killer: give it more memory, or run fewer "
                               "trials in parallel"
                             : "",
                         client->command, output ? output : "", advice(client));
}
