// Folding against the plain method, written down here once more in the shortest way, on multigraphs
// that are rich in what is folded: leaves, trees, cliques, twins of both kinds, blocks, payers with
// households between them, several components, isolated nodes, parallel links and self-loops.
#include "engine/centrality/folded_betweenness.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "engine/centrality/betweenness.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie::folded_betweenness_test {
namespace {

using testing::Arc;
using testing::FromArcs;
using testing::NumberOf;
using testing::ResultBytes;
using testing::ToInput;

constexpr FoldKernel kKernels[] = {FoldKernel::kAuto, FoldKernel::kEveryClass, FoldKernel::kCover};

// Grows a multigraph by parts that folding takes apart again.
class Grower {
 public:
  explicit Grower(std::uint64_t seed) : random_(seed) {}

  std::vector<Arc> Grow() {
    const std::uint64_t components = 1 + random_.Below(3);
    for (std::uint64_t i = 0; i < components; ++i) {
      first_ = size_;
      Add();
      const std::uint64_t parts = 1 + random_.Below(8);
      for (std::uint64_t part = 0; part < parts; ++part) AddPart();
    }
    return arcs_;
  }
  std::vector<std::string> Isolated() { return {Cat(size_), Cat(size_ + 1)}; }

 private:
  std::uint64_t Add() { return size_++; }
  std::uint64_t Any() { return first_ + random_.Below(size_ - first_); }
  void Link(std::uint64_t a, std::uint64_t b) {
    if (random_.OneIn(2)) std::swap(a, b);
    arcs_.push_back({Cat(a), Cat(b)});
    if (random_.OneIn(10)) arcs_.push_back({Cat(b), Cat(a)});
    if (random_.OneIn(20)) arcs_.push_back({Cat(a), Cat(a)});
  }
  bool Linked(std::uint64_t a, std::uint64_t b) const {
    return std::any_of(arcs_.begin(), arcs_.end(), [&](const Arc& arc) {
      return (arc.source == Cat(a) && arc.target == Cat(b)) ||
             (arc.source == Cat(b) && arc.target == Cat(a));
    });
  }

  void AddPart() {
    const std::uint64_t at = Any();
    const std::uint64_t size = 1 + random_.Below(6);
    switch (random_.Below(7)) {
      case 0:  // leaves and trees
        for (std::uint64_t i = 0; i < size; ++i) Link(Add(), random_.OneIn(2) ? at : Any());
        break;
      case 1: {  // a clique that hangs at one node
        std::vector<std::uint64_t> clique = {at};
        for (std::uint64_t i = 0; i < size; ++i) {
          const std::uint64_t v = Add();
          for (const std::uint64_t w : clique) Link(v, w);
          clique.push_back(v);
        }
        break;
      }
      case 2:  // links at random
        for (std::uint64_t i = 0; i < size; ++i) Link(Any(), Any());
        break;
      case 3: {  // a cycle
        std::uint64_t last = at;
        for (std::uint64_t i = 0; i < size + 1; ++i) {
          const std::uint64_t v = Add();
          Link(last, v);
          last = v;
        }
        Link(last, random_.OneIn(2) ? at : Any());
        break;
      }
      case 4:  // twins
        for (std::uint64_t i = 0; i < size; ++i) AddTwin(at, random_.OneIn(2));
        break;
      default:  // households of a few payers
        AddHouseholds(2 + random_.Below(4), 2 * size);
    }
  }

  void AddTwin(std::uint64_t of, bool closed) {
    const std::uint64_t end = size_;
    const std::uint64_t twin = Add();
    for (std::uint64_t w = first_; w < end; ++w) {
      if (Linked(of, w)) Link(twin, w);
    }
    if (closed || arcs_.empty()) Link(twin, of);
  }

  void AddHouseholds(std::uint64_t payers, std::uint64_t households) {
    std::vector<std::uint64_t> pay = {Any()};
    for (std::uint64_t i = 1; i < payers; ++i) {
      pay.push_back(Add());
      if (random_.OneIn(2)) Link(pay.back(), pay[0]);
    }
    for (std::uint64_t i = 0; i < households; ++i) {
      const std::uint64_t household = Add();
      const std::uint64_t links = 1 + random_.Below(3);
      for (std::uint64_t l = 0; l < links; ++l) Link(household, pay[random_.Below(payers)]);
    }
  }

