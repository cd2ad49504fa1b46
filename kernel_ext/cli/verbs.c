#include "cli/verbs.h"

const struct verb verbs[] = {
    {&command_inspect, cmd_inspect},
    {&command_experiment, cmd_experiment},
    {&command_run, cmd_run},
    {&command_trial, cmd_trial},
    {&command_list, cmd_list},
    {&command_show, cmd_show},
    {&command_logs, cmd_logs},
    {&command_stop, cmd_stop},
    {&command_resume, cmd_resume},
    {&command_apply, cmd_apply},
    {&command_report, cmd_report},
    {&command_delete, cmd_delete},
    {&command_doctor, cmd_doctor},
    {&command_install, cmd_install},
    {&command_kernel, cmd_kernel},
    {&command_completion, cmd_completion},
    {&command_man, cmd_man},
    {&command_help, cmd_help},
    {&command_engine, cmd_engine},
    {NULL, NULL},
};
