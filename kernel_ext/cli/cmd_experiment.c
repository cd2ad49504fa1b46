#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

#define OUTPUT_MAX ((size_t)512 << 20)

static int add_yaml(struct buf *out, const json_t *document, struct nbt_error *err)
{
    auto_free char *text = NULL;
    int result = service_yaml(&text, document, err);

    if (result < 0)
        return result;
    buf_puts(out, out->length ? "---\n" : "");
    buf_puts(out, text);
    return buf_failed(out) ? nbt_error_set(err, NBT_ENOMEM, "the documents are too large") : 0;
}

static int write_documents(const struct parsed *parsed, const json_t *result)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    CLEANUP(buf_fini) struct buf text = buf_init(OUTPUT_MAX);
    size_t i;
    json_t *object;
    int status = add_yaml(&text, json_object_get(result, "experiment"), &err);

    json_array_foreach(json_object_get(result, "objects"), i, object)
    {
        if (status == 0)
            status = add_yaml(&text, object, &err);
    }
    if (status == 0 && !output)
        fputs(buf_text(&text), stdout);
    else if (status == 0)
        status = file_write_atomic(output, buf_text(&text), text.length, 0644, &err);
    return status < 0 ? fail(parsed, &err, NULL) : EXIT_OK;
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
