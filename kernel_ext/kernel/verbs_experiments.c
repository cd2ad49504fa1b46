/* Commands that work on stored experiments, and doctor. */
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/verbs.h"
#include "service/outcome.h"
#include "service/tables.h"
#include "service/values.h"

#define LINE_BYTES ((size_t)64 << 10)

/* ---- list ---- */

static json_t *names_of(const json_t *items)
{
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
        buf_printf(&text, "%s%s", i ? "\n" : "", text_of(item, "name"));
    return bundle_text(buf_text(&text));
}

static json_t *listed(const json_t *items)
{
    CLEANUP(table_fini) struct table table = {0};

    if (json_array_size(items) == 0)
        return bundle_text("no experiment yet; 'run NOTEBOOK' makes one");
    table_experiments(&table, items);
    return bundle_table(&table);
}

int verb_list(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    auto_json json_t *items = NULL;
    int code = service_list(&items, err);

    if (code < 0)
        return code;
    cell_result(cell, parsed_flag(parsed, "json")    ? bundle_json(items)
                      : parsed_flag(parsed, "names") ? names_of(items)
                                                     : listed(items));
    return 0;
}

/* ---- show ---- */

static void add_best(struct buf *html, const json_t *show)
{
    CLEANUP(table_fini) struct table table = {.heads = {"BEST TRIAL", ""}};
    const json_t *optimal = outcome_best(show);
    const json_t *metrics = json_object_get(json_object_get(optimal, "observation"), "metrics");
    size_t i;
    json_t *row;

    if (!optimal)
        return;
    table.heads[1] = text_of(optimal, "bestTrialName");
    json_array_foreach(json_object_get(optimal, "parameterAssignments"), i, row)
        table_add(&table, (const char *const[]){text_of(row, "name"), text_of(row, "value")});
    json_array_foreach(metrics, i, row)
    {
        CLEANUP(buf_fini) struct buf value = buf_init(8192);
        put_value(&value, json_object_get(row, "latest"));
        table_add(&table, (const char *const[]){text_of(row, "name"), buf_text(&value)});
    }
    html_table(html, &table);
}

static json_t *show_bundle(const json_t *show)
{
    CLEANUP(buf_fini) struct buf text = buf_init(BUNDLE_MAX);
    CLEANUP(buf_fini) struct buf html = buf_init(BUNDLE_MAX);
    CLEANUP(buf_fini) struct buf apply = buf_init(LINE_BYTES);
    CLEANUP(buf_fini) struct buf line = buf_init(LINE_BYTES);
    CLEANUP(table_fini) struct table table = {0};
    const struct table_limits whole = {.cell = (size_t)-1, .row = (size_t)-1};

    buf_puts(&apply, "apply ");
    script_quote(&apply, text_of(show, "notebook"));
    buf_printf(&apply, " %s", text_of(show, "name"));
    outcome_text(&text, show, buf_text(&apply));
    buf_putc(&text, '\n');
    table_trials(&table, show);
    table_put(&table, &whole, &text);
    outcome_line(&line, show);
    buf_puts(&html, "<p>");
    html_text(&html, buf_text(&line));
    buf_puts(&html, "</p>");
    add_best(&html, show);
    buf_puts(&html, "<details open><summary>trials</summary>");
    html_table(&html, &table);
    buf_puts(&html, "</details>");
    return bundle_html(buf_text(&text), buf_text(&html));
}

static int show_charts(struct cell *cell, const json_t *show, struct nbt_error *err)
{
    auto_json json_t *charts = NULL;
    size_t i;
    json_t *chart;
    int code = service_charts(&charts, text_of(show, "name"), err);

    json_array_foreach(charts, i, chart)
    {
        char id[CELL_DISPLAY_MAX];
        const json_t *spec = json_object_get(chart, "spec");
        cell_display_id(cell, id);
        cell_display(cell, id, false,
                     json_pack("{s:s, s:O}", "text/plain", text_of(chart, "title"),
                               "application/vnd.vegalite.v5+json", spec));
    }
    return code;
}

int show_outcome(struct cell *cell, const struct parsed *parsed, const json_t *show,
                 struct nbt_error *err)
{
    bool json = parsed_flag(parsed, "json");
    int code = json ? 0 : show_charts(cell, show, err);

    if (code == 0)
        cell_result(cell, json ? bundle_json(show) : show_bundle(show));
    return code;
}

