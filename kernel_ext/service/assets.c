/* The assembler includes the files; ASSET_FOLDER and ASSET_CHARTS come from the build. */
#include "service/assets.h"

/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define ASSET(name, path)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            ".balign 16\n"                                                                         \
            ".global nbkatib_" #name "\n"                                                          \
            ".hidden nbkatib_" #name "\n"                                                          \
            "nbkatib_" #name ":\n"                                                                 \
            ".incbin \"" path "\"\n"                                                               \
            ".global nbkatib_" #name "_end\n"                                                      \
            ".hidden nbkatib_" #name "_end\n"                                                      \
            "nbkatib_" #name "_end:\n"                                                             \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern const char nbkatib_##name[], nbkatib_##name##_end[];                                    \
    struct asset asset_##name(void)                                                                \
    {                                                                                              \
        return (struct asset){nbkatib_##name, (size_t)(nbkatib_##name##_end - nbkatib_##name)};    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

ASSET(style, ASSET_FOLDER "/page.css")
ASSET(page, ASSET_FOLDER "/page.js")
ASSET(charts, ASSET_CHARTS)
