#include "engine/flow/path_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/core/status.h"

namespace lianjie {
namespace {

// Part of everything, and of what a yuan is worth by all walks, below which a difference is
// rounding.
constexpr double kRounding = 1e-12;
// Part of it by which what a yuan is worth, a difference, may be wrong.
constexpr double kWorthError = 1e-13;
// N is solved as far as doubles carry.
constexpr double kVisitTolerance = 1e-15;
// Numbers' worth of a component besides N.
constexpr std::uint64_t kVisitsNumbers = 32;
constexpr std::uint64_t kVectorGrowth = 2;  // of a vector's bytes while it moves to a larger place

}  // namespace

PathSearch::PathSearch(const FlowModel& model, const Upstream& upstream, NodeIndex household,
                       RunContext& context)
    : model_(model),
      up_(upstream),
      household_(household),
      context_(context),
      poller_(context),
      queue_(Worse{this}),
      prefix_booking_(context, kVectorGrowth * sizeof(Prefix)),
      entry_booking_(context, kVectorGrowth * sizeof(Entry)),
      factor_booking_(context, kVectorGrowth * sizeof(double)),
      visit_booking_(context, sizeof(double)) {}

std::uint64_t PathSearch::EstimateBytes(std::uint64_t prefixes) {
  return GrowingBooking::MostBytes(prefixes, kVectorGrowth * (sizeof(Prefix) + sizeof(Entry))) +
         2 * GrowingBooking::MostBytes(prefixes, kVectorGrowth * sizeof(double));
}

absl::Status PathSearch::Start() {
  const auto count = static_cast<std::uint32_t>(up_.payers.size());
  LIANJIE_RETURN_IF_ERROR(context_.Reserve((count + 1) * sizeof(std::uint32_t)));
  first_ending_.assign(count + 1, 0);
  for (const Upstream::Ending& ending : up_.endings) ++first_ending_[ending.from + 1];
  for (std::uint32_t v = 0; v < count; ++v) first_ending_[v + 1] += first_ending_[v];
  for (std::uint32_t i = 0; i < up_.straight.size(); ++i) {
    const double yuan = up_.straight[i].yuan;
    scale_ += std::abs(yuan);
    LIANJIE_RETURN_IF_ERROR(PushEntry({std::abs(yuan), kNoPrefix, i, yuan}));
  }
  for (std::uint32_t v = 0; v < count; ++v) {
    if (up_.source[v] == 0.0) continue;
    scale_ += std::abs(up_.source[v]) * up_.worth[v];
    LIANJIE_RETURN_IF_ERROR(PushPrefix(
        {.yuan = up_.source[v], .worth = up_.worth[v], .vertex = v, .parent = kNoPrefix}));
  }
  most_prefixes_ = prefixes_.size() + kMaxPrefixes;
  return absl::OkStatus();
}

absl::Status PathSearch::PushEntry(const Entry& entry) {
  LIANJIE_RETURN_IF_ERROR(entry_booking_.Cover(queue_.size() + 1));
  queue_.push(entry);
  return absl::OkStatus();
}

absl::Status PathSearch::PushPrefix(const Prefix& prefix) {
  // A little more than it is, so that no path comes out after it that was in it and is larger.
  const double key =
      std::abs(prefix.yuan) * (prefix.worth + kWorthError * up_.worth[prefix.vertex]);
  if (!(key > 0.0)) return absl::OkStatus();
  LIANJIE_RETURN_IF_ERROR(prefix_booking_.Cover(prefixes_.size() + 1));
  prefixes_.push_back(prefix);
  return PushEntry({key, static_cast<std::uint32_t>(prefixes_.size() - 1), kGrow, prefix.yuan});
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

absl::StatusOr<PathSearch::Visits*> PathSearch::VisitsOf(const FlowSolver::Component& component) {
  auto& visits = visits_[component.begin];
  if (visits != nullptr) return visits.get();
  visits = std::make_unique<Visits>();
  visits->block = up_.solver->BlockOf(component);
  const std::size_t size = visits->block.size();
  kept_visits_ += kVisitsNumbers + 2 * (size + visits->block.targets.size());
  if (size <= kDenseBlock) kept_visits_ += size * size;
  LIANJIE_RETURN_IF_ERROR(visit_booking_.Cover(kept_visits_));
  if (size > kDenseBlock) return visits.get();
  LIANJIE_ASSIGN_OR_RETURN(visits->all, DenseVisits(visits->block, context_));
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      std::swap(visits->all[i * size + j], visits->all[j * size + i]);
    }
  }
  return visits.get();
}

// N[., member]: how often a yuan that starts at each member of the component comes to this one.
absl::StatusOr<const double*> PathSearch::ColumnOf(Visits& visits, std::uint32_t member) {
  const std::uint32_t size = visits.block.size();
  if (!visits.all.empty()) return &visits.all[std::size_t{member} * size];
  std::vector<double>& column = visits.columns[member];
  if (!column.empty()) return column.data();
  if (visits.solver == nullptr) {
    LIANJIE_ASSIGN_OR_RETURN(visits.solver, BlockSolver::Make(visits.block, context_));
  }
  kept_visits_ += size;
  LIANJIE_RETURN_IF_ERROR(visit_booking_.Cover(kept_visits_));
  std::vector<double> unit(size, 0.0);
  unit[member] = 1.0;
  double left = 0;
  LIANJIE_RETURN_IF_ERROR(
      visits.solver->Solve(FlowSide::kBackward, unit, 1, kVisitTolerance, left));
  column = std::move(unit);
  return column.data();
}

