#include "engine/flow/path_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "Eigen/Dense"
#include "engine/core/status.h"

namespace lianjie {
namespace {

constexpr std::size_t kMaxPrefixes = 1000000;
// Numbers of N kept for large components.
constexpr std::uint64_t kMaxVisits = std::uint64_t{1} << 26;

}  // namespace

PathSearch::PathSearch(const FlowModel& model, const Upstream& upstream, NodeIndex household)
    : model_(model), up_(upstream), household_(household), queue_(Worse{this}) {
  const auto count = static_cast<std::uint32_t>(up_.payers.size());
  first_ending_.assign(count + 1, 0);
  for (const Upstream::Ending& ending : up_.endings) ++first_ending_[ending.from + 1];
  for (std::uint32_t v = 0; v < count; ++v) first_ending_[v + 1] += first_ending_[v];
  for (std::uint32_t i = 0; i < up_.straight.size(); ++i) {
    queue_.push({std::abs(up_.straight[i].yuan), kNoPrefix, i, up_.straight[i].yuan});
  }
  for (std::uint32_t v = 0; v < count; ++v) {
    if (up_.source[v] != 0.0) PushPrefix({.yuan = up_.source[v], .vertex = v, .parent = kNoPrefix});
  }
  limit_ = prefixes_.size() + kMaxPrefixes;
}

void PathSearch::PushPrefix(const Prefix& prefix) {
  const double key = std::abs(prefix.yuan) * up_.worth[prefix.vertex];
  if (key == 0.0) return;
  prefixes_.push_back(prefix);
  queue_.push({key, static_cast<std::uint32_t>(prefixes_.size() - 1), kGrow, prefix.yuan});
}

// Larger first; of equals what may still grow, then fewer links, then ids in order.
bool PathSearch::Before(const Entry& a, const Entry& b) const {
  if (a.key != b.key) return a.key > b.key;
  if (IsPath(a) != IsPath(b)) return IsPath(b);
  if (!IsPath(a)) return a.prefix < b.prefix;
  const BenefitPath one = PathOf(a);
  const BenefitPath two = PathOf(b);
  if (one.nodes.size() != two.nodes.size()) return one.nodes.size() < two.nodes.size();
  const Snapshot& graph = model_.snapshot();
  for (std::size_t i = 0; i < one.nodes.size(); ++i) {
    const auto order = CompareIds(graph.NodeId(one.nodes[i]), graph.NodeId(two.nodes[i]));
    if (order != 0) return order < 0;
  }
  return one.links < two.links;
}

bool PathSearch::Passed(std::uint32_t prefix, std::uint32_t vertex) const {
  for (; prefix != kNoPrefix; prefix = prefixes_[prefix].parent) {
    if (prefixes_[prefix].vertex == vertex) return true;
  }
  return false;
}

absl::StatusOr<const double*> PathSearch::VisitsFrom(Visits& visits, std::uint32_t member,
                                                     RunContext& context) {
  const std::uint32_t size = visits.block.size();
  if (size <= kDenseBlock) {
    if (visits.all.empty()) {
      LIANJIE_ASSIGN_OR_RETURN(visits.all, DenseVisits(visits.block));
    }
    return &visits.all[std::size_t{member} * size];
  }
  std::vector<double>& row = visits.rows[member];
  if (row.empty()) {
    row.assign(size, 0.0);
    row[member] = 1.0;
    double left = 0;
    LIANJIE_RETURN_IF_ERROR(SolveBlock(visits.block, FlowSide::kForward, row, 1,
                                       model_.options().tolerance, left, context));
    kept_visits_ += size;
  }
  return row.data();
}

// How often money that comes to the end of a prefix is there in all without going back to an
// earlier node of the prefix: a Schur complement in N, since the complement of a principal minor is
// a minor of the inverse.
absl::StatusOr<double> PathSearch::Multiplier(std::uint32_t prefix, RunContext& context) {
  const std::uint32_t vertex = prefixes_[prefix].vertex;
  const FlowSolver::Component component = up_.solver->ComponentOf(vertex);
  auto& visits = visits_[component.begin];
  if (visits == nullptr) {
    visits = std::make_unique<Visits>();
    visits->block = up_.solver->BlockOf(component);
  }
  if (component.end - component.begin == 1) return 1.0 / (1.0 - visits->block.self[0]);
  std::vector<std::uint32_t> members;  // this one first, then those before it in the component
  for (std::uint32_t at = prefix; at != kNoPrefix; at = prefixes_[at].parent) {
    const std::uint32_t position = up_.solver->PositionOf(prefixes_[at].vertex);
    if (position < component.begin || position >= component.end) break;
    members.push_back(position - component.begin);
  }
  const auto count = static_cast<Eigen::Index>(members.size());
  Eigen::MatrixXd n(count, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    LIANJIE_ASSIGN_OR_RETURN(const double* row,
                             VisitsFrom(*visits, members[static_cast<std::size_t>(i)], context));
    for (Eigen::Index j = 0; j < count; ++j) n(i, j) = row[members[static_cast<std::size_t>(j)]];
  }
  if (count == 1) return n(0, 0);
  const Eigen::Index rest = count - 1;
  const Eigen::VectorXd through =
      n.bottomRightCorner(rest, rest).partialPivLu().solve(n.bottomLeftCorner(rest, 1));
  return n(0, 0) - n.topRightCorner(1, rest).row(0).dot(through);
}

absl::Status PathSearch::Grow(std::uint32_t prefix, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const double multiplier, Multiplier(prefix, context));
  const Prefix here = prefixes_[prefix];
  const double yuan = here.yuan * multiplier;
  for (std::uint32_t e = first_ending_[here.vertex]; e < first_ending_[here.vertex + 1]; ++e) {
    const double benefit = yuan * up_.endings[e].share;
    queue_.push({std::abs(benefit), prefix, e, benefit});
  }
  for (std::uint64_t a = up_.offsets[here.vertex]; a < up_.offsets[here.vertex + 1]; ++a) {
    if (Passed(prefix, up_.targets[a])) continue;
    PushPrefix({.yuan = yuan * up_.shares[a],
                .vertex = up_.targets[a],
                .parent = prefix,
                .link = up_.links[a],
                .depth = here.depth + 1});
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PathSearch::Next(BenefitPath& path, RunContext& context) {
  while (!queue_.empty()) {
    if (context.Stopped()) return context.Check();
    const Entry entry = queue_.top();
    if (IsPath(entry)) {
      queue_.pop();
      path = PathOf(entry);
      return true;
    }
    if (prefixes_.size() > limit_ || kept_visits_ > kMaxVisits) {
      exhausted_ = true;
      return false;
    }
    queue_.pop();
    LIANJIE_RETURN_IF_ERROR(Grow(entry.prefix, context));
  }
  return false;
}

BenefitPath PathSearch::PathOf(const Entry& entry) const {
  BenefitPath path;
  path.benefit_yuan = entry.yuan;
  if (entry.prefix == kNoPrefix) {
    path.nodes.push_back(household_);
    path.links.push_back(up_.straight[entry.ending].link);
    return path;
  }
  for (std::uint32_t at = entry.prefix; at != kNoPrefix; at = prefixes_[at].parent) {
    path.nodes.push_back(model_.PayerNode(up_.payers[prefixes_[at].vertex]));
    path.links.push_back(prefixes_[at].link);
  }
  std::reverse(path.nodes.begin(), path.nodes.end());
  std::reverse(path.links.begin(), path.links.end());
  const LinkIndex last = up_.endings[entry.ending].link;
  if (last != kNoLink) {  // else the account's node is the household already
    path.nodes.push_back(household_);
    path.links.push_back(last);
  }
  return path;
}

}  // namespace lianjie
