# library(NAME MODULE): a library of this system, found by pkg-config; libraries_found() names all that are missing.
# room(NAME FOLDER USES...): a static library of the C files in FOLDER. Files come and go without an edit here.
# program(NAME MAIN USES...): an executable.

set(WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Wformat=2 -Wnull-dereference)
if(NBKATIB_WERROR)
    list(APPEND WARNINGS -Werror)
endif()
set(HOW_TO_INSTALL "On Debian or Ubuntu, scripts/setup build installs what is missing; elsewhere install pkg-config, libzmq, \
libsodium, jansson, libyaml, libcurl and SQLite with their headers. A wheel of nbkatib needs none of them (scripts/wheel makes one).")
set(SANITIZERS "")
if(NBKATIB_SANITIZE)
    set(SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()

find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
    message(FATAL_ERROR "nbkatib finds its libraries with pkg-config, which is not here. ${HOW_TO_INSTALL}")
endif()

macro(library name module)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
    if(NOT ${name}_FOUND)
        list(APPEND MISSING_LIBRARIES ${module})
    endif()
endmacro()

function(libraries_found)
    if(MISSING_LIBRARIES)
        list(JOIN MISSING_LIBRARIES ", " names)
        message(FATAL_ERROR "nbkatib is built with libraries that are not here, or whose headers are not: ${names}. ${HOW_TO_INSTALL}")
    endif()
endfunction()

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

# assets(ROOM FOLDER CHARTS): what ROOM's assets.c includes into the program. CHARTS is made by scripts/charts; without it
# an empty file stands for it, and reports have no charts.
function(assets room folder charts)
    set(charts ${PROJECT_SOURCE_DIR}/${charts})
    if(NOT EXISTS ${charts})
        file(WRITE ${charts} "")
    endif()
    set(files ${PROJECT_SOURCE_DIR}/${folder}/page.css ${PROJECT_SOURCE_DIR}/${folder}/page.js ${charts})
    set(source ${PROJECT_SOURCE_DIR}/kernel_ext/service/assets.c)
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}" COMPILE_DEFINITIONS
        "ASSET_FOLDER=\"${PROJECT_SOURCE_DIR}/${folder}\";ASSET_CHARTS=\"${charts}\"")
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
