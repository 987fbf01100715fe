// The frame that every analysis shares: what goes in and what comes out. An analysis is a function
//   absl::StatusOr<AnalysisResult> Run<Name>(const AnalysisInput&, const <Name>Options&,
//   RunContext&) std::uint64_t Estimate<Name>Bytes(const AnalysisInput&, const <Name>Options&)
// in one file of its family. Options are plain structs with defaults and `absl::Status Validate()
// const`, which names the field.
#ifndef LIANJIE_ENGINE_GRAPH_ANALYSIS_H_
#define LIANJIE_ENGINE_GRAPH_ANALYSIS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/table.h"
#include "engine/graph/projection.h"
#include "engine/graph/snapshot.h"
#include "engine/graph/view.h"
#include "engine/runtime/run_context.h"

namespace lianjie {

// The books of an answer that is about money; all in yuan. injected = households + retained +
// leaked + residual, where injected includes from_outside and unexplained_injection.
struct Ledger {
  double injected_yuan = 0;
  double from_outside_yuan = 0;
  double unexplained_injection_yuan = 0;
  double households_yuan = 0;
  double retained_yuan = 0;
  double leaked_yuan = 0;
  double residual_yuan = 0;
};

struct AnalysisResult {
  Summary summary;
  Table table;
  std::optional<Ledger> ledger;
  std::vector<std::string>
      warnings;  // whole sentences: what a reader must know to read the numbers right
  std::optional<std::uint64_t> whole_rows;  // not given: those of the table
  bool truncated = false;  // the analysis itself stopped early; says why in truncation_reason
  std::string truncation_reason;
};

// Gives whole-graph kernels their Projection, from a cache where there is one.
using ProjectionSource = std::function<absl::StatusOr<std::shared_ptr<const Projection>>(
    const View& view, const ProjectionSpec& spec, RunContext& context)>;

// Something costly that is made of a view once and then serves many questions: the books of a flow,
// a classification of all households. Immutable; thread safe.
class Derived {
 public:
  virtual ~Derived() = default;
  virtual std::uint64_t memory_bytes() const = 0;

 protected:
  Derived() = default;
  Derived(const Derived&) = default;
  Derived(Derived&&) = default;
  Derived& operator=(const Derived&) = default;
  Derived& operator=(Derived&&) = default;
};
using DerivedPointer = std::shared_ptr<const Derived>;
using DerivedMaker = std::function<absl::StatusOr<DerivedPointer>(RunContext&)>;

// Gives what `make` makes, from a cache where there is one; `key` says what it is, beside the view
// that it is of.
using DerivedSource = std::function<absl::StatusOr<DerivedPointer>(
    const View& view, const std::string& key, const DerivedMaker& make, RunContext& context)>;

struct AnalysisInput {
  View view;
  ProjectionSource projections = &Projection::Build;
  DerivedSource derived = [](const View&, const std::string&, const DerivedMaker& make,
                             RunContext& context) { return make(context); };
  // How many rows of the table will be shown; 0: all. An analysis whose further rows cost
  // something may leave them out, and then says how many the whole has
  // (AnalysisResult::whole_rows).
  std::uint64_t most_rows = 0;

  const Snapshot& snapshot() const { return view.snapshot(); }
};

// The node of that id inside the view. Errors: INVALID_FIELD when empty, NODE_NOT_FOUND when
// unknown or not active on the day or outside the filter (saying which).
absl::StatusOr<NodeIndex> FindNodeInside(const View& view, std::string_view field,
                                         std::string_view id);

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_ANALYSIS_H_
