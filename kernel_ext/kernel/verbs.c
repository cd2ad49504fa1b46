#include "kernel/verbs.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "service/suggest.h"
#include "service/usage.h"

static const struct {
    const struct command *command;
    verb_fn run;
} verbs[] = {
    {&command_inspect, verb_inspect},  {&command_experiment, verb_experiment},
    {&command_run, verb_run_notebook}, {&command_trial, verb_trial},
    {&command_list, verb_list},        {&command_show, verb_show},
    {&command_logs, verb_logs},        {&command_report, verb_report},
    {&command_stop, verb_stop},        {&command_resume, verb_resume},
    {&command_apply, verb_apply},      {&command_delete, verb_delete},
    {&command_doctor, verb_doctor},    {&command_help, verb_help},
};

verb_fn verb_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(verbs[i].command->name, name) == 0)
            return verbs[i].run;
    }
    return NULL;
}

static int unknown(const char *name, struct nbt_error *err)
{
    struct suggest near = suggest_init(name);

    if (command_find(name))
        return nbt_error_set(
            err, NBT_EUNSUPPORTED,
            "'%s' is for the command line, 'nbkatib %s'; 'help' lists the commands of cells", name,
            name);
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        suggest_offer(&near, verbs[i].command->name);
    if (near.best)
        return nbt_error_set(err, NBT_EINVAL, "there is no command '%s'; did you mean '%s'?", name,
                             near.best);
    return nbt_error_set(err, NBT_EINVAL, "there is no command '%s'; 'help' lists them", name);
}

static void page_usage(struct cell *cell, const struct command *command)
{
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);

    usage_text(&text, command);
    cell_page(cell, buf_text(&text));
}

static int run_words(struct cell *cell, size_t n, const char *const *words, struct nbt_error *err)
{
    CLEANUP(parsed_fini) struct parsed parsed = {0};
    verb_fn run = verb_find(words[0]);

    if (!run)
        return unknown(words[0], err);
    if (options_parse(&parsed, command_find(words[0]), (int)n, words, err) < 0)
        return err->code;
    if (parsed_flag(&parsed, "help")) {
        page_usage(cell, parsed.command);
        return 0;
    }
    return run(cell, &parsed, err);
}

/* "nbkatib" before a command, as the shell wants it, is no mistake here. */
int verb_run(struct cell *cell, const struct script_command *command, struct nbt_error *err)
{
    const char **words = calloc(command->n + 1, sizeof(*words));
    size_t skip = command->n > 1 && strcmp(command->words[0].text, "nbkatib") == 0 ? 1 : 0;

    if (!words)
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    for (size_t i = 0; i < command->n; i++)
        words[i] = command->words[i].text;
    int result = run_words(cell, command->n - skip, words + skip, err);
    if (result < 0)
        nbt_error_at(err, -1, command->line, 0);
    free(words);
    return result;
}

static void page_all(struct cell *cell)
{
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);

    buf_puts(&text, "A cell holds one command a line, in words as a shell reads them; '#' begins a "
                    "comment.\n\nCommands:\n");
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        buf_printf(&text, "  %-12s%s\n", verbs[i].command->name, verbs[i].command->summary);
    buf_puts(&text, "\n'help COMMAND' tells more. 'run NOTEBOOK' begins; interrupting its cell "
                    "leaves the experiment running.\n");
    cell_page(cell, buf_text(&text));
}

int verb_help(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    const char *name = parsed->positionals[0];

    if (name && !verb_find(name))
        return unknown(name, err);
    if (name)
        page_usage(cell, command_find(name));
    else
        page_all(cell);
    return 0;
}
