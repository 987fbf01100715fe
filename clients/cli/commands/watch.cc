// `lianjie watch`: what changes in a graph, one event a line, until interrupted. Events wait until
// their revision is whole, so that a stream that broke off goes on without a gap and without a line
// twice.
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/App.hpp"
#include "clients/cli/base/failure.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/connection.h"
#include "clients/cli/output/output_file.h"
#include "clients/cli/record_text.h"
#include "clients/cli/session.h"
#include "engine/core/csv_writer.h"
#include "engine/core/enums.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/convert.h"

namespace lianjie::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{5000};

struct WatchFlags {
  std::int64_t from = -1;
  std::string region, format = "table";
  std::vector<std::string> kinds;
  bool once = false;
};

using Record = std::variant<std::monostate, NodeRecord, LinkRecord, RegionRecord, LineRecord>;

absl::StatusOr<Record> RecordOf(const v1::Element& element) {
  const auto read = [](auto record) -> absl::StatusOr<Record> {
    if (!record.ok()) return record.status();
    return Record(*std::move(record));
  };
  switch (element.element_case()) {
    case v1::Element::kNode:
      return read(server::FromProto(element.node()));
    case v1::Element::kLink:
      return read(server::FromProto(element.link()));
    case v1::Element::kRegion:
      return read(server::FromProto(element.region()));
    case v1::Element::kLine:
      return read(server::FromProto(element.line()));
    default:
      return Record();
  }
}

std::string_view ElementName(const Record& record) {
  constexpr std::string_view kNames[] = {"", "node", "link", "region", "line"};
  return kNames[record.index()];
}

struct IdOfRecord {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const NodeRecord& node) const { return node.id; }
  std::string operator()(const LinkRecord& link) const { return link.id; }
  std::string operator()(const RegionRecord& region) const { return region.code; }
  std::string operator()(const LineRecord& line) const { return Cat(line.region, " ", line.year); }
};

struct FieldsOfRecord {
  using Given = std::vector<std::pair<std::string, std::string>>;
  Given operator()(std::monostate) const { return {}; }
  template <typename R> Given operator()(const R& record) const { return GivenFields(record); }
};

struct FieldChange {
  std::string name, before, after;
};

std::vector<FieldChange> Compare(const Record& before, const Record& after) {
  std::vector<FieldChange> out;
  const auto old = std::visit(FieldsOfRecord(), before);
  for (const auto& [name, value] : old) out.push_back({name, value, {}});
  for (auto& [name, value] : std::visit(FieldsOfRecord(), after)) {
    const auto found = std::find_if(out.begin(), out.end(),
                                    [&n = name](const FieldChange& f) { return f.name == n; });
    if (found == out.end()) {
      out.push_back({name, {}, value});
    } else {
      found->after = value;
    }
  }
  std::erase_if(out, [](const FieldChange& field) { return field.before == field.after; });
  return out;
}

// One event as the line that is printed.
class EventText {
 public:
  static absl::StatusOr<std::string> Line(const v1::WatchResponse& message, Format format) {
    EventText text;
    text.revision_ = message.revision();
    text.time_ = google::protobuf::util::TimeUtil::ToString(message.commit_time());
    if (message.has_change()) {
      LIANJIE_ASSIGN_OR_RETURN(text.before_, RecordOf(message.change().before()));
      LIANJIE_ASSIGN_OR_RETURN(text.after_, RecordOf(message.change().after()));
      text.event_ = text.before_.index() == 0  ? "created"
                    : text.after_.index() == 0 ? "deleted"
                                               : "changed";
    } else {
      text.event_ = message.reloaded() ? "reloaded" : "settings";
    }
    if (format == Format::kJson) return text.Json();
    return format == Format::kCsv ? text.Csv() : text.Plain();
  }

 private:
  const Record& Named() const { return after_.index() != 0 ? after_ : before_; }

