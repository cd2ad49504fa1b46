/* What the tests against kernels share: starting one, collecting what it says, skipping where there
 * is none. */
#ifndef TESTS_JUPYTER_SUPPORT_H
#define TESTS_JUPYTER_SUPPORT_H

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "check.h"
#include "jupyter/client.h"
#include "jupyter/connection.h"

#define SYSTEM_PYTHON "/usr/bin/python3"

static inline bool python_has(const char *module)
{
    char command[256];
    snprintf(command, sizeof(command), SYSTEM_PYTHON " -c 'import %s' >/dev/null 2>&1", module);
    return access(SYSTEM_PYTHON, X_OK) == 0 && system(command) == 0;
}

#define SKIP_WITHOUT(module)                                                                       \
    do {                                                                                           \
        if (!python_has(module)) {                                                                 \
            print_message("skipped: %s has no module %s\n", SYSTEM_PYTHON, module);                \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* What a request published, one line each: "type text". */
struct heard {
    struct buf lines;
    size_t bytes; /* of stream text */
    size_t messages;
    char first_parent[128], last_parent[128];
};

static inline void hear(void *self, const struct client_message *message)
{
    struct heard *heard = self;
    const json_t *text = json_object_get(message->content, "text");
    const json_t *state = json_object_get(message->content, "execution_state");
    const json_t *data = json_object_get(json_object_get(message->content, "data"), "text/plain");
    const json_t *ename = json_object_get(message->content, "ename");
    const json_t *shown = text ? text : state ? state : data ? data : ename;
    heard->messages++;
    heard->bytes += json_string_length(text);
    snprintf(heard->last_parent, sizeof(heard->last_parent), "%s", message->parent);
    if (!*heard->first_parent)
        snprintf(heard->first_parent, sizeof(heard->first_parent), "%s", message->parent);
    buf_printf(&heard->lines, "%s %.200s;", message->type, shown ? json_string_value(shown) : "");
}

static inline struct heard heard_init(void)
{
    return (struct heard){.lines = buf_init((size_t)64 << 10)};
}

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        int rc_ = (call);                                                                          \
        if (rc_ < 0)                                                                               \
            fail_msg(#call " gave %d: %s", rc_, err.text);                                         \
    } while (0)

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("expected \"%s\" in: %s", (part), (text));                                    \
    } while (0)

#define assert_lacks(text, part)                                                                   \
    do {                                                                                           \
        if (strstr((text), (part)))                                                                \
            fail_msg("expected no \"%s\" in: %s", (part), (text));                                 \
    } while (0)

#endif
