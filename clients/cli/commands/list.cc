// `lianjie list nodes|links|regions|lines`. Pages are fetched as they are needed, one after another
// by their tokens: each row is listed once whatever is written meanwhile, and is at least as new as
// the revision of the first page. CSV needs the names of all free properties before its header, so
// the records wait in a temporary file until they are known.
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/spool.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/record_text.h"
#include "clients/cli/session.h"
#include "engine/core/csv_writer.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"

namespace lianjie::cli {
namespace {

constexpr std::int32_t kPageRows = 10000;

struct ListFlags {
  std::string filter, source, target, format = "table", out, consistency, as_of;
  std::int64_t limit = -1;
};

// What differs between the lists.
struct Nodes {
  using Record = NodeRecord;
  using Request = v1::ListNodesRequest;
  using Response = v1::ListNodesResponse;
  static constexpr const char* kName = "nodes";
  static constexpr auto kMethod = &v1::GraphService::Stub::ListNodes;
  static const auto& Items(const Response& response) { return response.nodes(); }
};
struct Links {
  using Record = LinkRecord;
  using Request = v1::ListLinksRequest;
  using Response = v1::ListLinksResponse;
  static constexpr const char* kName = "links";
  static constexpr auto kMethod = &v1::GraphService::Stub::ListLinks;
  static const auto& Items(const Response& response) { return response.links(); }
};
struct Regions {
  using Record = RegionRecord;
  using Request = v1::ListRegionsRequest;
  using Response = v1::ListRegionsResponse;
  static constexpr const char* kName = "regions";
  static constexpr auto kMethod = &v1::GraphService::Stub::ListRegions;
  static const auto& Items(const Response& response) { return response.regions(); }
};
struct Lines {
  using Record = LineRecord;
  using Request = v1::ListLinesRequest;
  using Response = v1::ListLinesResponse;
  static constexpr const char* kName = "lines";
  static constexpr auto kMethod = &v1::GraphService::Stub::ListLines;
  static const auto& Items(const Response& response) { return response.lines(); }
};

// How a listing ended.
struct Listed {
  std::int64_t revision = 0;  // of the first page
  bool truncated = false;
};

// Calls `visit` with up to `limit` records (0: all).
template <typename Kind, typename Visit>
absl::StatusOr<Listed> Each(Connection& connection, typename Kind::Request request,
                            std::int64_t limit, Visit visit) {
  Listed listed;
  std::int64_t count = 0;
  while (true) {
    request.set_page_size(kPageRows);
    if (limit > 0 && limit - count < kPageRows)
      request.set_page_size(static_cast<std::int32_t>(limit - count + 1));
    LIANJIE_ASSIGN_OR_RETURN(const typename Kind::Response page,
                             Call(connection.graphs(), Kind::kMethod, request));
    if (request.page_token().empty()) listed.revision = page.revision();
    for (const auto& item : Kind::Items(page)) {
      if (limit > 0 && count == limit) {
        listed.truncated = true;
        return listed;
      }
      LIANJIE_ASSIGN_OR_RETURN(const typename Kind::Record record, server::FromProto(item));
      LIANJIE_RETURN_IF_ERROR(visit(record));
      ++count;
    }
    if (page.next_page_token().empty()) return listed;
    request.set_page_token(page.next_page_token());
  }
}

template <typename Kind>
absl::Status ListCsv(Connection& connection, const typename Kind::Request& request,
                     std::int64_t limit, OutputFile& out) {
  using Record = typename Kind::Record;
  if constexpr (requires(Record r) { r.properties; }) {
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Spool> spool, Spool::Open());
    std::set<std::string> properties;
    const auto keep = [&](const Record& record) {
      GatherPropertyNames(record, properties);
      return spool->Append(server::ToProto(record));
    };
    LIANJIE_RETURN_IF_ERROR(Each<Kind>(connection, request, limit, keep).status());
    RecordCsvWriter<Record> csv(out.Sink(), {properties.begin(), properties.end()});
    using Message = decltype(server::ToProto(std::declval<const Record&>()));
    LIANJIE_RETURN_IF_ERROR(spool->Replay<Message>([&](const Message& message) -> absl::Status {
      LIANJIE_ASSIGN_OR_RETURN(const Record record, server::FromProto(message));
      return csv.Write(record);
    }));
    return csv.Finish();
  } else {
    RecordCsvWriter<Record> csv(out.Sink());
    const auto write = [&](const Record& record) { return csv.Write(record); };
    LIANJIE_RETURN_IF_ERROR(Each<Kind>(connection, request, limit, write).status());
    return csv.Finish();
  }
}

template <typename Kind>
absl::Status ListJson(Connection& connection, const typename Kind::Request& request,
                      std::int64_t limit, OutputFile& out) {
  JsonText json(out.Sink());
  json.StartObject();
  json.Key(Kind::kName);
  json.StartArray();
  const auto write = [&](const typename Kind::Record& record) {
    WriteRecordJson(record, json);
    return json.Pass();
  };
  LIANJIE_ASSIGN_OR_RETURN(const Listed listed, Each<Kind>(connection, request, limit, write));
  json.EndArray();
  json.Key("revision");
  json.Int(listed.revision);
  json.Key("truncated");
  json.Bool(listed.truncated);
  json.EndObject();
  return json.Finish();
}

// Shows the columns that any of the shown records has.
template <typename Kind>
absl::Status ListTable(Connection& connection, const typename Kind::Request& request,
                       std::int64_t limit, OutputFile& out) {
  std::vector<typename Kind::Record> records;
  const auto keep = [&](const typename Kind::Record& record) {
    records.push_back(record);
    return absl::OkStatus();
  };
  LIANJIE_ASSIGN_OR_RETURN(const Listed listed, Each<Kind>(connection, request, limit, keep));
  TextTable table;
  std::vector<const FieldSpec<typename Kind::Record>*> shown;
  for (const auto& field : Fields<typename Kind::Record>()) {
    const bool any = std::ranges::any_of(
        records, [&](const auto& record) { return field.get(record).index() != 0; });
    if (!any) continue;
    const bool number = field.type == FieldType::kNumber || field.type == FieldType::kInteger;
    table.AddColumn(std::string(field.name), number ? Align::kRight : Align::kLeft);
    shown.push_back(&field);
  }
  std::set<std::string> properties;
  for (const auto& record : records) GatherPropertyNames(record, properties);
  for (const std::string& name : properties) table.AddColumn("prop:" + name);
  for (const auto& record : records) {
    std::vector<std::string> cells;
    for (const auto* field : shown) cells.push_back(FormatFieldValue(field->get(record)));
    if constexpr (requires { record.properties; }) {
      for (const std::string& name : properties) {
        const auto value = record.properties.find(name);
        cells.push_back(value != record.properties.end() ? value->second : "");
      }
    }
    table.AddRow(std::move(cells));
  }
  std::string text = records.empty() ? Cat("no ", Kind::kName, "\n") : table.ToString(40);
  if (listed.truncated) text += "... and more: --limit N shows N of them, --limit 0 all\n";
  return out.Write(text);
}

template <typename Kind> absl::Status List(const Settings& settings, const ListFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseFormat(flags.format));
  if (flags.limit < -1) return UsageError(Cat("--limit: ", flags.limit, " is negative"));
  typename Kind::Request request;
  request.set_graph(settings.graph);
  if constexpr (requires { request.set_filter(flags.filter); }) request.set_filter(flags.filter);
  if constexpr (requires { request.set_source(flags.source); }) {
    request.set_source(flags.source);
    request.set_target(flags.target);
  }
  if (!flags.consistency.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_consistency(), ParseConsistency(flags.consistency));
  }
  if constexpr (requires { request.mutable_as_of(); }) {
    if (!flags.as_of.empty()) {
      LIANJIE_ASSIGN_OR_RETURN(*request.mutable_as_of(), ParseDateFlag("--as-of", flags.as_of));
    }
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(flags.out));
  const std::int64_t limit = flags.limit >= 0           ? flags.limit
                             : format == Format::kTable ? kTableRows
                                                        : 0;
  switch (format) {
    case Format::kTable:
      LIANJIE_RETURN_IF_ERROR(ListTable<Kind>(*connection, request, limit, *out));
      break;
    case Format::kCsv:
      LIANJIE_RETURN_IF_ERROR(ListCsv<Kind>(*connection, request, limit, *out));
      break;
    case Format::kJson:
      LIANJIE_RETURN_IF_ERROR(ListJson<Kind>(*connection, request, limit, *out));
      break;
  }
  return out->Close();
}

