# SPDX-License-Identifier: Apache-2.0
# Compiler flags, foreign libraries and the three kinds of target that the tree is made of.
include_guard(GLOBAL)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(ST_FUZZ "build the fuzz targets (clang only)" OFF)
option(ST_COVERAGE "instrument for gcov" OFF)
set(ST_SANITIZE "" CACHE STRING "value for -fsanitize, empty for none")

# Wrapping signed arithmetic and no fused floats: the same results from every compiler.
add_compile_options(-fwrapv -ffp-contract=off -fno-omit-frame-pointer -fstack-protector-strong)
add_compile_definitions(_GNU_SOURCE ST_VERSION="${PROJECT_VERSION}")
set(ST_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Werror)

# Assertions stay on in release builds (a bug must stop the process, not the invariant).
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")

if(ST_SANITIZE)
  add_compile_options(-fsanitize=${ST_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ST_SANITIZE})
endif()
if(ST_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(ST_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(NATS REQUIRED IMPORTED_TARGET libnats)
pkg_check_modules(MHD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(URING REQUIRED IMPORTED_TARGET liburing)
pkg_check_modules(CHECK IMPORTED_TARGET check)
find_package(wslay REQUIRED)

# st_library(name SOURCES ... LIBS ...): a static library of our own code.
function(st_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${ST_WARNINGS})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_LIBS})
endfunction()

# st_program(name SOURCES ... LIBS ...): an executable in <build>/bin.
function(st_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
  add_executable(${name} ${arg_SOURCES})
  target_compile_options(${name} PRIVATE ${ST_WARNINGS})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_LIBS})
endfunction()

# st_test(name [ALONE] SOURCES ... LIBS ...): a Check program, run by ctest with the label `unit`.
# ALONE: it starts servers or is about time, so that no other test runs beside it.
function(st_test name)
  if(NOT CHECK_FOUND)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALONE" "" "")
  st_program(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE PkgConfig::CHECK)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 240 ENVIRONMENT "CK_FORK=no")
  if(arg_ALONE)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()
