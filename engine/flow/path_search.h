// The largest elementary paths by which money reaches a household, best first. See
// explain_benefit.h for what a path is worth.
//
// A prefix s = v0 .. vt is ranked by exactly what all the paths that begin with it carry: its money
// times what a yuan at vt is worth to the household when the nodes before vt are gone. With N and
// a = N r of the whole, S the nodes of vt's component that the prefix has passed, that is
// a_v - N[v,S] N[S,S]^-1 a_S; walks that come back to S are in the multipliers of S already. One
// row and one column of an LU of N[S,S] are added for each node passed; its U's diagonal is the
// multipliers. So no prefix is grown that leads nowhere, and what all open prefixes carry is what
// is still to come.
#ifndef LIANJIE_ENGINE_FLOW_PATH_SEARCH_H_
#define LIANJIE_ENGINE_FLOW_PATH_SEARCH_H_

#include <cstdint>
#include <memory>
#include <queue>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/flow/block_solver.h"
#include "engine/flow/upstream.h"
#include "engine/runtime/work.h"

namespace lianjie {

struct BenefitPath {
  // The nodes passed and, for each, the link that pays it (kNoLink for the first, where money
  // enters). The household comes last.
  std::vector<NodeIndex> nodes;
  std::vector<LinkIndex> links;
  double benefit_yuan = 0;
};

// Why a search ended before all paths were out.
enum class PathLimit : std::uint8_t { kNone, kPrefixes, kVisits, kFactors };

// Books its memory, as it grows, with the context given, which must outlive it.
class PathSearch {
 public:
  static constexpr std::size_t kMaxPrefixes = 1000000;
  // Numbers kept of N, and of the factors of prefixes: 512 MiB of each.
  static constexpr std::uint64_t kMaxNumbers = std::uint64_t{1} << 26;

  // Both must outlive the search.
  PathSearch(const FlowModel& model, const Upstream& upstream, NodeIndex household,
             RunContext& context);
  PathSearch(const PathSearch&) = delete;
  PathSearch& operator=(const PathSearch&) = delete;

  // The next largest path; false when there is none that is worth more than rounding, or when the
  // search has grown too large (then limit()). Errors: CANCELLED, MEMORY_EXHAUSTED, those of
  // BlockSolver.
  absl::StatusOr<bool> Next(BenefitPath& path);
  // What paths may be missing for.
  PathLimit limit() const { return limit_; }
  // Prefixes grown so far.
  std::uint64_t grown() const { return grown_; }

  // Bytes that a search of up to `prefixes` prefixes books.
  static std::uint64_t EstimateBytes(std::uint64_t prefixes);

 private:
  // A prefix that ends at `vertex` with `yuan` there, loops at `vertex` not yet counted. Once grown
  // it has factors: `depth` numbers of L and of U, the nodes before it in its component, and U's
  // diagonal.
  struct Prefix {
    double yuan = 0;
    double worth = 0;  // of a yuan there, the nodes before it gone
    std::uint64_t factors = 0;
    std::uint32_t vertex = 0;
    std::uint32_t parent = 0;
    LinkIndex link = kNoLink;
    std::uint32_t depth = 0;  // nodes before it in its component
  };
  // A prefix to grow (ending kGrow), or a whole path (its ending; of a straight one its number and
  // kNoPrefix).
  struct Entry {
    double key = 0;
    std::uint32_t prefix = 0;
    std::uint32_t ending = 0;
    double yuan = 0;
  };
  struct Worse {
    const PathSearch* search;
    bool operator()(const Entry& a, const Entry& b) const { return search->Before(b, a); }
  };
  // N inside one component, made as far as it is needed.
  struct Visits {
    FlowBlock block;
    std::vector<double> all;              // small: N whole, by columns
    std::unique_ptr<BlockSolver> solver;  // large: one for all columns
    absl::flat_hash_map<std::uint32_t, std::vector<double>> columns;
  };
  // The nodes that a prefix has passed in its component, from the first on to its end.
  struct Chain {
    FlowSolver::Component component;
    std::vector<std::uint32_t> prefixes;
    std::vector<std::uint32_t> members;
    std::vector<const double*> columns;
  };

  bool Before(const Entry& a, const Entry& b) const;
  bool IsPath(const Entry& e) const { return e.ending != kGrow; }
  bool Passed(std::uint32_t prefix, std::uint32_t vertex) const;
  absl::Status PushPrefix(const Prefix& prefix);
  absl::Status PushEntry(const Entry& entry);
  absl::Status Start();
  absl::Status Grow(std::uint32_t prefix);
  absl::StatusOr<Visits*> VisitsOf(const FlowSolver::Component& component);
  absl::StatusOr<const double*> ColumnOf(Visits& visits, std::uint32_t member);
  absl::StatusOr<Chain> ChainOf(std::uint32_t prefix);
  void FindRow(const Chain& chain, std::size_t count, std::uint32_t member,
               std::vector<double>& row) const;
  absl::StatusOr<double> Factor(std::uint32_t prefix, const Chain& chain);
  absl::Status AddTargets(std::uint32_t prefix, const Chain& chain, double yuan);
  BenefitPath PathOf(const Entry& entry) const;
  const double* UpperOf(std::uint32_t prefix) const {
    return &factors_[prefixes_[prefix].factors + prefixes_[prefix].depth];
  }

  static constexpr std::uint32_t kGrow = 0xffffffffu;
  static constexpr std::uint32_t kNoPrefix = 0xffffffffu;

  const FlowModel& model_;
  const Upstream& up_;
  const NodeIndex household_;
  RunContext& context_;
  Poller poller_;
  bool started_ = false;
  double scale_ = 0;                         // all that there is to explain, absolute
  std::vector<std::uint32_t> first_ending_;  // by vertex, and the end
  std::vector<Prefix> prefixes_;
  std::vector<double> factors_;
  std::priority_queue<Entry, std::vector<Entry>, Worse> queue_;
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<Visits>> visits_;  // by the component's begin
  std::uint64_t kept_visits_ = 0;
  std::uint64_t grown_ = 0;
  std::size_t most_prefixes_ = 0;
  PathLimit limit_ = PathLimit::kNone;
  GrowingBooking prefix_booking_, entry_booking_, factor_booking_, visit_booking_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_PATH_SEARCH_H_
