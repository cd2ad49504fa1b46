#include <stdlib.h>

#include "summary.h"

/*
 * The six notebooks that their authors tagged for Kale, in the folder that NBKATIB_NOTEBOOKS names;
 * skipped without it. What is wanted was read off the notebooks by hand.
 */

struct wanted {
    const char *roles; /* the code cells: "INDEX ROLE[*] [STEP] [<PREV...] [limit:K=V]", by "; " */
    const char *parameters, *metrics, *diagnostics;
    const char *defaults;
    const char *katib;
};

static const struct {
    const char *file;
    size_t n_cells, n_code;
    struct wanted want;
} notebooks[] = {
    {"car-price/predict_car_price.ipynb",
     65,
     41,
     {
         "1 dropped; 2 imports*; 3 pipeline-parameters*; 5 step* read_data; 6 skip*; 7 skip*; "
         "10 step* clean_data <read_data; 11 skip*; 14 step clean_data <read_data; "
         "15 step clean_data <read_data; 18 step clean_data <read_data; 20 skip*; 21 skip*; "
         "23 step clean_data <read_data; 26 skip*; 28 skip*; 31 skip*; 34 skip*; 35 skip*; "
         "38 skip*; 41 imports*; 43 step* prep_data <clean_data; 44 step prep_data <clean_data; "
         "45 skip*; 46 step prep_data <clean_data; 47 step prep_data <clean_data; 48 skip*; "
         "50 step prep_data <clean_data; 51 step prep_data <clean_data; "
         "53 step prep_data <clean_data; 54 step* split_data <prep_data; 55 skip*; 56 skip*; "
         "57 skip*; 58 skip*; 59 skip*; 60 skip*; 61 step* train_xgb <split_data; "
         "62 step* eval_xgb <train_xgb; 63 pipeline-metrics*; 64 none",
         "NUM_ESTIMATORS int 500; MAX_DEPTH int 3; LEARNING_RATE float 0.01",
         "xgb-r2-score; xgb-sq-err; xgb-sq-log-err",
         "note dropped-cell 1",
         " label:access-ml-pipeline=true label:access-rok=true",
         "{\"parameters\": [{\"name\": \"NUM_ESTIMATORS\", \"parameterType\": \"int\", "
         "\"feasibleSpace\": {\"min\": \"400\", \"max\": \"600\", \"step\": \"10\"}}, "
         "{\"name\": \"MAX_DEPTH\", \"parameterType\": \"int\", \"feasibleSpace\": "
         "{\"min\": \"1\", \"max\": \"5\", \"step\": \"1\"}}, "
         "{\"name\": \"LEARNING_RATE\", \"parameterType\": \"double\", \"feasibleSpace\": "
         "{\"min\": \"0\", \"max\": \"1\", \"step\": \".1\"}}], "
         "\"objective\": {\"type\": \"maximize\", \"objectiveMetricName\": \"xgb-r2-score\", "
         "\"additionalMetricNames\": [\"xgb-sq-err\", \"xgb-sq-log-err\"]}, "
         "\"algorithm\": {\"algorithmName\": \"grid\"}, "
         "\"parallelTrialCount\": 3, \"maxTrialCount\": 12, \"maxFailedTrialCount\": 3}",
     }},
    {"kale/pipeline_parameters_and_metrics.ipynb",
     5,
     5,
     {
         "0 imports*; 1 pipeline-parameters*; 2 step* create_matrix limit:nvidia.com/gpu=2; "
         "3 step* sum_matrix <create_matrix; 4 pipeline-metrics*",
         "d1 int 5; d2 int 6; booltest bool True; strtest str test",
         "d1; d2; sum-result",
         "",
         "",
         NULL,
     }},
    {"kale/dog-breed-katib.ipynb",
     73,
     38,
     {
         "3 dropped; 4 dropped; 5 dropped; 7 imports*; 9 skip*; 11 pipeline-parameters*; "
         "13 step* load_data; 14 step load_data; 15 step load_data; "
         "17 step* detect_dogs <load_data; 19 step detect_dogs <load_data; "
         "21 step detect_dogs <load_data; 23 step detect_dogs <load_data; "
         "25 step detect_dogs <load_data; 27 skip*; 29 skip*; 31 skip*; 33 skip*; 35 skip*; "
         "37 skip*; 39 skip*; 41 skip*; 43 skip*; 45 skip*; 47 skip*; 49 skip*; 51 skip*; "
         "53 step* cnn_resnet50 <detect_dogs; 55 step cnn_resnet50 <detect_dogs; "
         "57 step cnn_resnet50 <detect_dogs; 59 step cnn_resnet50 <detect_dogs; "
         "61 step cnn_resnet50 <detect_dogs; 63 step cnn_resnet50 <detect_dogs; "
         "65 step cnn_resnet50 <detect_dogs; 67 skip*; 69 skip*; 71 pipeline-metrics*; 72 none",
         "nodes_number int 256; learning_rate float 0.0001",
         "test-accuracy-resnet",
         "note dropped-cell 3; note dropped-cell 4; note dropped-cell 5",
         "",
         "{\"parameters\": [{\"name\": \"nodes_number\", \"parameterType\": \"int\", "
         "\"feasibleSpace\": {\"min\": \"256\", \"max\": \"1200\", \"step\": \"256\"}}, "
         "{\"name\": \"learning_rate\", \"parameterType\": \"categorical\", \"feasibleSpace\": "
         "{\"list\": [\"0.001\", \"0.005\", \"0.0001\", \"0.0005\"]}}], "
         "\"objective\": {\"type\": \"maximize\", \"goal\": 90, "
         "\"objectiveMetricName\": \"test-accuracy-resnet\", \"additionalMetricNames\": []}, "
         "\"algorithm\": {\"algorithmName\": \"grid\"}, "
         "\"parallelTrialCount\": 1, \"maxTrialCount\": 16, \"maxFailedTrialCount\": 3}",
     }},
    {"kale/xgboost_iris.ipynb",
     22,
     14,
     {
         "1 dropped; 3 imports*; 5 pipeline-parameters*; 7 step* load_transform_data; "
         "8 step load_transform_data; 9 step load_transform_data; "
         "11 step* train_model <load_transform_data; 12 step train_model <load_transform_data; "
         "14 step* evaluate_model <load_transform_data <train_model; "
         "15 step evaluate_model <load_transform_data <train_model; 17 skip*; 18 skip*; "
         "19 skip*; 21 pipeline-metrics*",
         "ETA float 0.3; MAX_DEPTH int 3; OBJECTIVE str multi:softprob; STEPS int 20",
         "precision; recall; f1; accuracy",
         "note dropped-cell 1",
         " label:access-ml-pipeline=true label:access-rok=true",
         "{\"parameters\": [{\"name\": \"ETA\", \"parameterType\": \"double\", "
         "\"feasibleSpace\": {\"min\": \"0.1\", \"max\": \"0.3\", \"step\": \"0.1\"}}, "
         "{\"name\": \"MAX_DEPTH\", \"parameterType\": \"int\", \"feasibleSpace\": "
         "{\"min\": \"2\", \"max\": \"6\", \"step\": \"1\"}}, "
         "{\"name\": \"OBJECTIVE\", \"parameterType\": \"categorical\", \"feasibleSpace\": "
         "{\"list\": [\"multi:softprob\", \"multi:softmax\"]}}, "
         "{\"name\": \"STEPS\", \"parameterType\": \"int\", \"feasibleSpace\": "
         "{\"min\": \"20\", \"max\": \"100\", \"step\": \"10\"}}], "
         "\"objective\": {\"type\": \"maximize\", \"goal\": 1, "
         "\"objectiveMetricName\": \"accuracy\", "
         "\"additionalMetricNames\": [\"precision\", \"recall\", \"f1\"]}, "
         "\"algorithm\": {\"algorithmName\": \"grid\", \"algorithmSettings\": ["
         "{\"name\": \"random_state\", \"value\": \"10\"}, "
         "{\"name\": \"acq_optimizer\", \"value\": \"auto\"}, "
         "{\"name\": \"acq_func\", \"value\": \"gp_hedge\"}, "
         "{\"name\": \"base_estimator\", \"value\": \"GP\"}]}, "
         "\"parallelTrialCount\": 3, \"maxTrialCount\": 15, \"maxFailedTrialCount\": 3}",
     }},
    {"kale/open-vaccine.ipynb",
     51,
     27,
     {
         "2 skip*; 4 imports*; 6 pipeline-parameters*; 8 skip*; 12 step* load_data; "
         "14 step load_data; 16 step load_data; 20 step* preprocess_data <load_data; "
         "22 step preprocess_data <load_data; 24 step preprocess_data <load_data; "
         "26 step preprocess_data <load_data; 28 step preprocess_data <load_data; "
         "29 step preprocess_data <load_data; 31 step preprocess_data <load_data; "
         "33 step* model_training <preprocess_data; 34 step model_training <preprocess_data; "
         "36 step model_training <preprocess_data; 37 step model_training <preprocess_data; "
         "38 step model_training <preprocess_data; 40 step model_training <preprocess_data; "
         "42 step model_training <preprocess_data; 43 step model_training <preprocess_data; "
         "44 step model_training <preprocess_data; 46 step* model_evaluation <model_training; "
         "47 step model_evaluation <model_training; 49 skip*; 50 skip*",
         "LR float 0.001; EPOCHS int 10; BATCH_SIZE int 64; EMBED_DIM int 100; "
         "HIDDEN_DIM int 128; DROPOUT float 0.5; SP_DROPOUT float 0.3; "
         "TRAIN_SEQUENCE_LENGTH int 107",
         "",
         "error no-metrics-cell -1",
         "",
         "{\"parameters\": [{\"name\": \"LR\", \"parameterType\": \"double\", "
         "\"feasibleSpace\": {\"min\": \"0.0001\", \"max\": \"0.01\", \"step\": \"0.0003\"}}, "
         "{\"name\": \"BATCH_SIZE\", \"parameterType\": \"int\", \"feasibleSpace\": "
         "{\"min\": \"32\", \"max\": \"256\", \"step\": \"32\"}}, "
         "{\"name\": \"EMBED_DIM\", \"parameterType\": \"int\", \"feasibleSpace\": "
         "{\"min\": \"20\", \"max\": \"100\", \"step\": \"20\"}}, "
         "{\"name\": \"DROPOUT\", \"parameterType\": \"categorical\", \"feasibleSpace\": "
         "{\"list\": [\"0.2\", \"0.3\", \"0.4\", \"0.5\"]}}, "
         "{\"name\": \"SP_DROPOUT\", \"parameterType\": \"categorical\", \"feasibleSpace\": "
         "{\"list\": [\"0.2\", \"0.3\", \"0.4\", \"0.5\"]}}], "
         "\"objective\": {\"type\": \"minimize\", \"goal\": 0, "
         "\"objectiveMetricName\": \"validation-loss\", \"additionalMetricNames\": []}, "
         "\"algorithm\": {\"algorithmName\": \"grid\"}, "
         "\"parallelTrialCount\": 1, \"maxTrialCount\": 12, \"maxFailedTrialCount\": 3}",
     }},
    {"kale/taxicab_pipeline.ipynb",
     23,
     13,
     {
         "2 imports*; 3 functions*; 4 pipeline-parameters*; 5 functions*; "
         "8 step* data_validation; 9 step data_validation; "
         "12 step* data_transformation <data_validation; "
         "13 step data_transformation <data_validation; 16 step* train <data_transformation; "
         "17 step train <data_transformation; 18 step train <data_transformation; "
         "19 step* eval <train; 22 skip*",
         "EPOCHS int 1; STEPS int 3; BATCH_SIZE int 32; HIDDEN_LAYER_SIZE str 1500; "
         "LEARNING_RATE float 0.1",
         "",
         "error no-metrics-cell -1",
         "",
         NULL,
     }},
};

