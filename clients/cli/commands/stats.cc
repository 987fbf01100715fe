// `lianjie stats`.
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

struct StatsFlags {
  std::string as_of, format = "table", consistency;
};

template <typename Enum>
std::string Bare(Enum value, const google::protobuf::EnumDescriptor* type) {
  const google::protobuf::EnumValueDescriptor* found =
      type->FindValueByNumber(static_cast<int>(value));
  return found != nullptr ? std::string(BareEnumName(*found)) : Cat(static_cast<int>(value));
}

std::string Text(const v1::GetStatisticsResponse& s) {
  std::string text = Cat("graph ", s.graph().name(), ", revision ", s.graph().revision(),
                         ", as of ", DateText(s.as_of()), "\n  ", s.graph().node_count(),
                         " nodes, ", s.graph().link_count(), " links, ", s.graph().region_count(),
                         " regions, ", s.graph().line_count(), " lines; ", s.self_loop_count(),
                         " self-loops, ", s.unplaced_node_count(), " nodes without a region\n");
  if (!s.graph().digest().empty()) text += Cat("  digest ", s.graph().digest(), "\n");
  if (!s.node_kinds().empty()) {
    TextTable kinds("  ");
    kinds.AddColumn("kind");
    for (const char* name : {"nodes", "active"}) kinds.AddColumn(name, Align::kRight);
    for (const auto& kind : s.node_kinds()) {
      kinds.AddRow({Bare(kind.kind(), v1::NodeKind_descriptor()), Cat(kind.node_count()),
                    Cat(kind.active_count())});
    }
    text += "\n" + kinds.ToString();
  }
  if (!s.registrations().empty()) {
    TextTable registrations("  ");
    registrations.AddColumn("registration");
    for (const char* name : {"households", "persons"}) registrations.AddColumn(name, Align::kRight);
    for (const auto& one : s.registrations()) {
      const std::string name = Bare(one.registration(), v1::Registration_descriptor());
      registrations.AddRow({name.empty() ? "UNSPECIFIED" : name, Cat(one.household_count()),
                            Cat(one.person_count())});
    }
    registrations.AddRow({"monitored", Cat(s.monitored_household_count()), ""});
    text += "\n" + registrations.ToString();
  }
  if (!s.mechanisms().empty()) {
    TextTable mechanisms("  ");
    mechanisms.AddColumn("mechanism");
    for (const char* name : {"links", "active", "promised_yuan", "paid_yuan"})
      mechanisms.AddColumn(name, Align::kRight);
    for (const auto& one : s.mechanisms()) {
      mechanisms.AddRow({Bare(one.mechanism(), v1::Mechanism_descriptor()), Cat(one.link_count()),
                         Cat(one.active_count()), MoneyForPeople(one.promised_yuan()),
                         MoneyForPeople(one.paid_yuan())});
    }
    text += "\n" + mechanisms.ToString();
  }
  if (!s.region_levels().empty()) {
    TextTable levels("  ");
    for (const char* name : {"level", "regions"}) levels.AddColumn(name, Align::kRight);
    for (const auto& one : s.region_levels())
      levels.AddRow({Cat(one.level()), Cat(one.region_count())});
    text += "\n" + levels.ToString();
  }
  return text;
}

absl::Status Stats(const Settings& settings, const StatsFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseTableOrJson("stats", flags.format));
  v1::GetStatisticsRequest request;
  request.set_graph(settings.graph);
  if (!flags.as_of.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_as_of(), ParseDateFlag("--as-of", flags.as_of));
  }
  if (!flags.consistency.empty()) {
    LIANJIE_ASSIGN_OR_RETURN(*request.mutable_consistency(), ParseConsistency(flags.consistency));
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  LIANJIE_ASSIGN_OR_RETURN(
      const v1::GetStatisticsResponse response,
      Call(connection->graphs(), &v1::GraphService::Stub::GetStatistics, request));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
  if (format == Format::kTable) return out->Write(Text(response));
  JsonText json(out->Sink());
  json.Message(response);
  return json.Finish();
}

}  // namespace

void AddStats(CLI::App& app, Session& session) {
  CLI::App* stats = app.add_subcommand("stats", "Count what a graph holds");
  stats->footer(
      "Examples:\n  lianjie stats --data county.data\n  lianjie stats --as-of 2020-12-31 --format "
      "json");
  stats->fallthrough();
  auto flags = std::make_shared<StatsFlags>();
  stats->add_option("--as-of", flags->as_of, "The date on which things count as active")
      ->type_name("DATE");
  stats->add_option("--format", flags->format, "table or json; default: table")
      ->type_name("FORMAT");
  stats->add_option("--consistency", flags->consistency, "How fresh; see `lianjie run --help`")
      ->type_name("WHICH");
  stats->callback([&session, flags] {
    session.action = [flags](const Settings& settings) { return Stats(settings, *flags); };
  });
}

}  // namespace lianjie::cli
