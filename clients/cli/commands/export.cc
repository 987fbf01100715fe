// `lianjie export --out DIR`: four files that import back to the same graph. Columns of free
// properties must stand in the header, so nodes and links wait in a temporary file in the folder
// until all names are known: the stream is read once, and is of one revision whatever is written
// meanwhile.
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/connection.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/progress_line.h"
#include "clients/cli/output/spool.h"
#include "clients/cli/record_text.h"
#include "clients/cli/session.h"
#include "engine/core/csv_writer.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"

namespace lianjie::cli {
namespace {

struct ExportFlags {
  std::string out, consistency;
};

// Hands every message of one export to `visit`.
template <typename Visit>
absl::Status Stream(Connection& connection, const v1::ExportRequest& request, Visit visit) {
  grpc::ClientContext context;
  const OnInterrupt cancel([&context] { context.TryCancel(); });
  auto reader = connection.graphs().Export(&context, request);
  v1::ExportResponse response;
  absl::Status visited;
  while (visited.ok() && reader->Read(&response)) visited = visit(response);
  if (!visited.ok()) context.TryCancel();
  const absl::Status status = CallStatus(reader->Finish());
  return visited.ok() ? status : visited;
}

// One of the four files.
template <typename Record> class RecordFile {
 public:
  static absl::StatusOr<std::unique_ptr<RecordFile>> Open(const std::string& path,
                                                          const std::set<std::string>& properties) {
    absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Open(path);
    if (!file.ok()) return file.status();
    return std::unique_ptr<RecordFile>(new RecordFile(*std::move(file), properties));
  }

  template <typename Messages> absl::Status Write(const Messages& messages) {
    for (const auto& message : messages) {
      LIANJIE_ASSIGN_OR_RETURN(const Record record, server::FromProto(message));
      LIANJIE_RETURN_IF_ERROR(csv_.Write(record));
      ++count_;
    }
    return absl::OkStatus();
  }
  absl::Status Close() {
    LIANJIE_RETURN_IF_ERROR(csv_.Finish());
    return file_->Close();
  }
  std::int64_t count() const { return count_; }

 private:
  RecordFile(std::unique_ptr<OutputFile> file, const std::set<std::string>& properties)
      : file_(std::move(file)), csv_(file_->Sink(), {properties.begin(), properties.end()}) {}

  std::unique_ptr<OutputFile> file_;
  RecordCsvWriter<Record> csv_;
  std::int64_t count_ = 0;
};

struct PropertyNames {
  std::set<std::string> nodes, links;

  void Gather(const v1::ExportResponse& part) {
    for (const v1::Node& node : part.nodes()) {
      for (const auto& property : node.properties()) nodes.insert(property.first);
    }
    for (const v1::Link& link : part.links()) {
      for (const auto& property : link.properties()) links.insert(property.first);
    }
  }
};

absl::Status WriteFiles(Connection& connection, const v1::ExportRequest& request,
                        const std::string& folder) {
  LIANJIE_ASSIGN_OR_RETURN(const auto regions,
                           RecordFile<RegionRecord>::Open(folder + "/regions.csv", {}));
  LIANJIE_ASSIGN_OR_RETURN(const auto lines,
                           RecordFile<LineRecord>::Open(folder + "/lines.csv", {}));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Spool> spool, Spool::Open(folder));
  PropertyNames names;
  ProgressLine progress;
  std::int64_t revision = 0;
  std::int64_t rows = 0;
  LIANJIE_RETURN_IF_ERROR(Stream(connection, request, [&](const v1::ExportResponse& part) {
    revision = part.revision();
    rows += part.nodes_size() + part.links_size();
    progress.Show("export", 0, 0, Cat(rows, " nodes and links"));
    names.Gather(part);
    LIANJIE_RETURN_IF_ERROR(regions->Write(part.regions()));
    LIANJIE_RETURN_IF_ERROR(lines->Write(part.lines()));
    return part.nodes().empty() && part.links().empty() ? absl::OkStatus() : spool->Append(part);
  }));
  LIANJIE_ASSIGN_OR_RETURN(const auto nodes,
                           RecordFile<NodeRecord>::Open(folder + "/nodes.csv", names.nodes));
  LIANJIE_ASSIGN_OR_RETURN(const auto links,
                           RecordFile<LinkRecord>::Open(folder + "/links.csv", names.links));
  std::int64_t written = 0;
  LIANJIE_RETURN_IF_ERROR(spool->Replay<v1::ExportResponse>([&](const v1::ExportResponse& part) {
    if (Interrupted()) return absl::CancelledError("interrupted");
    written += part.nodes_size() + part.links_size();
    progress.Show("write", static_cast<double>(written), static_cast<double>(rows));
    LIANJIE_RETURN_IF_ERROR(nodes->Write(part.nodes()));
    return links->Write(part.links());
  }));
  LIANJIE_RETURN_IF_ERROR(nodes->Close());
  LIANJIE_RETURN_IF_ERROR(links->Close());
  LIANJIE_RETURN_IF_ERROR(regions->Close());
  LIANJIE_RETURN_IF_ERROR(lines->Close());
  progress.Clear();
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  return out->Write(Cat("exported ", nodes->count(), " nodes, ", links->count(), " links, ",
                        regions->count(), " regions, ", lines->count(), " lines of revision ",
                        revision, " to ", folder, "\n"));
}

absl::Status Export(const Settings& settings, const ExportFlags& flags) {
  v1::ExportRequest request;
  request.set_graph(settings.graph);
  if (!flags.consistency.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_consistency(), ParseConsistency(flags.consistency));
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  // A graph that is not there, or cannot be read, leaves no folder.
  v1::GetGraphRequest graph;
  graph.set_graph(settings.graph);
  LIANJIE_RETURN_IF_ERROR(
      Call(connection->graphs(), &v1::GraphService::Stub::GetGraph, graph).status());
  std::error_code error;
  std::filesystem::create_directories(flags.out, error);
  if (error) return absl::UnknownError(Cat(flags.out, ": cannot be made: ", error.message()));
  return WriteFiles(*connection, request, flags.out);
}

}  // namespace

void AddExport(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("export", "Write a graph as nodes.csv, links.csv, regions.csv, lines.csv");
  command->footer("Examples:\n  lianjie export --data county.data --out county");
  command->fallthrough();
  auto flags = std::make_shared<ExportFlags>();
  command->add_option("--out", flags->out, "Folder for the files; made when it is not there")
      ->type_name("DIR")
      ->required();
  command->add_option("--consistency", flags->consistency, "How fresh; see `lianjie run --help`")
      ->type_name("WHICH");
  command->callback([&session, flags] {
    session.action = [flags](const Settings& settings) { return Export(settings, *flags); };
  });
}

}  // namespace lianjie::cli
