#include "kernel/internal.h"

static json_t *help_links(void)
{
    return json_pack("[{s:s, s:s}, {s:s, s:s}]", "text", "Katib", "url",
                     "https://www.kubeflow.org/docs/components/katib/", "text", "Jupyter messaging",
                     "url", "https://jupyter-client.readthedocs.io/en/stable/messaging.html");
}

/* No subshells: comms never wait here, for nothing that blocks runs on the loop's thread. */
json_t *kernel_info(const struct kernel *kernel)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}, s:o, s:[], s:b}", "protocol_version",
        WIRE_PROTOCOL_VERSION, "implementation", KERNEL_LANGUAGE, "implementation_version",
        kernel->version, "banner",
        "nbkatib tunes Jupyter notebooks. Type 'run NOTEBOOK' to begin, 'help' for the commands.",
        "language_info", "name", KERNEL_LANGUAGE, "version", kernel->version, "mimetype",
        "text/x-nbkatib", "file_extension", ".nbkatib", "pygments_lexer", "text", "help_links",
        help_links(), "supported_features", "debugger", 0);
}