static int check_list(const char *file, const char *what, const json_t *list, const char *want)
{
    char got[8192] = "";
    size_t i, used = 0;
    json_t *value;
    json_array_foreach((json_t *)list, i, value)
    {
        int written = snprintf(got + used, sizeof(got) - used, "%s%s", i ? "; " : "",
                               json_string_value(value));
        assert_true(written >= 0 && (size_t)written < sizeof(got) - used);
        used += (size_t)written;
    }
    if (strcmp(got, want) == 0)
        return 0;
    print_error("%s: %s\n got %s\nwant %s\n", file, what, got, want);
    return 1;
}

static int check_stored(const char *file, const struct nbt_notebook *notebook, const char *want)
{
    json_t *expected = want ? json_loads(want, 0, NULL) : NULL;
    bool same = want ? json_equal(notebook->katib, expected) : !notebook->katib;
    if (!same) {
        char *got = json_dumps(notebook->katib, 0);
        print_error("%s: stored\n got %s\nwant %s\n", file, got ? got : "nothing",
                    want ? want : "nothing");
        free(got);
    }
    json_decref(expected);
    return same ? 0 : 1;
}

static int check_counts(const char *file, const struct nbt_notebook *notebook, size_t n_cells,
                        size_t n_code)
{
    size_t code = 0;
    for (size_t i = 0; i < notebook->n_cells; i++)
        code += notebook->cells[i].type == NBT_CODE;
    if (notebook->n_cells == n_cells && code == n_code && notebook->is_kale && notebook->kale &&
        strcmp(notebook->kernel_name, "python3") == 0 && strcmp(notebook->language, "python") == 0)
        return 0;
    print_error("%s: got %zu/%zu cells, kernel %s, %s; want %zu/%zu, python3, a Kale notebook\n",
                file, notebook->n_cells, code, notebook->kernel_name,
                notebook->is_kale ? "Kale" : "plain", n_cells, n_code);
    return 1;
}

