#include "base/user.h"

#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_MAX 16384

/* A copy of one member of this user's entry; NULL when it is absent or empty. */
static char *member(size_t offset)
{
    char space[ENTRY_MAX];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(geteuid(), &entry, space, sizeof(space), &found) != 0 || !found)
        return NULL;
    char *text;
    memcpy(&text, (const char *)&entry + offset, sizeof(text));
    return text && *text ? strdup(text) : NULL;
}

char *user_home(void)
{
    const char *home = getenv("HOME");

    return home && *home ? strdup(home) : member(offsetof(struct passwd, pw_dir));
}

char *user_name(void)
{
    return member(offsetof(struct passwd, pw_name));
}
