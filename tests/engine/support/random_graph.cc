#include "tests/engine/support/random_graph.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include "engine/core/rules.h"
#include "engine/core/text.h"

namespace lianjie::testing {
namespace {

// Levels 0 to 5: the whole, then provinces ... villages, with one branch that skips a level.
std::vector<RegionRecord> RandomRegions() {
  std::vector<RegionRecord> regions = {{"0", "", "the whole", 0}};
  const auto add = [&](const std::string& code, const std::string& parent, std::int64_t level) {
    regions.push_back({code, parent, "region " + code, level});
  };
  for (const std::string province : {"52", "64"}) {
    add(province, "0", 1);
    for (const std::string prefecture : {"03", "01"}) {
      add(province + prefecture, province, 2);
      for (const std::string county : {"21", "02"}) {
        const std::string code = province + prefecture + county;
        add(code, province + prefecture, 3);
        add(code + "100", code, 4);
        add(code + "100001", code + "100", 5);
        add(code + "100002", code + "100", 5);
      }
    }
  }
  add("NEW-ZONE", "0", 2);
  add("NEW-ZONE-A", "NEW-ZONE", 5);
  return regions;
}

constexpr std::array kKinds = {NodeKind::kHousehold,   NodeKind::kHousehold,  NodeKind::kHousehold,
                               NodeKind::kCooperative, NodeKind::kCollective, NodeKind::kFirm,
                               NodeKind::kFirm,        NodeKind::kAgency,     NodeKind::kLand,
                               NodeKind::kFund};

// Unbounded, or beginning and ending within two years of `around`.
Interval RandomInterval(Random& random, Date around) {
  Interval valid;
  if (random.OneIn(2)) valid.from = Date{around.days + static_cast<int>(random.Between(-700, 100))};
  if (random.OneIn(2)) {
    valid.to = Date{around.days + static_cast<int>(random.Between(-100, 700))};
    if (valid.from != kDateMin && !(valid.from < valid.to)) valid.to.days = valid.from.days + 1;
  }
  return valid;
}

template <typename E> E AnyOf(Random& random) {
  return static_cast<E>(random.Below(EnumNames<E>().size()));
}

void AddAttributes(Random& random, NodeRecord& node) {
  if (node.kind == NodeKind::kHousehold) {
    node.persons = random.Between(1, 7);
    node.registration = AnyOf<Registration>(random);
    node.monitoring = AnyOf<Monitoring>(random);
    node.income_year = 2019;
    node.income_wage_yuan = static_cast<double>(random.Below(30000));
    node.income_transfer_yuan = static_cast<double>(random.Below(3000));
    if (random.OneIn(3)) node.income_operating_yuan = static_cast<double>(random.Below(9000));
    if (random.OneIn(4)) node.land_mu = static_cast<double>(random.Below(200)) / 10;
    if (random.OneIn(4)) node.causes = {Cause::kIllness, Cause::kLabour};
    return;
  }
  node.sector = AnyOf<Sector>(random);
  node.stage = AnyOf<Stage>(random);
  node.operating_status = random.OneIn(8) ? OperatingStatus::kDormant : OperatingStatus::kOperating;
  if (random.OneIn(3)) node.subtype = "leading enterprise";
  if (random.OneIn(3)) node.industry = Cat("A0", random.Between(1, 5));
  if (random.OneIn(4)) node.labels = {"base", "brand"};
}

NodeRecord RandomNode(Random& random, const RandomGraphOptions& options, const GraphRecords& graph,
                      std::uint32_t number) {
  NodeRecord node;
  // Ids of digits and of letters, so that both orders of ids are met.
  node.id = number % 3 == 0 ? Cat(number) : Cat("n", number);
  if (options.mechanisms) node.kind = kKinds[random.Below(kKinds.size())];
  Normalize(node);
  if (options.regions) {
    const std::uint64_t dice = random.Below(10);
    if (dice == 0) node.region = "999999";
    if (dice > 1) node.region = graph.regions[random.Below(graph.regions.size())].code;
  }
  if (options.dates && random.OneIn(3)) node.valid = RandomInterval(random, graph.reference_date);
  if (options.amounts && random.OneIn(3)) {
    node.outside_revenue_yuan = static_cast<double>(random.Below(5000));
  }
  if ((options.amounts || options.shares) && node.kind != NodeKind::kHousehold && random.OneIn(4)) {
    node.leak_share = static_cast<double>(random.Below(17)) / 64;
  }
  if (options.attributes) AddAttributes(random, node);
  return node;
}

// The ends and the mechanism: any that the type table allows.
void ChooseEnds(Random& random, const RandomGraphOptions& options, const GraphRecords& graph,
                LinkRecord& link) {
  const std::size_t n = graph.nodes.size();
  // The last tenth of the nodes stays without links.
  const std::size_t joined = std::max<std::size_t>(1, n - n / 10);
  const std::size_t hubs = std::max<std::size_t>(1, joined / 8);
  const bool hub = random.Below(100) < options.hub_percent;
  const NodeRecord& source = graph.nodes[random.Below(hub ? hubs : joined)];
  const NodeRecord& target =
      random.OneIn(12) ? source : graph.nodes[random.Below(hub ? hubs : joined)];
  link.source = source.id;
  link.target = target.id;
  link.mechanism = Mechanism::kSupply;
  if (!options.mechanisms) return;
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto mechanism = AnyOf<Mechanism>(random);
    if (mechanism != Mechanism::kUnspecified && IsAllowed(mechanism, source.kind, target.kind)) {
      link.mechanism = mechanism;
      return;
    }
  }
}

void AddLinks(Random& random, const RandomGraphOptions& options, GraphRecords& graph) {
  for (std::uint32_t number = 0; number < options.links; ++number) {
    LinkRecord link;
    link.id = number % 4 == 0 ? Cat(number) : Cat("l", number);
    ChooseEnds(random, options, graph, link);
    if (options.dates) {
      if (random.OneIn(2)) link.valid = RandomInterval(random, graph.reference_date);
      if (random.OneIn(8)) link.status = AnyOf<LinkStatus>(random);
    }
    if (options.amounts && !random.OneIn(8)) {
      link.paid_yuan = random.OneIn(8) ? 0.0 : static_cast<double>(random.Between(1, 2000));
      link.promised_yuan = *link.paid_yuan + static_cast<double>(random.Below(300));
    }
    if (options.weights && !random.OneIn(8)) {
      link.weight = static_cast<double>(random.Between(1, 9));
    }
    if (options.attributes) {
      link.driver = AnyOf<Driver>(random);
      link.sector = AnyOf<Sector>(random);
      if (random.OneIn(3)) link.product = random.OneIn(2) ? "tea" : "chilli";
    }
    graph.links.push_back(std::move(link));
  }
}

// Cuts what each payer does not leak into 64ths, one link after another; every third payer gives
// all of it away.
void AddShares(Random& random, GraphRecords& graph) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const NodeRecord& payer = graph.nodes[n];
    std::vector<LinkRecord*> paid;
    for (LinkRecord& link : graph.links) {
      if (link.source == payer.id) paid.push_back(&link);
    }
    int left = 64 - static_cast<int>(payer.leak_share.value_or(0) * 64);
    for (std::size_t i = 0; i < paid.size(); ++i) {
      const bool all = n % 3 == 0 && i + 1 == paid.size();
      const int part =
          all ? left : static_cast<int>(random.Below(static_cast<std::uint64_t>(left) / 2 + 1));
      paid[i]->share = static_cast<double>(part) / 64;
      left -= part;
    }
  }
}

