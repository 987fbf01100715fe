# How everything of ours is compiled. Warnings are errors. -ffp-contract=off and the plain x86-64 target keep the promise
# that the same request gives the same bytes on any machine: a fused multiply-add would round otherwise.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
# Assertions stay on in both: they are cheap beside a wrong answer. Eigen's and libstdc++'s own, which sit inside inner
# loops, are checked in the Debug presets alone.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DEIGEN_NO_DEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -D_GLIBCXX_ASSERTIONS")

add_compile_options(-Wall -Wextra -Werror -ffp-contract=off)
if(LIANJIE_DEBUG_INFO)
  add_compile_options(-g)
endif()
if(LIANJIE_SANITIZE)
  add_compile_options(-fsanitize=${LIANJIE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${LIANJIE_SANITIZE})
endif()
include_directories(${CMAKE_SOURCE_DIR})  # includes are rooted at the repository: "engine/core/date.h"

find_program(LIANJIE_CCACHE ccache)
if(LIANJIE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths are taken relative to the build folder, so that build folders side by side share what they compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=/
    CCACHE_SLOPPINESS=time_macros ${LIANJIE_CCACHE})
endif()
