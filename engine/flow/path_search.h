// The largest elementary paths by which money reaches a household, best first. See
// explain_benefit.h for what a path is worth.
#ifndef LIANJIE_ENGINE_FLOW_PATH_SEARCH_H_
#define LIANJIE_ENGINE_FLOW_PATH_SEARCH_H_

#include <cstdint>
#include <memory>
#include <queue>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/flow/upstream.h"

namespace lianjie {

struct BenefitPath {
  // The nodes passed and, for each, the link that pays it (kNoLink for the first, where money
  // enters). The household comes last.
  std::vector<NodeIndex> nodes;
  std::vector<LinkIndex> links;
  double benefit_yuan = 0;
};

class PathSearch {
 public:
  // Both must outlive the search.
  PathSearch(const FlowModel& model, const Upstream& upstream, NodeIndex household);
  PathSearch(const PathSearch&) = delete;
  PathSearch& operator=(const PathSearch&) = delete;

  // The next largest path; false when there is none, or when the search has grown too large (then
  // exhausted()). Errors: CANCELLED, DIVERGES.
  absl::StatusOr<bool> Next(BenefitPath& path, RunContext& context);
  // True when paths may be missing because the limit of prefixes was reached.
  bool exhausted() const { return exhausted_; }

 private:
  // A prefix that ends at `vertex` with `yuan` there, loops at `vertex` not yet counted.
  struct Prefix {
    double yuan = 0;
    std::uint32_t vertex = 0;
    std::uint32_t parent = 0;
    LinkIndex link = kNoLink;
    std::uint32_t depth = 0;
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
    std::vector<double> all;                                       // small: N whole
    absl::flat_hash_map<std::uint32_t, std::vector<double>> rows;  // large: rows of N
  };

  bool Before(const Entry& a, const Entry& b) const;
  bool IsPath(const Entry& e) const { return e.ending != kGrow; }
  bool Passed(std::uint32_t prefix, std::uint32_t vertex) const;
  void PushPrefix(const Prefix& prefix);
  absl::Status Grow(std::uint32_t prefix, RunContext& context);
  absl::StatusOr<double> Multiplier(std::uint32_t prefix, RunContext& context);
  absl::StatusOr<const double*> VisitsFrom(Visits& visits, std::uint32_t member,
                                           RunContext& context);
  BenefitPath PathOf(const Entry& entry) const;

  static constexpr std::uint32_t kGrow = 0xffffffffu;
  static constexpr std::uint32_t kNoPrefix = 0xffffffffu;

  const FlowModel& model_;
  const Upstream& up_;
  const NodeIndex household_;
  std::vector<std::uint32_t> first_ending_;  // by vertex, and the end
  std::vector<Prefix> prefixes_;
  std::priority_queue<Entry, std::vector<Entry>, Worse> queue_;
  absl::flat_hash_map<std::uint32_t, std::unique_ptr<Visits>> visits_;  // by the component's begin
  std::uint64_t kept_visits_ = 0;
  std::size_t limit_ = 0;
  bool exhausted_ = false;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_FLOW_PATH_SEARCH_H_
