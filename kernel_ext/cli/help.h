/* Help texts, written from the tables. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "service/options.h"

void help_program(FILE *stream);
void help_command(FILE *stream, const struct command *command);

#endif
