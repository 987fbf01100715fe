#include "engine/graph/inside_marks.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "engine/core/status.h"
#include "engine/runtime/rows.h"

namespace lianjie {
namespace {

constexpr std::size_t kMarkGrain = 16384;

bool AllNodesInside(const View& view) {
  const NodeColumns& nodes = view.snapshot().nodes();
  return view.unfiltered() && nodes.valid_from.empty() && nodes.valid_to.empty();
}

// Nothing that a link says can leave it out, but perhaps its status.
bool AllLinksInsideButByStatus(const View& view) {
  const LinkColumns& links = view.snapshot().links();
  return AllNodesInside(view) && links.valid_from.empty() && links.valid_to.empty();
}

bool IsActive(LinkStatus status) {
  return status == LinkStatus::kActive || status == LinkStatus::kUnspecified;
}

// One pass over a byte a link, which is soon done.
bool AllActive(std::span<const LinkStatus> status) {
  bool all = true;
  for (const LinkStatus s : status) all &= IsActive(s);
  return all;
}

// On a day a link counts exactly when it does itself and both ends do.
bool LinkInsideOnDay(const View& view, const InsideMarks& marks, LinkIndex l) {
  const LinkColumns& links = view.snapshot().links();
  if (!IsActive(ValueOr(links.status, l))) return false;
  if (!links.valid_from.empty() && view.as_of() < links.valid_from[l]) return false;
  if (!links.valid_to.empty() && !(view.as_of() < links.valid_to[l])) return false;
  return marks.Node(links.source[l]) && marks.Node(links.target[l]) && view.LinkMatches(l);
}

}  // namespace

absl::StatusOr<std::vector<std::uint8_t>> MarkNodesInside(const View& view, RunContext& context) {
  std::vector<std::uint8_t> marks;
  if (AllNodesInside(view)) return marks;
  marks.resize(view.snapshot().node_count());
  LIANJIE_RETURN_IF_ERROR(ForEachRows(
      marks.size(), kMarkGrain, context, [&](std::size_t begin, std::size_t end, Poller& poller) {
        for (std::size_t n = begin; n != end; ++n) {
          if (poller.Tick()) return;
          marks[n] = view.NodeInside(static_cast<NodeIndex>(n)) ? 1 : 0;
        }
      }));
  return marks;
}

absl::StatusOr<InsideMarks> MarkInside(const View& view, RunContext& context) {
  InsideMarks marks;
  LIANJIE_ASSIGN_OR_RETURN(marks.nodes, MarkNodesInside(view, context));
  const SharedArray<LinkStatus>& status = view.snapshot().links().status;
  if (AllLinksInsideButByStatus(view) && AllActive({status.data(), status.size()})) return marks;
  const bool on_day = !view.period().has_value();
  marks.links.resize(view.snapshot().link_count());
  LIANJIE_RETURN_IF_ERROR(ForEachRows(marks.links.size(), kMarkGrain, context,
                                      [&](std::size_t begin, std::size_t end, Poller& poller) {
                                        for (std::size_t i = begin; i != end; ++i) {
                                          if (poller.Tick()) return;
                                          const auto l = static_cast<LinkIndex>(i);
                                          marks.links[i] = on_day ? LinkInsideOnDay(view, marks, l)
                                                                  : view.LinkInside(l);
                                        }
                                      }));
  return marks;
}

absl::StatusOr<std::vector<NodeIndex>> InsideMarks::Nodes(NodeIndex node_count,
                                                          RunContext& context) const {
  std::vector<NodeIndex> inside;
  if (nodes.empty()) {
    inside.resize(node_count);
    std::iota(inside.begin(), inside.end(), NodeIndex{0});
    return inside;
  }
  inside.reserve(static_cast<std::size_t>(std::count(nodes.begin(), nodes.end(), 1)));
  Poller poller(context);
  for (NodeIndex n = 0; n < node_count; ++n) {
    if (poller.Tick()) return context.Check();
    if (nodes[n] != 0) inside.push_back(n);
  }
  return inside;
}

std::uint64_t EstimateInsideMarksBytes(const View& view) {
  const Snapshot& snapshot = view.snapshot();
  const bool no_marks = AllLinksInsideButByStatus(view) && snapshot.links().status.empty();
  return (AllNodesInside(view) ? 0 : snapshot.node_count()) +
         (no_marks ? 0 : snapshot.link_count());
}

}  // namespace lianjie
