# Run by cpack on the files of the package: a compressed manual page, copyright, changelog, and places as Debian wants them.

file(GLOB_RECURSE pages ${CPACK_TEMPORARY_DIRECTORY}/*.1)
foreach(page ${pages})
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
# With SOURCE_DATE_EPOCH in the environment, of that time.
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
string(TIMESTAMP year "%Y" UTC)

set(documents ${CPACK_TEMPORARY_DIRECTORY}/usr/share/doc/nbkatib)
file(WRITE ${documents}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: nbkatib

Files: *
Copyright: ${year}, the authors of nbkatib
License: Apache-2.0
 On Debian systems the full text of the Apache License, Version 2.0,
 is in /usr/share/common-licenses/Apache-2.0.
")

file(WRITE ${documents}/changelog
"nbkatib (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * nbkatib ${CPACK_PACKAGE_VERSION}.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
execute_process(COMMAND gzip -9n ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)

# Debian's zsh looks for completions of packages there.
file(RENAME ${CPACK_TEMPORARY_DIRECTORY}/usr/share/zsh/site-functions ${CPACK_TEMPORARY_DIRECTORY}/usr/share/zsh/vendor-completions)
