# The libraries, all from Debian 12. scripts/install.sh installs them by name.
set(CMAKE_THREAD_PREFER_PTHREAD ON)
find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(TBB REQUIRED CONFIG)
find_package(Boost 1.81 REQUIRED CONFIG)
find_package(Eigen3 REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
find_package(Protobuf REQUIRED)
find_package(gRPC REQUIRED CONFIG)
find_package(RocksDB REQUIRED CONFIG)
find_path(LIANJIE_XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(LIANJIE_LIBCSV csv REQUIRED)
find_path(LIANJIE_RAPIDJSON_INCLUDE rapidjson/writer.h REQUIRED)
if(LIANJIE_BUILD_TESTS)
  find_package(GTest REQUIRED CONFIG)
endif()
if(LIANJIE_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED CONFIG)
endif()

add_library(lianjie_absl INTERFACE)
target_link_libraries(lianjie_absl INTERFACE
  absl::algorithm_container absl::any_invocable absl::base absl::bits absl::btree absl::cleanup absl::cord
  absl::core_headers absl::flat_hash_map absl::flat_hash_set absl::function_ref absl::hash absl::inlined_vector
  absl::int128 absl::node_hash_map absl::span absl::status absl::statusor absl::str_format absl::strings
  absl::synchronization absl::time)
