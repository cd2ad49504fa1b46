#include "trial/record.h"

#include <assert.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "nbtags/number.h"

#define VALUES_MAX 100000             /* of one metric */
#define OUTPUT_MAX ((size_t)16 << 20) /* of cells in the log */
#define STREAM_MAX ((size_t)2 << 20)  /* the same in a pod, whose log holds files besides (job.h)  \
                                       */
#define WARNINGS_MAX 200

static int create(const char *path, struct nbt_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    return fd >= 0 ? fd : nbt_error_errno(err, "cannot create %s", path);
}

static int create_in(const char *folder, const char *name, struct nbt_error *err)
{
    auto_free char *path = file_join(folder, name);
    if (path == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the name of %s", name);
    return create(path, err);
}

static int open_log(const struct trial_options *options, struct nbt_error *err)
{
    if (options->log_fd <= 0)
        return create_in(options->output, "trial.log", err);
    int fd = fcntl(options->log_fd, F_DUPFD_CLOEXEC, 3);
    return fd >= 0 ? fd : nbt_error_errno(err, "cannot write the trial's log");
}

int record_open(struct record *ret_record, const struct trial_options *options,
                struct trial_result *result, struct nbt_error *err)
{
    struct record record = {.options = options, .result = result, .log_fd = -1, .metrics_fd = -1};
    record.log_fd = open_log(options, err);
    if (record.log_fd < 0)
        return record.log_fd;
    record.metrics_fd = options->metrics_file != NULL
                            ? create(options->metrics_file, err)
                            : create_in(options->output, "metrics.log", err);
    if (record.metrics_fd < 0) {
        int code = record.metrics_fd;
        close(record.log_fd);
        return code;
    }
    *ret_record = record;
    return 0;
}

int record_metrics(struct record *record, const struct nbt_notebook *notebook,
                   struct nbt_error *err)
{
    struct trial_result *result = record->result;
    result->metrics = calloc(notebook->n_metrics + 1, sizeof *result->metrics);
    record->full = calloc(notebook->n_metrics + 1, sizeof *record->full);
    if (result->metrics == NULL || record->full == NULL)
        return nbt_error_set(err, NBT_ENOMEM, "no memory for the metrics");
    for (size_t i = 0; i < notebook->n_metrics; i++) {
        struct trial_metric *metric = &result->metrics[result->n_metrics++];
        metric->name = strdup(notebook->metrics[i].name);
        metric->variable = strdup(notebook->metrics[i].variable);
        if (metric->name == NULL || metric->variable == NULL)
            return nbt_error_set(err, NBT_ENOMEM, "no memory for the metrics");
    }
    return 0;
}

void record_close(struct record *record)
{
    if (record->log_fd >= 0)
        close(record->log_fd);
    if (record->metrics_fd >= 0)
        close(record->metrics_fd);
    free(record->full);
    *record = (struct record){.log_fd = -1, .metrics_fd = -1};
}

/* A log that cannot be written must not end a trial: its results are elsewhere. */
static void write_quietly(int fd, const char *text, size_t length)
{
    struct nbt_error ignored = NBT_ERROR_INIT;
    if (fd >= 0 && file_write_all(fd, text, length, &ignored) < 0)
        nbt_error_clear(&ignored);
}

void record_event(struct record *record, json_t *event)
{
    char time[CLOCK_TEXT_MAX];
    clock_rfc3339(time, clock_realtime_us());
    if (json_object_get(event, "time") == NULL)
        json_object_set_new(event, "time", json_string(time));
    if (record->options->on_event != NULL)
        record->options->on_event(record->options->self, event);
    json_decref(event);
}

static void log_line(struct record *record, const char *format, va_list args) nbt_printf(2, 0);

static void log_line(struct record *record, const char *format, va_list args)
{
    char time[CLOCK_TEXT_MAX], text[1200];
    CLEANUP(buf_fini) struct buf line = buf_init(2048);
    clock_rfc3339(time, clock_realtime_us());
    vsnprintf(text, sizeof text, format, args);
    buf_printf(&line, "[%s] %s\n", time, text);
    write_quietly(record->log_fd, buf_text(&line), line.length);
}

void record_log(struct record *record, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    log_line(record, format, args);
    va_end(args);
}

void record_warning(struct record *record, int cell, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (record->result->warnings == NULL)
        record->result->warnings = json_array();
    if (json_array_size(record->result->warnings) >= WARNINGS_MAX)
        return;
    record_log(record, "warning: %s", text);
    json_array_append_new(record->result->warnings,
                          json_pack("{s:s, s:i}", "text", text, "cell", cell));
    record_event(record,
                 json_pack("{s:s, s:s, s:i}", "event", "warning", "text", text, "cell", cell));
}

void record_output(struct record *record, const char *text, size_t length)
{
    static const char note[] =
        "\n[nbkatib: the log of cells' output ends here; the executed notebook has more]\n";
    size_t most = record->options->log_fd > 0 ? STREAM_MAX : OUTPUT_MAX;
    if (record->logged > most)
        return;
    record->logged += length;
    if (record->logged > most)
        write_quietly(record->log_fd, note, sizeof note - 1);
    else
        write_quietly(record->log_fd, text, length);
}

static int append(struct trial_metric *metric, double value)
{
    size_t n = metric->n_values;
    if (n == 0 || (n & (n - 1)) == 0) {
        double *values = realloc(metric->values, (n == 0 ? 1 : 2 * n) * sizeof *values);
        if (values == NULL)
            return NBT_ENOMEM;
        metric->values = values;
    }
    metric->values[metric->n_values++] = value;
    return 0;
}

void record_value(struct record *record, size_t index, double value, int64_t realtime_us)
{
    struct trial_metric *metric = &record->result->metrics[index];
    char time[CLOCK_TEXT_MAX], number[NBT_NUMBER_MAX];
    CLEANUP(buf_fini) struct buf line = buf_init(4096);
    assert(isfinite(value));
    if (metric->n_values >= VALUES_MAX || append(metric, value) < 0) {
        if (!record->full[index])
            record_warning(record, -1,
                           "metric %s was reported more than %d times; later reports are left out",
                           metric->name, VALUES_MAX);
        record->full[index] = true;
        return;
    }
    clock_rfc3339(time, realtime_us);
    nbt_format_double(number, value);
    buf_printf(&line, "%s %s=%s\n", time, metric->name, number);
    write_quietly(record->metrics_fd, buf_text(&line), line.length);
    record_event(record, json_pack("{s:s, s:s, s:s, s:f}", "event", "report", "time", time,
                                   "metric", metric->name, "value", value));
}
