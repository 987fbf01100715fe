#include "storage/rebuild.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/btree_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/graph_writer.h"
#include "storage/overlay.h"
#include "storage/refusals.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kCheckEvery = 256;

// The older state: holds what it is laid over.
class RebuiltReader : public KeyValueReader {
 public:
  explicit RebuiltReader(std::shared_ptr<const KeyValueReader> newest)
      : newest_(std::move(newest)), overlay_(*newest_) {}

  Overlay& overlay() { return overlay_; }

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    return overlay_.Get(key);
  }
  std::unique_ptr<KeyValueIterator> NewIterator(std::string lower, std::string upper,
                                                bool bulk) const override {
    return overlay_.NewIterator(std::move(lower), std::move(upper), bulk);
  }
  std::uint64_t memory_bytes() const override { return bytes_; }
  void set_memory_bytes(std::uint64_t bytes) { bytes_ = bytes; }

 private:
  const std::shared_ptr<const KeyValueReader> newest_;
  Overlay overlay_;
  std::uint64_t bytes_ = 0;
};

// What a record is called within its kind.
struct NameOf {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const NodeRecord& node) const { return node.id; }
  std::string operator()(const LinkRecord& link) const { return link.id; }
  std::string operator()(const RegionRecord& region) const { return region.code; }
  std::string operator()(const LineRecord& line) const { return Cat(line.year, ' ', line.region); }
};

class Rebuilder {
 public:
  Rebuilder(Overlay& kv, GraphNumber graph, GraphMeta meta, const RebuildLimits& limits)
      : writer_(GraphWriter::ForRebuilding(kv, graph, std::move(meta))),
        data_(writer_.data()),
        limits_(limits) {}

  // The feed after the revision, in order.
  absl::Status Take(std::string_view value) {
    LIANJIE_RETURN_IF_ERROR(Tick());
    LIANJIE_ASSIGN_OR_RETURN(ChangeUndo undo, DecodeChangeUndo(value));
    if (undo.reloaded) return Corrupt("a load among the changes that are to be undone");
    const Change::Image& named = undo.before.index() != 0 ? undo.before : undo.after;
    if (named.index() == 0) return absl::OkStatus();  // settings
    const auto [it, first] = undone_[named.index()].try_emplace(std::visit(NameOf(), named));
    if (!first) return absl::OkStatus();
    it->second.number = undo.number;
    it->second.before = EncodeImage(undo.before);
    if (undo.before.index() == 0) it->second.after = std::move(undo.after);
    // The record once more in the overlay, with its keys, and what the maps take.
    bytes_ += 2 * it->second.before.size() + it->first.size() + kRecordBytes;
    if (bytes_ <= limits_.max_bytes) return absl::OkStatus();
    return MakeError(absl::StatusCode::kResourceExhausted,
                     Cat("too much has changed since that revision: rebuilding it takes more than ",
                         limits_.max_bytes >> 20U, " MiB"),
                     {.reason = Reason::kLimitExceeded,
                      .field = {},
                      .row = {},
                      .metadata = {{"limit", "max_rebuild_bytes"},
                                   {"value", Cat(limits_.max_bytes)},
                                   {"needed", Cat(bytes_)}}});
  }

  // Links go first and come back last, so that their ends are always there.
  absl::Status Apply() {
    for (const auto& [id, undo] : undone_[kLink]) LIANJIE_RETURN_IF_ERROR(RemoveLink(id));
    for (const auto& [id, undo] : undone_[kNode]) LIANJIE_RETURN_IF_ERROR(RestoreNode(id, undo));
    for (const auto& [id, undo] : undone_[kLink]) LIANJIE_RETURN_IF_ERROR(RestoreLink(undo));
    for (const auto& [code, undo] : undone_[kRegion]) {
      LIANJIE_RETURN_IF_ERROR(RestoreRegion(code, undo));
    }
    for (const auto& [name, undo] : undone_[kLine]) LIANJIE_RETURN_IF_ERROR(RestoreLine(undo));
    writer_.Finish();
    return absl::OkStatus();
  }

  std::uint64_t bytes() const { return bytes_; }

 private:
  // As the alternatives of Change::Image.
  static constexpr std::size_t kNode = 1, kLink = 2, kRegion = 3, kLine = 4;
  static constexpr std::size_t kRecordBytes = 400;

  struct Undo {
    Number number = 0;
    std::string before;   // encoded; an empty image: it was not there
    Change::Image after;  // where it was not there: what it is called
  };
  using Undone = absl::btree_map<std::string, Undo>;

  absl::Status Tick() {
    return limits_.check && ++ticks_ % kCheckEvery == 0 ? limits_.check() : absl::OkStatus();
  }

