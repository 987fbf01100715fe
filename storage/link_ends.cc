#include "storage/link_ends.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/status.h"

namespace lianjie::storage {
namespace {

// The heads of the nodes of [first, end), by number.
class NodePiece {
 public:
  explicit NodePiece(std::uint64_t memory_bytes) : memory_bytes_(memory_bytes) {}

  // Fills the piece from `nodes`, a walk over nodes, from the one on which it stands. The last
  // piece has no end.
  absl::Status Fill(KeyValueIterator& nodes, Number first, absl::FunctionRef<absl::Status()> step) {
    first_ = first;
    end_ = std::numeric_limits<Number>::max();
    bytes_.clear();
    entries_.clear();
    for (; nodes.Valid(); nodes.Next()) {
      LIANJIE_RETURN_IF_ERROR(step());
      const auto number = ParseNodeKey(nodes.key());
      const auto head = DecodeNodeHead(nodes.value());
      if (!number.has_value() || !head.ok()) continue;
      if (!entries_.empty() && !Fits(*number, head->id.size())) {
        end_ = *number;
        break;
      }
      if (entries_.empty() && *number >= first_) first_of_entries_ = *number;
      entries_.resize(*number - first_of_entries_);
      entries_.push_back({.offset = static_cast<std::uint32_t>(bytes_.size()),
                          .size = static_cast<std::uint32_t>(head->id.size()),
                          .kind = head->kind,
                          .there = true});
      bytes_.append(head->id);
    }
    return nodes.status();
  }

  Number first() const { return first_; }
  Number end() const { return end_; }
  bool Covers(Number number) const { return number >= first_ && number < end_; }
  std::optional<NodeHead> Find(Number number) const {
    if (number < first_of_entries_ || number - first_of_entries_ >= entries_.size()) return {};
    const Entry& entry = entries_[number - first_of_entries_];
    if (!entry.there) return {};
    return NodeHead{.id = std::string_view(bytes_).substr(entry.offset, entry.size),
                    .kind = entry.kind};
  }

 private:
  struct Entry {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    NodeKind kind = NodeKind::kUnspecified;
    bool there = false;
  };

  bool Fits(Number number, std::size_t id_bytes) const {
    const std::uint64_t span = number - first_of_entries_ + 1;
    const std::uint64_t bytes = bytes_.size() + id_bytes;
    return span * sizeof(Entry) + bytes <= memory_bytes_ &&
           bytes <= std::numeric_limits<std::uint32_t>::max();
  }

  const std::uint64_t memory_bytes_;
  Number first_ = 0;
  Number end_ = 0;
  Number first_of_entries_ = 0;
  std::string bytes_;
  std::vector<Entry> entries_;
};

// The heads of payers, in ascending order of their numbers.
class Payers {
 public:
  Payers(const KeyValueReader& kv, GraphNumber graph) {
    const std::string prefix = TagPrefix(graph, Tag::kNode);
    nodes_ = kv.NewIterator(prefix, AfterPrefix(prefix), true);
  }
  // Live until the next call.
  const NodeHead* Find(Number number, absl::FunctionRef<absl::Status()> step,
                       absl::Status& status) {
    if (last_ == number) return head_.has_value() ? &*head_ : nullptr;
    last_ = number;
    head_.reset();
    for (; nodes_->Valid(); nodes_->Next()) {
      status = step();
      if (!status.ok()) return nullptr;
      const auto here = ParseNodeKey(nodes_->key());
      if (!here.has_value() || *here < number) continue;
      if (*here == number) {
        if (const auto head = DecodeNodeHead(nodes_->value()); head.ok()) head_ = *head;
      }
      break;
    }
    if (!nodes_->Valid()) status = nodes_->status();
    return head_.has_value() ? &*head_ : nullptr;
  }

 private:
  std::unique_ptr<KeyValueIterator> nodes_;
  std::optional<Number> last_;
  std::optional<NodeHead> head_;
};

absl::Status VisitPiece(const KeyValueReader& kv, GraphNumber graph, const NodePiece& piece,
                        absl::FunctionRef<absl::Status()> step,
                        absl::FunctionRef<absl::Status(const LinkWithEnds&)> visit) {
  Payers payers(kv, graph);
  const std::string prefix = TagPrefix(graph, Tag::kOutLink);
  const auto links = kv.NewIterator(prefix, AfterPrefix(prefix), true);
  for (; links->Valid(); links->Next()) {
    LIANJIE_RETURN_IF_ERROR(step());
    const auto place = ParseOutLinkKey(links->key());
    if (!place.has_value() || !piece.Covers(place->target)) continue;
    absl::Status status;
    const NodeHead* const source = payers.Find(place->source, step, status);
    LIANJIE_RETURN_IF_ERROR(status);
    const std::optional<NodeHead> target = piece.Find(place->target);
    LIANJIE_RETURN_IF_ERROR(visit({.place = *place,
                                   .value = links->value(),
                                   .source = source,
                                   .target = target.has_value() ? &*target : nullptr}));
  }
  return links->status();
}

}  // namespace

absl::Status VisitLinksWithEnds(const KeyValueReader& kv, GraphNumber graph,
                                std::uint64_t memory_bytes, absl::FunctionRef<absl::Status()> step,
                                absl::FunctionRef<absl::Status(const LinkWithEnds&)> visit) {
  const std::string prefix = TagPrefix(graph, Tag::kNode);
  const auto nodes = kv.NewIterator(prefix, AfterPrefix(prefix), true);
  NodePiece piece(memory_bytes);
  Number first = 0;
  do {
    LIANJIE_RETURN_IF_ERROR(piece.Fill(*nodes, first, step));
    LIANJIE_RETURN_IF_ERROR(VisitPiece(kv, graph, piece, step, visit));
    first = piece.end();
  } while (nodes->Valid());
  return absl::OkStatus();
}

}  // namespace lianjie::storage
