#include "storage/graph_writer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

absl::StatusOr<Number> Take(Number& next, std::string_view what) {
  if (next > kMaxNumber) {
    return MakeError(absl::StatusCode::kResourceExhausted,
                     Cat("the graph has had ", kMaxNumber + 1, " ", what, ", the most it can"),
                     {.reason = Reason::kLimitExceeded,
                      .field = {},
                      .row = {},
                      .metadata = {{"limit", std::string(what)},
                                   {"value", Cat(kMaxNumber + 1)},
                                   {"needed", Cat(kMaxNumber + 2)}}});
  }
  return next++;
}

// A value is what its record is encoded to and nothing else, so that the value that stands in the
// store need not be read again.
std::string ValueOf(const LinkRecord& link) { return LinkIdPart(link.id) + EncodeLinkBody(link); }

absl::uint128 HashOf(const LinkRecord& link, std::string_view value) {
  return LinkHash(link.source, link.target, link.mechanism, value);
}

absl::uint128 HashOf(const LineRecord& line, std::string_view value) {
  return LineHash(line.region, line.year, value);
}

}  // namespace

GraphWriter::GraphWriter(Overlay& kv, GraphNumber graph, GraphMeta meta,
                         std::int64_t commit_time_micros)
    : kv_(kv), data_(kv, graph), meta_(std::move(meta)) {
  ++meta_.info.revision;
  // The clock of a machine may be set back; commits do not go back with it.
  meta_.info.update_time_micros = std::max(meta_.info.update_time_micros, commit_time_micros);
}

GraphWriter GraphWriter::ForRebuilding(Overlay& kv, GraphNumber graph, GraphMeta meta) {
  return {kv, graph, std::move(meta)};
}

absl::StatusOr<Number> GraphWriter::NewNode() { return Take(meta_.next_node, "nodes"); }
absl::StatusOr<Number> GraphWriter::NewLink() { return Take(meta_.next_link, "links"); }

absl::Status GraphWriter::CountUse(std::string_view region, std::int64_t nodes,
                                   std::int64_t lines) {
  if (region.empty()) return absl::OkStatus();
  LIANJIE_ASSIGN_OR_RETURN(RegionUse use, data_.GetRegionUse(region));
  use.nodes += static_cast<std::uint64_t>(nodes);
  use.lines += static_cast<std::uint64_t>(lines);
  const GraphNumber graph = data_.graph();
  if (use.nodes == 0 && use.lines == 0) {
    kv_.Delete(RegionUseKey(graph, region));
  } else {
    kv_.Put(RegionUseKey(graph, region), EncodeRegionUse(use));
  }
  return absl::OkStatus();
}

absl::Status GraphWriter::Log(Change::Image before, Change::Image after, Number number) {
  if (!logs_) return absl::OkStatus();
  Log(Change{.revision = revision(),
             .commit_time_micros = commit_time_micros(),
             .reloaded = false,
             .settings = false,
             .before = std::move(before),
             .after = std::move(after)},
      number);
  return absl::OkStatus();
}

void GraphWriter::Log(const Change& change, Number number) {
  kv_.Put(ChangeKey(data_.graph(), revision(), sequence_++), EncodeChange(change, number));
}

void GraphWriter::SetReferenceDate(std::optional<Date> date) {
  meta_.info.reference_date = date;
  Change change;
  change.commit_time_micros = commit_time_micros();
  change.settings = true;
  Log(change, 0);
}

absl::Status GraphWriter::PutNode(Number number, const NodeRecord* before,
                                  const NodeRecord& after) {
  if (before != nullptr && *before == after) return absl::OkStatus();
  if (before == nullptr) ++meta_.info.node_count;
  if (before == nullptr || before->kind != after.kind) {
    kv_.Put(NodeIdKey(data_.graph(), after.id),
            EncodeNodePlace({.number = number, .kind = after.kind}));
  }
  std::string value = EncodeNode(after);
  if (before != nullptr) meta_.info.digest -= NodeHash(EncodeNode(*before));
  meta_.info.digest += NodeHash(value);
  kv_.Put(NodeKey(data_.graph(), number), std::move(value));
  if (before == nullptr || before->region != after.region) {
    if (before != nullptr) LIANJIE_RETURN_IF_ERROR(CountUse(before->region, -1, 0));
    LIANJIE_RETURN_IF_ERROR(CountUse(after.region, 1, 0));
  }
  return Log(before == nullptr ? Change::Image() : Change::Image(*before), after, number);
}

absl::Status GraphWriter::DeleteNode(const StoredNode& node) {
  kv_.Delete(NodeIdKey(data_.graph(), node.record.id));
  kv_.Delete(NodeKey(data_.graph(), node.number));
  --meta_.info.node_count;
  meta_.info.digest -= NodeHash(EncodeNode(node.record));
  LIANJIE_RETURN_IF_ERROR(CountUse(node.record.region, -1, 0));
  return Log(node.record, std::monostate(), node.number);
}

