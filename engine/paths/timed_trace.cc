// Days are turned round for REVERSE: then a later day is an earlier one, a link's last day is its
// first, and one search serves both directions.
#include "engine/paths/timed_trace.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/id_order.h"
#include "engine/paths/arcs.h"
#include "engine/paths/path_table.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

constexpr std::uint64_t kEstimatedTraceLabels = std::uint64_t{1} << 20;
constexpr int kMostHops = 10000;
constexpr std::uint32_t kNoParent = 0xffffffff;
constexpr std::uint64_t kTraceRowBytes = 2 * sizeof(std::int64_t) + 2 * sizeof(std::uint32_t) +
                                         2 * sizeof(double) + sizeof(std::string) + 1;

// Days from the first to the last, both included, turned round for REVERSE. 64 bits hold the
// negated sentinels too.
struct Window {
  std::int64_t first;
  std::int64_t last;
};

struct Label {
  std::int64_t day;  // turned round for REVERSE
  NodeIndex node;
  LinkIndex link;
  std::uint32_t parent;  // position of the label before; kNoParent for the start
  std::uint32_t hops;
};
// With the index of what was seen, and the level that is being made.
constexpr std::uint64_t kLabelBytes = 2 * sizeof(Label) + 28;
constexpr std::uint64_t kTimedTraceSteps = 7;

// A link by which money can go on.
struct Hop {
  double paid;
  Window open;
  LinkIndex link;
  NodeIndex node;
};

class TimedTracer {
 public:
  TimedTracer(const AnalysisInput& input, const TimedTraceOptions& options, RunContext& context)
      : view_(input.view),
        snapshot_(input.snapshot()),
        options_(options),
        reverse_(options.direction == Direction::kReverse),
        context_(context),
        poller_(context),
        booking_(context, kLabelBytes) {
    for (const Mechanism mechanism : options.mechanisms)
      mechanisms_ |= 1u << static_cast<unsigned>(mechanism);
    if (options.mechanisms.empty()) mechanisms_ = ~0u;
  }

  absl::Status Run(NodeIndex start, Date day) {
    start_day_ = Turn(day.days);
    best_[start] = 0;
    labels_.push_back({start_day_, start, kNoLink, kNoParent, 0});
    std::size_t level = 0;
    for (int hops = 0; hops < options_.max_hops && level < labels_.size(); ++hops) {
      const std::size_t end = labels_.size();
      context_.SetTotal(end);
      for (; level < end; ++level) {
        LIANJIE_RETURN_IF_ERROR(Expand(static_cast<std::uint32_t>(level)));
        context_.AddCompleted(1);
      }
      for (const Label& label : pending_) {
        best_[label.node] = static_cast<std::uint32_t>(labels_.size());
        labels_.push_back(label);
      }
      pending_.clear();
      pending_index_.clear();
    }
    return context_.Check();
  }

  // Positions of the last labels of traces, by number of links, day, id.
  absl::StatusOr<std::vector<std::uint32_t>> Traces() const {
    std::vector<std::uint32_t> traces;
    traces.reserve(best_.size());
    for (const auto& [node, label] : best_) {
      if (label != 0) traces.push_back(label);
    }
    const StoppableLess before(context_, [this](std::uint32_t i, std::uint32_t j) {
      const Label& a = labels_[i];
      const Label& b = labels_[j];
      if (a.hops != b.hops) return a.hops < b.hops;
      if (a.day != b.day) return a.day < b.day;
      return CompareIds(snapshot_.NodeId(a.node), snapshot_.NodeId(b.node)) < 0;
    });
    try {
      std::sort(traces.begin(), traces.end(), before);
    } catch (const RunStopped&) {
      return context_.Check();
    }
    return traces;
  }

  const Label& label(std::uint32_t i) const { return labels_[i]; }
  Date DayOf(const Label& label) const { return Date{static_cast<std::int32_t>(Turn(label.day))}; }
  bool IsTruncated(NodeIndex node) const { return truncated_.contains(node); }
  std::size_t truncated_count() const { return truncated_.size(); }

