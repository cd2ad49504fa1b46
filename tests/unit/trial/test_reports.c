/* Katib's filter over what a notebook prints. */
#include "nbtags/number.h"
#include "support.h"
#include "trial/reports.h"

struct row {
    const char *name, *text, *want; /* "index=value;..." ; metrics: val_acc (0), loss (1) */
};

static const struct row rows[] = {
    {"the variable", "val_acc=0.5\n", "0=0.5;"},
    {"Katib's name", "val-acc = 0.5\n", "0=0.5;"},
    {"several of a line", "epoch 1: loss=0.25 val_acc=1e-2\n", "1=0.25;0=0.01;"},
    {"another name", "xloss=1 loss2=2\n", ""},
    {"a name after a dot, as Katib", "val.loss=1\n", "1=1;"},
    {"a colon is not it", "loss: 0.3\n", ""},
    {"signs and exponents", "loss=-1.5E+2 loss=+3\n", "1=-150;1=3;"},
    {"without digits before the point", "loss=.5\n", "1=0.5;"},
    {"up to the comma", "loss=1,234\n", "1=1;"},
    {"NaN and infinity", "loss=nan loss=-inf loss=inf\n", ""},
    {"an exponent cut short", "loss=2e\n", "1=2;"},
    {"a comparison", "loss==3\n", ""},
    {"a line that has no end yet", "loss=3", "1=3;"},
    {"a progress bar", "\r10% loss=3\r20% loss=2\n", "1=3;1=2;"},
    {"too large for a number", "loss=1e999\n", ""},
    {"name at the end", "loss\nloss =\n", ""},
};

static void collect(void *self, size_t metric, double value)
{
    char number[NBT_NUMBER_MAX];
    nbt_format_double(number, value);
    buf_printf(self, "%zu=%s;", metric, number);
}

static const struct cell_text cells[] = {
    {PARAMETERS, "lr = 1"}, {METRICS, "print(val_acc)\nprint(loss)"}, {NULL, NULL}};

/* `piece` bytes at a time: where a line is cut must not matter. */
static int run_rows(size_t piece)
{
    int bad = 0;
    struct nbt_notebook *notebook = notebook_of("python", cells);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP(buf_fini) struct buf got = buf_init(4096);
        struct reports *reports = reports_new(notebook, collect, &got);
        size_t length = strlen(rows[i].text);
        for (size_t at = 0; at < length; at += piece)
            reports_text(reports, "stdout", rows[i].text + at,
                         length - at < piece ? length - at : piece);
        reports_flush(reports);
        if (strcmp(buf_text(&got), rows[i].want) != 0) {
            print_error("%s (by %zu): got \"%s\", want \"%s\"\n", rows[i].name, piece,
                        buf_text(&got), rows[i].want);
            bad++;
        }
        reports_free(reports);
    }
    nbt_free(notebook);
    return bad;
}

static void values_of_lines(void **state)
{
    (void)state;
    assert_int_equal(run_rows(1) + run_rows(3) + run_rows(1000), 0);
}

static void streams_do_not_mix(void **state)
{
    (void)state;
    CLEANUP(buf_fini) struct buf got = buf_init(4096);
    struct nbt_notebook *notebook = notebook_of("python", cells);
    struct reports *reports = reports_new(notebook, collect, &got);
    reports_text(reports, "stdout", "lo", 2);
    reports_text(reports, "stderr", "loss=1\n", 7);
    reports_text(reports, "stdout", "ss=2\n", 5);
    assert_string_equal(buf_text(&got), "1=1;1=2;");
    reports_free(reports);
    nbt_free(notebook);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_lines),
        cmocka_unit_test(streams_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
