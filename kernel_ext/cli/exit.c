#include "cli/exit.h"

const struct exit_text exit_texts[] = {
    {EXIT_OK, "done"},
    {EXIT_WORK_FAILED, "the work failed: the experiment or the trial"},
    {EXIT_USAGE, "usage: the command line is wrong"},
    {EXIT_INPUT, "bad input: the notebook or the Experiment has errors"},
    {EXIT_NOT_FOUND, "not found: a file, an experiment or a trial that was named"},
    {EXIT_CONFLICT, "state conflict: it exists, runs or is locked"},
    {EXIT_ENVIRONMENT, "environment: kernel missing, disk full, permission, database"},
    {EXIT_INTERRUPTED, "interrupted"},
    {0, NULL},
};

int exit_for_error(const struct nbt_error *err, int stored)
{
    switch (err->code) {
    case NBT_EINVAL: return EXIT_INPUT;
    case NBT_EPARSE:
    case NBT_EVERSION: return stored ? EXIT_ENVIRONMENT : EXIT_INPUT;
    case NBT_ENOTFOUND: return EXIT_NOT_FOUND;
    case NBT_EEXIST:
    case NBT_ESTATE: return EXIT_CONFLICT;
    case NBT_ECANCELED: return EXIT_INTERRUPTED;
    default: return EXIT_ENVIRONMENT;
    }
}
