/* inspect_request: the help of the command, or of the option, under the cursor. On a worker. */
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/cursor.h"
#include "kernel/internal.h"
#include "kernel/script.h"
#include "kernel/verbs.h"
#include "service/usage.h"
#include "service/values.h"

static const struct script_word *word_at(const struct script_command *command, size_t cursor)
{
    for (size_t i = 0; i < command->n; i++) {
        if (command->words[i].start <= cursor && cursor <= command->words[i].end)
            return &command->words[i];
    }
    return NULL;
}

/* The command whose words hold the cursor, or that ends before it. */
static const struct script_command *command_at(const struct script *script, size_t cursor)
{
    const struct script_command *found = NULL;

    for (size_t i = 0; i < script->n && script->commands[i].words[0].start <= cursor; i++)
        found = &script->commands[i];
    return found;
}

static void put_option(struct buf *out, const struct option *option)
{
    usage_option(out, option);
    buf_puts(out, "\n    ");
    usage_wrap(out, option->help, 4, 4, 80);
    if (option->choices)
        buf_printf(out, "    one of: %s\n", option->choices);
}

static bool explain(struct buf *out, const struct script *script, size_t cursor)
{
    const struct script_command *at = command_at(script, cursor);

    if (!at)
        return false;
    size_t first = at->n > 1 && strcmp(at->words[0].text, "nbkatib") == 0 ? 1 : 0;
    const char *name = at->words[first].text;
    const struct script_word *word = word_at(at, cursor);
    const char *text = word ? word->text : "";
    const struct option *option = NULL;
    if (!verb_find(name))
        return false;
    if (strncmp(text, "--", 2) == 0)
        option = option_find(command_find(name), text + 2, strcspn(text + 2, "="));
    if (option)
        put_option(out, option);
    else
        usage_text(out, command_find(name));
    return true;
}

json_t *explain_answer(struct kernel *kernel, const json_t *content)
{
    const char *code = text_of(content, "code");
    CLEANUP(script_fini) struct script script = {0};
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);
    struct nbt_error ignored = NBT_ERROR_INIT;

    (void)kernel;
    bool found = script_read(&script, code, &ignored) == 0 &&
                 explain(&text, &script, cursor_of(content, code));
    return json_pack("{s:s, s:b, s:o, s:{}}", "status", "ok", "found", found, "data",
                     found ? bundle_text(buf_text(&text)) : json_object(), "metadata");
}
