#include "engine/flow/active_bits.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "engine/core/status.h"
#include "engine/runtime/work.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace lianjie {
namespace {

constexpr std::size_t kWord = 64;
constexpr std::size_t kLinkBlock = std::size_t{1} << 15;

// Bits of 64 rows whose interval [from, to) has the day, and of those that stand. Four dates and
// sixteen states a step on any x86-64; GCC makes of the plain loops one row a step.
#ifdef __SSE2__
std::uint64_t FromWord(const Date* from, Date day) {
  const __m128i last = _mm_set1_epi32(day.days);
  std::uint64_t later = 0;
  for (std::size_t i = 0; i < kWord; i += 4) {
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
    const auto bits =
        static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(four, last))));
    later |= std::uint64_t{bits} << i;
  }
  return ~later;
}
std::uint64_t ToWord(const Date* to, Date day) {
  const __m128i now = _mm_set1_epi32(day.days);
  std::uint64_t later = 0;
  for (std::size_t i = 0; i < kWord; i += 4) {
    const __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(to + i));
    const auto bits =
        static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(four, now))));
    later |= std::uint64_t{bits} << i;
  }
  return later;
}
std::uint64_t StatusWord(const LinkStatus* status) {
  const __m128i active = _mm_set1_epi8(static_cast<char>(LinkStatus::kActive));
  std::uint64_t others = 0;
  for (std::size_t i = 0; i < kWord; i += 16) {
    const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(status + i));
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpgt_epi8(some, active)));
    others |= std::uint64_t{bits} << i;
  }
  return ~others;
}
#else
template <typename Is> std::uint64_t WordOf(const Is& is) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < kWord; ++i) word |= std::uint64_t{is(i)} << i;
  return word;
}
std::uint64_t FromWord(const Date* from, Date day) {
  return WordOf([&](std::size_t i) { return from[i] <= day; });
}
std::uint64_t ToWord(const Date* to, Date day) {
  return WordOf([&](std::size_t i) { return day < to[i]; });
}
std::uint64_t StatusWord(const LinkStatus* status) {
  return WordOf([&](std::size_t i) { return static_cast<int>(status[i]) <= 1; });
}
#endif
static_assert(sizeof(Date) == 4 && sizeof(LinkStatus) == 1);
static_assert(static_cast<int>(LinkStatus::kUnspecified) == 0 &&
              static_cast<int>(LinkStatus::kActive) == 1);

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
    LIANJIE_RETURN_IF_ERROR(ForEachFlowBlock(
        context, graph_.link_count(),
        [this](std::size_t, std::size_t begin, std::size_t end) {
          for (std::size_t at = begin; at < end; at += kWord) {
            out_.links[at / kWord] = LinkWord(at, std::min(end, at + kWord));
          }
        },
        kLinkBlock));
    const bool drop = !out_.nodes.empty() && !view_.period().has_value();
    return drop ? DropEnds(context) : absl::OkStatus();
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
    std::uint64_t word = ~std::uint64_t{0};
    if (!nodes.valid_from.empty()) {
      word &= FromWord(nodes.valid_from.data() + begin, view_.as_of());
    }
    if (!nodes.valid_to.empty()) word &= ToWord(nodes.valid_to.data() + begin, view_.as_of());
    return word;
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
      word = ~std::uint64_t{0};
      if (!links.valid_from.empty()) {
        word &= FromWord(links.valid_from.data() + begin, view_.as_of());
      }
      if (!links.valid_to.empty()) word &= ToWord(links.valid_to.data() + begin, view_.as_of());
      if (!links.status.empty()) word &= StatusWord(links.status.data() + begin);
    }
    return word;
  }

  // Links of nodes that are not active: those few are gone through, not the links.
  absl::Status DropEnds(RunContext& context) {
    Poller poller(context);
    const auto drop = [&](LinkIndex l) { out_.links[l >> 6] &= ~(std::uint64_t{1} << (l & 63)); };
    for (NodeIndex n = 0; n < graph_.node_count(); ++n) {
      if ((n & 63) == 0 && out_.nodes[n >> 6] == ~std::uint64_t{0}) {
        n += 63;
        continue;
      }
      if (poller.Tick()) return context.Check();
      if (out_.Node(n)) continue;
      for (LinkIndex l = graph_.out_begin(n); l < graph_.out_end(n); ++l) {
        if (poller.Tick()) return context.Check();
        drop(l);
      }
      for (const LinkIndex l : graph_.in_links(n)) {
        if (poller.Tick()) return context.Check();
        drop(l);
      }
    }
    return absl::OkStatus();
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
