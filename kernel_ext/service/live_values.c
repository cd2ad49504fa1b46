#include "service/live_values.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>

#include "base/buf.h"
#include "base/scope.h"
#include "jupyter/client.h"
#include "jupyter/runtime.h"
#include "service/internal.h"

#define PATIENCE_MS  800 /* a kernel that has not answered then is busy */
#define NAME_MAX_LEN 128

/*
 * A string in JSON, which is ASCII: its repr has nothing to undo but quotes and backslashes. The
 * builtins come from their module, since notebooks call variables `type` or `repr`. Exact types
 * alone: a repr of anything else could be long, or have effects.
 */
static const char python[] =
    "(lambda v, t, b: b.__import__('json').dumps([t.__name__, v if t is b.str else b.repr(v)]"
    " if t is b.int or t is b.float or t is b.bool or t is b.str and b.len(v) <= 4096"
    " else ['other', b.str(t.__name__)]))"
    "(%s, __import__('builtins').type(%s), __import__('builtins'))";

static char own_file[PATH_MAX]; /* "": this process is no kernel */

void service_values_beside(const char *connection_file)
{
    if (strlen(connection_file) < sizeof(own_file))
        snprintf(own_file, sizeof(own_file), "%s", connection_file);
}

static bool is_identifier(const char *name)
{
    static const char rest[] = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strspn(name, rest);

    return length > 0 && length <= NAME_MAX_LEN && name[length] == '\0' &&
           !(name[0] >= '0' && name[0] <= '9');
}

static int check_names(const char *const *names, size_t n, struct nbt_error *err)
{
    if (n > SERVICE_VALUES_MAX) {
        nbt_error_set(err, NBT_EINVAL, "%zu names were given; expected at most %d", n,
                      SERVICE_VALUES_MAX);
        nbt_error_path(err, "names");
        return NBT_EINVAL;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_identifier(names[i]))
            continue;
        nbt_error_set(err, NBT_EINVAL,
                      "'%.80s' is not the name of a variable; expected letters, digits and _, "
                      "no digit first",
                      names[i]);
        nbt_error_path(err, "names[%zu]", i);
        return NBT_EINVAL;
    }
    return 0;
}

static bool is_python(const struct client *client)
{
    const json_t *info = json_object_get(client_kernel_info(client), "language_info");
    const char *name = json_string_value(json_object_get(info, "name"));

    return name && strcmp(name, "python") == 0;
}

/* Where the language has no form of ours the name itself is asked for: present or not. */
static json_t *expressions_of(const char *const *names, size_t n, bool in_python)
{
    json_t *expressions = json_object();

    for (size_t i = 0; i < n; i++) {
        CLEANUP(buf_fini) struct buf text = buf_init(2048);
        if (in_python)
            buf_printf(&text, python, names[i], names[i]);
        else
            buf_puts(&text, names[i]);
        json_object_set_new(expressions, names[i], json_string(buf_text(&text)));
    }
    return expressions;
}

/* '["float", "0.1"]' as Python shows the string. */
static json_t *unquoted(const char *text)
{
    size_t length = strlen(text), used = 0;
    auto_free char *plain = malloc(length + 1);

    if (!plain || length < 2 || text[0] != '\'' || text[length - 1] != '\'')
        return NULL;
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[i] == '\\' && i + 2 < length)
            i++;
        plain[used++] = text[i];
    }
    return json_loadb(plain, used, JSON_ALLOW_NUL, NULL);
}

static json_t *value_json(const char *type, const json_t *value)
{
    return json_pack("{s:s, s:o}", "type", type, "value",
                     json_is_string(value) ? json_incref((json_t *)(uintptr_t)value)
                                           : json_string(""));
}

static json_t *value_of(const json_t *answer, bool in_python)
{
    const json_t *data = json_object_get(answer, "data");
    const char *text = json_string_value(json_object_get(data, "text/plain"));
    auto_json json_t *pair = in_python && text ? unquoted(text) : NULL;
    const char *type = json_string_value(json_array_get(pair, 0));

    return type ? value_json(type, json_array_get(pair, 1)) : value_json("other", NULL);
}

