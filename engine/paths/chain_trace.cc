#include "engine/paths/chain_trace.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/id_order.h"
#include "engine/paths/arcs.h"
#include "engine/paths/chain_pattern.h"
#include "engine/paths/path_table.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kEstimatedVisits = std::uint64_t{1} << 20;
constexpr int kMostHops = 10000;
constexpr std::uint32_t kNoParent = 0xffffffff;
constexpr std::uint64_t kRowBytes =
    2 * sizeof(std::int64_t) + 2 * sizeof(std::uint32_t) + sizeof(double) + 2 * sizeof(std::string);

// A chain's last step: the places of the pattern that no chain before it had reached this node at.
struct Visit {
  ChainPattern::Places fresh;
  NodeIndex node;
  LinkIndex link;
  std::uint32_t parent;  // position of the step before; kNoParent for the start
};
constexpr std::uint64_t kVisitBytes =
    2 * sizeof(Visit) + 48;  // with room to grow, and the index of what was seen

struct Candidate {
  std::uint64_t prefix;
  NodeIndex node;
  LinkIndex link;
};

class Tracer {
 public:
  Tracer(const AnalysisInput& input, const ChainTraceOptions& options, const ChainPattern& pattern,
         RunContext& context)
      : view_(input.view),
        snapshot_(input.snapshot()),
        options_(options),
        pattern_(pattern),
        context_(context),
        poller_(context),
        visit_booking_(context, kVisitBytes) {
    for (const Mechanism mechanism : options.mechanisms)
      mechanisms_ |= 1u << static_cast<unsigned>(mechanism);
  }

  // Chains as positions of their last visits, by number of links, then by id; one more than the
  // limit if there are more.
  absl::StatusOr<std::vector<std::uint32_t>> Run(NodeIndex start) {
    std::vector<std::uint32_t> chains;
    start_ = start;
    Add({pattern_.Start(snapshot_, start), start, kNoLink, kNoParent});
    std::size_t level = 0;
    const auto most = static_cast<std::size_t>(options_.limit) + 1;
    for (int hops = 0; hops < options_.max_hops && level < visits_.size() && chains.size() < most;
         ++hops) {
      const std::size_t end = visits_.size();
      context_.SetTotal(end);
      for (; level < end; ++level)
        LIANJIE_RETURN_IF_ERROR(Expand(static_cast<std::uint32_t>(level)));
      LIANJIE_RETURN_IF_ERROR(Collect(end, chains));
    }
    chains.resize(std::min(chains.size(), most));
    return chains;
  }

  const Visit& visit(std::uint32_t i) const { return visits_[i]; }
  std::size_t seen_nodes() const { return seen_.size(); }

 private:
  void Add(const Visit& visit) {
    seen_[visit.node] |= visit.fresh;
    visits_.push_back(visit);
  }

  ChainPattern::Places Fresh(ChainPattern::Places places, NodeIndex node) const {
    const auto found = seen_.find(node);
    return pattern_.Next(places, snapshot_, node) & ~(found == seen_.end() ? 0 : found->second);
  }

  absl::Status Expand(std::uint32_t i) {
    const Visit from = visits_[i];
    candidates_.clear();
    const bool whole =
        ForEachArc(view_, options_.direction, from.node, poller_, [&](LinkIndex l, NodeIndex v) {
          const auto mechanism = static_cast<unsigned>(snapshot_.links().mechanism[l]);
          if ((mechanisms_ >> mechanism & 1u) == 0 || Fresh(from.fresh, v) == 0) return true;
          candidates_.push_back({IdPrefix(snapshot_.NodeId(v)), v, l});
          return true;
        });
    if (!whole) return context_.Check();
    LIANJIE_RETURN_IF_ERROR(Sort(candidates_));
    for (const Candidate& candidate : candidates_) {
      const ChainPattern::Places fresh = Fresh(from.fresh, candidate.node);
      if (fresh != 0) Add({fresh, candidate.node, candidate.link, i});
    }
    context_.AddCompleted(1);
    return visit_booking_.Cover(visits_.size());
  }

  // The chains among the visits from `begin` on that fit, appended by the id of the node reached.
  absl::Status Collect(std::size_t begin, std::vector<std::uint32_t>& chains) {
    struct Reached {
      std::uint64_t prefix;
      NodeIndex node;
      LinkIndex link;
      std::uint32_t visit;
    };
    std::vector<Reached> reached;
    for (std::size_t i = begin; i < visits_.size(); ++i) {
      const Visit& visit = visits_[i];
      if (visit.node == start_ || !pattern_.Accepts(visit.fresh)) continue;
      reached.push_back({IdPrefix(snapshot_.NodeId(visit.node)), visit.node, visit.link,
                         static_cast<std::uint32_t>(i)});
    }
    LIANJIE_RETURN_IF_ERROR(Sort(reached));
    for (const Reached& one : reached) chains.push_back(one.visit);
    return context_.Check();
  }

  // By node id, then link id.
  template <typename Element> absl::Status Sort(std::vector<Element>& elements) const {
    const StoppableLess before(context_, [this](const Element& a, const Element& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      if (a.node == b.node)
        return CompareIds(snapshot_.LinkId(a.link), snapshot_.LinkId(b.link)) < 0;
      return CompareIds(snapshot_.NodeId(a.node), snapshot_.NodeId(b.node)) < 0;
    });
    try {
      std::sort(elements.begin(), elements.end(), before);
    } catch (const RunStopped&) {
      return context_.Check();
    }
    return absl::OkStatus();
  }

