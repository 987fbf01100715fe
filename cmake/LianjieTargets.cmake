# Small functions that make a target out of a folder. A folder without sources makes no target, and a dependency of ours
# that does not exist is left out: each floor can be configured and built whatever stands above or beside it.
include_guard(GLOBAL)

# lianjie_library(NAME DIRS dir... [EXCLUDE regex] [DEPS target...] [PRIVATE_DEPS target...]): a static library of every
# *.cc directly in the folders, which are given relative to the caller's.
function(lianjie_library name)
  cmake_parse_arguments(ARG "" "EXCLUDE" "DIRS;DEPS;PRIVATE_DEPS" ${ARGN})
  lianjie_sources(sources ${ARG_DIRS})
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ARG_EXCLUDE}")
  endif()
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  lianjie_link(${name} PUBLIC ${ARG_DEPS})
  lianjie_link(${name} PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# lianjie_sources(OUT dir...): the C++ sources directly in the folders.
function(lianjie_sources out)
  set(patterns)
  foreach(dir IN LISTS ARGN)
    list(APPEND patterns ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# lianjie_link(NAME visibility target...): links those that exist, where a name of ours may not.
function(lianjie_link name visibility)
  foreach(dep IN LISTS ARGN)
    if(TARGET ${dep} OR NOT dep MATCHES "^lianjie_")
      target_link_libraries(${name} ${visibility} ${dep})
    endif()
  endforeach()
endfunction()

# lianjie_test(NAME DIRS dir... DEPS target...): one executable and one ctest of every *.cc in the folders (the tests and
# what helps them). One process a folder starts fast, and GoogleTest's own report, which scripts/closing_line.py sums,
# counts the cases honestly; a report that is missing counts as a failure.
function(lianjie_test name)
  cmake_parse_arguments(ARG "" "" "DIRS;DEPS" ${ARGN})
  lianjie_sources(sources ${ARG_DIRS})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  lianjie_link(${name} PRIVATE ${ARG_DEPS} GTest::gmock_main)
  add_test(NAME ${name}
    COMMAND ${name} --gtest_brief=1 --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${name}.xml
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "LIANJIE_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

# lianjie_precompile(NAME): with LIANJIE_PCH, reads the gRPC and protobuf headers from a precompiled one, which all such
# targets share: they cost each file about 3 s otherwise. Our own headers stay out, so that a change of one does not
# compile everything anew. -fpch-preprocess lets ccache see through it.
function(lianjie_precompile name)
  if(NOT LIANJIE_PCH OR NOT TARGET ${name})
    return()
  endif()
  if(NOT TARGET lianjie_pch)
    file(WRITE ${CMAKE_BINARY_DIR}/gen/pch.cc "// Holds the precompiled header.\n")
    add_library(lianjie_pch OBJECT ${CMAKE_BINARY_DIR}/gen/pch.cc)
    target_link_libraries(lianjie_pch PUBLIC gRPC::grpc++ fmt::fmt spdlog::spdlog lianjie_absl)
    target_compile_options(lianjie_pch PRIVATE -fpch-preprocess)
    target_precompile_headers(lianjie_pch PRIVATE <grpcpp/grpcpp.h> <google/protobuf/message.h>
      <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h> <memory> <string> <vector>)
  endif()
  target_compile_options(${name} PRIVATE -fpch-preprocess)
  target_precompile_headers(${name} REUSE_FROM lianjie_pch)
endfunction()