 private:
  std::int64_t Turn(std::int64_t day) const { return reverse_ ? -day : day; }

  bool MayUse(LinkIndex l) const {
    const LinkColumns& links = snapshot_.links();
    const LinkStatus status = ValueOr(links.status, l);
    if (status != LinkStatus::kActive && status != LinkStatus::kUnspecified) return false;
    if ((mechanisms_ >> static_cast<unsigned>(links.mechanism[l]) & 1u) == 0) return false;
    if (links.source[l] == links.target[l]) return false;
    return view_.unfiltered() || (view_.LinkMatches(l) && view_.NodeSelected(links.source[l]) &&
                                  view_.NodeSelected(links.target[l]));
  }

  Window Open(LinkIndex l) const {
    const LinkColumns& links = snapshot_.links();
    Interval valid = Intersect(
        snapshot_.LinkValid(l),
        Intersect(snapshot_.NodeValid(links.source[l]), snapshot_.NodeValid(links.target[l])));
    if (view_.period().has_value()) valid = Intersect(valid, *view_.period());
    const std::int64_t first = valid.from.days;
    const std::int64_t last = std::int64_t{valid.to.days} - 1;
    return reverse_ ? Window{-last, -first} : Window{first, last};
  }

  // The links that are followed from a node, in hops_. Arcs that a View's day would leave out count
  // here, so this reads the Snapshot and not ForEachArc.
  absl::Status FindHops(NodeIndex u) {
    hops_.clear();
    const auto look = [&](LinkIndex l, NodeIndex v) {
      if (poller_.Tick()) return false;
      const Window open = Open(l);
      if (open.first > open.last || open.last < start_day_ || !MayUse(l)) return true;
      hops_.push_back({view_.PaidYuan(l), open, l, v});
      return true;
    };
    bool whole = true;
    if (reverse_) {
      for (const LinkIndex l : snapshot_.in_links(u))
        whole = whole && look(l, snapshot_.links().source[l]);
    } else {
      const LinkIndex end = snapshot_.out_end(u);
      for (LinkIndex l = snapshot_.out_begin(u); whole && l != end; ++l)
        whole = look(l, snapshot_.links().target[l]);
    }
    if (!whole) return context_.Check();
    return KeepLargest(u);
  }

  absl::Status KeepLargest(NodeIndex u) {
    if (static_cast<std::int64_t>(hops_.size()) <= options_.fanout) return absl::OkStatus();
    truncated_.insert(u);
    const StoppableLess before(context_, [this](const Hop& a, const Hop& b) {
      if (a.paid != b.paid) return a.paid > b.paid;
      return CompareIds(snapshot_.LinkId(a.link), snapshot_.LinkId(b.link)) < 0;
    });
    try {
      std::nth_element(hops_.begin(), hops_.begin() + options_.fanout, hops_.end(), before);
    } catch (const RunStopped&) {
      return context_.Check();
    }
    hops_.resize(static_cast<std::size_t>(options_.fanout));
    return absl::OkStatus();
  }

  absl::Status Expand(std::uint32_t i) {
    const Label from = labels_[i];
    LIANJIE_RETURN_IF_ERROR(FindHops(from.node));
    for (const Hop& hop : hops_) {
      const std::int64_t day = std::max(from.day, hop.open.first);
      if (day > hop.open.last) continue;
      const auto best = best_.find(hop.node);
      if (best != best_.end() && labels_[best->second].day <= day) continue;
      Propose({day, hop.node, hop.link, i, from.hops + 1});
    }
    return booking_.Cover(labels_.size() + pending_.size());
  }

  void Propose(const Label& label) {
    const auto [entry, is_new] =
        pending_index_.try_emplace(label.node, static_cast<std::uint32_t>(pending_.size()));
    if (is_new) {
      pending_.push_back(label);
    } else if (Before(label, pending_[entry->second])) {
      pending_[entry->second] = label;
    }
  }

