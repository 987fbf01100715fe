// Node numbers are given out in a row, and node and link keys begin with them. So equal ranges of
// numbers make equal parts of the nodes; but a few nodes pay most links, so the parts of the links
// are ranges of numbers of about equal size in the map.
#include "storage/bulk_scan.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <optional>
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
      : owner_(std::move(owner)), data_(data), next_node_(next_node) {
    const std::size_t parts = std::clamp<std::size_t>(most_parts, 1, next_node / 1024 + 1);
    width_bits_ = static_cast<unsigned>(std::bit_width(next_node / parts));
    nodes_.resize(parts);
    for (std::size_t part = 0; part <= parts; ++part) {
      node_bounds_.push_back(std::min(Number{part} << width_bits_, next_node));
    }
    link_bounds_ = LinkBounds();
  }

  std::size_t parts() const override { return nodes_.size(); }

  absl::Status VisitNodes(std::size_t part,
                          absl::FunctionRef<absl::Status(const NodeView& node)> visit) override {
    std::vector<Number>& numbers = nodes_[part].numbers;
    numbers.clear();
    NodeView node;
    return Walk(Tag::kNode, node_bounds_, part, [&](std::string_view key, std::string_view value) {
      const auto number = ParseNodeKey(key);
      if (!number.has_value()) return Corrupt("the key of a node");
      LIANJIE_RETURN_IF_ERROR(DecodeNode(value, node));
      numbers.push_back(*number);
      return visit(node);
    });
  }

  absl::Status VisitLinks(
      std::size_t part,
      absl::FunctionRef<absl::Status(const LinkView& link, Row source, Row target)> visit)
      override {
    std::call_once(numbered_, [this] { NumberRows(); });
    LinkView link;
    std::optional<Number> payer;  // of the link before, most often of this one too
    Row source = 0;
    Row target = 0;
    return Walk(Tag::kOutLink, link_bounds_, part,
                [&](std::string_view key, std::string_view value) {
                  const auto place = ParseOutLinkKey(key);
                  if (!place.has_value()) return Corrupt("the key of a link");
                  LIANJIE_RETURN_IF_ERROR(DecodeLink(value, place->mechanism, link));
                  if (payer != place->source) {
                    if (!FindRow(place->source, source)) return NoNode(place->source);
                    payer = place->source;
                  }
                  if (!FindRow(place->target, target)) return NoNode(place->target);
                  return visit(link, source, target);
                });
  }

 private:
  // The nodes of a part, once they were visited.
  struct PartNodes {
    std::vector<Number> numbers;  // ascending
    Row begin = 0;
    Number first = 0;
    bool dense = false;  // no number between the first and the last is missing
  };

  std::string KeyOf(Tag tag, Number node) const {
    const std::string prefix = TagPrefix(data_.graph(), tag);
    return NodeKey(data_.graph(), node).replace(0, prefix.size(), prefix);
  }

  // By bisection of the numbers for each bound. Where the map cannot tell, those of the nodes.
  std::vector<Number> LinkBounds() const {
    const std::string begin = TagPrefix(data_.graph(), Tag::kOutLink);
    const std::uint64_t whole = data_.kv().ApproximateSize(begin, AfterPrefix(begin));
    if (whole == 0) return node_bounds_;
    std::vector<Number> bounds{0};
    for (std::size_t part = 1; part < parts(); ++part) {
      const std::uint64_t goal = whole / parts() * part;
      Number low = bounds.back();
      Number high = next_node_;
      while (low < high) {
        const Number middle = low + (high - low) / 2;
        if (data_.kv().ApproximateSize(begin, KeyOf(Tag::kOutLink, middle)) < goal) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      bounds.push_back(low);
    }
    bounds.push_back(next_node_);
    return bounds;
  }

  // Calls visit(key, value).
  template <typename Visit>
  absl::Status Walk(Tag tag, const std::vector<Number>& bounds, std::size_t part,
                    const Visit& visit) {
    const std::string prefix = TagPrefix(data_.graph(), tag);
    const auto it = data_.kv().NewIterator(
        part == 0 ? prefix : KeyOf(tag, bounds[part]),
        part + 1 == parts() ? AfterPrefix(prefix) : KeyOf(tag, bounds[part + 1]), /*bulk=*/true);
    for (; it->Valid(); it->Next()) LIANJIE_RETURN_IF_ERROR(visit(it->key(), it->value()));
    return it->status();
  }

  void NumberRows() {
    Row begin = 0;
    for (PartNodes& part : nodes_) {
      const std::vector<Number>& numbers = part.numbers;
      part.begin = begin;
      part.first = numbers.empty() ? 0 : numbers.front();
      part.dense = numbers.empty() || numbers.back() - numbers.front() + 1 == numbers.size();
      begin += numbers.size();
    }
  }

  // False: there is no such node.
  bool FindRow(Number node, Row& row) const {
    const std::size_t part = node >> width_bits_;
    if (part >= nodes_.size()) return false;
    const PartNodes& nodes = nodes_[part];
    const std::vector<Number>& numbers = nodes.numbers;
    if (nodes.dense) {
      row = nodes.begin + (node - nodes.first);
      return node - nodes.first < numbers.size();  // wraps round below the first
    }
    const auto at = std::lower_bound(numbers.begin(), numbers.end(), node);
    row = nodes.begin + static_cast<Row>(at - numbers.begin());
    return at != numbers.end() && *at == node;
  }
  static absl::Status NoNode(Number node) {
    return Corrupt(Cat("node number ", node, " is named but not there"));
  }

  const std::shared_ptr<const void> owner_;  // of what data_ looks at
  const GraphData data_;
  const Number next_node_;
  unsigned width_bits_ = 0;  // of the numbers to a part of the nodes: a power of two of them
  std::vector<Number> node_bounds_, link_bounds_;
  std::vector<PartNodes> nodes_;
  std::once_flag numbered_;
};

}  // namespace

std::unique_ptr<BulkScan> MakeBulkScan(std::shared_ptr<const void> owner, const GraphData& data,
                                       Number next_node, std::size_t most_parts) {
  return std::make_unique<GraphBulkScan>(std::move(owner), data, next_node, most_parts);
}

}  // namespace lianjie::storage