  absl::Status RemoveLink(const std::string& id) {
    LIANJIE_RETURN_IF_ERROR(Tick());
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data_.GetLink(id));
    return stored.has_value() ? writer_.DeleteLink(*stored) : absl::OkStatus();
  }

  absl::Status RestoreNode(const std::string& id, const Undo& undo) {
    LIANJIE_RETURN_IF_ERROR(Tick());
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data_.GetNode(id));
    LIANJIE_ASSIGN_OR_RETURN(const Change::Image image, DecodeImage(undo.before));
    const auto* before = std::get_if<NodeRecord>(&image);
    // A node that was deleted and made again has another number.
    const bool same = stored.has_value() && before != nullptr && stored->number == undo.number;
    if (stored.has_value() && !same) LIANJIE_RETURN_IF_ERROR(writer_.DeleteNode(*stored));
    if (before == nullptr) return absl::OkStatus();
    return writer_.PutNode(undo.number, same ? &stored->record : nullptr, *before);
  }

  absl::Status RestoreLink(const Undo& undo) {
    LIANJIE_RETURN_IF_ERROR(Tick());
    LIANJIE_ASSIGN_OR_RETURN(Change::Image image, DecodeImage(undo.before));
    auto* before = std::get_if<LinkRecord>(&image);
    if (before == nullptr) return absl::OkStatus();
    LIANJIE_ASSIGN_OR_RETURN(const auto source, data_.FindNode(before->source));
    LIANJIE_ASSIGN_OR_RETURN(const auto target, data_.FindNode(before->target));
    if (!source.has_value() || !target.has_value()) {
      return Corrupt(Cat("the change feed has link '", before->id, "' without an end"));
    }
    return writer_.PutLink(nullptr, {.place = {.source = source->number,
                                               .mechanism = before->mechanism,
                                               .target = target->number,
                                               .link = undo.number},
                                     .record = std::move(*before)});
  }

  absl::Status RestoreRegion(const std::string& code, const Undo& undo) {
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data_.GetRegion(code));
    LIANJIE_ASSIGN_OR_RETURN(const Change::Image image, DecodeImage(undo.before));
    if (const auto* before = std::get_if<RegionRecord>(&image)) {
      return writer_.PutRegion(stored.has_value() ? &*stored : nullptr, *before);
    }
    return stored.has_value() ? writer_.DeleteRegion(*stored) : absl::OkStatus();
  }

  absl::Status RestoreLine(const Undo& undo) {
    LIANJIE_ASSIGN_OR_RETURN(const Change::Image image, DecodeImage(undo.before));
    const auto* before = std::get_if<LineRecord>(&image);
    const auto& line = before != nullptr ? *before : std::get<LineRecord>(undo.after);
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data_.GetLine(line.region, line.year));
    if (before != nullptr) return writer_.PutLine(stored.has_value() ? &*stored : nullptr, *before);
    return stored.has_value() ? writer_.DeleteLine(*stored) : absl::OkStatus();
  }

  GraphWriter writer_;
  const GraphData& data_;
  const RebuildLimits& limits_;
  Undone undone_[5];
  std::uint64_t bytes_ = 0;
  std::size_t ticks_ = 0;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const KeyValueReader>> RebuildRevision(
    std::shared_ptr<const KeyValueReader> newest, GraphNumber graph, std::int64_t revision,
    const RebuildLimits& limits) {
  const GraphData data(*newest, graph);
  LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, data.Meta());
  GraphInfo& info = meta.info;
  if (revision == info.revision) return newest;
  if (revision < info.oldest_revision || revision > info.revision) {
    return RevisionUnavailable("consistency", revision, info.oldest_revision, info.revision);
  }
  LIANJIE_ASSIGN_OR_RETURN(const auto record, data.GetRevision(revision));
  if (!record.has_value()) return Corrupt(Cat("revision ", revision, " is kept but not there"));
  const std::string first = ChangeKey(graph, revision + 1, 0);
  const std::string last = ChangeKey(graph, info.revision + 1, 0);
  info.revision = revision;
  info.update_time_micros = record->commit_time_micros;
  info.reference_date = record->reference_date;
  auto rebuilt = std::make_shared<RebuiltReader>(newest);
  Rebuilder rebuilder(rebuilt->overlay(), graph, std::move(meta), limits);
  const auto it = newest->NewIterator(first, last, true);
  for (; it->Valid(); it->Next()) LIANJIE_RETURN_IF_ERROR(rebuilder.Take(it->value()));
  LIANJIE_RETURN_IF_ERROR(it->status());
  LIANJIE_RETURN_IF_ERROR(rebuilder.Apply());
  rebuilt->set_memory_bytes(rebuilder.bytes());
  return rebuilt;
}

}  // namespace lianjie::storage
