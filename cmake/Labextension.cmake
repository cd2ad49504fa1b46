# The target `labextension` builds the JupyterLab extension, which Install.cmake installs where it is built.

find_program(NODE node)
find_program(NPM npm)
set(LABEXTENSION ${PROJECT_SOURCE_DIR}/build/labextension/nbkatib)

if(NODE AND NPM)
    if(NBKATIB_LABEXTENSION)
        set(with_all ALL)
    endif()
    file(GLOB_RECURSE labextension_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/labextension/src/*
         ${PROJECT_SOURCE_DIR}/labextension/style/* ${PROJECT_SOURCE_DIR}/labextension/schema/*)
    add_custom_command(OUTPUT ${LABEXTENSION}/install.json COMMAND ${PROJECT_SOURCE_DIR}/labextension/build
                       COMMAND ${CMAKE_COMMAND} -E touch ${LABEXTENSION}/install.json
                       DEPENDS ${labextension_sources} ${PROJECT_SOURCE_DIR}/labextension/package.json
                               ${PROJECT_SOURCE_DIR}/labextension/package-lock.json
                       COMMENT "Building the JupyterLab extension" VERBATIM)
    add_custom_target(labextension ${with_all} DEPENDS ${LABEXTENSION}/install.json)
elseif(NBKATIB_LABEXTENSION)
    message(FATAL_ERROR "NBKATIB_LABEXTENSION needs node and npm: scripts/setup lab installs them")
endif()
