#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/completion.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"

int cmd_completion(const struct parsed *parsed)
{
    CLEANUP(buf_fini) struct buf out = buf_init((size_t)1 << 20);
    auto_free char *shown = file_printable(parsed->positionals[0]);

    for (const struct completion_shell *shell = completion_shells; shell->name; shell++) {
        if (strcmp(shell->name, parsed->positionals[0]) != 0)
            continue;
        shell->write(&out);
        fputs(buf_text(&out), stdout);
        return EXIT_OK;
    }
    say(stderr, "nbkatib: error: there is no completion for '%s'; expected bash, zsh or fish\n",
        shown ? shown : "?");
    return EXIT_USAGE;
}
