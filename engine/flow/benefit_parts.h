// Parts of households' benefit by where their money has been. All are the same move: give every
// payer a few numbers that add up to its throughput (money by tier, by source, by the sector of who
// paid last), then send each number along the payer's own splits to the households; so every
// decomposition sums to the benefit. Attribution is proportional: a yuan in a payer's till has no
// colour, and each outgoing yuan is made of all incoming ones.
#ifndef LIANJIE_ENGINE_FLOW_BENEFIT_PARTS_H_
#define LIANJIE_ENGINE_FLOW_BENEFIT_PARTS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/table.h"
#include "engine/flow/flow_core.h"
#include "engine/flow/flow_model.h"
#include "engine/flow/flow_solver.h"
#include "engine/flow/payer_arcs.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// Money of payers by part: values[payer * width + part]. `outside_part` is the part that money
// counts as which reaches a household straight from beyond the filter.
struct PayerParts {
  int width = 1;
  std::vector<double> values;
  int outside_part = 0;
};

// Rows of a table: the nodes inside the view, ascending. Takes nothing where all nodes are.
class NodeRows {
 public:
  explicit NodeRows(const FlowModel& model);
  std::size_t size() const { return size_; }
  bool all() const { return all_; }
  NodeIndex Node(std::size_t row) const { return all_ ? static_cast<NodeIndex>(row) : nodes_[row]; }
  // Empty when all nodes are rows.
  const std::vector<NodeIndex>& nodes() const { return nodes_; }
  // The row of a node; size() for one outside.
  std::size_t RowOf(NodeIndex n) const { return all_ ? n : row_of_[n]; }
  bool Has(NodeIndex n) const { return RowOf(n) < size(); }

 private:
  std::size_t size_;
  bool all_;
  std::vector<NodeIndex> nodes_;
  std::vector<std::uint32_t> row_of_;
};

// Sends the parts to the inside households: columns[part][row] grows by the household's benefit out
// of that part. O(links x width).
absl::Status SpreadToHouseholds(const FlowModel& model, const PayerParts& parts,
                                const NodeRows& rows, std::span<std::vector<double>> columns,
                                RunContext& context);

// Payers by tier: how many paying organisations money has passed, itself included. Accounts and
// conduits do not count, so money spreads among them within a tier; that is solved exactly, cycles
// among them too. Money that starts at a conduit (unexplained, from outside) counts it as its
// payer; a household's own money is tier 0; money from outside that reaches a household's account,
// tier 1.
class TierSweep {
 public:
  // `model` must outlive the sweep. Errors: CANCELLED.
  static absl::StatusOr<std::unique_ptr<TierSweep>> Make(const FlowModel& model,
                                                         RunContext& context);

  // Tiers 0 .. last - 1 each, and what lies beyond as the part `last`; last >= 1. O(last x arcs).
  absl::StatusOr<PayerParts> Run(int last, RunContext& context) const;

 private:
  explicit TierSweep(const FlowModel& model) : model_(model) {}
  absl::Status Advance(int tier, std::span<const double> before, std::span<double> now,
                       RunContext& context) const;
  double SourceAt(PayerIndex p, int tier) const;

  friend absl::StatusOr<PayerParts> PartsBySector(const FlowModel&, const TierSweep&, RunContext&);

  // Accounts and conduits alone, and the arcs among them.
  absl::Status SpreadAmongTransparent(std::span<double> values, int width,
                                      RunContext& context) const;

  const FlowModel& model_;
  PayerArcs arcs_;
  std::vector<PayerIndex> transparent_;
  std::vector<std::uint32_t> local_;  // by payer; empty when none is transparent
  std::vector<std::uint64_t> offsets_{0};
  std::vector<std::uint32_t> targets_;
  std::vector<double> shares_;
  std::unique_ptr<FlowSolver> solver_;
};

// Payers' money by the sector of the organisation that paid last, seen through accounts and
// conduits: PRIMARY, SECONDARY, TERTIARY, and none (no organisation, or its sector is not known).
absl::StatusOr<PayerParts> PartsBySector(const FlowModel& model, const TierSweep& sweep,
                                         RunContext& context);

// Makes the columns node, payer, benefit_yuan: a row for each inside household and payer of
// FlowModel::ListPayers. Books the rows while it makes them; completes as many units as the graph
// has links. Errors: those of ListPayers, MEMORY_EXHAUSTED.
absl::Status AddPayerRows(const FlowModel& model, const NodeRows& rows, Table& table,
                          RunContext& context);

// What a source is, for PartsBySource.
enum class SourceGroup : std::uint8_t { kNode, kKind, kSubtype, kSector, kIndustry, kRegion };

inline constexpr int kMaxSources = 64;

// Which source each payer's money belongs to. Unexplained injections and money from outside are
// sources of their own. At most kMaxSources: the largest by themselves, the rest as OTHER; in the
// order of size, OTHER last.
class SourceSplit {
 public:
  SourceSplit(const FlowModel& model, SourceGroup group);
  int size() const { return static_cast<int>(names_.size()); }
  const std::string& name(int source) const { return names_[static_cast<std::size_t>(source)]; }
  double injected_yuan(int source) const { return injected_[static_cast<std::size_t>(source)]; }
  std::uint64_t group_count() const { return group_count_; }
  int outside() const { return outside_; }  // -1 when nothing comes from outside

  // Payers' money out of the sources [first, first + width), by one forward solve.
  absl::StatusOr<PayerParts> Solve(const FlowCore& core, int first, int width,
                                   RunContext& context) const;

 private:
  void Rank(const std::vector<NodeIndex>& nodes, const std::vector<double>& yuan,
            SourceGroup group);

  const FlowModel& model_;
  std::vector<std::uint32_t> group_of_;  // by payer: the source of its f
  std::vector<std::string> names_;
  std::vector<double> injected_;
  int unexplained_ = -1;
  int outside_ = -1;
  std::uint64_t group_count_ = 0;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_BENEFIT_PARTS_H_
