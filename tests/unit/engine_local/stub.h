/*
 * A program that is its own engine and its own trial: tests call stub_dispatch first in main, and
 * the engine then starts this same executable. What a trial does stands in the notebook's text, a
 * JSON object, since the engine never reads that:
 *
 *     {"ms": 20}            runs so long, then succeeds with score = the sum of its assignments
 *     {"fail": [0, 2]}      the trials with these values of x (rounded down) fail; "all" fails
 * every one
 *     {"silent": true}      succeeds without its objective
 *     {"die": true}         is killed before it has a result
 *     {"stubborn": true}    ignores SIGTERM
 *     {"daemon": true}      leaves a child in a session of its own
 *     {"clinging": true}    the same, and the child keeps the status pipe open
 *     {"noise": true}       writes what is no event, 17 MiB of it without a line's end
 *     {"score": 5}          has this score, whatever its assignments
 *     {"slow": 2}           takes a second longer with this sum of assignments
 *     {"state": "Running"}  says this state when it has finished
 */
#ifndef TESTS_ENGINE_LOCAL_STUB_H
#define TESTS_ENGINE_LOCAL_STUB_H

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/local/local.h"
#include "nbtags/number.h"

static inline void stub_sleep_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    while (nanosleep(&left, &left) < 0)
        ;
}

static inline double stub_sum(const json_t *assignments)
{
    double sum = 0;
    size_t i;
    json_t *assignment;
    json_array_foreach(assignments, i, assignment)
    {
        double value = 0;
        const char *text = json_string_value(json_object_get(assignment, "value"));
        if (text && nbt_parse_double(text, &value))
            sum += value;
    }
    return sum;
}

static inline bool stub_fails(const json_t *script, double sum)
{
    const json_t *fail = json_object_get(script, "fail");
    if (json_is_string(fail))
        return true;
    for (size_t i = 0; i < json_array_size(fail); i++)
        if (json_integer_value(json_array_get(fail, i)) == (json_int_t)sum)
            return true;
    return false;
}

static inline void stub_say(int fd, json_t *event)
{
    json_dumpfd(event, fd, JSON_COMPACT);
    if (write(fd, "\n", 1) < 0)
        _exit(9);
    json_decref(event);
}

static inline void stub_daemon(bool clinging)
{
    if (fork() > 0)
        return;
    setsid();
    if (fork() > 0)
        _exit(0);
    for (int fd = 0; fd < 64 && !clinging; fd++)
        close(fd);
    for (;;)
        pause();
}

static inline void stub_make_noise(int fd)
{
    static char block[1 << 20];
    memset(block, 'x', sizeof(block));
    static const char lines[] =
        "\n{\"event\": 3}\n[]\nnull\n\n\xff\xfe\n{\"event\": \"step\"}\n{\"event\": "
        "\"report\", \"value\": \"x\"}\n";
    for (int i = 0; i < 17; i++)
        if (file_write_all(fd, block, sizeof(block), NULL) < 0)
            _exit(7);
    if (file_write_all(fd, lines, sizeof(lines) - 1, NULL) < 0)
        _exit(7);
}

static inline void stub_leave_file(const json_t *spec, const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", json_string_value(json_object_get(spec, "output")), name);
    FILE *file = fopen(path, "w");
    if (!file)
        _exit(8);
    fputs(text, file);
    fclose(file);
}

static inline int stub_finish(const json_t *script, double sum, int fd)
{
    bool silent = json_is_true(json_object_get(script, "silent"));
    bool fails = stub_fails(script, sum);
    const json_t *score = json_object_get(script, "score");
    const char *state = json_string_value(json_object_get(script, "state"));
    json_t *metrics = json_array();
    if (!silent && !fails)
        json_array_append_new(metrics,
                              json_pack("{ss ss s[f]}", "name", "score", "variable", "score",
                                        "values", score ? json_number_value(score) : sum));
    stub_say(fd, json_pack("{ss ss ss ss si so ss sf s[]}", "event", "finished", "state",
                           state   ? state
                           : fails ? "Failed"
                                   : "Succeeded",
                           "reason", fails ? "CellFailed" : "", "message",
                           fails ? "cell 3 failed" : "", "cell", fails ? 3 : -1, "metrics", metrics,
                           "isolation", "shared", "seconds", 0.01, "warnings"));
    return fails ? 1 : 0;
}

