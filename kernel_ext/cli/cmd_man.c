#include <stdio.h>

#include "base/scope.h"
#include "cli/exit.h"
#include "cli/man.h"
#include "cli/verbs.h"

int cmd_man(const struct parsed *parsed)
{
    CLEANUP(buf_fini) struct buf out = buf_init((size_t)1 << 20);

    (void)parsed;
    man_write(&out, cli_version());
    fputs(buf_text(&out), stdout);
    return EXIT_OK;
}
