# Small functions that make a target out of a folder. A folder without sources makes no target, and a dependency of ours
# that does not exist is left out: each floor can be configured and built whatever stands above or beside it.
include_guard(GLOBAL)

# lianjie_library(NAME DIRS dir... [EXCLUDE regex] [ALONE regex] [DEPS target...] [PRIVATE_DEPS target...]): a static
# library of every *.cc directly in the folders, which are given relative to the caller's.
function(lianjie_library name)
  cmake_parse_arguments(ARG "" "EXCLUDE;ALONE" "DIRS;DEPS;PRIVATE_DEPS" ${ARGN})
  lianjie_sources(sources ${ARG_DIRS})
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ARG_EXCLUDE}")
  endif()
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  lianjie_unite(${name} ALONE "${ARG_ALONE}")
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

# lianjie_test(NAME DIRS dir... [ALONE regex] DEPS target...): one executable and one ctest of every *.cc in the folders (the tests and
# what helps them). One process a folder starts fast, and GoogleTest's own report, which scripts/closing_line.py sums,
# counts the cases honestly; a report that is missing counts as a failure.
function(lianjie_test name)
  cmake_parse_arguments(ARG "" "ALONE" "DIRS;DEPS" ${ARGN})
  lianjie_sources(sources ${ARG_DIRS})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  lianjie_unite(${name} ALONE "${ARG_ALONE}")
  lianjie_link(${name} PRIVATE ${ARG_DEPS} GTest::gmock_main)
  add_test(NAME ${name}
    COMMAND ${name} --gtest_brief=1 --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${name}.xml
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "LIANJIE_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
endfunction()

# lianjie_unite(NAME [ALONE regex]): with LIANJIE_UNITY, compiles the target's files ten at a time: reading the libraries'
# headers is more than half of a file's time. Names in anonymous namespaces then meet those of the folder's other files; a file
# whose names are better left as they are stands ALONE.
function(lianjie_unite name)
  cmake_parse_arguments(ARG "" "ALONE" "" ${ARGN})
  if(NOT LIANJIE_UNITY)
    return()
  endif()
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
  if(ARG_ALONE)
    get_target_property(sources ${name} SOURCES)
    list(FILTER sources INCLUDE REGEX "${ARG_ALONE}")
    set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()
