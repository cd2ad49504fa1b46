# Where the files go, and those that go beside the program. A wheel has places of its own: pip puts its scripts and its data into the
# environment that it installs into.

if(SKBUILD)
    set(CMAKE_INSTALL_BINDIR ${SKBUILD_SCRIPTS_DIR})
    set(CMAKE_INSTALL_DATADIR ${SKBUILD_DATA_DIR}/share)
    set(CMAKE_INSTALL_MANDIR ${SKBUILD_DATA_DIR}/share/man)
    set(CMAKE_INSTALL_DOCDIR ${SKBUILD_DATA_DIR}/share/doc/nbkatib)
endif()
include(GNUInstallDirs)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# documents(PROGRAM): its manual page and shell completions, written by the program itself, and their installation.
function(documents program)
    set(folder ${PROJECT_BINARY_DIR}/documents)
    set(outputs "")
    foreach(document "man:${program}.1:${CMAKE_INSTALL_MANDIR}/man1"
            "completion bash:${program}:${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
            "completion zsh:_${program}:${CMAKE_INSTALL_DATADIR}/zsh/site-functions"
            "completion fish:${program}.fish:${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
        string(REPLACE ":" ";" document "${document}")
        list(GET document 0 verb)
        list(GET document 1 file)
        list(GET document 2 place)
        string(REPLACE " " ";" arguments "${verb}")
        add_custom_command(OUTPUT ${folder}/${file} COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
                           COMMAND ${program} ${arguments} > ${folder}/${file} DEPENDS ${program} VERBATIM)
        list(APPEND outputs ${folder}/${file})
        install(FILES ${folder}/${file} DESTINATION ${place})
    endforeach()
    add_custom_target(${program}_documents ALL DEPENDS ${outputs})
endfunction()

# ready_program(NAME): NBKATIB_PROGRAM under that name. It may be for another processor; NBKATIB_WRITER is the same program for this
# machine, which writes the documents. NBKATIB_LICENCES are those of the libraries inside.
function(ready_program name)
    add_executable(${name} IMPORTED)
    set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${NBKATIB_WRITER})
    install(PROGRAMS ${NBKATIB_PROGRAM} DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME ${name})
    install(DIRECTORY ${NBKATIB_LICENCES}/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences)
endfunction()

# The kernelspec, and the JupyterLab extension where it is built.
function(jupyter_files)
    set(place ${CMAKE_INSTALL_DATADIR}/jupyter)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/kernel_ext/service/spec/ DESTINATION ${place}/kernels/nbkatib)

    set(folder ${PROJECT_SOURCE_DIR}/labextension)
    if(NOT EXISTS ${folder}/package.json)
        return()
    endif()
    file(READ ${folder}/package.json package)
    string(JSON name GET "${package}" name)
    string(JSON output GET "${package}" jupyterlab outputDir)
    get_filename_component(built ${output} ABSOLUTE BASE_DIR ${folder})
    file(GLOB is_built CONFIGURE_DEPENDS ${built}/package.json)
    if(is_built)
        install(DIRECTORY ${built}/ DESTINATION ${place}/labextensions/${name})
        install(FILES ${folder}/install.json DESTINATION ${place}/labextensions/${name})
        if(SKBUILD) # pip removes a folder of ours with all that it holds only when a file lies in the folder itself
            get_filename_component(scope ${name} DIRECTORY)
            install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${place}/labextensions/${scope})
        endif()
    endif()
endfunction()
