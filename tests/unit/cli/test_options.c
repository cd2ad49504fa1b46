/* The option grammar, suggestions, and that every table row is told in help, manual and
 * completions. */
#include <stdlib.h>

#include "base/scope.h"
#include "check.h"
#include "service/commands.h"
#include "cli/completion.h"
#include "cli/exit.h"
#include "service/usage.h"
#include "cli/man.h"
#include "service/suggest.h"

#define WORDS 8

struct row {
    const char *words[WORDS];   /* words[0] is the command */
    const char *error;          /* part of the text; NULL: none */
    const char *option, *value; /* expected of parsed_text */
    const char *positional;
};

static const struct row rows[] = {
    {{"run", "a.ipynb"}, NULL, "goal", NULL, "a.ipynb"},
    {{"run", "--goal", "0.5", "a.ipynb"}, NULL, "goal", "0.5", "a.ipynb"},
    {{"run", "a.ipynb", "--goal=0.5"}, NULL, "goal", "0.5", "a.ipynb"},
    {{"run", "a", "--goal", "-0.5"}, NULL, "goal", "-0.5", "a"},
    {{"run", "a", "--goal="}, NULL, "goal", "", "a"},
    {{"run", "a", "--goal", "1", "--goal", "2"}, NULL, "goal", "2", "a"},
    {{"run", "--", "--goal"}, NULL, "goal", NULL, "--goal"},
    {{"run", "-q", "-"}, NULL, "quiet", "", "-"},
    {{"experiment", "-oout", "a"}, NULL, "output", "out", "a"},
    {{"experiment", "-o", "out", "a"}, NULL, "output", "out", "a"},
    {{"run", "--help"}, NULL, "help", "", NULL},
    {{"run", "a", "--trials", "none"}, NULL, "trials", "none", "a"},
    {{"run", "a", "--timeout", "2h"}, NULL, "timeout", "2h", "a"},
    {{"logs", "e", "t"}, NULL, "follow", NULL, "e"},
    {{"run"}, "'run' needs NOTEBOOK|EXPERIMENT.yaml", NULL, NULL, NULL},
    {{"apply", "a"}, "'apply' needs EXPERIMENT", NULL, NULL, NULL},
    {{"run", "a", "b"}, "'run' does not take 'b'", NULL, NULL, NULL},
    {{"run", "a", "--paralel", "3"}, "did you mean --parallel?", NULL, NULL, NULL},
    {{"run", "a", "--xyzzy"}, "see 'nbkatib run --help'", NULL, NULL, NULL},
    {{"run", "a", "--quiet=yes"}, "--quiet takes no value", NULL, NULL, NULL},
    {{"run", "a", "-qx"}, "-q takes no value", NULL, NULL, NULL},
    {{"run", "a", "-Z"}, "no option -Z", NULL, NULL, NULL},
    {{"run", "a", "--goal"}, "--goal needs a value: --goal NUMBER", NULL, NULL, NULL},
    {{"run", "a", "--goal", "--json"}, "--goal needs a value", NULL, NULL, NULL},
    {{"run", "a", "--max-failed", "-1"}, "expected a whole number from 0", NULL, NULL, NULL},
    {{"run", "a", "--parallel", "0"}, "expected a whole number from 1", NULL, NULL, NULL},
    {{"run", "a", "--parallel", "3x"}, "--parallel is '3x'", NULL, NULL, NULL},
    {{"run", "a", "--trials", "0"}, "expected a whole number from 1, or none", NULL, NULL, NULL},
    {{"run", "a", "--cell-timeout", "0"}, "--cell-timeout", NULL, NULL, NULL},
    {{"run", "a", "--spec", "x"}, "no option --spec", NULL, NULL, NULL},
};

static void check_row(const struct row *row, size_t index)
{
    CLEANUP(parsed_fini) struct parsed parsed = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    int argc = 0;

    while (argc < WORDS && row->words[argc])
        argc++;
    int result = options_parse(&parsed, command_find(row->words[0]), argc, row->words, &err);
    const char *text = result == 0 && row->option ? parsed_text(&parsed, row->option) : NULL;
    bool good = row->error ? result == NBT_EINVAL && strstr(err.text, row->error)
                           : result == 0 &&
                                 (text ? row->value && strcmp(text, row->value) == 0 : !row->value);
    const char *positional = result == 0 ? parsed.positionals[0] : NULL;
    if (good && !row->error)
        good = positional ? row->positional && strcmp(positional, row->positional) == 0
                          : !row->positional;
    if (!good)
        fail_msg("row %zu (%s ...): result %d, error \"%s\", value %s, positional %s; expected "
                 "error %s, value %s, %s",
                 index, row->words[0], result, err.text, text ? text : "none",
                 positional ? positional : "none", row->error ? row->error : "none",
                 row->value ? row->value : "none", row->positional ? row->positional : "none");
}

static void command_lines_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i], i);
}