template <typename Kind> void AddKind(CLI::App& list, Session& session) {
  CLI::App* kind = list.add_subcommand(Kind::kName, Cat("List ", Kind::kName));
  kind->fallthrough();
  auto flags = std::make_shared<ListFlags>();
  if constexpr (requires(typename Kind::Request r) { r.set_filter(""); }) {
    kind->add_option("--filter", flags->filter, "Which, as 'kind = HOUSEHOLD AND persons > 2'")
        ->type_name("FILTER");
  }
  if constexpr (requires(typename Kind::Request r) { r.set_source(""); }) {
    kind->add_option("--source", flags->source, "Only links that this node pays")->type_name("ID");
    kind->add_option("--target", flags->target, "Only links that pay this node")->type_name("ID");
  }
  if constexpr (requires(typename Kind::Request r) { r.mutable_as_of(); }) {
    kind->add_option("--as-of", flags->as_of, "Only what is valid, or in force, on this date")
        ->type_name("DATE");
  }
  kind->add_option("--format", flags->format, "table, csv or json; default: table")
      ->type_name("FORMAT");
  kind->add_option("--limit", flags->limit,
                   "Most rows, 0 for all; default: all for csv and json, 20 for a table")
      ->type_name("N");
  kind->add_option("--out", flags->out, "Write the list there; default: standard output")
      ->type_name("FILE");
  kind->add_option("--consistency", flags->consistency, "How fresh; see `lianjie run --help`")
      ->type_name("WHICH");
  kind->callback([&session, flags] {
    session.action = [flags](const Settings& settings) { return List<Kind>(settings, *flags); };
  });
}

}  // namespace

void AddList(CLI::App& app, Session& session) {
  CLI::App* list = app.add_subcommand("list", "List nodes, links, regions or lines");
  list->footer(
      "Examples:\n  lianjie list nodes --filter 'kind = FIRM' --limit 5\n  lianjie list links "
      "--source F1 --format csv");
  list->fallthrough();
  list->require_subcommand(1);
  AddKind<Nodes>(*list, session);
  AddKind<Links>(*list, session);
  AddKind<Regions>(*list, session);
  AddKind<Lines>(*list, session);
}

}  // namespace lianjie::cli
