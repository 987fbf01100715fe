// Graphs for tests: seeded random multigraphs, and short ways from a list of links to a Snapshot
// and an AnalysisInput. Every random graph has parallel links, self-loops, cycles and isolated
// nodes as soon as it is large enough, because that is what real ones have. The same options give
// the same graph on every machine: the numbers come from a generator of our own, not from the
// library's distributions.
#ifndef LIANJIE_TESTS_ENGINE_SUPPORT_RANDOM_GRAPH_H_
#define LIANJIE_TESTS_ENGINE_SUPPORT_RANDOM_GRAPH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/records.h"
#include "engine/graph/analysis.h"

namespace lianjie::testing {

// splitmix64: small, portable, good enough for tests.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  // Uniform in [0, bound), bound > 0.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
  // Uniform in [from, to].
  std::int64_t Between(std::int64_t from, std::int64_t to);
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  template <typename T> void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  std::uint64_t state_;
};

// What a store would hold.
struct GraphRecords {
  std::vector<NodeRecord> nodes;
  std::vector<LinkRecord> links;
  std::vector<RegionRecord> regions;
  std::vector<LineRecord> lines;
  Date reference_date{18262};  // 2020-01-01
};

struct RandomGraphOptions {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 30;
  std::uint32_t links = 90;
  // Node kinds of all sorts and mechanisms that obey the type table; otherwise FIRM and SUPPLY.
  bool mechanisms = false;
  // A region table of levels 0 to 5 and nodes anywhere in it, some unplaced, some with a code that
  // is not in the table.
  bool regions = false;
  // Validity of nodes and links around the reference date, and links that are suspended or ended.
  bool dates = false;
  // paid_yuan and promised_yuan (some links 0, some not known), outside_revenue_yuan and leak_share
  // of some nodes.
  bool amounts = false;
  // RECEIPTS shares: those of one payer and its leak_share sum to at most 1 at all dates, to
  // exactly 1 for some payers.
  bool shares = false;
  // weight in 1..9, some not known.
  bool weights = false;
  // Persons, registration, monitoring, income and so on of households; sector and stage of
  // organisations.
  bool attributes = false;
  // Part of the links that start and end among the first few nodes, so that hubs and parallel links
  // are sure.
  std::uint32_t hub_percent = 30;
};

GraphRecords RandomGraph(const RandomGraphOptions& options);

// One link of a small graph written down in a test.
struct Arc {
  std::string source;
  std::string target;
  double amount = 1;  // see FromArcs
  Mechanism mechanism = Mechanism::kSupply;
};

// What Arc::amount is.
enum class Amount : std::uint8_t { kPaid, kShare, kWeight };

// Nodes of kind FIRM, or HOUSEHOLD where the id begins with 'H' and `households` is set, in the
// order of first appearance, and links "l0", "l1" ... in the order given; ids of `isolated` are
// nodes without links. Records are normalized.
GraphRecords FromArcs(const std::vector<Arc>& arcs, Amount amount = Amount::kWeight,
                      const std::vector<std::string>& isolated = {}, bool households = false);

// The record of that id, to be changed; the process ends when there is none.
NodeRecord& NodeOf(GraphRecords& records, std::string_view id);
LinkRecord& LinkOf(GraphRecords& records, std::string_view id);

// Builds; the process ends with the error's text when the records do not hold together.
std::shared_ptr<const Snapshot> ToSnapshot(const GraphRecords& records, std::int64_t revision = 1);
// The same from records in another order.
std::shared_ptr<const Snapshot> ToShuffledSnapshot(const GraphRecords& records, std::uint64_t seed,
                                                   std::int64_t revision = 1);

// Filters as text, for short.
struct ViewText {
  std::optional<std::string> as_of = std::nullopt;
  std::optional<std::pair<std::string, std::string>> period = std::nullopt;
  std::string nodes = {};
  std::string links = {};
  std::string region = {};
};

View ToView(std::shared_ptr<const Snapshot> snapshot, const ViewText& text = {});
AnalysisInput ToInput(std::shared_ptr<const Snapshot> snapshot, const ViewText& text = {});
AnalysisInput ToInput(const GraphRecords& records, const ViewText& text = {});

// The number of one row of a result, found by the node's id in the column `key`; NaN when no row
// has it or it is null. The process ends when there is no such column or node.
double NumberOf(const AnalysisResult& result, const Snapshot& snapshot, std::string_view id,
                std::string_view column, std::string_view key = "node");

}  // namespace lianjie::testing

#endif  // LIANJIE_TESTS_ENGINE_SUPPORT_RANDOM_GRAPH_H_