absl::StatusOr<PathSearch::Chain> PathSearch::ChainOf(std::uint32_t prefix) {
  Chain chain;
  chain.component = up_.solver->ComponentOf(prefixes_[prefix].vertex);
  LIANJIE_ASSIGN_OR_RETURN(Visits* const visits, VisitsOf(chain.component));
  for (std::uint32_t at = prefix; at != kNoPrefix; at = prefixes_[at].parent) {
    chain.prefixes.push_back(at);
    if (prefixes_[at].depth == 0) break;
  }
  std::reverse(chain.prefixes.begin(), chain.prefixes.end());
  for (const std::uint32_t at : chain.prefixes) {
    const std::uint32_t member =
        up_.solver->PositionOf(prefixes_[at].vertex) - chain.component.begin;
    chain.members.push_back(member);
    LIANJIE_ASSIGN_OR_RETURN(const double* column, ColumnOf(*visits, member));
    chain.columns.push_back(column);
  }
  return chain;
}

// The row of L that `member` has below the first `count` nodes of the chain: N[member, S] U^-1.
void PathSearch::FindRow(const Chain& chain, std::size_t count, std::uint32_t member,
                         std::vector<double>& row) const {
  row.resize(count);
  for (std::size_t q = 0; q < count; ++q) {
    const double* const upper = UpperOf(chain.prefixes[q]);
    double rest = chain.columns[q][member];
    for (std::size_t k = 0; k < q; ++k) rest -= row[k] * upper[k];
    row[q] = rest / upper[q];
  }
}

// Adds the factors of the chain's last node. Its multiplier: how often money that comes to it is
// there in all without going back to a node before it.
absl::StatusOr<double> PathSearch::Factor(std::uint32_t prefix, const Chain& chain) {
  const std::size_t before = chain.members.size() - 1;
  std::vector<double> row;
  FindRow(chain, before, chain.members.back(), row);
  const std::uint64_t wanted = factors_.size() + 2 * before + 1;
  LIANJIE_RETURN_IF_ERROR(factor_booking_.Cover(wanted));
  prefixes_[prefix].factors = factors_.size();
  factors_.insert(factors_.end(), row.begin(), row.end());
  const double* const column = chain.columns.back();
  double multiplier = column[chain.members.back()];
  std::vector<double> upper(before);
  for (std::size_t q = 0; q < before; ++q) {
    const double* const lower = &factors_[prefixes_[chain.prefixes[q]].factors];
    double rest = column[chain.members[q]];
    for (std::size_t k = 0; k < q; ++k) rest -= lower[k] * upper[k];
    upper[q] = rest;
    multiplier -= row[q] * rest;
  }
  factors_.insert(factors_.end(), upper.begin(), upper.end());
  factors_.push_back(multiplier);
  return multiplier;
}

absl::Status PathSearch::AddTargets(std::uint32_t prefix, const Chain& chain, double yuan) {
  const Prefix here = prefixes_[prefix];
  const std::size_t count = chain.members.size();
  std::vector<double> row;
  for (std::uint64_t a = up_.offsets[here.vertex]; a < up_.offsets[here.vertex + 1]; ++a) {
    const std::uint32_t target = up_.targets[a];
    const std::uint32_t position = up_.solver->PositionOf(target);
    Prefix next{.yuan = yuan * up_.shares[a],
                .worth = up_.worth[target],
                .vertex = target,
                .parent = prefix,
                .link = up_.links[a]};
    if (position < chain.component.end) {  // nothing lies upstream, so it is in the component
      if (Passed(prefix, target)) continue;
      if (poller_.Tick(static_cast<std::int64_t>(count * count))) return context_.Check();
      FindRow(chain, count, position - chain.component.begin, row);
      for (std::size_t q = 0; q < count; ++q) {
        next.worth -= row[q] * prefixes_[chain.prefixes[q]].worth;
      }
      if (next.worth <= kRounding * up_.worth[target]) continue;
      next.depth = here.depth + 1;
    }
    LIANJIE_RETURN_IF_ERROR(PushPrefix(next));
  }
  return absl::OkStatus();
}

absl::Status PathSearch::Grow(std::uint32_t prefix) {
  ++grown_;
  LIANJIE_ASSIGN_OR_RETURN(const Chain chain, ChainOf(prefix));
  LIANJIE_ASSIGN_OR_RETURN(const double multiplier, Factor(prefix, chain));
  const Prefix here = prefixes_[prefix];
  const double yuan = here.yuan * multiplier;
  for (std::uint32_t e = first_ending_[here.vertex]; e < first_ending_[here.vertex + 1]; ++e) {
    const double benefit = yuan * up_.endings[e].share;
    LIANJIE_RETURN_IF_ERROR(PushEntry({std::abs(benefit), prefix, e, benefit}));
  }
  return AddTargets(prefix, chain, yuan);
}

absl::StatusOr<bool> PathSearch::Next(BenefitPath& path) {
  if (!started_) LIANJIE_RETURN_IF_ERROR(Start());
  started_ = true;
  while (!queue_.empty()) {
    if (context_.Stopped()) return context_.Check();
    const Entry entry = queue_.top();
    if (IsPath(entry)) {
      queue_.pop();
      path = PathOf(entry);
      return true;
    }
    // Open prefixes that together carry nothing but rounding.
    if (entry.key * static_cast<double>(queue_.size()) <= kRounding * scale_) return false;
    if (prefixes_.size() > most_prefixes_) limit_ = PathLimit::kPrefixes;
    if (kept_visits_ > kMaxNumbers) limit_ = PathLimit::kVisits;
    if (factors_.size() > kMaxNumbers) limit_ = PathLimit::kFactors;
    if (limit_ != PathLimit::kNone) return false;
    queue_.pop();
    LIANJIE_RETURN_IF_ERROR(Grow(entry.prefix));
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
