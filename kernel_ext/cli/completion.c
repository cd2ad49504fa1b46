#include "cli/completion.h"

#include "cli/completion_private.h"

const struct completion_shell completion_shells[] = {
    {"bash", completion_bash, "bash-completion/completions/nbkatib"},
    {"zsh", completion_zsh, "zsh/site-functions/_nbkatib"},
    {"fish", completion_fish, "fish/vendor_completions.d/nbkatib.fish"},
    {NULL, NULL, NULL},
};

void completion_each(const struct command *command,
                     void (*fn)(struct buf *out, const struct option *option), struct buf *out)
{
    for (size_t g = 0; g < COMMAND_GROUPS && command->groups[g]; g++) {
        for (const struct option *option = command->groups[g]->options; option->name; option++) {
            if (!option->hidden)
                fn(out, option);
        }
    }
}