  testing::Random random_;
  std::vector<Arc> arcs_;
  std::uint64_t size_ = 0;
  std::uint64_t first_ = 0;  // of the component
};

// Brandes, plain: a queue, predecessors, and the sum back.
std::vector<double> Plain(const Projection& graph) {
  const std::uint32_t n = graph.size();
  std::vector<double> scores(n, 0.0);
  for (std::uint32_t s = 0; s < n; ++s) {
    std::vector<int> hops(n, -1);
    std::vector<long double> paths(n, 0), passing(n, 0);
    std::vector<std::vector<std::uint32_t>> before(n);
    std::vector<std::uint32_t> order = {s};
    hops[s] = 0;
    paths[s] = 1;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint32_t v = order[i];
      for (const std::uint32_t w : graph.neighbours(v)) {
        if (hops[w] < 0) {
          hops[w] = hops[v] + 1;
          order.push_back(w);
        }
        if (hops[w] != hops[v] + 1) continue;
        paths[w] += paths[v];
        before[w].push_back(v);
      }
    }
    for (std::size_t i = order.size(); i-- > 1;) {
      const std::uint32_t w = order[i];
      for (const std::uint32_t v : before[w]) passing[v] += paths[v] / paths[w] * (1 + passing[w]);
      scores[w] += static_cast<double>(passing[w]);
    }
  }
  return scores;
}

std::shared_ptr<const Projection> Project(const AnalysisInput& input) {
  ProjectionSpec spec;
  spec.direction = Direction::kUndirected;
  spec.parallel = ProjectionSpec::Parallel::kMin;
  spec.self_loops = false;
  RunContext context;
  return *Projection::Build(input.view, spec, context);
}

void ExpectPlain(const Projection& graph, FoldFigures& sum) {
  const std::vector<double> expected = Plain(graph);
  for (const FoldKernel kernel : kKernels) {
    SCOPED_TRACE(Cat("kernel ", static_cast<int>(kernel)));
    RunContext context({.threads = 2, .memory_bytes = std::uint64_t{1} << 30, .deadline = {}});
    FoldFigures figures;
    const auto scores = FoldedBetweenness(graph, context, kernel, &figures);
    ASSERT_TRUE(scores.ok()) << scores.status();
    EXPECT_EQ(context.completed(), graph.size());
    for (std::size_t v = 0; v < expected.size(); ++v) {
      ASSERT_NEAR((*scores)[v], expected[v], 1e-9 * std::max(1.0, expected[v])) << "vertex " << v;
    }
    sum.blocks += figures.blocks;
    sum.block_vertices += figures.block_vertices;
    sum.classes += figures.classes;
    sum.sources += figures.sources;
    sum.rim += figures.rim;
  }
}

TEST(FoldedBetweenness, EqualsThePlainMethodOnGraphsThatFold) {
  FoldFigures sum;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    Grower grower(seed);
    const std::vector<Arc> arcs = grower.Grow();
    if (arcs.empty()) continue;
    const AnalysisInput input =
        ToInput(FromArcs(arcs, testing::Amount::kWeight, grower.Isolated()));
    ASSERT_NO_FATAL_FAILURE(ExpectPlain(*Project(input), sum));
  }
  EXPECT_GT(sum.blocks, 1000U);
  EXPECT_LT(sum.classes, sum.block_vertices * 9 / 10);
  EXPECT_GT(sum.rim, 1000U);
  EXPECT_LT(sum.sources, sum.classes);
}

TEST(FoldedBetweenness, EqualsThePlainMethodOnGraphsThatDoNot) {
  FoldFigures sum;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    SCOPED_TRACE(Cat("seed ", seed));
    const testing::OracleCase made = testing::MakeCase(seed);
    ASSERT_NO_FATAL_FAILURE(ExpectPlain(*Project(ToInput(made.records, made.view)), sum));
  }
  for (const std::uint32_t links : {500U, 2000U, 6000U}) {
    testing::RandomGraphOptions options;
    options.seed = links;
    options.nodes = 400;
    options.links = links;
    ASSERT_NO_FATAL_FAILURE(ExpectPlain(*Project(ToInput(RandomGraph(options))), sum));
  }
}

TEST(FoldedBetweenness, SaysWhatATreeACliqueAndTwinsGive) {
  const auto scores = [](const std::vector<Arc>& arcs, std::vector<std::string> ids) {
    const AnalysisInput input = ToInput(FromArcs(arcs));
    RunContext context;
    const auto result = RunBetweenness(input, {.direction = Direction::kUndirected}, context);
    EXPECT_TRUE(result.ok()) << result.status();
    std::vector<double> out;
    for (const std::string& id : ids)
      out.push_back(NumberOf(*result, input.snapshot(), id, "score"));
    return out;
  };
  // A caterpillar: B has A, a leaf and the rest; C has D beyond it.
  EXPECT_EQ(scores({{"A", "B"}, {"L", "B"}, {"B", "C"}, {"C", "D"}}, {"A", "B", "C", "D"}),
            (std::vector<double>{0, 5, 3, 0}));
  // A clique of four, with a leaf at A.
  EXPECT_EQ(
      scores({{"A", "B"}, {"A", "C"}, {"A", "D"}, {"B", "C"}, {"B", "D"}, {"C", "D"}, {"A", "L"}},
             {"A", "B", "L"}),
      (std::vector<double>{3, 0, 0}));
  // Two payers of three households: each carries half of three pairs, a household a third of one.
  const std::vector<double> payers = scores(
      {{"P", "X"}, {"P", "Y"}, {"P", "Z"}, {"Q", "X"}, {"Q", "Y"}, {"Q", "Z"}}, {"P", "Q", "X"});
  EXPECT_DOUBLE_EQ(payers[0], 1.5);
  EXPECT_DOUBLE_EQ(payers[1], 1.5);
  EXPECT_DOUBLE_EQ(payers[2], 1.0 / 3);
}

