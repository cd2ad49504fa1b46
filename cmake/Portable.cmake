# The toolchain of scripts/portable: zig's C compiler with musl, and the static libraries that the script has built, for NBKATIB_ARCH.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${NBKATIB_ARCH})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NBKATIB_ARCH)

get_filename_component(home ${CMAKE_CURRENT_LIST_DIR}/../build/portable/${NBKATIB_ARCH} ABSOLUTE)
set(CMAKE_C_COMPILER ${home}/bin/cc)
set(CMAKE_CXX_COMPILER ${home}/bin/c++)
set(CMAKE_AR ${home}/bin/ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${home}/bin/ranlib CACHE FILEPATH "")
# zig's linker does not write the file of dependencies that newer versions of CMake ask for.
set(CMAKE_C_LINKER_DEPFILE_SUPPORTED FALSE)
set(CMAKE_CXX_LINKER_DEPFILE_SUPPORTED FALSE)

# The build id tells trials and engines of different builds apart; -s leaves out symbols.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -s -Wl,--build-id=sha1")

set(CMAKE_FIND_ROOT_PATH ${home}/libraries)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${home}/libraries/lib/pkgconfig)
set(PKG_CONFIG_ARGN --static)