[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "test graph: %s\n", status.ToString().c_str());
  std::abort();
}

template <typename T> T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) Die(value.status());
  return *std::move(value);
}

}  // namespace

std::uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::int64_t Random::Between(std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(to - from + 1)));
}

GraphRecords RandomGraph(const RandomGraphOptions& options) {
  Random random(options.seed);
  GraphRecords graph;
  if (options.regions) graph.regions = RandomRegions();
  for (std::uint32_t number = 0; number < options.nodes; ++number) {
    graph.nodes.push_back(RandomNode(random, options, graph, number));
  }
  if (options.nodes > 0) AddLinks(random, options, graph);
  if (options.shares) AddShares(random, graph);
  for (LinkRecord& link : graph.links) Normalize(link);
  return graph;
}

GraphRecords FromArcs(const std::vector<Arc>& arcs, Amount amount,
                      const std::vector<std::string>& isolated, bool households) {
  GraphRecords graph;
  const auto add = [&](const std::string& id) {
    for (const NodeRecord& node : graph.nodes) {
      if (node.id == id) return;
    }
    NodeRecord node;
    node.id = id;
    if (households && id.starts_with('H')) node.kind = NodeKind::kHousehold;
    Normalize(node);
    graph.nodes.push_back(std::move(node));
  };
  for (const Arc& arc : arcs) {
    add(arc.source);
    add(arc.target);
    LinkRecord link;
    link.id = Cat("l", graph.links.size());
    link.source = arc.source;
    link.target = arc.target;
    link.mechanism = arc.mechanism;
    if (amount == Amount::kPaid) link.paid_yuan = arc.amount;
    if (amount == Amount::kShare) link.share = arc.amount;
    if (amount == Amount::kWeight) link.weight = arc.amount;
    Normalize(link);
    graph.links.push_back(std::move(link));
  }
  for (const std::string& id : isolated) add(id);
  return graph;
}

