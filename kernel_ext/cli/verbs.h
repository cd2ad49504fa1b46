/* What runs each command: one function of one file, the exit status. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "service/commands.h"

struct verb {
    const struct command *command;
    int (*run)(const struct parsed *parsed);
};

extern const struct verb verbs[]; /* ended by a NULL command */

const char *cli_version(void);

int cmd_apply(const struct parsed *parsed);
int cmd_completion(const struct parsed *parsed);
int cmd_delete(const struct parsed *parsed);
int cmd_doctor(const struct parsed *parsed);
int cmd_engine(const struct parsed *parsed);
int cmd_experiment(const struct parsed *parsed);
int cmd_help(const struct parsed *parsed);
int cmd_inspect(const struct parsed *parsed);
int cmd_install(const struct parsed *parsed);
int cmd_kernel(const struct parsed *parsed);
int cmd_list(const struct parsed *parsed);
int cmd_logs(const struct parsed *parsed);
int cmd_man(const struct parsed *parsed);
int cmd_report(const struct parsed *parsed);
int cmd_resume(const struct parsed *parsed);
int cmd_run(const struct parsed *parsed);
int cmd_show(const struct parsed *parsed);
int cmd_stop(const struct parsed *parsed);
int cmd_trial(const struct parsed *parsed);

#endif
