// Node numbers are given out in a row, and node and link keys begin with them, so equal ranges of
// numbers make parts of about equal size, each one range of keys for nodes and one for the links
// that they pay.
#include "storage/bulk_scan.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/keys.h"

namespace lianjie::storage {
namespace {

class GraphBulkScan : public BulkScan {
 public:
  GraphBulkScan(std::shared_ptr<const void> owner, const GraphData& data, Number next_node,
                std::size_t most_parts)
      : owner_(std::move(owner)), data_(data) {
    const std::size_t parts = std::clamp<std::size_t>(most_parts, 1, next_node / 1024 + 1);
    width_ = next_node / parts + 1;
    numbers_.resize(parts);
  }

  std::size_t parts() const override { return numbers_.size(); }

  absl::Status VisitNodes(std::size_t part,
                          absl::FunctionRef<absl::Status(const NodeRecord& node)> visit) override {
    std::vector<Number>& numbers = numbers_[part];
    numbers.clear();
    NodeRecord node;
    return Walk(Tag::kNode, part, [&](std::string_view key, std::string_view value) {
      const auto number = ParseNodeKey(key);
      if (!number.has_value()) return Corrupt("the key of a node");
      LIANJIE_RETURN_IF_ERROR(DecodeNode(value, node));
      numbers.push_back(*number);
      return visit(node);
    });
  }

  absl::Status VisitLinks(
      std::size_t part,
      absl::FunctionRef<absl::Status(const LinkRecord& link, Row source, Row target)> visit)
      override {
    std::call_once(numbered_, [this] {
      for (const std::vector<Number>& numbers : numbers_) {
        begin_.push_back(begin_.back() + numbers.size());
      }
    });
    LinkRecord link;
    return Walk(Tag::kOutLink, part, [&](std::string_view key, std::string_view value) {
      const auto place = ParseOutLinkKey(key);
      if (!place.has_value()) return Corrupt("the key of a link");
      LIANJIE_RETURN_IF_ERROR(DecodeLink(value, place->mechanism, link));
      LIANJIE_ASSIGN_OR_RETURN(const Row source, RowOf(place->source));
      LIANJIE_ASSIGN_OR_RETURN(const Row target, RowOf(place->target));
      return visit(link, source, target);
    });
  }

 private:
  absl::Status Walk(Tag tag, std::size_t part,
                    absl::FunctionRef<absl::Status(std::string_view, std::string_view)> visit) {
    const std::string prefix = TagPrefix(data_.graph(), tag);
    const auto from = [&](std::size_t p) {
      std::string key = NodeKey(data_.graph(), width_ * p);
      return key.replace(0, prefix.size(), prefix);
    };
    const auto it = data_.kv().NewIterator(
        part == 0 ? prefix : from(part), part + 1 == parts() ? AfterPrefix(prefix) : from(part + 1),
        /*bulk=*/true);
    for (; it->Valid(); it->Next()) LIANJIE_RETURN_IF_ERROR(visit(it->key(), it->value()));
    return it->status();
  }

  // Nearly all numbers of a part are in use: the first guess is nearly always right.
  absl::StatusOr<Row> RowOf(Number node) const {
    const std::size_t part = node / width_;
    if (part < numbers_.size()) {
      const std::vector<Number>& numbers = numbers_[part];
      std::size_t at = numbers.empty() ? 0 : node - std::min(node, numbers.front());
      if (at >= numbers.size() || numbers[at] != node) {
        at = static_cast<std::size_t>(std::lower_bound(numbers.begin(), numbers.end(), node) -
                                      numbers.begin());
      }
      if (at < numbers.size() && numbers[at] == node) return begin_[part] + at;
    }
    return Corrupt(Cat("node number ", node, " is named but not there"));
  }

  const std::shared_ptr<const void> owner_;  // of what data_ looks at
  const GraphData data_;
  Number width_ = 1;                          // numbers to a part
  std::vector<std::vector<Number>> numbers_;  // of the nodes of each part, ascending
  std::vector<Row> begin_{0};
  std::once_flag numbered_;
};

}  // namespace

std::unique_ptr<BulkScan> MakeBulkScan(std::shared_ptr<const void> owner, const GraphData& data,
                                       Number next_node, std::size_t most_parts) {
  return std::make_unique<GraphBulkScan>(std::move(owner), data, next_node, most_parts);
}

}  // namespace lianjie::storage