  // Of two labels of one node and level.
  bool Before(const Label& a, const Label& b) const {
    if (a.day != b.day) return a.day < b.day;
    if (a.parent == b.parent)
      return CompareIds(snapshot_.LinkId(a.link), snapshot_.LinkId(b.link)) < 0;
    return CompareIds(snapshot_.NodeId(labels_[a.parent].node),
                      snapshot_.NodeId(labels_[b.parent].node)) < 0;
  }

  const View& view_;
  const Snapshot& snapshot_;
  const TimedTraceOptions& options_;
  const bool reverse_;
  RunContext& context_;
  Poller poller_;
  GrowingBooking booking_;
  std::uint32_t mechanisms_ = 0;
  std::int64_t start_day_ = 0;
  std::vector<Label> labels_;
  absl::flat_hash_map<NodeIndex, std::uint32_t> best_;  // the label that arrives first
  std::vector<Label> pending_;                          // of the next level, one a node
  absl::flat_hash_map<NodeIndex, std::uint32_t> pending_index_;
  std::vector<Hop> hops_;
  absl::flat_hash_set<NodeIndex> truncated_;
};

// Writes traces as rows.
class TraceRows {
 public:
  TraceRows(const AnalysisInput& input, const TimedTracer& tracer, bool reverse,
            RunContext& context)
      : view_(input.view), tracer_(tracer), booking_(context, kTraceRowBytes), rows_("links") {
    rows_.table().AddColumn("date", ColumnType::kString, "",
                            reverse ? "The last day on which the money can have left the node."
                                    : "The first day on which the money can be at the node.");
    rows_.table().AddColumn("amount_yuan", ColumnType::kNumber, "yuan",
                            "What the link pays; null when not known.");
    rows_.table().AddColumn("truncated", ColumnType::kBoolean, "",
                            "Whether the node had more links than were followed.");
  }

  absl::Status Add(std::int64_t path, std::uint32_t last) {
    steps_.clear();
    for (std::uint32_t i = last; i != kNoParent; i = tracer_.label(i).parent) steps_.push_back(i);
    std::reverse(steps_.begin(), steps_.end());
    for (std::size_t step = 0; step < steps_.size(); ++step) {
      const Label& label = tracer_.label(steps_[step]);
      rows_.Add(path, static_cast<std::int64_t>(step), label.node, label.link,
                static_cast<double>(step));
      const bool known =
          label.link != kNoLink && IsKnown(view_.snapshot().links().paid_yuan, label.link);
      rows_.table().column(5).strings.push_back(tracer_.DayOf(label).ToString());
      rows_.table().column(6).numbers.push_back(known ? view_.PaidYuan(label.link)
                                                      : std::numeric_limits<double>::quiet_NaN());
      rows_.table().column(7).booleans.push_back(tracer_.IsTruncated(label.node) ? 1 : 0);
    }
    longest_ = std::max(longest_, static_cast<std::int64_t>(steps_.size()) - 1);
    return booking_.Cover(rows_.table().row_count());
  }

  std::int64_t longest() const { return longest_; }
  Table Take() && { return std::move(rows_).Take(); }

 private:
  const View& view_;
  const TimedTracer& tracer_;
  GrowingBooking booking_;
  PathTable rows_;
  std::vector<std::uint32_t> steps_;
  std::int64_t longest_ = 0;
};

absl::StatusOr<NodeIndex> FindStart(const View& view, const std::string& id) {
  const NodeIndex node = view.snapshot().FindNode(id);
  if (node == kNoNode) return FindNodeInside(view, "node", id).status();
  if (view.NodeSelected(node)) return node;
  return MakeError(
      absl::StatusCode::kNotFound, Cat("node '", id, "' lies outside the filter or region"),
      {.reason = Reason::kNodeNotFound, .field = "node", .row = {}, .metadata = {{"node", id}}});
}

absl::StatusOr<Date> StartDay(const View& view, const TimedTraceOptions& options) {
  if (!options.start.empty()) return Date::Parse(options.start);
  if (view.period().has_value() && options.direction == Direction::kForward)
    return view.period()->from;
  return view.as_of();
}

