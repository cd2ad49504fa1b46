#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/result.h"
#include "cli/verbs.h"
#include "service/text.h"
#include "service/values.h"

static int make_page(char **ret_html, const json_t *show, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf apply = buf_init(32768);

    result_put_apply(&apply, show);
    return service_report(ret_html, show, buf_text(&apply), err);
}

static int write_page(const struct parsed *parsed, const json_t *show)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_free char *html = NULL;
    auto_free char *name = NULL;

    if (asprintf(&name, "%s.html", text_of(show, "name")) < 0) {
        name = NULL;
        (void)!nbt_error_set(&err, NBT_ENOMEM, "out of memory");
        return fail(parsed, &err, NULL);
    }
    const char *path = output ? output : name;
    if (make_page(&html, show, &err) < 0)
        return fail(parsed, &err, NULL);
    if (strcmp(path, "-") == 0) {
        fputs(html, stdout);
        return EXIT_OK;
    }
    if (file_write_atomic(path, html, strlen(html), 0644, &err) < 0)
        return fail(parsed, &err, NULL);
    auto_free char *shown = file_printable(path);
    say(stderr, "nbkatib: wrote %s\n", shown ? shown : "?");
    return EXIT_OK;
}

static int print_charts(const struct parsed *parsed)
{
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *charts = NULL;

    if (service_charts(&charts, parsed->positionals[0], &err) < 0)
        return fail(parsed, &err, NULL);
    auto_json json_t *document =
        json_pack("{s:s, s:O}", "experiment", parsed->positionals[0], "charts", charts);
    say_json(document);
    return EXIT_OK;
}

int cmd_report(const struct parsed *parsed)
{
    const char *output = parsed_text(parsed, "output");
    struct nbt_error err = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    if (parsed_flag(parsed, "json") && output && strcmp(output, "-") == 0) {
        (void)!nbt_error_set(
            &err, NBT_EINVAL,
            "--json and '-o -' both want stdout; expected one of them, or -o FILE");
        fail(parsed, &err, NULL);
        return EXIT_USAGE;
    }
    if (parsed_flag(parsed, "json") && !output)
        return print_charts(parsed);
    if (service_show(&show, parsed->positionals[0], &err) < 0)
        return fail(parsed, &err, NULL);
    /* The page first: who reads stdout may leave early. */
    int status = write_page(parsed, show);
    return status == EXIT_OK && parsed_flag(parsed, "json") ? print_charts(parsed) : status;
}
