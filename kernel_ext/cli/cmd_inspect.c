#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "service/tables.h"
#include "service/text.h"

static void say_head(const json_t *result)
{
    auto_free char *path = file_printable(text_of(result, "notebook"));
    auto_free char *kernel = file_printable(text_of(result, "kernel"));

    say(stdout, "%s\n  %s notebook, nbformat %s, kernel %s, language %s\n", path ? path : "?",
        text_of(result, "kind"), text_of(result, "nbformat"),
        kernel && kernel[0] ? kernel : "not named", text_of(result, "language"));
}

static void say_titled(const char *title, struct table *table)
{
    table->indent = 2;
    printf("\n%s\n", title);
    if (table->n_rows)
        say_table(table, stdout);
    else
        puts("  none");
    table_fini(table);
}

static void say_cells(const json_t *result)
{
    struct table table;
    size_t hidden = table_cells(&table, result);

    say_titled("cells", &table);
    if (hidden)
        printf("  and %zu without a part (text, empty); --all lists them\n", hidden);
}

static void say_run(const json_t *result)
{
    CLEANUP(buf_fini) struct buf text = buf_init(8192);

    put_run(&text, result);
    puts("\nrun");
    for (const char *line = buf_text(&text); *line; line += strcspn(line, "\n") + 1) {
        say(stdout, "  %.*s\n", (int)strcspn(line, "\n"), line);
        if (!line[strcspn(line, "\n")])
            break;
    }
}

static void say_tables(const struct parsed *parsed, const json_t *result)
{
    struct table table;

    say_head(result);
    if (parsed_flag(parsed, "all")) {
        table_all_cells(&table, result);
        say_titled("cells", &table);
    } else {
        say_cells(result);
    }
    table_parameters(&table, result);
    say_titled("parameters", &table);
    table_metrics(&table, result);
    say_titled("metrics", &table);
    say_run(result);
}

int cmd_inspect(const struct parsed *parsed)
{
    struct service_source source = {.path = parsed->positionals[0], .given = given_from(parsed)};
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_inspect(&result, &source, &err) < 0)
        return fail(parsed, &err, NULL);
    const json_t *diagnostics = json_object_get(result, "diagnostics");
    if (parsed_flag(parsed, "json"))
        say_json(result);
    else
        say_tables(parsed, result);
    say_problems(parsed->positionals[0], diagnostics, true);
    return any_errors(diagnostics) ? EXIT_INPUT : EXIT_OK;
}
