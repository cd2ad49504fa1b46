#include "cli/cli.h"
#include "cli/exit.h"
#include "cli/output.h"
#include "cli/verbs.h"
#include "service/live_values.h"

int cmd_kernel(const struct parsed *parsed)
{
    const char *file = parsed_text(parsed, "file");
    struct nbt_error err = NBT_ERROR_INIT;

    if (!file) {
        say(stderr, "nbkatib: error: 'kernel' needs -f FILE, which Jupyter gives when it starts a "
                    "kernel; 'nbkatib install' tells Jupyter of this one\n");
        return EXIT_USAGE;
    }
    service_values_beside(file);
    return cli_kernel()(file, cli_version(), &err) < 0 ? fail(parsed, &err, NULL) : EXIT_OK;
}
