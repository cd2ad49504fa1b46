#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

static int write_documents(const struct parsed *parsed, const json_t *result)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *text = NULL;

    if (service_documents(&text, result, &err) < 0)
        return fail(parsed, &err, NULL);
    if (!output) {
        fputs(text, stdout);
        return EXIT_OK;
    }
    if (file_write_atomic(output, text, strlen(text), 0644, &err) < 0)
        return fail(parsed, &err, NULL);
    return EXIT_OK;
}

int cmd_experiment(const struct parsed *parsed)
{
    struct service_run arguments = run_from(parsed);
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *result = NULL;

    if (service_experiment(&result, &arguments, &err) < 0)
        return fail(parsed, &err, NULL);
    const json_t *problems = json_object_get(result, "problems");
    const json_t *document = json_object_get(result, "experiment");
    say_problems(parsed->positionals[0], problems, false);
    if (parsed_flag(parsed, "json"))
        say_json(result);
    if (any_errors(problems) || !json_is_object(document))
        return EXIT_INPUT;
    if (parsed_flag(parsed, "json") && !parsed_text(parsed, "output"))
        return EXIT_OK;
    return write_documents(parsed, result);
}
