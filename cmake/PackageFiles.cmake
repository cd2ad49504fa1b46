# Run by cpack on the files of the package: a compressed manual page, a file of copyright, and places as Debian wants them.

file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/*.1)
foreach(page ${pages})
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(WRITE ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/nbkatib/copyright
"This is nbkatib.

Copyright (C) the authors of nbkatib
Licence: Apache-2.0. On Debian systems the full text of the Apache License, Version 2.0,
is in /usr/share/common-licenses/Apache-2.0.
")

# Debian's zsh looks for completions of packages there.
file(RENAME ${CPACK_TEMPORARY_DIRECTORY}/usr/share/zsh/site-functions ${CPACK_TEMPORARY_DIRECTORY}/usr/share/zsh/vendor-completions)
