/*
 * The grammar of commands, as tables: what a command takes, and what a user gave. The command line
 * and the kernel's cells share it; what they do with it is theirs.
 *
 *     struct parsed parsed;
 *     if (options_parse(&parsed, command, argc, argv, &err) < 0) ... usage error
 *     const char *kernel = parsed_text(&parsed, "kernel");
 *     parsed_fini(&parsed);
 *
 * `--name value`, `--name=value`, `-o value`, `-ovalue`; options may stand anywhere, "--" ends
 * them. Values are borrowed from argv.
 */
#ifndef SERVICE_OPTIONS_H
#define SERVICE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "nbtags/error.h"

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_LIST,     /* may be given many times */
    OPTION_COUNT,    /* a decimal integer from 0 */
    OPTION_POSITIVE, /* a decimal integer from 1 */
    OPTION_BUDGET,   /* a decimal integer from 1, or "none" */
    OPTION_DURATION, /* "90", "90s", "15m", "2h" */
};

/* What a shell offers for a value. */
enum complete {
    COMPLETE_NONE,
    COMPLETE_NOTEBOOK,
    COMPLETE_INPUT,
    COMPLETE_FILE,
    COMPLETE_FOLDER,
    COMPLETE_EXPERIMENT
};

struct option {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    bool hidden;
    enum option_kind kind;
    const char *argument; /* name of the value in help; NULL for flags */
    const char *help;     /* one sentence */
    enum complete complete;
    const char *choices; /* space-separated words that a shell offers; any value is parsed */
};

struct option_group {
    const char *title;
    const struct option *options; /* ended by a NULL name */
};

struct positional {
    const char *name; /* "NOTEBOOK" */
    bool optional;
    enum complete complete;
    const char *choices;
};

#define COMMAND_POSITIONALS 2
#define COMMAND_GROUPS      5

struct parsed;

struct command {
    const char *name;
    const char *summary;     /* one line, no full stop */
    const char *description; /* paragraphs, separated by "\n\n" */
    const char *examples;    /* lines; NULL: none */
    struct positional positionals[COMMAND_POSITIONALS];
    const struct option_group *groups[COMMAND_GROUPS];
    bool hidden;
    bool stored; /* works on what nbkatib stored, not on a file of the user's */
};

struct parsed_value {
    const struct option *option;
    const char *text; /* "" for flags */
};

struct parsed {
    const struct command *command;
    const char *positionals[COMMAND_POSITIONALS]; /* NULL when not given */
    struct parsed_value *values;                  /* owned, in order */
    size_t n_values;
    const char **lists; /* owned backing of parsed_list */
    size_t n_lists;
};

/* argv[0] is the command's name. NBT_EINVAL with the nearest right name when something is unknown.
 * --help and --json are options like all others. After --help nothing is missing. */
nbt_must_check int options_parse(struct parsed *ret_parsed, const struct command *command, int argc,
                                 const char *const *argv, struct nbt_error *err);
void parsed_fini(struct parsed *parsed);

bool parsed_flag(const struct parsed *parsed, const char *name);
const char *parsed_text(const struct parsed *parsed,
                        const char *name); /* the last one given; NULL: not given */
/* All values of a list option in order; the array lives as long as `parsed`. */
const char *const *parsed_list(const struct parsed *parsed, const char *name, size_t *ret_count);

const struct option *option_find(const struct command *command, const char *name, size_t length);
const struct option *option_find_letter(const struct command *command, char letter);

#endif
