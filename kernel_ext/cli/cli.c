#include "cli/cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "service/suggest.h"

static const char *version_text = "";
static cli_kernel_fn kernel_function;

const char *cli_version(void)
{
    return version_text;
}

static int unknown_command(const char *name)
{
    struct suggest near = suggest_init(name);
    auto_free char *shown = file_printable(name);

    for (size_t i = 0; commands[i]; i++) {
        if (!commands[i]->hidden)
            suggest_offer(&near, commands[i]->name);
    }
    if (near.best)
        say(stderr, "nbkatib: error: there is no command '%s'; did you mean '%s'?\n",
            shown ? shown : "?", near.best);
    else
        say(stderr, "nbkatib: error: there is no command '%s'; 'nbkatib --help' lists them\n",
            shown ? shown : "?");
    return EXIT_USAGE;
}

static int usage_error(const struct command *command, int argc, const char *const *argv,
                       const struct nbt_error *err)
{
    auto_free char *text = file_printable(err->text);

    say(stderr, "nbkatib: error: %s\n", text ? text : "?");
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") != 0 || !option_find(command, "json", 4))
            continue;
        auto_json json_t *document =
            json_pack("{s:{s:s, s:s}}", "error", "code", "usage", "text", text ? text : "?");
        say_json_line(document);
        break;
    }
    return EXIT_USAGE;
}

static int run_verb(const struct verb *verb, int argc, const char *const *argv)
{
    const struct command *command = verb->command;
    CLEANUP(parsed_fini) struct parsed parsed = {0};
    struct nbt_error err = NBT_ERROR_INIT;

    if (options_parse(&parsed, command, argc, argv, &err) < 0)
        return usage_error(command, argc, argv, &err);
    if (parsed_flag(&parsed, "help")) {
        help_command(stdout, command);
        return EXIT_OK;
    }
    return verb->run(&parsed);
}

static int dispatch(int argc, const char *const *argv)
{
    if (argc < 2) {
        help_program(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_program(stdout);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("nbkatib %s\n", version_text);
        return EXIT_OK;
    }
    for (const struct verb *verb = verbs; verb->command; verb++) {
        if (strcmp(verb->command->name, argv[1]) == 0)
            return run_verb(verb, argc - 1, argv + 1);
    }
    return unknown_command(argv[1]);
}

cli_kernel_fn cli_kernel(void)
{
    return kernel_function;
}

int cli_main(int argc, const char *const *argv, const char *version, cli_kernel_fn kernel)
{
    kernel_function = kernel;
    version_text = version;
    setlocale(LC_CTYPE, ""); /* what the terminal shows; numbers never follow a locale */
    return finish_output(dispatch(argc, argv));
}
