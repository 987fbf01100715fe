# C++ made from the protos. Two libraries, so that neither side can reach for the other's records:
#   lianjie_proto          the API (proto/lianjie/v1), the google protos that it imports, and the API's descriptor set with
#                          its comments, from which the CLI's flags and the docs derive
#   lianjie_storage_proto  storage's own records, which appear in storage's .cc files alone
#
# The google protos (google/rpc, google/type, google/longrunning, google/api) come from the PyPI package
# googleapis-common-protos in the project's virtual environment; none is copied here. Protobuf's own well-known types
# come from Debian.
set(LIANJIE_PROTO_ROOT ${CMAKE_SOURCE_DIR}/proto)
set(LIANJIE_STORAGE_PROTO_ROOT ${CMAKE_SOURCE_DIR}/storage/proto)
file(GLOB api_protos CONFIGURE_DEPENDS RELATIVE ${LIANJIE_PROTO_ROOT} ${LIANJIE_PROTO_ROOT}/lianjie/v1/*.proto)
file(GLOB storage_protos CONFIGURE_DEPENDS RELATIVE ${LIANJIE_STORAGE_PROTO_ROOT}
  ${LIANJIE_STORAGE_PROTO_ROOT}/lianjie/storage/v1/*.proto)
find_program(LIANJIE_PROTOC protoc REQUIRED)
find_program(LIANJIE_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

# Where the google protos are: asked of the virtual environment's python, since the folder's name holds its version.
function(lianjie_find_google_protos)
  if(LIANJIE_GOOGLE_PROTOS AND EXISTS ${LIANJIE_GOOGLE_PROTOS}/google/longrunning/operations.proto)
    return()
  endif()
  set(python ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  if(EXISTS ${python})
    execute_process(COMMAND ${python} -c "import sysconfig; print(sysconfig.get_paths()['purelib'])"
      OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT found OR NOT EXISTS ${found}/google/longrunning/operations.proto)
    message(FATAL_ERROR "The google protos (google/rpc/status.proto and others) were not found. They come with the PyPI package "
      "googleapis-common-protos: run `make setup`, or give -DLIANJIE_GOOGLE_PROTOS=<folder that holds google/rpc>.")
  endif()
  set(LIANJIE_GOOGLE_PROTOS ${found} CACHE PATH "Folder that holds google/rpc, google/type, google/api" FORCE)
endfunction()

# The google protos that the given files import, through any number of steps; google/protobuf is Debian's, compiled.
function(lianjie_google_imports out root)
  set(found)
  set(queue)
  foreach(proto IN LISTS ARGN)
    list(APPEND queue ${root}/${proto})
  endforeach()
  while(queue)
    list(POP_FRONT queue file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(STRINGS ${file} lines REGEX "^import +(public +)?\"google/(api|rpc|type|longrunning)/")
    foreach(line IN LISTS lines)
      string(REGEX REPLACE "^import +(public +)?\"([^\"]+)\".*" "\\2" import "${line}")
      if(NOT import IN_LIST found)
        list(APPEND found ${import})
        list(APPEND queue ${LIANJIE_GOOGLE_PROTOS}/${import})
      endif()
    endforeach()
  endwhile()
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# lianjie_generate(OUT root gen GRPC|PLAIN proto...): one protoc call for all of them, and the sources that it makes.
function(lianjie_generate out root gen style)
  set(sources)
  set(headers)
  set(inputs)
  foreach(proto IN LISTS ARGN)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    list(APPEND inputs ${root}/${proto})
    list(APPEND sources ${gen}/${stem}.pb.cc)
    list(APPEND headers ${gen}/${stem}.pb.h)
    if(style STREQUAL "GRPC")
      file(STRINGS ${root}/${proto} has_service REGEX "^service ")
      if(has_service)
        list(APPEND sources ${gen}/${stem}.grpc.pb.cc)
        list(APPEND headers ${gen}/${stem}.grpc.pb.h)
        list(APPEND services ${proto})
      endif()
    endif()
  endforeach()
  set(grpc_call)
  if(services)
    set(grpc_call COMMAND ${LIANJIE_PROTOC} ${LIANJIE_PROTO_PATHS} -I ${root} --grpc_out=${gen}
      --plugin=protoc-gen-grpc=${LIANJIE_GRPC_PLUGIN} ${services})
  endif()
  file(MAKE_DIRECTORY ${gen})
  add_custom_command(OUTPUT ${sources} ${headers}
    COMMAND ${LIANJIE_PROTOC} ${LIANJIE_PROTO_PATHS} -I ${root} --cpp_out=${gen} ${ARGN}
    ${grpc_call}
    DEPENDS ${inputs} COMMENT "Generating C++ from protos into ${gen}" VERBATIM)
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# Generated code is not ours to warn about, and it is never hot enough to be worth -O2. (Unity files are no way to make it
# faster to compile: protoc gives every file statics of the same names.)
function(lianjie_proto_library name gen)
  add_library(${name} STATIC ${ARGN})
  target_compile_options(${name} PRIVATE -w -O1)
  set_target_properties(${name} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
  target_include_directories(${name} SYSTEM PUBLIC ${gen})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()

if(api_protos)
  lianjie_find_google_protos()
  set(gen ${CMAKE_BINARY_DIR}/gen)
  set(LIANJIE_PROTO_PATHS -I ${LIANJIE_GOOGLE_PROTOS})
  lianjie_google_imports(google_protos ${LIANJIE_PROTO_ROOT} ${api_protos})
  list(APPEND google_protos google/rpc/error_details.proto)  # of errors, which no message of ours holds
  lianjie_generate(api_sources ${LIANJIE_PROTO_ROOT} ${gen} GRPC ${api_protos})
  set(google_sources)
  if(google_protos)
    lianjie_generate(google_sources ${LIANJIE_GOOGLE_PROTOS} ${gen} GRPC ${google_protos})
    set_source_files_properties(${google_sources} PROPERTIES COMPILE_OPTIONS -O0)  # on no hot path at all
  endif()

  # The descriptor set goes in by .incbin: a byte array of this size would take the compiler seconds.
  set(descriptors ${gen}/lianjie_v1.binpb)
  list(TRANSFORM api_protos PREPEND ${LIANJIE_PROTO_ROOT}/ OUTPUT_VARIABLE api_proto_paths)
  add_custom_command(OUTPUT ${descriptors}
    COMMAND ${LIANJIE_PROTOC} ${LIANJIE_PROTO_PATHS} -I ${LIANJIE_PROTO_ROOT} --include_imports --include_source_info
      --descriptor_set_out=${descriptors} ${api_protos}
    DEPENDS ${api_proto_paths} COMMENT "Describing the API" VERBATIM)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/descriptor_set.h.in ${gen}/lianjie/v1/descriptor_set.h COPYONLY)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/descriptor_set.cc.in ${gen}/lianjie/v1/descriptor_set.cc @ONLY)
  set_source_files_properties(${gen}/lianjie/v1/descriptor_set.cc PROPERTIES
    OBJECT_DEPENDS ${descriptors})

  lianjie_proto_library(lianjie_proto ${gen} ${api_sources} ${google_sources} ${gen}/lianjie/v1/descriptor_set.cc)
  target_link_libraries(lianjie_proto PUBLIC gRPC::grpc++)
endif()

if(storage_protos)
  set(LIANJIE_PROTO_PATHS)
  set(gen ${CMAKE_BINARY_DIR}/gen_storage)
  lianjie_generate(storage_proto_sources ${LIANJIE_STORAGE_PROTO_ROOT} ${gen} PLAIN ${storage_protos})
  lianjie_proto_library(lianjie_storage_proto ${gen} ${storage_proto_sources})
endif()