static inline int stub_trial(const char *spec_file, int fd)
{
    json_t *spec = json_load_file(spec_file, 0, NULL);
    json_t *script = json_load_file(json_string_value(json_object_get(spec, "notebook")), 0, NULL);
    if (!spec || !script)
        return 3;
    if (json_is_true(json_object_get(script, "stubborn")))
        signal(SIGTERM, SIG_IGN);
    bool clinging = json_is_true(json_object_get(script, "clinging"));
    if (clinging || json_is_true(json_object_get(script, "daemon")))
        stub_daemon(clinging);
    if (json_is_true(json_object_get(script, "noise")))
        stub_make_noise(fd);
    double sum = stub_sum(json_object_get(spec, "assignments"));
    stub_leave_file(spec, "trial.log", "stub\n");
    stub_say(fd, json_pack("{ss ss}", "event", "started", "kernel", "stub"));
    stub_say(fd, json_pack("{ss ss si si si}", "event", "step", "step", "train", "cell", 3, "run",
                           1, "cells", 2));
    stub_say(fd, json_pack("{ss ss}", "event", "warning", "text", "a stub"));
    stub_sleep_ms(json_integer_value(json_object_get(script, "ms")));
    const json_t *slow = json_object_get(script, "slow");
    if (slow && json_number_value(slow) == sum)
        stub_sleep_ms(1000);
    if (json_is_true(json_object_get(script, "die")))
        raise(SIGKILL);
    stub_say(fd, json_pack("{ss ss sf}", "event", "report", "metric", "score", "value", sum));
    int status = stub_finish(script, sum, fd);
    json_decref(spec);
    json_decref(script);
    return status;
}

static inline int stub_number(int argc, char **argv, const char *option)
{
    int64_t value = -1;
    for (int i = 2; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0 && !nbt_parse_int(argv[i + 1], &value))
            return -1;
    return (int)value;
}

/* Returns -1 when this is the test itself, else the exit status of the engine or trial that ran. */
static inline int stub_dispatch(int argc, char **argv)
{
    local_set_program("/proc/self/exe");
    if (argc > 2 && strcmp(argv[1], "engine") == 0)
        return local_engine_main(argv[2], stub_number(argc, argv, "--lifeline-fd"),
                                 stub_number(argc, argv, "--ready-fd"));
    if (argc > 5 && strcmp(argv[1], "trial") == 0)
        return stub_trial(argv[3], stub_number(argc, argv, "--status-fd"));
    return -1;
}

/* An Experiment over x; `parameter` is its parameterType and feasibleSpace as JSON, `extra` further
 * members of spec, like
 * "\"maxTrialCount\": 3". New reference. */
static inline json_t *stub_experiment(const char *name, const char *algorithm,
                                      const char *parameter, const char *extra)
{
    char text[2048];
    snprintf(
        text, sizeof(text),
        "{\"apiVersion\": \"kubeflow.org/v1beta1\", \"kind\": \"Experiment\", \"metadata\": "
        "{\"name\": \"%s\","
        " \"annotations\": {\"nbkatib.dev/seed\": \"7\", \"nbkatib.dev/notebook\": "
        "\"/tmp/model.ipynb\"}},"
        " \"spec\": {\"objective\": {\"type\": \"maximize\", \"objectiveMetricName\": \"score\"},"
        " \"algorithm\": {\"algorithmName\": \"%s\"}, \"parameters\": [{\"name\": \"x\", %s}], "
        "%s}}",
        name, algorithm, parameter, extra);
    return json_loads(text, 0, NULL);
}

#define STUB_DOUBLE                                                                                \
    "\"parameterType\": \"double\", \"feasibleSpace\": {\"min\": \"0\", \"max\": \"100\"}"
#define STUB_INT(min, max)                                                                         \
    "\"parameterType\": \"int\", \"feasibleSpace\": {\"min\": \"" min "\", \"max\": \"" max        \
    "\", \"step\": \"1\"}"

#endif