void Truncate(const TimedTraceOptions& options, std::size_t cut_nodes, bool too_many,
              AnalysisResult& result) {
  std::string& reason = result.truncation_reason;
  if (cut_nodes > 0) {
    reason = Cat("at ", cut_nodes, cut_nodes == 1 ? " node" : " nodes", " only the ",
                 options.fanout, " links that pay most were followed");
  }
  if (too_many) {
    reason +=
        Cat(reason.empty() ? "" : "; ", "there are more traces than the limit of ", options.limit);
  }
  result.truncated = !reason.empty();
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, const TimedTraceOptions& options,
                                       RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const NodeIndex start, FindStart(input.view, options.node));
  LIANJIE_ASSIGN_OR_RETURN(const Date day, StartDay(input.view, options));
  TimedTracer tracer(input, options, context);
  LIANJIE_RETURN_IF_ERROR(tracer.Run(start, day));
  LIANJIE_ASSIGN_OR_RETURN(std::vector<std::uint32_t> traces, tracer.Traces());
  const auto reached = static_cast<std::int64_t>(traces.size());
  AnalysisResult result;
  Truncate(options, tracer.truncated_count(), reached > options.limit, result);
  if (reached > options.limit) traces.resize(static_cast<std::size_t>(options.limit));
  TraceRows rows(input, tracer, options.direction == Direction::kReverse, context);
  Poller poller(context);
  for (std::size_t i = 0; i < traces.size(); ++i) {
    if (poller.Tick(std::int64_t{tracer.label(traces[i]).hops} + 1)) return context.Check();
    LIANJIE_RETURN_IF_ERROR(rows.Add(static_cast<std::int64_t>(i) + 1, traces[i]));
  }
  result.summary = {{"trace_count", static_cast<std::int64_t>(traces.size())},
                    {"reached_count", reached},
                    {"longest_links", rows.longest()},
                    {"truncated_count", static_cast<std::int64_t>(tracer.truncated_count())},
                    {"start", day.ToString()}};
  result.table = std::move(rows).Take();
  return result;
}

}  // namespace

absl::Status TimedTraceOptions::Validate() const {
  if (node.empty()) return InvalidField("node", "needs the id of a node", Reason::kMissingField);
  if (direction == Direction::kUndirected)
    return InvalidField("direction", "money goes one way: FORWARD or REVERSE");
  if (max_hops < 1 || max_hops > kMostHops)
    return InvalidField("max_hops", Cat(max_hops, " is not from 1 to ", kMostHops));
  if (fanout < 1) return InvalidField("fanout", Cat(fanout, " is not at least 1"));
  if (limit < 1) return InvalidField("limit", Cat(limit, " is not at least 1"));
  for (const Mechanism mechanism : mechanisms) {
    if (mechanism == Mechanism::kUnspecified)
      return InvalidField("mechanism", "UNSPECIFIED is not a mechanism");
  }
  if (!start.empty() && !Date::Parse(start).ok())
    return InvalidField("start", Cat("'", start, "' is not a day, YYYY-MM-DD"));
  return absl::OkStatus();
}

absl::StatusOr<AnalysisResult> RunTimedTrace(const AnalysisInput& input,
                                             const TimedTraceOptions& options,
                                             RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, options, context); });
}

std::uint64_t EstimateTimedTraceBytes(const AnalysisInput& input,
                                      const TimedTraceOptions& options) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t traces = std::min<std::uint64_t>(
      nodes, static_cast<std::uint64_t>(std::max<std::int64_t>(options.limit, 0)));
  const std::uint64_t steps = std::min<std::uint64_t>(
      kTimedTraceSteps, static_cast<std::uint64_t>(std::max(options.max_hops, 0)) + 1);
  return std::min(nodes, kEstimatedTraceLabels) * kLabelBytes * 5 / 4 +
         traces * steps * kTraceRowBytes * 7 / 4;  // with room to grow
}

}  // namespace lianjie