static int check_notebook(const char *file, const struct nbt_notebook *notebook,
                          const struct wanted *want)
{
    json_t *summary = summary_of(notebook);
    int wrong = check_list(file, "cells", json_object_get(summary, "cells"), want->roles);
    wrong +=
        check_list(file, "parameters", json_object_get(summary, "parameters"), want->parameters);
    wrong += check_list(file, "metrics", json_object_get(summary, "metrics"), want->metrics);
    wrong +=
        check_list(file, "diagnostics", json_object_get(summary, "diagnostics"), want->diagnostics);
    const char *defaults = json_string_value(json_object_get(summary, "defaults"));
    if (strcmp(defaults, want->defaults) != 0) {
        print_error("%s: defaults\n got%s\nwant%s\n", file, defaults, want->defaults);
        wrong++;
    }
    json_decref(summary);
    return wrong + check_stored(file, notebook, want->katib);
}

static void test_notebooks(void **state)
{
    const char *folder = getenv("NBKATIB_NOTEBOOKS");
    int wrong = 0;
    (void)state;
    if (!folder || !*folder)
        skip();
    for (size_t i = 0; i < sizeof(notebooks) / sizeof(notebooks[0]); i++) {
        char path[1024];
        struct nbt_notebook *notebook = NULL;
        struct nbt_error err = NBT_ERROR_INIT;
        snprintf(path, sizeof(path), "%s/%s", folder, notebooks[i].file);
        if (nbt_read(&notebook, path, &err) < 0)
            fail_msg("%s", err.text);
        wrong += check_counts(path, notebook, notebooks[i].n_cells, notebooks[i].n_code);
        wrong += check_notebook(path, notebook, &notebooks[i].want);
        nbt_free(notebook);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_notebooks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
