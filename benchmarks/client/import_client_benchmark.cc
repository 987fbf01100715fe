// What the client's side of an import costs: the processor time of a record from a file's bytes to
// the messages that a server takes. The server here is in the same process and looks at nothing.
//
//   import_client_benchmark FOLDER [ROUNDS]
//
// FOLDER holds what `lianjie generate county` has written. Prints one table in Markdown.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "clients/cli/input/header_mapper.h"
#include "clients/cli/input/importer.h"
#include "engine/core/text.h"
#include "lianjie/v1/graph_service.grpc.pb.h"

namespace lianjie::cli {
namespace {

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

// Of all threads, in microseconds.
double ProcessorTime() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// Takes all messages and answers that nothing was done.
class Sink final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  Sink(grpc::ByteBuffer* response, std::uint64_t& bytes) : bytes_(bytes) {
    bool own = false;
    (void)grpc::SerializationTraits<v1::ImportResponse>::Serialize(Answer(), response, &own);
    StartRead(&message_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    bytes_ += message_.Length();
    StartRead(&message_);
  }
  void OnDone() override { delete this; }

 private:
  static v1::ImportResponse Answer() {
    v1::ImportResponse response;
    response.set_revision(1);
    return response;
  }

  grpc::ByteBuffer message_;
  std::uint64_t& bytes_;
};

class SinkService final
    : public v1::GraphService::WithRawCallbackMethod_Import<v1::GraphService::Service> {
 public:
  grpc::ServerReadReactor<grpc::ByteBuffer>* Import(grpc::CallbackServerContext*,
                                                    grpc::ByteBuffer* response) override {
    return new Sink(response, bytes);  // deletes itself, as gRPC has it
  }
  std::uint64_t bytes = 0;
};

void Row(const char* what, double micros, std::int64_t records) {
  std::printf("| %-44s | %8.3f | %10lld |\n", what, micros / static_cast<double>(records),
              static_cast<long long>(records));
}

// Reads a file, and maps its rows where there is a kind.
std::int64_t ReadAll(const std::string& path, std::optional<RecordKind> kind) {
  CsvReader reader(OrThrow(OpenByteSource(path, "")), DelimiterOf(path));
  OrThrow(reader.Next());
  std::unique_ptr<RowMapper> mapper;
  if (kind) mapper = OrThrow(MakeHeaderMapper(*kind, reader.row()));
  std::int64_t rows = 0;
  for (MappedRecords records; OrThrow(reader.Next()); ++rows, records.clear()) {
    if (mapper && !mapper->Map(reader.row(), records).ok()) throw std::runtime_error("a bad row");
  }
  return rows;
}

void Run(const std::string& folder, int rounds) {
  SinkService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service).SetMaxReceiveMessageSize(-1);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const std::shared_ptr<grpc::Channel> channel = server->InProcessChannel({});
  struct File {
    const char* name;
    RecordKind kind;
  };
  std::printf("| %-44s | %8s | %10s |\n|---|---:|---:|\n", "what", "us each", "records");
  for (int round = 0; round < rounds; ++round) {
    for (const File& file : {File{"nodes", RecordKind::kNode}, File{"links", RecordKind::kLink}}) {
      const std::string path = Cat(folder, "/", file.name, ".csv");
      double begin = ProcessorTime();
      const std::int64_t rows = ReadAll(path, std::nullopt);
      Row(Cat(file.name, ": reading").c_str(), ProcessorTime() - begin, rows);
      begin = ProcessorTime();
      ReadAll(path, file.kind);
      Row(Cat(file.name, ": reading, mapping").c_str(), ProcessorTime() - begin, rows);
      begin = ProcessorTime();
      ImportSettings settings;
      settings.graph = "default";
      settings.inputs = {{path, file.kind}};
      OrThrow(RunImport(*channel, settings));
      Row(Cat(file.name, ": reading, mapping, checking, sending").c_str(), ProcessorTime() - begin,
          rows);
    }
  }
  std::printf("%.1f MiB sent\n", static_cast<double>(service.bytes) / (1 << 20));
  server->Shutdown();
}

}  // namespace
}  // namespace lianjie::cli

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: import_client_benchmark FOLDER [ROUNDS]\n");
    return 2;
  }
  try {
    lianjie::cli::Run(argv[1], argc > 2 ? std::atoi(argv[2]) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
