# room(NAME FOLDER USES...): a static library of the C files in FOLDER. Files come and go without an edit here.
# program(NAME MAIN USES...): an executable.

set(WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Wformat=2 -Wnull-dereference)
if(NBKATIB_WERROR)
    list(APPEND WARNINGS -Werror)
endif()
set(SANITIZERS "")
if(NBKATIB_SANITIZE)
    set(SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

function(house_rules target)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(${target} PRIVATE ${WARNINGS} ${SANITIZERS} -ffp-contract=off)
    target_link_options(${target} PUBLIC ${SANITIZERS})
endfunction()

function(room name folder)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
    list(FILTER sources EXCLUDE REGEX "/example\\.c$")
    if(NOT sources)
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ${ARGN})
        return()
    endif()
    add_library(${name} STATIC ${sources})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME nbkatib_${name} POSITION_INDEPENDENT_CODE ON)
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/kernel_ext)
    target_link_libraries(${name} PUBLIC ${ARGN})
    house_rules(${name})
endfunction()

# embed(ROOM NAME FOLDER): the files of FOLDER as the array NAME_files of the room's header NAME.h.
function(embed room name folder)
    file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_SOURCE_DIR}/${folder}/*)
    set(arrays "")
    set(rows "")
    set(i 0)
    foreach(file ${files})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/${file})
        file(READ ${PROJECT_SOURCE_DIR}/${folder}/${file} bytes HEX)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
        string(APPEND arrays "static const unsigned char file_${i}[] = {${bytes}};\n")
        string(APPEND rows "    {\"${file}\", file_${i}, sizeof(file_${i})},\n")
        math(EXPR i "${i} + 1")
    endforeach()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/embedded/${name}.c CONTENT
         "#include \"${room}/${name}.h\"\n\n${arrays}\nconst struct ${name}_file ${name}_files[] = {\n${rows}    {0},\n};\n")
    target_sources(${room} PRIVATE ${PROJECT_BINARY_DIR}/embedded/${name}.c)
endfunction()

function(program name main)
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${main})
        return()
    endif()
    add_executable(${name} ${main})
    target_link_libraries(${name} PRIVATE ${ARGN})
    target_compile_definitions(${name} PRIVATE NBKATIB_VERSION="${PROJECT_VERSION}")
    house_rules(${name})
endfunction()

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

# unit(NAME SOURCE USES...): a cmocka test program, registered with ctest under the label LABEL.
function(unit name source label)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${ARGN} PkgConfig::CMOCKA)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/kernel_ext
                               ${PROJECT_SOURCE_DIR}/tests)
    target_compile_definitions(${name} PRIVATE TESTS_DIR="${PROJECT_SOURCE_DIR}/tests"
                               NBKATIB_PROGRAM="${PROJECT_BINARY_DIR}/nbkatib")
    house_rules(${name})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 300)
endfunction()