// Large enough for many lanes and chunks of the rim.
AnalysisInput Payers(std::uint32_t payers, std::uint32_t households) {
  testing::Random random(7);
  std::vector<Arc> arcs;
  for (std::uint32_t h = 0; h < households; ++h) {
    const std::uint64_t links = 1 + random.Below(5);
    for (std::uint64_t l = 0; l < links; ++l)
      arcs.push_back({Cat("P", random.Below(payers) * random.Below(payers) / payers), Cat(h)});
  }
  for (std::uint32_t p = 1; p < payers; ++p) arcs.push_back({Cat("P", p), Cat("P", p / 2)});
  return ToInput(FromArcs(arcs));
}

TEST(FoldedBetweenness, SameBitsAtAnyNumberOfThreads) {
  const std::shared_ptr<const Projection> graph = Project(Payers(60, 2000));
  for (const FoldKernel kernel : kKernels) {
    std::vector<std::vector<double>> answers;
    for (const int threads : {1, 2, 5}) {
      RunContext context(
          {.threads = threads, .memory_bytes = std::uint64_t{1} << 30, .deadline = {}});
      answers.push_back(*FoldedBetweenness(*graph, context, kernel));
      EXPECT_EQ(answers.back(), answers.front());
    }
  }
  FoldFigures figures;
  RunContext context;
  const std::vector<double> scores =
      *FoldedBetweenness(*graph, context, FoldKernel::kAuto, &figures);
  EXPECT_LE(figures.sources, 60U);
  EXPECT_GT(figures.rim, 1000U);
  FoldFigures unused;
  ExpectPlain(*graph, unused);
}

TEST(FoldedBetweenness, EndsWithinItsMemoryAndWhenToldTo) {
  const AnalysisInput input = Payers(400, 20000);
  const BetweennessOptions options{.direction = Direction::kUndirected};
  {
    RunContext context(
        {.threads = 2, .memory_bytes = EstimateBetweennessBytes(input, options), .deadline = {}});
    EXPECT_TRUE(RunBetweenness(input, options, context).ok());
    EXPECT_EQ(context.completed(), context.total());
  }
  RunContext poor({.threads = 2, .memory_bytes = 2000000, .deadline = {}});
  EXPECT_EQ(GetErrorDetail(RunBetweenness(input, options, poor).status())->reason,
            Reason::kMemoryExhausted);
  for (const int milliseconds : {1, 5, 20, 60}) {
    RunContext context(
        {.threads = 2,
         .memory_bytes = std::uint64_t{1} << 30,
         .deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds)});
    EXPECT_EQ(GetErrorDetail(RunBetweenness(input, options, context).status())->reason,
              Reason::kDeadlineExceeded);
  }
}

// 2^k shortest paths over k diamonds in a row lie in blocks of their own, but not those over a
// ladder of pairs.
TEST(FoldedBetweenness, CountsPathsWithinABlock) {
  for (const bool one_block : {false, true}) {
    std::vector<Arc> arcs;
    const int rungs = 1100;
    for (int i = 0; i < rungs; ++i) {
      const std::string a = Cat("a", i), b = Cat("b", i), next_a = Cat("a", i + 1),
                        next_b = Cat("b", i + 1);
      if (one_block) {
        // Each pair sees the next one whole, and a leg of its own keeps its two from being twins.
        for (const std::string& from : {a, b}) {
          for (const std::string& to : {next_a, next_b}) arcs.push_back({from, to});
        }
        arcs.push_back({a, Cat("x", i)});
        arcs.push_back({Cat("x", i), Cat("y", i)});
        arcs.push_back({Cat("y", i), next_a});
      } else {
        for (const std::string& middle : {b, Cat("c", i)}) {
          arcs.push_back({a, middle});
          arcs.push_back({middle, next_a});
        }
      }
    }
    const AnalysisInput input = ToInput(FromArcs(arcs));
    RunContext context;
    const auto result = RunBetweenness(input, {.direction = Direction::kUndirected}, context);
    EXPECT_EQ(result.ok(), !one_block) << result.status();
    if (!result.ok()) {
      EXPECT_EQ(GetErrorDetail(result.status())->reason, Reason::kLimitExceeded);
    }
  }
}

}  // namespace
}  // namespace lianjie::folded_betweenness_test