static bool is_missing(const json_t *answer)
{
    const char *status = json_string_value(json_object_get(answer, "status"));

    return !status || strcmp(status, "ok") != 0;
}

static int collect(json_t *values, json_t *missing, const struct client_reply *reply,
                   const char *const *names, size_t n, bool in_python, struct nbt_error *err)
{
    const json_t *answers = json_object_get(reply->content, "user_expressions");

    for (size_t i = 0; i < n; i++) {
        const json_t *answer = json_object_get(answers, names[i]);
        int failed = is_missing(answer)
                         ? json_array_append_new(missing, json_string(names[i]))
                         : json_object_set_new(values, names[i], value_of(answer, in_python));
        if (failed)
            return no_memory(err);
    }
    return 0;
}

/* Readable when the time is over: giving up so sends the kernel nothing, an expired request would
 * interrupt it. */
static int timer(struct nbt_error *err)
{
    struct itimerspec time = {.it_value = {.tv_nsec = PATIENCE_MS * 1000000L}};
    auto_close int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0 || timerfd_settime(fd, 0, &time, NULL) < 0)
        return nbt_error_errno(err, "cannot make a timer");
    return TAKE_FD(fd);
}

static int ask(struct client *client, const char *const *names, size_t n, json_t *values,
               json_t *missing, struct nbt_error *err)
{
    bool in_python = is_python(client);
    auto_json json_t *expressions = expressions_of(names, n, in_python);
    struct client_request request = {
        .code = "", .user_expressions = expressions, .silent = true, .timeout_ms = -1};
    struct client_reply reply = {0};
    int result = expressions ? client_execute(client, &request, &reply, err) : no_memory(err);

    if (result < 0)
        return result;
    /* Empty code fails only where a queue is being emptied after somebody's error. */
    result = reply.ok ? collect(values, missing, &reply, names, n, in_python, err)
                      : nbt_error_set(err, NBT_ECANCELED, "the kernel put the question off");
    client_reply_fini(&reply);
    return result;
}

static int attach_and_ask(const char *file, const char *const *names, size_t n, json_t *values,
                          json_t *missing, struct nbt_error *err)
{
    struct client *client = NULL;
    auto_close int cancel = timer(err);
    struct client_options options = {
        .cancel_fd = cancel, .output_fd = -1, .startup_timeout_ms = 10 * PATIENCE_MS};

    if (cancel < 0)
        return cancel;
    int result = client_attach(&client, file, 0, &options, err);
    if (result == 0)
        result = ask(client, names, n, values, missing, err);
    client_free(client);
    return result;
}

/* Why nothing was read: a word for the answer, or NULL for an error. */
static const char *skipped(int result)
{
    switch (result) {
    case NBT_ECANCELED:
    case NBT_ETIMEOUT: return "busy";
    case NBT_EDIED:
    case NBT_ENOTFOUND: return "dead";
    default: return NULL;
    }
}

int service_values(json_t **ret, const char *kernel_id, const char *const *names, size_t n,
                   struct nbt_error *err)
{
    struct nbt_error found = NBT_ERROR_INIT;
    auto_free char *file = NULL;
    auto_json json_t *values = json_object();
    auto_json json_t *missing = json_array();
    int result = check_names(names, n, err);

    if (result < 0)
        return result;
    result = runtime_connection_file(&file, kernel_id, own_file, &found);
    if (result == NBT_EINVAL)
        nbt_error_path(&found, "kernelId");
    if (result == 0 && !runtime_listens(file))
        result = nbt_error_set(&found, NBT_EDIED, "the kernel has ended");
    if (result == 0)
        result = attach_and_ask(file, names, n, values, missing, &found);
    if (result < 0 && !skipped(result)) {
        if (err)
            *err = found;
        return result;
    }
    json_t *answer = json_pack("{s:O, s:O, s:s?}", "values", values, "missing", missing, "skipped",
                               skipped(result));
    if (!answer)
        return no_memory(err);
    *ret = answer;
    return 0;
}
