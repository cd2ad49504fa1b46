/*
 * The table of commands, and the option groups that several of them share. To add one is to add a
 * row here and what runs it: cli/verbs.c, kernel/verbs.c.
 */
#ifndef SERVICE_COMMANDS_H
#define SERVICE_COMMANDS_H

#include "service/options.h"
#include "service/service.h"

extern const struct command *const commands[]; /* ended by NULL */

const struct command *command_find(const char *name); /* NULL when unknown; hidden ones too */

extern const struct command command_inspect, command_experiment, command_run, command_trial,
    command_list, command_show, command_logs, command_stop, command_resume, command_delete,
    command_apply, command_report, command_doctor, command_completion, command_man, command_help,
    command_engine, command_kernel, command_install;

extern const struct option_group group_common; /* --json --help */
extern const struct option_group
    group_help; /* --help alone, for commands whose output is no document */
extern const struct option_group group_search; /* what derive_given holds */
extern const struct option_group group_trials; /* kernel, time limits, isolation */
extern const struct option_group group_cluster; /* service_cluster */

/* The structs of service.h from these groups; everything borrows from `parsed`. */
struct derive_given given_from(const struct parsed *parsed);
struct service_run run_from(const struct parsed *parsed);
struct service_trial trial_from(const struct parsed *parsed); /* without what it is told to */

#endif
