#include "engine/coverage/left_out_index.h"

#include <algorithm>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/flow/flow_blocks.h"
#include "engine/runtime/work.h"
#include "tbb/parallel_sort.h"

namespace lianjie {
namespace {

struct Candidate {
  NodeIndex node;
  HouseholdClass household_class;
  double gap_yuan;  // -1 without a line
};

// The households of the classes wanted, in the order of nodes.
absl::StatusOr<std::vector<Candidate>> CandidatesOf(const Classification& c,
                                                    const WantedClasses& wanted,
                                                    RunContext& context) {
  const std::size_t nodes = c.snapshot().node_count();
  std::vector<std::size_t> firsts(FlowBlockCount(nodes), 0);
  const auto is_wanted = [&](NodeIndex n) {
    const HouseholdClass household_class = c.ClassOf(n);
    return household_class != HouseholdClass::kNoTarget &&
           wanted[static_cast<std::size_t>(household_class)];
  };
  LIANJIE_RETURN_IF_ERROR(
      ForEachFlowBlock(context, nodes, [&](std::size_t b, std::size_t begin, std::size_t end) {
        for (std::size_t n = begin; n < end; ++n) {
          firsts[b] += is_wanted(static_cast<NodeIndex>(n)) ? 1 : 0;
        }
      }));
  std::size_t count = 0;
  for (std::size_t& first : firsts) count += std::exchange(first, count);
  LIANJIE_RETURN_IF_ERROR(context.Reserve(count * sizeof(Candidate)));
  std::vector<Candidate> rows(count);
  LIANJIE_RETURN_IF_ERROR(
      ForEachFlowBlock(context, nodes, [&](std::size_t b, std::size_t begin, std::size_t end) {
        std::size_t at = firsts[b];
        for (std::size_t i = begin; i < end; ++i) {
          const auto n = static_cast<NodeIndex>(i);
          if (!is_wanted(n)) continue;
          const double gap = c.Measure(n).gap_yuan;
          rows[at++] = {n, c.ClassOf(n), gap == gap ? gap : -1.0};
        }
      }));
  return rows;
}

// Puts the worst `most` (0: all) in order and drops the rest.
absl::Status SortWorst(const Snapshot& snapshot, std::uint64_t most, std::vector<Candidate>& rows,
                       RunContext& context) {
  const auto worse = [&snapshot](const Candidate& a, const Candidate& b) {
    if (a.household_class != b.household_class) return a.household_class < b.household_class;
    if (a.gap_yuan != b.gap_yuan) return a.gap_yuan > b.gap_yuan;
    return CompareIds(snapshot.NodeId(a.node), snapshot.NodeId(b.node)) < 0;
  };
  const StoppableLess less(context, worse);
  try {
    if (most > 0 && most < rows.size()) {
      const auto end = rows.begin() + static_cast<std::ptrdiff_t>(most);
      std::nth_element(rows.begin(), end, rows.end(), less);
      rows.erase(end, rows.end());
    }
    context.Parallel([&] { tbb::parallel_sort(rows.begin(), rows.end(), less); });
  } catch (const RunStopped&) {
    return context.Check();
  }
  return absl::OkStatus();
}

std::vector<NodeIndex> NodesOf(const std::vector<Candidate>& rows) {
  std::vector<NodeIndex> nodes;
  nodes.reserve(rows.size());
  for (const Candidate& row : rows) nodes.push_back(row.node);
  return nodes;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LeftOutIndex>> LeftOutIndex::Get(
    const AnalysisInput& input, const ClassificationOptions& options, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const DerivedPointer made,
                           input.derived(
                               input.view, Cat("left out ", Classification::KeyOf(options)),
                               [&](RunContext& run) -> absl::StatusOr<DerivedPointer> {
                                 return Make(input, options, run);
                               },
                               context));
  return std::static_pointer_cast<const LeftOutIndex>(made);
}

absl::StatusOr<std::shared_ptr<const LeftOutIndex>> LeftOutIndex::Make(
    const AnalysisInput& input, const ClassificationOptions& options, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(std::shared_ptr<const Classification> classification,
                           Classification::Get(input, options, context));
  const Classification& c = *classification;
  LIANJIE_ASSIGN_OR_RETURN(NearestOrganisations nearest,
                           NearestOrganisations::Make(c.model(), context));
  std::shared_ptr<LeftOutIndex> out(
      new LeftOutIndex(std::move(classification), std::move(nearest)));
  for (NodeIndex n = 0; n < c.snapshot().node_count(); ++n) {
    if ((n % kFlowBlock) == 0 && context.Stopped()) return context.Check();
    if (c.ClassOf(n) == HouseholdClass::kNoTarget) continue;
    ++out->classes_[static_cast<std::size_t>(c.ClassOf(n))];
    ++out->reasons_[static_cast<std::size_t>(c.ReasonOf(n))];
  }
  for (std::size_t i = 0; i < out->worst_.size(); ++i) {
    WantedClasses wanted{};
    wanted[i] = true;
    const std::uint64_t before = context.memory_used();
    LIANJIE_ASSIGN_OR_RETURN(std::vector<Candidate> rows, CandidatesOf(c, wanted, context));
    LIANJIE_RETURN_IF_ERROR(SortWorst(c.snapshot(), kKeptRows, rows, context));
    out->worst_[i] = NodesOf(rows);
    context.Release(context.memory_used() - before);
  }
  return std::shared_ptr<const LeftOutIndex>(std::move(out));
}

std::uint64_t LeftOutIndex::EstimateBytes(const Snapshot& snapshot,
                                          const ClassificationOptions& options) {
  return Classification::EstimateBytes(snapshot, options) +
         NearestOrganisations::EstimateBytes(snapshot);
}

std::uint64_t LeftOutIndex::memory_bytes() const {
  std::uint64_t bytes = nearest_.memory_bytes();
  for (const std::vector<NodeIndex>& nodes : worst_) bytes += nodes.capacity() * 4;
  return bytes;
}

absl::StatusOr<std::vector<NodeIndex>> LeftOutIndex::List(const WantedClasses& wanted,
                                                          std::uint64_t most,
                                                          RunContext& context) const {
  std::vector<NodeIndex> rows;
  for (std::size_t i = 0; i < worst_.size(); ++i) {
    if (!wanted[i]) continue;
    const std::uint64_t left = most == 0 ? worst_[i].size() : most - rows.size();
    const std::size_t taken = std::min<std::size_t>(left, worst_[i].size());
    rows.insert(rows.end(), worst_[i].begin(),
                worst_[i].begin() + static_cast<std::ptrdiff_t>(taken));
    if (most > 0 && rows.size() == most) return rows;
    if (static_cast<std::int64_t>(worst_[i].size()) < classes_[i]) {
      return ListAnew(wanted, most, context);
    }
  }
  return rows;
}

absl::StatusOr<std::vector<NodeIndex>> LeftOutIndex::ListAnew(const WantedClasses& wanted,
                                                              std::uint64_t most,
                                                              RunContext& context) const {
  LIANJIE_ASSIGN_OR_RETURN(std::vector<Candidate> rows,
                           CandidatesOf(*classification_, wanted, context));
  LIANJIE_RETURN_IF_ERROR(SortWorst(classification_->snapshot(), most, rows, context));
  return NodesOf(rows);
}

}  // namespace lianjie
