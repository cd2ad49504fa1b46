/* Commands that read a notebook: inspect, experiment, run, apply. */
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/verbs.h"
#include "service/outcome.h"
#include "service/tables.h"
#include "service/values.h"

void verb_warn(struct cell *cell, const char *subject, const json_t *problems, bool notes)
{
    size_t i;
    json_t *problem;

    json_array_foreach(problems, i, problem)
    {
        CLEANUP(buf_fini) struct buf line = buf_init((size_t)64 << 10);
        if (!notes && strcmp(severity_of(problem), "note") == 0)
            continue;
        put_problem(&line, subject, problem);
        buf_putc(&line, '\n');
        cell_stream(cell, "stderr", buf_text(&line));
    }
}

static int refuse(struct cell *cell, const char *subject, const json_t *problems,
                  struct nbt_error *err)
{
    cell_problems(cell, subject, problems);
    return nbt_error_set(err, NBT_EINVAL, "%s has errors; each is told below", subject);
}

/* ---- inspect ---- */

struct page {
    struct buf text, html;
};

static void add_table(struct page *page, const char *title, struct table *table)
{
    const struct table_limits whole = {.cell = (size_t)-1, .row = (size_t)-1};

    table->indent = 2;
    buf_printf(&page->text, "\n%s\n", title);
    table_put(table, &whole, &page->text);
    buf_printf(&page->html, "<h4>%s</h4>", title);
    html_table(&page->html, table);
    table_fini(table);
}

static void add_head(struct page *page, const json_t *result)
{
    CLEANUP(buf_fini) struct buf run = buf_init(8192);
    auto_free char *path = file_printable(text_of(result, "notebook"));

    put_run(&run, result);
    buf_printf(&page->text, "%s\n%s\n", path ? path : "?", buf_text(&run));
    buf_puts(&page->html, "<b>");
    html_text(&page->html, path ? path : "?");
    buf_puts(&page->html, "</b>");
    html_lines(&page->html, buf_text(&run));
}

static json_t *inspected(const struct parsed *parsed, const json_t *result)
{
    struct page page = {buf_init(BUNDLE_MAX), buf_init(BUNDLE_MAX)};
    struct table table;

    add_head(&page, result);
    table_parameters(&table, result);
    add_table(&page, "parameters", &table);
    table_metrics(&table, result);
    add_table(&page, "metrics", &table);
    if (parsed_flag(parsed, "all"))
        table_all_cells(&table, result);
    else
        (void)table_cells(&table, result);
    add_table(&page, "cells", &table);
    json_t *bundle = bundle_html(buf_text(&page.text), buf_text(&page.html));
    buf_fini(&page.text);
    buf_fini(&page.html);
    return bundle;
}

int verb_inspect(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    struct service_source source = {.path = parsed->positionals[0], .given = given_from(parsed)};
    auto_json json_t *result = NULL;
    int code = service_inspect(&result, &source, err);

    if (code < 0)
        return code;
    const json_t *diagnostics = json_object_get(result, "diagnostics");
    bool json = parsed_flag(parsed, "json");
    cell_result(cell, json ? bundle_json(result) : inspected(parsed, result));
    if (any_errors(diagnostics))
        return refuse(cell, source.path, diagnostics, err);
    if (!json)
        verb_warn(cell, source.path, diagnostics, true);
    return 0;
}

/* ---- experiment ---- */

static int write_documents(struct cell *cell, const char *output, const json_t *result,
                           struct nbt_error *err)
{
    auto_free char *text = NULL;
    int code = service_documents(&text, result, err);

    if (code == 0 && output)
        code = file_write_atomic(output, text, strlen(text), 0644, err);
    if (code == 0 && !output)
        cell_result(cell, bundle_text(text));
    return code;
}

int verb_experiment(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    struct service_run run = run_from(parsed);
    auto_json json_t *result = NULL;
    int code = service_experiment(&result, &run, err);

    if (code < 0)
        return code;
    const json_t *problems = json_object_get(result, "problems");
    const json_t *document = json_object_get(result, "experiment");
    if (any_errors(problems) || !json_is_object(document))
        return refuse(cell, parsed->positionals[0], problems, err);
    verb_warn(cell, parsed->positionals[0], problems, false);
    if (parsed_flag(parsed, "json"))
        cell_result(cell, bundle_json(result));
    if (parsed_flag(parsed, "json") && !parsed_text(parsed, "output"))
        return 0;
    return write_documents(cell, parsed_text(parsed, "output"), result, err);
}

/* ---- run ---- */

static int dry_run(struct cell *cell, const struct parsed *parsed, const struct service_run *run,
                   struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf plan = buf_init(BUNDLE_MAX);
    auto_json json_t *result = NULL;
    int code = service_experiment(&result, run, err);

    if (code < 0)
        return code;
    const json_t *problems = json_object_get(result, "problems");
    if (any_errors(problems))
        return refuse(cell, parsed->positionals[0], problems, err);
    verb_warn(cell, parsed->positionals[0], problems, false);
    put_plan(&plan, result);
    cell_result(cell,
                parsed_flag(parsed, "json") ? bundle_json(result) : bundle_text(buf_text(&plan)));
    return 0;
}

static void tell_detached(struct cell *cell, const struct parsed *parsed, const json_t *submitted)
{
    CLEANUP(buf_fini) struct buf text = buf_init(4096);
    const char *name = text_of(submitted, "name");

    buf_printf(&text, "%s runs; 'logs %s --follow' watches it", name, name);
    cell_result(cell, parsed_flag(parsed, "json") ? bundle_json(submitted)
                                                  : bundle_text(buf_text(&text)));
}

int verb_run_notebook(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    struct service_run run = run_from(parsed);
    auto_json json_t *submitted = NULL;
    auto_json json_t *problems = NULL;

    run.detach = true;
    run.single = parsed_flag(parsed, "single");
    if (parsed_flag(parsed, "dry-run"))
        return dry_run(cell, parsed, &run, err);
    int code = service_submit(&submitted, &problems, &run, err);
    if (code < 0) {
        cell_problems(cell, parsed->positionals[0], problems);
        return code;
    }
    verb_warn(cell, parsed->positionals[0], json_object_get(submitted, "problems"), false);
    if (!parsed_flag(parsed, "detach"))
        return live_follow(cell, parsed, text_of(submitted, "name"), 0, err);
    tell_detached(cell, parsed, submitted);
    return 0;
}

/* ---- apply ---- */

static json_t *applied(const char *notebook, const json_t *result)
{
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);
    CLEANUP(buf_fini) struct buf html = buf_init(BUNDLE_MAX);
    const char *diff = text_of(result, "diff");

    buf_puts(&text, diff);
    if (!diff[0])
        buf_printf(&text, "%s holds these values already\n", notebook);
    else if (json_is_true(json_object_get(result, "written")))
        buf_printf(&text, "%s now holds the values of %s\n", notebook, text_of(result, "trial"));
    html_lines(&html, buf_text(&text));
    return bundle_html(buf_text(&text), buf_text(&html));
}

int verb_apply(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    auto_json json_t *result = NULL;
    int code =
        service_apply(&result, &(struct service_source){.path = parsed->positionals[0]},
                      parsed->positionals[1], parsed_text(parsed, "trial"),
                      parsed_flag(parsed, "dry-run"), err);

    if (code < 0)
        return code;
    cell_result(cell, parsed_flag(parsed, "json") ? bundle_json(result)
                                                  : applied(parsed->positionals[0], result));
    return 0;
}