  absl::StatusOr<std::string> Json() const {
    std::string out;
    JsonText json([&out](std::string_view bytes) {
      out.append(bytes);
      return absl::OkStatus();
    });
    json.StartObject();
    json.Key("revision");
    json.Int(revision_);
    json.Key("time");
    json.String(time_);
    json.Key("event");
    json.String(event_);
    if (Named().index() != 0) {
      json.Key("element");
      json.String(ElementName(Named()));
      json.Key("id");
      json.String(std::visit(IdOfRecord(), Named()));
    }
    for (const auto& [name, record] :
         {std::pair("before", &before_), std::pair("after", &after_)}) {
      if (record->index() == 0) continue;
      json.Key(name);
      std::visit(
          [&json](const auto& r) {
            if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(r)>, std::monostate>) {
              WriteRecordJson(r, json);
            }
          },
          *record);
    }
    json.EndObject();
    LIANJIE_RETURN_IF_ERROR(json.Finish());
    return out;
  }

  std::string Csv() const {
    std::string changed;
    for (const FieldChange& field : Compare(before_, after_)) {
      changed += Cat(changed.empty() ? "" : ";", field.name);
    }
    std::string out = Cat(revision_, ",", time_, ",", event_, ",", ElementName(Named()), ",");
    AppendCsvCell(out, std::visit(IdOfRecord(), Named()));
    out += ',';
    AppendCsvCell(out, changed);
    return out + "\n";
  }

  std::string Plain() const {
    std::string out = Cat(revision_, "  ", time_, "  ", event_);
    if (Named().index() != 0) {
      out += Cat(" ", ElementName(Named()), " ", std::visit(IdOfRecord(), Named()));
    }
    if (event_ == "deleted") return out + "\n";
    std::string_view parting = ": ";
    for (const FieldChange& field : Compare(before_, after_)) {
      if (field.name == "id" || field.name == "code") continue;
      out += Cat(std::exchange(parting, ", "), field.name, " ",
                 event_ == "created" ? "" : Cat(field.before.empty() ? "-" : field.before, " > "),
                 field.after.empty() ? "-" : field.after);
    }
    return out + "\n";
  }

  std::int64_t revision_ = 0;
  std::string time_;
  std::string_view event_;
  Record before_, after_;
};

absl::Status AddKind(std::string_view name, v1::WatchRequest& request) {
  const std::string upper = ToUpper(name);
  v1::ElementKind element = v1::ELEMENT_KIND_UNSPECIFIED;
  if (v1::ElementKind_Parse("ELEMENT_KIND_" + upper, &element) &&
      element != v1::ELEMENT_KIND_UNSPECIFIED) {
    request.add_elements(element);
  } else if (const auto kind = ParseEnum<NodeKind>(upper)) {
    request.add_node_kinds(static_cast<v1::NodeKind>(*kind));
  } else if (const auto mechanism = ParseEnum<Mechanism>(upper)) {
    request.add_mechanisms(static_cast<v1::Mechanism>(*mechanism));
  } else {
    return UsageError(Cat("--kind: '", name,
                          "' is neither node, link, region or line, nor a kind of node, as "
                          "HOUSEHOLD, nor a mechanism, as ORDER"));
  }
  return absl::OkStatus();
}

// One call: prints whole revisions, and moves the request on behind them.
absl::Status Follow(Connection& connection, const WatchFlags& flags, Format format,
                    std::int64_t until, v1::WatchRequest& request, bool& moved) {
  LIANJIE_RETURN_IF_ERROR(CheckTexts(request));
  grpc::ClientContext context;
  const OnInterrupt cancel([&context] { context.TryCancel(); });
  const auto stream = connection.graphs().Watch(&context, request);
  v1::WatchResponse message;
  std::string lines;
  while (stream->Read(&message)) {
    if (!message.checkpoint()) {
      LIANJIE_ASSIGN_OR_RETURN(const std::string line, EventText::Line(message, format));
      lines += line;
      continue;
    }
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
    LIANJIE_RETURN_IF_ERROR(out->Write(lines));
    LIANJIE_RETURN_IF_ERROR(out->Close());
    lines.clear();
    request.set_after_revision(message.revision());
    request.set_graph_identity(message.graph_identity());
    moved = true;
    if (flags.once && message.revision() >= until) {
      context.TryCancel();
      stream->Finish().ok();
      return absl::OkStatus();
    }
  }
  return CallStatus(stream->Finish());
}

