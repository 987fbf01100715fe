// `lianjie get node|link ID`.
#include <memory>

#include "CLI/App.hpp"
#include "clients/cli/connection.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/record_text.h"
#include "clients/cli/session.h"
#include "engine/core/csv_writer.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"

namespace lianjie::cli {
namespace {

struct GetFlags {
  std::string id, format = "table", consistency, as_of;
};

template <typename Record>
absl::Status Print(const Record& record, std::int64_t revision, Format format) {
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kJson) {
    JsonText json(out->Sink());
    WriteRecordJson(record, json);
    LIANJIE_RETURN_IF_ERROR(json.Finish());
  } else if (format == Format::kCsv) {
    std::set<std::string> properties;
    GatherPropertyNames(record, properties);
    RecordCsvWriter<Record> csv(out->Sink(), {properties.begin(), properties.end()});
    LIANJIE_RETURN_IF_ERROR(csv.Write(record));
    LIANJIE_RETURN_IF_ERROR(csv.Finish());
  } else {
    TextTable table;
    table.AddColumn("");
    table.AddColumn("");
    for (const auto& [name, value] : GivenFields(record)) table.AddRow({name, value});
    LIANJIE_RETURN_IF_ERROR(out->Write(table.ToString(200) + Cat("(revision ", revision, ")\n")));
  }
  return out->Close();
}

template <typename Request>
absl::StatusOr<Request> MakeRequest(const Settings& settings, const GetFlags& flags) {
  Request request;
  request.set_graph(settings.graph);
  request.set_id(flags.id);
  if (!flags.consistency.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_consistency(), ParseConsistency(flags.consistency));
  }
  if (!flags.as_of.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_as_of(), ParseDateFlag("--as-of", flags.as_of));
  }
  return request;
}

absl::Status GetNode(const Settings& settings, const GetFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseFormat(flags.format));
  LIANJIE_ASSIGN_OR_RETURN(const auto request, MakeRequest<v1::GetNodeRequest>(settings, flags));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_ASSIGN_OR_RETURN(const v1::GetNodeResponse response,
                           Call(connection->graphs(), &v1::GraphService::Stub::GetNode, request));
  LIANJIE_ASSIGN_OR_RETURN(const NodeRecord record, server::FromProto(response.node()));
  return Print(record, response.revision(), format);
}

absl::Status GetLink(const Settings& settings, const GetFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseFormat(flags.format));
  LIANJIE_ASSIGN_OR_RETURN(const auto request, MakeRequest<v1::GetLinkRequest>(settings, flags));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_ASSIGN_OR_RETURN(const v1::GetLinkResponse response,
                           Call(connection->graphs(), &v1::GraphService::Stub::GetLink, request));
  LIANJIE_ASSIGN_OR_RETURN(const LinkRecord record, server::FromProto(response.link()));
  return Print(record, response.revision(), format);
}

void AddKind(CLI::App& get, Session& session, const char* name, const char* help,
             absl::Status (*action)(const Settings&, const GetFlags&)) {
  CLI::App* kind = get.add_subcommand(name, help);
  kind->fallthrough();
  auto flags = std::make_shared<GetFlags>();
  kind->add_option("id", flags->id, "Its id")->type_name("ID")->required();
  kind->add_option("--format", flags->format, "table, csv or json")->type_name("FORMAT");
  kind->add_option("--consistency", flags->consistency, "How fresh; see `lianjie run --help`")
      ->type_name("WHICH");
  kind->add_option("--as-of", flags->as_of, "The date on which it must be valid, or in force")
      ->type_name("DATE");
  kind->callback([&session, flags, action] {
    session.action = [flags, action](const Settings& settings) { return action(settings, *flags); };
  });
}

}  // namespace

void AddGet(CLI::App& app, Session& session) {
  CLI::App* get = app.add_subcommand("get", "Show one node or link");
  get->footer(
      "Examples:\n  lianjie get node H1 --data county.data\n  lianjie get link L1 --format json");
  get->fallthrough();
  get->require_subcommand(1);
  AddKind(*get, session, "node", "Show a node", &GetNode);
  AddKind(*get, session, "link", "Show a link", &GetLink);
}

}  // namespace lianjie::cli