NodeRecord& NodeOf(GraphRecords& records, std::string_view id) {
  for (NodeRecord& node : records.nodes) {
    if (node.id == id) return node;
  }
  Die(absl::NotFoundError(ToAbsl(id)));
}

LinkRecord& LinkOf(GraphRecords& records, std::string_view id) {
  for (LinkRecord& link : records.links) {
    if (link.id == id) return link;
  }
  Die(absl::NotFoundError(ToAbsl(id)));
}

std::shared_ptr<const Snapshot> ToSnapshot(const GraphRecords& records, std::int64_t revision) {
  SnapshotBuilder builder;
  for (const RegionRecord& region : records.regions) builder.AddRegion(region);
  for (const LineRecord& line : records.lines) builder.AddLine(line);
  for (const NodeRecord& node : records.nodes) builder.AddNode(node);
  for (const LinkRecord& link : records.links) builder.AddLink(link);
  return OrDie(std::move(builder).Build(revision, records.reference_date));
}

std::shared_ptr<const Snapshot> ToShuffledSnapshot(const GraphRecords& records, std::uint64_t seed,
                                                   std::int64_t revision) {
  Random random(seed);
  GraphRecords shuffled = records;
  random.Shuffle(shuffled.regions);
  random.Shuffle(shuffled.lines);
  random.Shuffle(shuffled.nodes);
  random.Shuffle(shuffled.links);
  SnapshotBuilder builder;
  // Links and nodes by turns, so that some links come before their ends.
  std::size_t node = 0;
  for (std::size_t link = 0; link < shuffled.links.size(); ++link) {
    builder.AddLink(shuffled.links[link]);
    if (node < shuffled.nodes.size() && random.OneIn(2)) builder.AddNode(shuffled.nodes[node++]);
  }
  while (node < shuffled.nodes.size()) builder.AddNode(shuffled.nodes[node++]);
  for (const RegionRecord& region : shuffled.regions) builder.AddRegion(region);
  for (const LineRecord& line : shuffled.lines) builder.AddLine(line);
  return OrDie(std::move(builder).Build(revision, shuffled.reference_date));
}

View ToView(std::shared_ptr<const Snapshot> snapshot, const ViewText& text) {
  ViewSpec spec;
  if (text.as_of) spec.as_of = OrDie(Date::Parse(*text.as_of));
  if (text.period) {
    spec.period =
        Interval{OrDie(Date::Parse(text.period->first)), OrDie(Date::Parse(text.period->second))};
  }
  spec.nodes = OrDie(Filter::Parse(text.nodes, SnapshotNodeFields()));
  spec.links = OrDie(Filter::Parse(text.links, SnapshotLinkFields()));
  spec.region = text.region;
  return OrDie(View::Make(std::move(snapshot), std::move(spec)));
}

AnalysisInput ToInput(std::shared_ptr<const Snapshot> snapshot, const ViewText& text) {
  return {.view = ToView(std::move(snapshot), text)};
}

AnalysisInput ToInput(const GraphRecords& records, const ViewText& text) {
  return ToInput(ToSnapshot(records), text);
}

double NumberOf(const AnalysisResult& result, const Snapshot& snapshot, std::string_view id,
                std::string_view column, std::string_view key) {
  const Column* keys = result.table.Find(key);
  const Column* values = result.table.Find(column);
  const NodeIndex node = snapshot.FindNode(id);
  if (keys == nullptr || values == nullptr || node == kNoNode) {
    Die(absl::NotFoundError(ToAbsl(Cat("column ", key, " or ", column, ", or node ", id))));
  }
  for (std::size_t row = 0; row < keys->size(); ++row) {
    if (keys->Index(row) != node) continue;
    if (values->type == ColumnType::kInteger && !values->IsNull(row)) {
      return static_cast<double>(values->integers[row]);
    }
    if (values->type == ColumnType::kNumber) return values->Number(row);
    break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace lianjie::testing
