#include "engine/flow/active_bits.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "engine/core/status.h"

namespace lianjie {
namespace {

constexpr std::size_t kWord = 64;
constexpr std::size_t kLinkBlock = std::size_t{1} << 15;

// Bytes of 0 and 1, one for each of 64 rows.
struct Marks {
  std::uint8_t on[kWord];

  Marks() { std::memset(on, 1, kWord); }

  void NotAfter(const Date* from, Date day) {
    for (std::size_t i = 0; i < kWord; ++i) on[i] &= from[i].days <= day.days ? 1 : 0;
  }
  void Before(const Date* to, Date day) {
    for (std::size_t i = 0; i < kWord; ++i) on[i] &= to[i].days > day.days ? 1 : 0;
  }
  void Standing(const LinkStatus* status) {
    static_assert(static_cast<int>(LinkStatus::kUnspecified) == 0 &&
                  static_cast<int>(LinkStatus::kActive) == 1);
    for (std::size_t i = 0; i < kWord; ++i) on[i] &= static_cast<int>(status[i]) <= 1 ? 1 : 0;
  }
  std::uint64_t Pack() const {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < kWord / 8; ++i) {
      std::uint64_t bits = 0;
      for (std::size_t j = 0; j < 8; ++j) bits |= std::uint64_t{on[i * 8 + j]} << j;
      word |= bits << (8 * i);
    }
    return word;
  }
};

bool OnDay(const SharedArray<Date>& from, const SharedArray<Date>& to, std::size_t i, Date day) {
  return (from.empty() || from[i] <= day) && (to.empty() || day < to[i]);
}

bool Stands(const SharedArray<LinkStatus>& status, LinkIndex l) {
  return status.empty() || static_cast<int>(status[l]) <= 1;
}

class Finder {
 public:
  Finder(const View& view, ActiveBits& out) : view_(view), graph_(view.snapshot()), out_(out) {}

  absl::Status Run(RunContext& context) {
    const bool dated = !graph_.nodes().valid_from.empty() || !graph_.nodes().valid_to.empty();
    if (dated) LIANJIE_RETURN_IF_ERROR(Nodes(context));
    out_.links.assign((std::size_t{graph_.link_count()} + kWord - 1) / kWord, 0);
    return ForEachFlowBlock(
        context, graph_.link_count(),
        [this](std::size_t, std::size_t begin, std::size_t end) {
          for (std::size_t at = begin; at < end; at += kWord) {
            out_.links[at / kWord] = LinkWord(at, std::min(end, at + kWord));
          }
        },
        kLinkBlock);
  }

 private:
  absl::Status Nodes(RunContext& context) {
    out_.nodes.assign((std::size_t{graph_.node_count()} + kWord - 1) / kWord, 0);
    std::atomic<std::size_t> active{0};
    LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
        context, graph_.node_count(), [&](std::size_t, std::size_t begin, std::size_t end) {
          std::size_t found = 0;
          for (std::size_t at = begin; at < end; at += kWord) {
            const std::uint64_t word = NodeWord(at, std::min(end, at + kWord));
            out_.nodes[at / kWord] = word;
            found += static_cast<std::size_t>(std::popcount(word));
          }
          active.fetch_add(found, std::memory_order_relaxed);
        }));
    if (active.load() == graph_.node_count()) out_.nodes = {};
    return absl::OkStatus();
  }

  std::uint64_t NodeWord(std::size_t begin, std::size_t end) const {
    const NodeColumns& nodes = graph_.nodes();
    if (view_.period().has_value() || end - begin < kWord) {
      std::uint64_t word = 0;
      for (std::size_t n = begin; n < end; ++n) {
        word |= std::uint64_t{view_.NodeActive(static_cast<NodeIndex>(n))} << (n - begin);
      }
      return word;
    }
    Marks marks;
    if (!nodes.valid_from.empty()) marks.NotAfter(nodes.valid_from.data() + begin, view_.as_of());
    if (!nodes.valid_to.empty()) marks.Before(nodes.valid_to.data() + begin, view_.as_of());
    return marks.Pack();
  }

  std::uint64_t LinkWord(std::size_t begin, std::size_t end) const {
    const LinkColumns& links = graph_.links();
    std::uint64_t word = 0;
    if (view_.period().has_value()) {
      for (std::size_t l = begin; l < end; ++l) {
        word |= std::uint64_t{view_.LinkActive(static_cast<LinkIndex>(l))} << (l - begin);
      }
      return word;
    }
    if (end - begin < kWord) {
      for (std::size_t l = begin; l < end; ++l) {
        const bool on = Stands(links.status, static_cast<LinkIndex>(l)) &&
                        OnDay(links.valid_from, links.valid_to, l, view_.as_of());
        word |= std::uint64_t{on} << (l - begin);
      }
    } else {
      Marks marks;
      if (!links.valid_from.empty()) marks.NotAfter(links.valid_from.data() + begin, view_.as_of());
      if (!links.valid_to.empty()) marks.Before(links.valid_to.data() + begin, view_.as_of());
      if (!links.status.empty()) marks.Standing(links.status.data() + begin);
      word = marks.Pack();
    }
    return out_.nodes.empty() ? word : WithEnds(word, begin);
  }

  std::uint64_t WithEnds(std::uint64_t word, std::size_t begin) const {
    for (std::uint64_t left = word; left != 0; left &= left - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(left));
      const std::size_t l = begin + i;
      if (out_.Node(graph_.links().source[l]) && out_.Node(graph_.links().target[l])) continue;
      word &= ~(std::uint64_t{1} << i);
    }
    return word;
  }

  const View& view_;
  const Snapshot& graph_;
  ActiveBits& out_;
};

}  // namespace

absl::StatusOr<ActiveBits> ActiveBits::Find(const View& view, RunContext& context) {
  ActiveBits bits;
  LIANJIE_RETURN_IF_ERROR(Finder(view, bits).Run(context));
  return bits;
}

}  // namespace lianjie