absl::Status WatchGraph(const Settings& settings, const WatchFlags& flags) {
  LIANJIE_ASSIGN_OR_RETURN(const Format format, ParseFormat(flags.format));
  if (flags.from < -1) return UsageError(Cat("--from: ", flags.from, " is negative"));
  if (settings.server.empty() && !flags.once) {
    return UsageError(
        "watch follows a server: give --server HOST:PORT, or --once to list what a "
        "store's feed has");
  }
  v1::WatchRequest request;
  request.set_graph(settings.graph);
  request.set_region(flags.region);
  for (const std::string& kind : flags.kinds) LIANJIE_RETURN_IF_ERROR(AddKind(kind, request));
  LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> connection,
                           Connection::Open(settings, /*may_create=*/false));
  v1::GetGraphRequest get;
  get.set_graph(settings.graph);
  LIANJIE_ASSIGN_OR_RETURN(const v1::Graph graph,
                           Call(connection->graphs(), &v1::GraphService::Stub::GetGraph, get));
  request.set_after_revision(flags.from < 0 ? graph.revision() : flags.from);
  if (format == Format::kCsv) {
    LIANJIE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> out, OutputFile::Open(""));
    LIANJIE_RETURN_IF_ERROR(out->Write("revision,time,event,element,id,changed\n"));
    LIANJIE_RETURN_IF_ERROR(out->Close());
  }
  std::chrono::milliseconds pause = kFirstPause;
  while (true) {
    bool moved = false;
    const absl::Status status =
        Follow(*connection, flags, format, graph.revision(), request, moved);
    // A server that goes down cancels what reaches it last.
    const bool passing = absl::IsUnavailable(status) || absl::IsCancelled(status);
    if (!passing || Interrupted()) return status;
    if (moved) pause = kFirstPause;
    std::fprintf(stderr, "%s; going on after revision %lld\n",
                 std::string(FromAbsl(status.message())).c_str(),
                 static_cast<long long>(request.after_revision()));
    for (auto slept = pause.zero(); slept < pause && !Interrupted(); slept += kFirstPause) {
      std::this_thread::sleep_for(kFirstPause);
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace

void AddWatch(CLI::App& app, Session& session) {
  CLI::App* watch = app.add_subcommand("watch", "Print what changes in a graph, one event a line");
  watch->footer(
      "Examples:\n  lianjie watch --server 127.0.0.1:7443\n  lianjie watch --server "
      "127.0.0.1:7443 --from 120 --region 5201 --kind HOUSEHOLD --kind ORDER --format json\n"
      "A line's revision is a good --from for the next time: a revision is printed whole. A "
      "connection that breaks is made again.");
  watch->fallthrough();
  auto flags = std::make_shared<WatchFlags>();
  watch
      ->add_option("--from", flags->from,
                   "Changes of later revisions than this one; 0: all; default: from now on")
      ->type_name("REVISION");
  watch
      ->add_option("--region", flags->region,
                   "Only changes in this region or below it; a link is in the regions of its ends")
      ->type_name("CODE");
  watch
      ->add_option("--kind", flags->kinds,
                   "Only these: node, link, region, line, a kind of node as HOUSEHOLD, a mechanism "
                   "as ORDER; may be repeated")
      ->type_name("KIND");
  watch
      ->add_option("--format", flags->format, "table, csv or json, a line an event; default: table")
      ->type_name("FORMAT");
  watch->add_flag("--once", flags->once, "End when all that is there now was printed");
  watch->callback([&session, flags] {
    session.action = [flags](const Settings& settings) { return WatchGraph(settings, *flags); };
  });
}

}  // namespace lianjie::cli
