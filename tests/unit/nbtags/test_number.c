/* cmocka.h wants these three before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */
#include <float.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>

#include "nbtags/number.h"

static const struct {
    const char *input;
    bool ok;
    double want;
} doubles[] = {
    {"0", true, 0},
    {"-0.5", true, -0.5},
    {".5", true, 0.5},
    {"+2.", true, 2},
    {"1e-3", true, 0.001},
    {"1E+3", true, 1000},
    {"0.1", true, 0.1},
    {"1e-400", true, 0},
    {"1.7976931348623157e308", true, DBL_MAX},
    {"9007199254740993", true, 9007199254740992},
    {"", false, 0},
    {".", false, 0},
    {"-", false, 0},
    {"+-1", false, 0},
    {"e5", false, 0},
    {"1e", false, 0},
    {"1e+", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1,5", false, 0},
    {"1_000", false, 0},
    {"0x10", false, 0},
    {"inf", false, 0},
    {"nan", false, 0},
    {"1e400", false, 0},
    {"1.2.3", false, 0},
};

static void parses_doubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
        double got = 77;
        bool ok = nbt_parse_double(doubles[i].input, &got);
        double want = doubles[i].ok ? doubles[i].want : 77;
        if (ok != doubles[i].ok || got != want)
            fail_msg("\"%s\": got %d %.17g, want %d %.17g", doubles[i].input, ok, got,
                     doubles[i].ok, want);
    }
}

static const struct {
    const char *input;
    bool ok;
    int64_t want;
} ints[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"+7", true, 7},
    {"007", true, 7},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"-9223372036854775807", true, -INT64_MAX},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"92233720368547758070", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"1.0", false, 0},
    {"1e3", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"0x10", false, 0},
    {"1_000", false, 0},
};

static void parses_ints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        int64_t got = 77;
        bool ok = nbt_parse_int(ints[i].input, &got);
        int64_t want = ints[i].ok ? ints[i].want : 77;
        if (ok != ints[i].ok || got != want)
            fail_msg("\"%s\": got %d %lld, want %d %lld", ints[i].input, ok, (long long)got,
                     ints[i].ok, (long long)want);
    }
}

static const struct {
    double value;
    const char *want;
} formats[] = {
    {0.001, "0.001"},
    {1e-5, "1e-05"},
    {400, "400"},
    {12.5, "12.5"},
    {0, "0"},
    {-3, "-3"},
    {0.1, "0.1"},
    {0.1 + 0.2, "0.30000000000000004"},
    {1.0 / 3, "0.3333333333333333"},
    {100000, "100000"},
    {999999999999999, "999999999999999"},
    {1e15, "1e+15"},
    {1e22, "1e+22"},
    {1234567.5, "1234567.5"},
    {5e-324, "5e-324"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {-DBL_MIN, "-2.2250738585072014e-308"},
};

static void formats_doubles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char got[NBT_NUMBER_MAX];
        nbt_format_double(got, formats[i].value);
        if (strcmp(got, formats[i].want) != 0)
            fail_msg("%.17g: got \"%s\", want \"%s\"", formats[i].value, got, formats[i].want);
    }
}

static void formats_ints(void **state)
{
    (void)state;
    char text[NBT_NUMBER_MAX];
    nbt_format_int(text, INT64_MIN);
    assert_string_equal(text, "-9223372036854775808");
    nbt_format_int(text, 42);
    assert_string_equal(text, "42");
}

static void doubles_round_trip(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value, got;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0)
            continue;
        char text[NBT_NUMBER_MAX];
        nbt_format_double(text, value);
        if (!nbt_parse_double(text, &got) || got != value)
            fail_msg("%a: printed \"%s\", read %a", value, text, got);
    }
}

/* Skipped where the machine has no locale with a decimal comma. */
static void locale_does_not_matter(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "es_ES.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++)
        set = setlocale(LC_ALL, names[i]);
    if (!set)
        skip();
    formats_doubles(state);
    parses_doubles(state);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_doubles),     cmocka_unit_test(parses_ints),
        cmocka_unit_test(formats_doubles),    cmocka_unit_test(formats_ints),
        cmocka_unit_test(doubles_round_trip), cmocka_unit_test(locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