  const View& view_;
  const Snapshot& snapshot_;
  const ChainTraceOptions& options_;
  const ChainPattern& pattern_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking visit_booking_;
  std::uint32_t mechanisms_ = 0;
  NodeIndex start_ = kNoNode;
  std::vector<Visit> visits_;
  std::vector<Candidate> candidates_;
  absl::flat_hash_map<NodeIndex, ChainPattern::Places> seen_;
};

// Writes chains as rows.
class ChainRows {
 public:
  ChainRows(const Snapshot& snapshot, const Tracer& tracer, RunContext& context)
      : snapshot_(snapshot), tracer_(tracer), booking_(context, kRowBytes), rows_("links") {
    rows_.table().AddColumn("sector", ColumnType::kString, "", "The node's sector.");
    rows_.table().AddColumn("stage", ColumnType::kString, "", "The node's stage of the chain.");
  }

  absl::Status Add(std::int64_t path, std::uint32_t last) {
    steps_.clear();
    for (std::uint32_t i = last; i != kNoParent; i = tracer_.visit(i).parent) steps_.push_back(i);
    std::reverse(steps_.begin(), steps_.end());
    for (std::size_t step = 0; step < steps_.size(); ++step) {
      const Visit& visit = tracer_.visit(steps_[step]);
      rows_.Add(path, static_cast<std::int64_t>(step), visit.node, visit.link,
                static_cast<double>(step));
      rows_.table().column(5).strings.emplace_back(
          EnumName(ValueOr(snapshot_.nodes().sector, visit.node)));
      rows_.table().column(6).strings.emplace_back(
          EnumName(ValueOr(snapshot_.nodes().stage, visit.node)));
    }
    longest_ = std::max(longest_, static_cast<std::int64_t>(steps_.size()) - 1);
    return booking_.Cover(rows_.table().row_count());
  }

  std::int64_t longest() const { return longest_; }
  Table Take() && { return std::move(rows_).Take(); }

 private:
  const Snapshot& snapshot_;
  const Tracer& tracer_;
  GrowingBooking booking_;
  PathTable rows_;
  std::vector<std::uint32_t> steps_;
  std::int64_t longest_ = 0;
};

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const ChainTraceOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const ChainPattern pattern, ChainPattern::Parse(options.pattern));
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex start, FindNodeInside(input.view, "node", options.node));
  AnalysisResult result;
  if (pattern.Start(input.snapshot(), start) == 0) {
    result.warnings.push_back(Cat("The start, '", options.node, "', does not fit the first token, ",
                                  pattern.first_token(), ": no chain does."));
  }
  Tracer tracer(input, options, pattern, context);
  LIANJIE_ASSIGN_OR_RETURN(std::vector<std::uint32_t> chains, tracer.Run(start));
  if (static_cast<std::int64_t>(chains.size()) > options.limit) {
    chains.pop_back();
    result.truncated = true;
    result.truncation_reason = Cat("there are more chains than the limit of ", options.limit);
  }
  ChainRows rows(input.snapshot(), tracer, context);
  Poller poller(context);
  for (std::size_t i = 0; i < chains.size(); ++i) {
    if (poller.Tick(options.max_hops)) return context.Check();
    LIANJIE_RETURN_IF_ERROR(rows.Add(static_cast<std::int64_t>(i) + 1, chains[i]));
  }
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  result.summary = {{"chain_count", static_cast<std::int64_t>(chains.size())},
                    {"longest_links", rows.longest()},
                    {"visited_nodes", static_cast<std::int64_t>(tracer.seen_nodes())}};
  result.table = std::move(rows).Take();
  return result;
}

}  // namespace

absl::Status ChainTraceOptions::Validate() const {
  if (node.empty()) return InvalidField("node", "needs the id of a node", Reason::kMissingField);
  if (direction == Direction::kUndirected) {
    return InvalidField("direction",
                        "a chain goes one way: FORWARD (upstream) or REVERSE (downstream)");
  }
  if (max_hops < 1 || max_hops > kMostHops) {
    return InvalidField("max_hops", Cat(max_hops, " is not from 1 to ", kMostHops));
  }
  if (limit < 1) return InvalidField("limit", Cat(limit, " is not at least 1"));
  if (mechanisms.empty())
    return InvalidField("mechanism", "needs at least one", Reason::kMissingField);
  return ChainPattern::Parse(pattern).status();
}

absl::StatusOr<AnalysisResult> RunChainTrace(const AnalysisInput& input,
                                             const ChainTraceOptions& options,
                                             RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateChainTraceBytes(const AnalysisInput& input,
                                      const ChainTraceOptions& options) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t chains = std::min<std::uint64_t>(
      nodes, static_cast<std::uint64_t>(std::max<std::int64_t>(options.limit, 0)));
  const std::uint64_t steps =
      std::min<std::uint64_t>(nodes, static_cast<std::uint64_t>(std::max(options.max_hops, 0))) + 1;
  return GrowingBooking::MostBytes(std::min(2 * nodes, kEstimatedVisits), kVisitBytes) +
         GrowingBooking::MostBytes(std::min(chains * steps, kEstimatedVisits), kRowBytes);
}

}  // namespace lianjie