absl::Status GraphWriter::PutLink(const StoredLink* before, const StoredLink& after) {
  if (before != nullptr && before->place == after.place && before->record == after.record) {
    return absl::OkStatus();
  }
  const GraphNumber graph = data_.graph();
  if (before == nullptr) {
    ++meta_.info.link_count;
  } else if (before->place != after.place) {
    kv_.Delete(OutLinkKey(graph, before->place));
    kv_.Delete(InLinkKey(graph, before->place));
  }
  if (before == nullptr || before->place != after.place) {
    kv_.Put(LinkIdKey(graph, after.record.id), EncodePlace(after.place));
    kv_.Put(InLinkKey(graph, after.place), std::string());
  }
  std::string value = ValueOf(after.record);
  if (before != nullptr) meta_.info.digest -= HashOf(before->record, ValueOf(before->record));
  meta_.info.digest += HashOf(after.record, value);
  kv_.Put(OutLinkKey(graph, after.place), std::move(value));
  return Log(before == nullptr ? Change::Image() : Change::Image(before->record), after.record,
             after.place.link);
}

absl::Status GraphWriter::DeleteLink(const StoredLink& link) {
  const GraphNumber graph = data_.graph();
  kv_.Delete(LinkIdKey(graph, link.record.id));
  kv_.Delete(OutLinkKey(graph, link.place));
  kv_.Delete(InLinkKey(graph, link.place));
  --meta_.info.link_count;
  meta_.info.digest -= HashOf(link.record, ValueOf(link.record));
  return Log(link.record, std::monostate(), link.place.link);
}

absl::Status GraphWriter::PutRegion(const RegionRecord* before, const RegionRecord& after) {
  if (before != nullptr && *before == after) return absl::OkStatus();
  const GraphNumber graph = data_.graph();
  if (before == nullptr) {
    ++meta_.info.region_count;
  } else if (before->parent != after.parent && !before->parent.empty()) {
    kv_.Delete(RegionChildKey(graph, before->parent, before->code));
  }
  std::string value = EncodeRegion(after);
  if (before != nullptr) {
    meta_.info.digest -= RegionHash(before->code, EncodeRegion(*before));
  }
  meta_.info.digest += RegionHash(after.code, value);
  kv_.Put(RegionKey(graph, after.code), std::move(value));
  if (!after.parent.empty()) {
    kv_.Put(RegionChildKey(graph, after.parent, after.code), std::string());
  }
  return Log(before == nullptr ? Change::Image() : Change::Image(*before), after);
}

absl::Status GraphWriter::DeleteRegion(const RegionRecord& region) {
  kv_.Delete(RegionKey(data_.graph(), region.code));
  if (!region.parent.empty()) {
    kv_.Delete(RegionChildKey(data_.graph(), region.parent, region.code));
  }
  --meta_.info.region_count;
  meta_.info.digest -= RegionHash(region.code, EncodeRegion(region));
  return Log(region, std::monostate());
}

absl::Status GraphWriter::PutLine(const LineRecord* before, const LineRecord& after) {
  if (before != nullptr && *before == after) return absl::OkStatus();
  if (before == nullptr) {
    ++meta_.info.line_count;
    LIANJIE_RETURN_IF_ERROR(CountUse(after.region, 0, 1));
  }
  std::string value = EncodeLine(after);
  if (before != nullptr) meta_.info.digest -= HashOf(*before, EncodeLine(*before));
  meta_.info.digest += HashOf(after, value);
  kv_.Put(LineKey(data_.graph(), after.region, after.year), std::move(value));
  return Log(before == nullptr ? Change::Image() : Change::Image(*before), after);
}

absl::Status GraphWriter::DeleteLine(const LineRecord& line) {
  kv_.Delete(LineKey(data_.graph(), line.region, line.year));
  --meta_.info.line_count;
  meta_.info.digest -= HashOf(line, EncodeLine(line));
  LIANJIE_RETURN_IF_ERROR(CountUse(line.region, 0, -1));
  return Log(line, std::monostate());
}

void GraphWriter::PutRequest(std::string_view request_id, const RequestRecord& request) {
  kv_.Put(RequestKey(data_.graph(), request_id), EncodeRequest(request));
  request_id_ = request_id;
}

void GraphWriter::Finish() {
  const GraphNumber graph = data_.graph();
  if (logs_) {
    kv_.Put(RevisionKey(graph, revision()),
            EncodeRevision({.commit_time_micros = commit_time_micros(),
                            .request_id = std::move(request_id_),
                            .change_count = sequence_,
                            .reference_date = meta_.info.reference_date}));
  }
  kv_.Put(MetaKey(graph), EncodeMeta(meta_));
}

}  // namespace lianjie::storage
