/* report: the page of an experiment, written to a file that the cell links, or shown in the cell.
 */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/scope.h"
#include "kernel/bundle.h"
#include "kernel/verbs.h"
#include "service/text.h"
#include "service/values.h"

#define PATH_BYTES ((size_t)64 << 10)

static int make_page(char **ret_html, const json_t *show, struct nbt_error *err)
{
    CLEANUP(buf_fini) struct buf apply = buf_init(PATH_BYTES);

    buf_puts(&apply, "nbkatib apply ");
    text_shell_word(&apply, text_of(show, "notebook"));
    buf_putc(&apply, ' ');
    text_shell_word(&apply, text_of(show, "name"));
    return service_report(ret_html, show, buf_text(&apply), err);
}

/* In a frame of its own origin: the page's script reaches nothing of the notebook. */
static json_t *framed(const char *html)
{
    CLEANUP(buf_fini) struct buf out = buf_init(BUNDLE_MAX);

    buf_puts(&out, "<iframe sandbox=\"allow-scripts\" style=\"width:100%;height:40em;border:0\" "
                   "srcdoc=\"");
    html_text(&out, html);
    buf_puts(&out, "\"></iframe>");
    return bundle_html("the page of the experiment; 'report EXPERIMENT' writes it to a file",
                       buf_text(&out));
}

/* A file beneath the notebook's folder, which is the kernel's, is where a front end finds it. */
static bool is_beneath(const char *path)
{
    return path[0] != '/' && strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 &&
           !strstr(path, "/../");
}

static void put_url(struct buf *out, const char *path)
{
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        if (c < 0x80 && (isalnum(c) || strchr("-._~/", c)))
            buf_putc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static json_t *linked(const char *path)
{
    CLEANUP(buf_fini) struct buf text = buf_init(PATH_BYTES);
    CLEANUP(buf_fini) struct buf html = buf_init(PATH_BYTES);
    auto_free char *shown = file_printable(path);

    buf_printf(&text, "wrote %s", shown ? shown : "?");
    if (!is_beneath(path))
        return bundle_text(buf_text(&text));
    buf_puts(&html, "wrote <a target=\"_blank\" href=\"");
    put_url(&html, path);
    buf_puts(&html, "\">");
    html_text(&html, shown ? shown : "?");
    buf_puts(&html, "</a>");
    return bundle_html(buf_text(&text), buf_text(&html));
}

static int write_page(struct cell *cell, const struct parsed *parsed, const json_t *show,
                      struct nbt_error *err)
{
    const char *output = parsed_text(parsed, "output");
    auto_free char *html = NULL;
    auto_free char *name = NULL;
    int code = make_page(&html, show, err);

    if (code < 0)
        return code;
    if (output && strcmp(output, "-") == 0) {
        cell_result(cell, framed(html));
        return 0;
    }
    if (asprintf(&name, "%s.html", text_of(show, "name")) < 0) {
        name = NULL;
        return nbt_error_set(err, NBT_ENOMEM, "out of memory");
    }
    const char *path = output ? output : name;
    code = file_write_atomic(path, html, strlen(html), 0644, err);
    if (code == 0 && !parsed_flag(parsed, "json"))
        cell_result(cell, linked(path));
    return code;
}

static int print_charts(struct cell *cell, const char *experiment, struct nbt_error *err)
{
    auto_json json_t *charts = NULL;
    int code = service_charts(&charts, experiment, err);

    if (code < 0)
        return code;
    auto_json json_t *document =
        json_pack("{s:s, s:O}", "experiment", experiment, "charts", charts);
    cell_result(cell, bundle_json(document));
    return 0;
}

int verb_report(struct cell *cell, const struct parsed *parsed, struct nbt_error *err)
{
    const char *output = parsed_text(parsed, "output");
    bool json = parsed_flag(parsed, "json");
    auto_json json_t *show = NULL;

    if (json && output && strcmp(output, "-") == 0)
        return nbt_error_set(err, NBT_EINVAL,
                             "--json and '-o -' are two results of one command; expected one of "
                             "them, or -o FILE");
    int code = service_show(&show, parsed->positionals[0], err);
    if (code == 0 && (!json || output))
        code = write_page(cell, parsed, show, err);
    return code == 0 && json ? print_charts(cell, parsed->positionals[0], err) : code;
}
