#include "unit/experiment/scene.h"

/* "seconds" are not epochs: words of names. */
static void test_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } rows[] = {
        {"NUM_ESTIMATORS", "num estimators"},
        {"learningRate", "learning rate"},
        {"XGBMaxDepth2", "xgb max depth"},
        {"d1", "d"},
        {"n2layers", "n layers"},
        {"HTTPPort", "http port"},
        {"_lr_", "lr"},
        {"booltest", "booltest"},
        {"xgb-r2-score", "xgb r score"},
        {"LR", "lr"},
        {"aB", "a b"},
        {"größeLr", "größe lr"},
        {"12", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tokens tokens;
        char text[256] = "";
        tokens_init(&tokens, rows[i].name);
        for (size_t k = 0; k < tokens.n; k++) {
            strncat(text, k ? " " : "", sizeof(text) - strlen(text) - 1);
            strncat(text, tokens.words[k], sizeof(text) - strlen(text) - 1);
        }
        if (strcmp(text, rows[i].words) != 0)
            fail_msg("%s: got '%s', want '%s'", rows[i].name, text, rows[i].words);
    }
    char longest[2000];
    memset(longest, 'A', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    struct tokens tokens;
    tokens_init(&tokens, longest);
    assert_int_equal(tokens.n, 1);
    for (size_t i = 1; i < sizeof(longest) - 1; i += 2)
        longest[i] = '_';
    tokens_init(&tokens, longest);
    assert_int_equal(tokens.n, 48);
}

/* Each row of the table of design section 4, worked by hand. */
static const struct {
    const char *name;
    enum nbt_type type;
    const char *value;
    bool selected;
    const char *type_want, *feasible_want;
} table[] = {
    /* names that are not tuned; the range below is offered */
    {"seed", NBT_INT, "42", false, "int", "{'min':'22','max':'82','step':'5'}"},
    {"random_state", NBT_INT, "0", false, "int", "{'min':'0','max':'1','step':'1'}"},
    {"n_epochs", NBT_INT, "10", false, "int", "{'min':'5','max':'20','step':'1'}"},
    {"maxEpoch", NBT_INT, "3", false, "int", "{'min':'1','max':'6','step':'1'}"},
    {"TRAIN_STEPS", NBT_INT, "2", false, "int", "{'min':'1','max':'4','step':'1'}"},
    {"step", NBT_INT, "2", false, "int", "{'min':'1','max':'4','step':'1'}"},
    {"step_size", NBT_FLOAT, "0.2", true, "double", "{'min':'0.05','max':'0.5'}"},
    {"data_path", NBT_STR, "a.csv", false, "categorical", "{'list':['a.csv']}"},
    {"n_jobs", NBT_INT, "-1", false, "int", "{'min':'-2','max':'-1','step':'1'}"},
    {"test_split", NBT_FLOAT, "0.2", false, "double", "{'min':'0.05','max':'0.5'}"},
    {"num_classes", NBT_INT, "10", false, "int", "{'min':'5','max':'20','step':'1'}"},
    {"IMG_SIZE", NBT_INT, "224", false, "int", "{'min':'124','max':'444','step':'20'}"},
    {"image_width", NBT_INT, "64", false, "discrete", "{'list':['16','32','64','128','256']}"},
    {"DEBUG", NBT_BOOL, "False", false, "categorical", "{'list':['True','False']}"},
    {"k_folds", NBT_INT, "5", false, "int", "{'min':'2','max':'10','step':'1'}"},
    {"cv", NBT_INT, "5", false, "int", "{'min':'2','max':'10','step':'1'}"},
    {"hidden_size", NBT_INT, "100", true, "int", "{'min':'50','max':'200','step':'10'}"},
    {"candidates", NBT_INT, "5", true, "int", "{'min':'2','max':'10','step':'1'}"},
    /* shares */
    {"dropout", NBT_FLOAT, "0.5", true, "double", "{'min':'0.2','max':'0.8'}"},
    {"dropout_rate", NBT_FLOAT, "0.7", true, "double", "{'min':'0.4','max':'0.95'}"},
    {"subsample", NBT_FLOAT, "1", true, "double", "{'min':'0.7','max':'1'}"},
    {"colsample_bytree", NBT_FLOAT, "0.98", true, "double", "{'min':'0.68','max':'0.98'}"},
    {"momentum", NBT_FLOAT, "0.01", true, "double", "{'min':'0.01','max':'0.31'}"},
    {"max_ratio", NBT_FLOAT, "1.5", true, "double", "{'min':'0.75','max':'3'}"},
    /* rates */
    {"lr", NBT_FLOAT, "0.001", true, "double", "{'min':'0.0001','max':'0.01'" LOG "}"},
    {"learningRate", NBT_FLOAT, "0.3", true, "double", "{'min':'0.03','max':'1'" LOG "}"},
    {"growth_rate", NBT_FLOAT, "5", true, "double", "{'min':'0.5','max':'5'" LOG "}"},
    {"alpha", NBT_FLOAT, "0.5", true, "double", "{'min':'0.05','max':'5'" LOG "}"},
    {"reg_lambda", NBT_FLOAT, "1", true, "double", "{'min':'0.1','max':'10'" LOG "}"},
    {"lambda_l1", NBT_FLOAT, "1", true, "double", "{'min':'0.1','max':'10'" LOG "}"},
    {"tolerance", NBT_FLOAT, "0.05", true, "double", "{'min':'0.005','max':'0.5'" LOG "}"},
    {"tolerance", NBT_FLOAT, "0.1", true, "double", "{'min':'0.05','max':'0.4'}"},
    {"eps", NBT_FLOAT, "1e-08", true, "double", "{'min':'1e-09','max':'1e-07'" LOG "}"},
    {"lr", NBT_FLOAT, "-0.1", true, "double", "{'min':'-0.2','max':'-0.05'}"},
    /* other floats */
    {"mix", NBT_FLOAT, "0.3", true, "double", "{'min':'0.05','max':'0.6'}"},
    {"mix", NBT_FLOAT, "0.97", true, "double", "{'min':'0.67','max':'0.97'}"},
    {"temperature", NBT_FLOAT, "1", true, "double", "{'min':'0.5','max':'2'}"},
    {"temperature", NBT_FLOAT, "2.5", true, "double", "{'min':'1.25','max':'5'}"},
    {"bias", NBT_FLOAT, "-0.3", true, "double", "{'min':'-0.6','max':'-0.15'}"},
    {"bias", NBT_FLOAT, "0", false, "double", "{'min':'0','max':'1'}"},
    {"huge", NBT_FLOAT, "1e+308", true, "double", "{'min':'5e+307','max':'1e+308'}"},
    {"lr", NBT_FLOAT, "5e-324", true, "double", "{'min':'5e-324','max':'5e-323'" LOG "}"},
    /* integers */
    {"units", NBT_INT, "8", true, "discrete", "{'list':['2','4','8','16','32']}"},
    {"units", NBT_INT, "4", true, "int", "{'min':'2','max':'8','step':'1'}"},
    {"depth", NBT_INT, "1", true, "int", "{'min':'1','max':'2','step':'1'}"},
    {"depth", NBT_INT, "3", true, "int", "{'min':'1','max':'6','step':'1'}"},
    {"depth", NBT_INT, "12", true, "int", "{'min':'6','max':'24','step':'1'}"},
    {"depth", NBT_INT, "13", true, "int", "{'min':'7','max':'25','step':'2'}"},
    {"depth", NBT_INT, "26", true, "int", "{'min':'14','max':'52','step':'2'}"},
    {"trees", NBT_INT, "500", true, "int", "{'min':'250','max':'1000','step':'50'}"},
    {"trees", NBT_INT, "107", true, "int", "{'min':'57','max':'207','step':'10'}"},
    {"shift", NBT_INT, "-8", true, "discrete", "{'list':['-32','-16','-8','-4','-2']}"},
    {"shift", NBT_INT, "-20", true, "int", "{'min':'-40','max':'-10','step':'2'}"},
    {"shift", NBT_INT, "0", false, "int", "{'min':'0','max':'1','step':'1'}"},
    {"big", NBT_INT, "9007199254740992", true, "discrete",
     "{'list':['2251799813685248','4503599627370496','9007199254740992']}"},
    /* bools and strings */
    {"shuffle", NBT_BOOL, "True", true, "categorical", "{'list':['True','False']}"},
    {"optimizer", NBT_STR, "adam", false, "categorical", "{'list':['adam']}"},
    {"layer", NBT_STR, "1500", true, "int", "{'min':'900','max':'2900','step':'200'}"},
    {"lr", NBT_STR, "1e-3", true, "double", "{'min':'0.0001','max':'0.01'" LOG "}"},
    {"code", NBT_STR, "007", false, "categorical", "{'list':['007']}"},
    {"code", NBT_STR, "", false, "categorical", "{'list':['']}"},
};

static void check_holds(const struct range *range, const char *value)
{
    CLEANUP(space_fini) struct space space = {0};
    auto_json json_t *parameters = json_pack("[O]", range->spec);
    double coordinate;
    assert_int_equal(space_init(&space, parameters, NULL), 0);
    if (!space_coordinate(&space.dimensions[0], value, &coordinate))
        fail_msg("%s: the range does not hold %s", space.dimensions[0].name, value);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct nbt_parameter parameter = literal(table[i].name, table[i].type, table[i].value);
        CLEANUP(derive_range_fini) struct range range = {0};
        char what[128];
        snprintf(what, sizeof(what), "%s = %s", table[i].name, table[i].value);
        assert_int_equal(derive_range(&range, &parameter, NULL), 0);
        assert_non_null(range.spec);
        assert_string_equal(json_string_value(json_object_get(range.spec, "name")), table[i].name);
        if (strcmp(json_string_value(json_object_get(range.spec, "parameterType")),
                   table[i].type_want) != 0)
            fail_msg("%s: %s, want %s", what,
                     json_string_value(json_object_get(range.spec, "parameterType")),
                     table[i].type_want);
        expect_json(what, json_object_get(range.spec, "feasibleSpace"), table[i].feasible_want);
        if (range.selected != table[i].selected || !*range.why)
            fail_msg("%s: selected %d, want %d (%s)", what, range.selected, table[i].selected,
                     range.why);
        check_holds(&range, table[i].value);
    }
}