static json_t *trial_bundle(const json_t *trial)
{
    static const char *const members[] = {"name",           "state",     "reason",
                                          "message",        "step",      "startTime",
                                          "completionTime", "isolation", "folder"};
    CLEANUP(table_fini) struct table table = {.heads = {"TRIAL", "VALUE"}};
    size_t i;
    json_t *row;

    for (i = 0; i < COUNT_OF(members); i++) {
        if (text_of(trial, members[i])[0])
            table_add(&table, (const char *const[]){members[i], text_of(trial, members[i])});
    }
    json_array_foreach(json_object_get(trial, "assignments"), i, row)
        table_add(&table, (const char *const[]){text_of(row, "name"), text_of(row, "value")});
    json_array_foreach(json_object_get(json_object_get(trial, "observation"), "metrics"), i, row)
        table_add(&table, (const char *const[]){text_of(row, "name"), text_of(row, "latest")});
    return bundle_table(&table);
}

static int show_trial(struct cell *cell, const struct parsed *parsed, const json_t *show,
                      struct nbt_error *err)
{
    const char *name = parsed_text(parsed, "trial");
    const json_t *trial = service_find_trial(show, name);

    if (!trial)
        return nbt_error_set(err, NBT_ENOTFOUND, "'%s' has no trial '%s'; 'show %s' lists them",
                             text_of(show, "name"), name, text_of(show, "name"));
    cell_result(cell, parsed_flag(parsed, "json") ? bundle_json(trial) : trial_bundle(trial));
    return 0;
}

int verb_show(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    auto_json json_t *show = NULL;
    int code = service_show(&show, parsed->positionals[0], err);

    if (code < 0)
        return code;
    if (parsed_text(parsed, "trial"))
        return show_trial(cell, parsed, show, err);
    return show_outcome(cell, parsed, show, err);
}

/* ---- stop, resume, delete, doctor ---- */

static void tell(struct cell *cell, const struct parsed *parsed, const char *verb,
                 const char *sentence)
{
    CLEANUP(buf_fini) struct buf text = buf_init(LINE_BYTES);
    const char *name = parsed->positionals[0];
    auto_json json_t *answer = json_pack("{s:s, s:s}", "name", name, "command", verb);

    buf_printf(&text, "%s %s", name, sentence);
    cell_result(cell,
                parsed_flag(parsed, "json") ? bundle_json(answer) : bundle_text(buf_text(&text)));
}

int verb_stop(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    bool now = parsed_flag(parsed, "now");
    int code =
        service_stop(parsed->positionals[0], now ? ENGINE_STOP_NOW : ENGINE_STOP_GENTLE, err);

    if (code == 0)
        tell(cell, parsed, "stop",
             now ? "stops now" : "stops when its running trials have finished");
    return code;
}

int verb_resume(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    const char *name = parsed->positionals[0];
    auto_json json_t *show = NULL;
    int code = service_show(&show, name, err);

    if (code == 0)
        code = service_resume(name, parsed_text(parsed, "trials"), true, err);
    if (code < 0)
        return code;
    if (!parsed_flag(parsed, "detach"))
        return live_follow(cell, parsed, name,
                           (uint64_t)json_integer_value(json_object_get(show, "seq")), err);
    tell(cell, parsed, "resume", "runs");
    return 0;
}

int verb_delete(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    struct nbt_error unreadable = NBT_ERROR_INIT;
    auto_json json_t *show = NULL;

    /* What cannot be read any more can still be deleted. */
    if (service_show(&show, parsed->positionals[0], &unreadable) == NBT_ENOTFOUND)
        return nbt_error_set(err, NBT_ENOTFOUND, "%s", unreadable.text);
    if (!parsed_flag(parsed, "yes"))
        return nbt_error_set(
            err, NBT_EINVAL, "a cell cannot ask; give --yes to delete %s with its %zu trials",
            parsed->positionals[0], json_array_size(json_object_get(show, "trials")));
    int code = service_delete(parsed->positionals[0], err);
    if (code == 0)
        tell(cell, parsed, "delete", "is deleted");
    return code;
}

int verb_doctor(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    CLEANUP(table_fini) struct table table = {0};
    auto_json json_t *result = NULL;
    int code = service_doctor(&result, parsed_text(parsed, "engine"), err);

    if (code < 0)
        return code;
    table_checks(&table, result);
    cell_result(cell, parsed_flag(parsed, "json") ? bundle_json(result) : bundle_table(&table));
    return 0;
}
