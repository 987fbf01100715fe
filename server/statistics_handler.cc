// GetStatistics: counts and sums over a Snapshot, in one pass over nodes and one over links.
#include <array>
#include <map>
#include <utility>

#include "engine/core/status.h"
#include "engine/graph/view.h"
#include "server/convert.h"
#include "server/graph_handlers.h"

namespace lianjie::server {
namespace {

constexpr int kMostTries = 5;

struct Count {
  std::int64_t all = 0;
  std::int64_t active = 0;
  std::int64_t persons = 0;
  double promised_yuan = 0;
  double paid_yuan = 0;
};

void CountNodes(const View& view, v1::GetStatisticsResponse& out) {
  const Snapshot& s = view.snapshot();
  const NodeColumns& nodes = s.nodes();
  std::map<NodeKind, Count> kinds;
  std::map<Registration, Count> registrations;
  std::int64_t monitored = 0;
  std::int64_t persons = 0;
  std::int64_t unplaced = 0;
  for (NodeIndex n = 0; n < s.node_count(); ++n) {
    Count& kind = kinds[nodes.kind[n]];
    ++kind.all;
    kind.active += view.NodeActive(n) ? 1 : 0;
    if (nodes.region.empty() || nodes.region[n] == kNoRegion) ++unplaced;
    if (nodes.kind[n] != NodeKind::kHousehold) continue;
    const std::int32_t known = nodes.persons.empty() ? kUnknownInt : nodes.persons[n];
    const std::int64_t heads = known == kUnknownInt ? 0 : known;
    Count& registration = registrations[ValueOr(nodes.registration, n)];
    ++registration.all;
    registration.persons += heads;
    persons += heads;
    const Monitoring monitoring = ValueOr(nodes.monitoring, n);
    if (monitoring != Monitoring::kUnspecified && monitoring != Monitoring::kNone) ++monitored;
  }
  for (const auto& [kind, count] : kinds) {
    auto& row = *out.add_node_kinds();
    row.set_kind(static_cast<v1::NodeKind>(kind));
    row.set_node_count(count.all);
    row.set_active_count(count.active);
  }
  for (const auto& [registration, count] : registrations) {
    auto& row = *out.add_registrations();
    row.set_registration(static_cast<v1::Registration>(registration));
    row.set_household_count(count.all);
    row.set_person_count(count.persons);
  }
  out.set_monitored_household_count(monitored);
  out.set_person_count(persons);
  out.set_unplaced_node_count(unplaced);
}

void CountLinks(const View& view, v1::GetStatisticsResponse& out) {
  const Snapshot& s = view.snapshot();
  const LinkColumns& links = s.links();
  std::map<Mechanism, Count> mechanisms;
  std::int64_t loops = 0;
  for (LinkIndex l = 0; l < s.link_count(); ++l) {
    Count& count = mechanisms[ValueOr(links.mechanism, l)];
    ++count.all;
    if (links.source[l] == links.target[l]) ++loops;
    if (!view.LinkActive(l)) continue;
    ++count.active;
    count.promised_yuan += ValueOr(links.promised_yuan, l, 0.0);
    count.paid_yuan += ValueOr(links.paid_yuan, l, 0.0);
  }
  for (const auto& [mechanism, count] : mechanisms) {
    auto& row = *out.add_mechanisms();
    row.set_mechanism(static_cast<v1::Mechanism>(mechanism));
    row.set_link_count(count.all);
    row.set_active_count(count.active);
    row.set_promised_yuan(count.promised_yuan);
    row.set_paid_yuan(count.paid_yuan);
  }
  out.set_self_loop_count(loops);
}

}  // namespace

// A Snapshot, and what the store says of the same revision. Where that is no longer kept (a load
// came, or the retention is over), a newer Snapshot is; of a graph that is loaded again and again
// it may not be found.
absl::StatusOr<GraphHandlers::Seen> GraphHandlers::See(std::string_view graph, Freshness freshness,
                                                       const Call& call) {
  const auto check = [&call] { return call.Check(); };
  for (int tries = 1;; ++tries) {
    Seen seen;
    LIANJIE_ASSIGN_OR_RETURN(seen.snapshot, keeper_.Get(graph, freshness, check));
    LIANJIE_ASSIGN_OR_RETURN(seen.reader, store_.OpenReader(graph));
    const std::int64_t revision = seen.snapshot->revision();
    if (seen.reader->info().revision == revision) return seen;
    auto older = old_readers_.Open(graph, revision, check);
    if (older.ok()) {
      seen.reader = *std::move(older);
      return seen;
    }
    const bool passed = absl::IsFailedPrecondition(older.status());
    if (!passed || freshness.kind == Freshness::Kind::kExact || tries == kMostTries) {
      return older.status();
    }
    freshness = {.kind = Freshness::Kind::kLatest};
  }
}

absl::StatusOr<v1::GetStatisticsResponse> GraphHandlers::GetStatistics(
    const v1::GetStatisticsRequest& request, const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(const Freshness freshness, FreshnessOf(request.consistency()));
  LIANJIE_ASSIGN_OR_RETURN(const Seen seen, See(GraphName(request.graph()), freshness, call));
  const auto& [snapshot, reader] = seen;
  ViewSpec spec;
  spec.as_of = snapshot->reference_date();
  if (request.has_as_of()) {
    LIANJIE_ASSIGN_OR_RETURN(spec.as_of, FromProto(request.as_of(), "as_of"));
  }
  LIANJIE_ASSIGN_OR_RETURN(const View view, View::Make(snapshot, spec));
  v1::GetStatisticsResponse response;
  *response.mutable_graph() = ToProto(reader->info());
  *response.mutable_as_of() = ToProto(view.as_of());
  CountNodes(view, response);
  CountLinks(view, response);
  std::map<int, std::int64_t> levels;
  for (RegionIndex r = 0; r < snapshot->regions().size(); ++r)
    ++levels[snapshot->regions().level(r)];
  for (const auto& [level, count] : levels) {
    auto& row = *response.add_region_levels();
    row.set_level(level);
    row.set_region_count(count);
  }
  return response;
}

}  // namespace lianjie::server
