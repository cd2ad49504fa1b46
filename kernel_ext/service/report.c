/* The page: head, security policy, scripts; its sections are in report_*.c. */
#include "service/report.h"

#include <sodium.h>
#include <string.h>

#include "base/scope.h"
#include "service/assets.h"
#include "service/charts.h"
#include "service/html.h"
#include "service/internal.h"
#include "service/text.h"
#include "service/values.h"

#define PAGE_MAX ((size_t)512 << 20)

const char *report_trial(const struct report *report, const char *name)
{
    return text_short_trial(text_of(report->show, "name"), name);
}

const char *report_metric(const struct report *report, const json_t *observation, size_t metric)
{
    static const char *const keys[] = {"min", "max", "latest"};
    const struct experiment_metric *wanted = &report->spec.metrics[metric];
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(observation, "metrics"), i, row)
    {
        if (strcmp(text_of(row, "name"), wanted->name) != 0)
            continue;
        const char *value = text_of(row, keys[wanted->strategy]);
        return strcmp(value, "unavailable") == 0 ? "" : value;
    }
    return "";
}

/* "'sha256-...='" of what stands between the tags. */
static void put_hash(struct buf *out, struct asset asset)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)];

    crypto_hash_sha256(hash, (const unsigned char *)asset.data, asset.size);
    sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
    buf_printf(out, " 'sha256-%s'", text);
}

/* Nothing is loaded, only these scripts run, nothing is sent. */
static void put_policy(struct buf *out)
{
    buf_puts(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "script-src");
    put_hash(out, asset_page());
    if (asset_charts().size)
        put_hash(out, asset_charts());
    buf_puts(out, "; style-src");
    put_hash(out, asset_style());
    buf_puts(out, "; base-uri 'none'; form-action 'none'\">\n");
}

static void put_asset(struct buf *out, const char *element, struct asset asset)
{
    buf_printf(out, "<%s>", element);
    buf_add(out, asset.data, asset.size);
    buf_printf(out, "</%s>\n", element);
}

static void put_head(const struct report *report)
{
    struct buf *out = report->out;

    buf_puts(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out);
    buf_puts(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    html_text(out, text_of(report->show, "name"));
    buf_puts(out, " \xc2\xb7 nbkatib</title>\n");
    put_asset(out, "style", asset_style());
    buf_puts(out, "</head>\n<body>\n");
}

static void put_scripts(const struct report *report)
{
    struct buf *out = report->out;

    buf_puts(out, "<script type=\"application/json\" id=\"charts\">");
    html_json(out, report->charts);
    buf_puts(out, "</script>\n");
    put_asset(out, "script", asset_page());
    if (asset_charts().size)
        put_asset(out, "script", asset_charts());
}

static void put_page(const struct report *report)
{
    put_head(report);
    report_summary(report);
    buf_puts(report->out, "<main>\n");
    report_charts(report);
    report_trials(report);
    report_errors(report);
    report_settings(report);
    buf_puts(report->out, "</main>\n");
    put_scripts(report);
    buf_puts(report->out, "</body>\n</html>\n");
}

int service_report(char **ret_html, const json_t *show, const char *apply, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf out = buf_init(PAGE_MAX);
    auto_json json_t *charts = NULL;
    struct report report = {.show = show, .apply = apply ? apply : "", .out = &out};
    int result = charts_of_show(&charts, show, err);

    if (result == 0)
        result = experiment_spec_init(&report.spec, json_object_get(show, "experiment"), err);
    if (result < 0)
        return result;
    report.charts = charts;
    put_page(&report);
    experiment_spec_fini(&report.spec);
    if (buf_failed(&out))
        return nbt_error_set(err, NBT_ENOMEM,
                             "the report of '%s' is larger than 512 MiB, or memory is short; "
                             "'nbkatib show --json' gives the same data",
                             text_of(show, "name"));
    *ret_html = buf_take(&out);
    return *ret_html ? 0 : no_memory(err);
}
