// `lianjie graph list|create|delete|set`.
#include <memory>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/connection.h"
#include "clients/cli/frame_flags.h"
#include "clients/cli/output/cells.h"
#include "clients/cli/output/json_text.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/output/text_table.h"
#include "clients/cli/session.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

struct GraphFlags {
  std::string name, reference_date, format = "table";
};

// The name as an argument, or by --graph.
absl::StatusOr<std::string> NameOf(const GraphFlags& flags) {
  if (!flags.name.empty()) return flags.name;
  return UsageError("which graph: give its name, as `lianjie graph create tea`");
}

absl::Status Print(const std::vector<v1::Graph>& graphs, bool one, const GraphFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("graph", flags.format));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kJson) {
    JsonText json(out->Sink());
    if (!one) {
      json.StartObject();
      json.Key("graphs");
      json.StartArray();
    }
    for (const v1::Graph& graph : graphs) json.Message(graph);
    if (!one) {
      json.EndArray();
      json.EndObject();
    }
    return json.Finish();
  }
  TextTable table;
  table.AddColumn("graph");
  for (const char* name : {"revision", "nodes", "links", "regions", "lines"})
    table.AddColumn(name, Align::kRight);
  table.AddColumn("reference date");
  table.AddColumn("digest");
  for (const v1::Graph& graph : graphs) {
    table.AddRow({graph.name(), Cat(graph.revision()), Cat(graph.node_count()),
                  Cat(graph.link_count()), Cat(graph.region_count()), Cat(graph.line_count()),
                  DateText(graph.reference_date()) +
                      (graph.reference_date_is_default() ? " (of the last commit)" : ""),
                  graph.digest()});
  }
  return out->Write(graphs.empty() ? "no graphs\n" : table.ToString());
}

absl::Status ListGraphs(const Settings& settings, const GraphFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  std::vector<v1::Graph> graphs;
  v1::ListGraphsRequest request;
  do {
    LIANJIE_ASSIGN_OR_RETURN(
        const v1::ListGraphsResponse page,
        Call(connection->graphs(), &v1::GraphService::Stub::ListGraphs, request));
    graphs.insert(graphs.end(), page.graphs().begin(), page.graphs().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return Print(graphs, false, flags);
}

absl::Status CreateGraph(const Settings& settings, const GraphFlags& flags) {
  v1::CreateGraphRequest request;
  LIANJIE_ASSIGN_OR_RETURN(*request.mutable_graph()->mutable_name(), NameOf(flags));
  if (!flags.reference_date.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_graph()->mutable_reference_date(),
                             ParseDateFlag("--reference-date", flags.reference_date));
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/true));
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::Graph graph,
      Call(connection->graphs(), &v1::GraphService::Stub::CreateGraph, request));
  return Print({graph}, true, flags);
}

absl::Status SetGraph(const Settings& settings, const GraphFlags& flags) {
  v1::UpdateGraphRequest request;
  LIANJIE_ASSIGN_OR_RETURN(*request.mutable_graph()->mutable_name(), NameOf(flags));
  if (flags.reference_date.empty())
    return UsageError("there is nothing to set: give --reference-date DATE, or none to clear it");
  if (flags.reference_date != "none") {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_graph()->mutable_reference_date(),
                             ParseDateFlag("--reference-date", flags.reference_date));
  }
  request.mutable_update_mask()->add_paths("reference_date");
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::Graph graph,
      Call(connection->graphs(), &v1::GraphService::Stub::UpdateGraph, request));
  return Print({graph}, true, flags);
}

absl::Status DeleteGraph(const Settings& settings, const GraphFlags& flags) {
  v1::DeleteGraphRequest request;
  LIANJIE_ASSIGN_OR_RETURN(*request.mutable_graph(), NameOf(flags));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_RETURN_IF_ERROR(
      Call(connection->graphs(), &v1::GraphService::Stub::DeleteGraph, request).status());
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  return out->Write(Cat("deleted ", request.graph(), "\n"));
}

std::shared_ptr<GraphFlags> Add(CLI::App& graph, Session& session, const char* name,
                                const char* help,
                                absl::Status (*action)(const Settings&, const GraphFlags&)) {
  CLI::App* one = graph.add_subcommand(name, help);
  one->fallthrough();
  auto flags = std::make_shared<GraphFlags>();
  const std::string_view which = name;
  if (which != "list") one->add_option("name", flags->name, "Name of the graph")->type_name("NAME");
  if (which == "create" || which == "set") {
    one->add_option("--reference-date", flags->reference_date,
                    "The as-of date of requests that give none")
        ->type_name("DATE");
  }
  if (which != "delete")
    one->add_option("--format", flags->format, "table or json")->type_name("FORMAT");
  one->callback([&session, flags, action] {
    session.action = [&session, flags, action](const Settings& settings) {
      GraphFlags filled = *flags;
      if (filled.name.empty()) filled.name = session.flags.graph;
      LIANJIE_RETURN_IF_ERROR(ParseTableOrJson("graph", filled.format).status());  // before it acts
      return action(settings, filled);
    };
  });
  return flags;
}

}  // namespace

void AddGraph(CLI::App& app, Session& session) {
  CLI::App* graph = app.add_subcommand("graph", "List, create, set and delete graphs");
  graph->footer(
      "Examples:\n  lianjie graph list --data county.data\n  lianjie graph create tea "
      "--reference-date 2020-12-31\n"
      "  lianjie graph delete tea");
  graph->fallthrough();
  graph->require_subcommand(1);
  Add(*graph, session, "list", "List the graphs of a store", &ListGraphs);
  Add(*graph, session, "create", "Make an empty graph", &CreateGraph);
  Add(*graph, session, "set", "Set a graph's reference date, or clear it (none)", &SetGraph);
  Add(*graph, session, "delete", "Delete a graph with all that it holds", &DeleteGraph);
}

}  // namespace lianjie::cli