static void lists_keep_their_order(void **state)
{
    static const char *const words[] = {"run",    "--fix", "a=1",     "--param",
                                        "x=1..2", "nb",    "--param", "y=3,4"};
    CLEANUP(parsed_fini) struct parsed parsed = {0};
    struct nbt_error err = NBT_ERROR_INIT;
    size_t n_params, n_fixed, n_settings;

    (void)state;
    assert_int_equal(options_parse(&parsed, &command_run, COUNT_OF(words), words, &err), 0);
    const char *const *params = parsed_list(&parsed, "param", &n_params);
    const char *const *fixed = parsed_list(&parsed, "fix", &n_fixed);
    (void)parsed_list(&parsed, "setting", &n_settings);
    assert_int_equal(n_params, 2);
    assert_string_equal(params[0], "x=1..2");
    assert_string_equal(params[1], "y=3,4");
    assert_int_equal(n_fixed, 1);
    assert_string_equal(fixed[0], "a=1");
    assert_int_equal(n_settings, 0);
}

static void near_names_are_found(void **state)
{
    static const struct {
        const char *wanted, *name;
        bool near;
    } table[] = {
        {"inpsect", "inspect", true}, {"insp", "inspect", true}, {"shwo", "show", true},
        {"run", "show", false},       {"xyzzy", "list", false},  {"lst", "list", true},
        {"", "run", false},           {"trail", "trial", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct suggest suggest = suggest_init(table[i].wanted);
        suggest_offer(&suggest, table[i].name);
        if ((suggest.best != NULL) != table[i].near)
            fail_msg("'%s' near '%s': %d, expected %d", table[i].wanted, table[i].name,
                     suggest.best != NULL, table[i].near);
    }
}

static void exit_statuses_of_errors(void **state)
{
    static const struct {
        int code, stored, status;
    } table[] = {
        {NBT_EINVAL, 0, 3},   {NBT_EPARSE, 0, 3}, {NBT_EVERSION, 0, 3},     {NBT_EPARSE, 1, 6},
        {NBT_EVERSION, 1, 6}, {NBT_EINVAL, 1, 3}, {NBT_ENOTFOUND, 0, 4},    {NBT_EEXIST, 0, 5},
        {NBT_ESTATE, 1, 5},   {NBT_EIO, 0, 6},    {NBT_EUNSUPPORTED, 0, 6}, {NBT_ECANCELED, 0, 130},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct nbt_error err = {.code = table[i].code};
        int status = exit_for_error(&err, table[i].stored);
        if (status != table[i].status)
            fail_msg("%s, stored %d: %d, expected %d", nbt_code_name(err.code), table[i].stored,
                     status, table[i].status);
    }
}

/* As it stands in the manual: dashes are escaped. */
static void roff(char out[256], const char *text)
{
    size_t at = 0;

    for (; *text && at < 254; text++) {
        if (*text == '-')
            out[at++] = '\\';
        out[at++] = *text;
    }
    out[at] = '\0';
}

static void check_told(const struct command *command, const struct option *option,
                       const char *manual)
{
    char name[128], escaped[256];

    snprintf(name, sizeof(name), "--%s", option->name);
    roff(escaped, name);
    if (!strstr(manual, escaped))
        fail_msg("the manual lacks %s of %s", name, command->name);
    for (const struct completion_shell *shell = completion_shells; shell->name; shell++) {
        CLEANUP(buf_fini) struct buf script = buf_init((size_t)1 << 20);
        shell->write(&script);
        const char *want = strcmp(shell->name, "fish") == 0 ? name + 2 : name;
        if (!strstr(buf_text(&script), want))
            fail_msg("the %s completion lacks %s of %s", shell->name, want, command->name);
    }
}

static void check_command(const struct command *command, const char *manual)
{
    CLEANUP(buf_fini) struct buf usage = buf_init(1024);
    char escaped[256];

    usage_line(&usage, command);
    roff(escaped, buf_text(&usage));
    if (!strstr(manual, escaped))
        fail_msg("the manual lacks '%s'", escaped);
    if (!option_find(command, "help", 4))
        fail_msg("%s has no --help", command->name);
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if ((option->kind == OPTION_FLAG) != (option->argument == NULL))
                fail_msg("--%s of %s: a flag has no argument, all others have one", option->name,
                         command->name);
            if (!option->hidden)
                check_told(command, option, manual);
        }
    }
}

static void every_command_and_option_is_told(void **state)
{
    CLEANUP(buf_fini) struct buf manual = buf_init((size_t)1 << 20);

    (void)state;
    man_write(&manual, "1.2.3");
    assert_false(buf_failed(&manual));
    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            check_command(commands[i], buf_text(&manual));
    }
    for (const struct exit_text *row = exit_texts; row->text; row++)
        assert_non_null(strstr(buf_text(&manual), row->text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_lines_are_read),
        cmocka_unit_test(lists_keep_their_order),
        cmocka_unit_test(near_names_are_found),
        cmocka_unit_test(exit_statuses_of_errors),
        cmocka_unit_test(every_command_and_option_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