/* The promises of the table on literals of any size: the range holds the value, at most 20 values.
 */
static void test_table_promises(void **state)
{
    (void)state;
    static const char *const names[] = {"x", "lr", "dropout", "alpha"};
    for (int64_t v = -3000; v < 200000; v += v < 3000 ? 1 : 997)
        for (size_t k = 0; k < 2 * COUNT(names); k++) {
            char value[NBT_NUMBER_MAX];
            bool integer = k < COUNT(names);
            if (integer)
                nbt_format_int(value, v);
            else
                nbt_format_double(value, (double)v / 1700);
            struct nbt_parameter p =
                literal(names[k % COUNT(names)], integer ? NBT_INT : NBT_FLOAT, value);
            CLEANUP(derive_range_fini) struct range range = {0};
            assert_int_equal(derive_range(&range, &p, NULL), 0);
            check_holds(&range, value);
            CLEANUP(space_fini) struct space space = {0};
            auto_json json_t *parameters = json_pack("[O]", range.spec);
            assert_int_equal(space_init(&space, parameters, NULL), 0);
            if (integer && space.cells > 20)
                fail_msg("%s: %g values", value, space.cells);
        }
}

static void test_not_searchable(void **state)
{
    (void)state;
    const struct nbt_parameter rows[] = {
        literal("lr2", NBT_EXPRESSION, "lr * 2"),
        literal("n", NBT_INT, "123456789012345678901234567890"),
        literal("n", NBT_INT, "9007199254740993"),
        literal("x", NBT_FLOAT, "inf"),
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(derive_range_fini) struct range range = {0};
        assert_int_equal(derive_range(&range, &rows[i], NULL), 0);
        if (range.spec || range.selected || !*range.why)
            fail_msg("%s = %s has a range", rows[i].name, rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_promises),
        cmocka_unit_test(test_not_searchable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
