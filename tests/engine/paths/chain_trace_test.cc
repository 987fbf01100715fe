// Chains against brute force: every walk up to the limit of links is listed, matched against the
// pattern by a matcher that tries everything, and the best walk to each node is kept.
#include "engine/paths/chain_trace.h"

#include <algorithm>
#include <map>

#include "engine/core/enums.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gtest/gtest.h"
#include "tests/engine/support/oracle.h"

namespace lianjie {
namespace {

using testing::FromArcs;
using testing::Random;
using testing::ResultBytes;
using testing::SummaryNumber;
using testing::ToInput;

struct Token {
  std::string name;
  bool gap_after = false;  // `>>`
};

bool Fits(const Token& token, const Snapshot& snapshot, NodeIndex n) {
  const NodeColumns& nodes = snapshot.nodes();
  return token.name == "*" || token.name == EnumName(nodes.kind[n]) ||
         token.name == EnumName(ValueOr(nodes.sector, n)) ||
         token.name == EnumName(ValueOr(nodes.stage, n));
}

// Whether walk[i ...] fits tokens[t ...], with walk[i] at token t.
bool Matches(const std::vector<Token>& tokens, const std::vector<NodeIndex>& walk,
             const Snapshot& snapshot, std::size_t t, std::size_t i) {
  if (!Fits(tokens[t], snapshot, walk[i])) return false;
  if (t + 1 == tokens.size()) return i + 1 == walk.size();
  if (!tokens[t].gap_after)
    return i + 1 < walk.size() && Matches(tokens, walk, snapshot, t + 1, i + 1);
  for (std::size_t next = i + 1; next < walk.size(); ++next) {
    if (Matches(tokens, walk, snapshot, t + 1, next)) return true;
  }
  return false;
}

struct Walk {
  std::vector<NodeIndex> nodes;
  std::vector<LinkIndex> links;
};

class BruteForce {
 public:
  BruteForce(const AnalysisInput& input, const ChainTraceOptions& options,
             std::vector<Token> tokens)
      : view_(input.view),
        snapshot_(input.snapshot()),
        options_(options),
        tokens_(std::move(tokens)) {}

  // The best walk to each node, by links, then by the id of its end.
  std::vector<Walk> Run(NodeIndex start) {
    start_ = start;
    Walk walk{{start}, {}};
    Extend(walk);
    std::vector<Walk> chains;
    for (const auto& [end, best] : best_) chains.push_back(best);
    std::sort(chains.begin(), chains.end(), [this](const Walk& a, const Walk& b) {
      if (a.links.size() != b.links.size()) return a.links.size() < b.links.size();
      return CompareIds(snapshot_.NodeId(a.nodes.back()), snapshot_.NodeId(b.nodes.back())) < 0;
    });
    return chains;
  }

 private:
  bool Before(const Walk& a, const Walk& b) const {
    if (a.links.size() != b.links.size()) return a.links.size() < b.links.size();
    for (std::size_t i = 0; i < a.nodes.size(); ++i) {
      const auto order = CompareIds(snapshot_.NodeId(a.nodes[i]), snapshot_.NodeId(b.nodes[i]));
      if (order != 0) return order < 0;
    }
    for (std::size_t i = 0; i < a.links.size(); ++i) {
      const auto order = CompareIds(snapshot_.LinkId(a.links[i]), snapshot_.LinkId(b.links[i]));
      if (order != 0) return order < 0;
    }
    return false;
  }

  void Extend(Walk& walk) {
    if (!walk.links.empty() && walk.nodes.back() != start_ &&
        Matches(tokens_, walk.nodes, snapshot_, 0, 0)) {
      const auto [entry, is_new] = best_.try_emplace(walk.nodes.back(), walk);
      if (!is_new && Before(walk, entry->second)) entry->second = walk;
    }
    if (static_cast<int>(walk.links.size()) == options_.max_hops) return;
    const LinkColumns& links = snapshot_.links();
    for (LinkIndex l = 0; l < snapshot_.link_count(); ++l) {
      const bool forward = options_.direction == Direction::kForward;
      const NodeIndex from = forward ? links.source[l] : links.target[l];
      const auto& allowed = options_.mechanisms;
      if (from != walk.nodes.back() || !view_.LinkInside(l)) continue;
      if (std::find(allowed.begin(), allowed.end(), links.mechanism[l]) == allowed.end()) continue;
      walk.nodes.push_back(forward ? links.target[l] : links.source[l]);
      walk.links.push_back(l);
      Extend(walk);
      walk.nodes.pop_back();
      walk.links.pop_back();
    }
  }

  const View& view_;
  const Snapshot& snapshot_;
  const ChainTraceOptions& options_;
  const std::vector<Token> tokens_;
  NodeIndex start_ = kNoNode;
  std::map<NodeIndex, Walk> best_;
};

std::vector<Token> RandomPattern(Random& random) {
  static const std::vector<std::string> kNames = {
      "*",          "*",        "*",    "PRIMARY",    "SECONDARY", "TERTIARY",
      "PROCESSING", "SERVICES", "FIRM", "PRODUCTION", "HOUSEHOLD", "COOPERATIVE"};
  std::vector<Token> tokens(2 + random.Below(3));
  for (Token& token : tokens) token = {kNames[random.Below(kNames.size())], random.OneIn(2)};
  tokens.front().name = "*";
  return tokens;
}

std::string ToText(const std::vector<Token>& tokens) {
  std::string text = tokens.front().name;
  for (std::size_t i = 1; i < tokens.size(); ++i)
    text += Cat(tokens[i - 1].gap_after ? " >> " : " > ", tokens[i].name);
  return text;
}

absl::StatusOr<AnalysisResult> Try(const AnalysisInput& input, const ChainTraceOptions& options) {
  RunContext context(
      {.threads = 1, .memory_bytes = EstimateChainTraceBytes(input, options), .deadline = {}});
  auto result = RunChainTrace(input, options, context);
  if (result.ok()) {
    EXPECT_EQ(context.completed(), context.total());
  }
  return result;
}

void ExpectChains(const AnalysisResult& result, const std::vector<Walk>& chains) {
  std::size_t row = 0;
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (std::size_t step = 0; step < chains[i].nodes.size(); ++step, ++row) {
      ASSERT_LT(row, result.table.row_count());
      ASSERT_EQ(result.table.column(0).integers[row], static_cast<std::int64_t>(i) + 1);
      ASSERT_EQ(result.table.column(1).integers[row], static_cast<std::int64_t>(step));
      ASSERT_EQ(result.table.column(2).indices[row], chains[i].nodes[step]);
      ASSERT_EQ(result.table.column(3).indices[row],
                step == 0 ? kNoLink : chains[i].links[step - 1]);
      ASSERT_EQ(result.table.column(4).numbers[row], static_cast<double>(step));
    }
  }
  ASSERT_EQ(row, result.table.row_count());
}

testing::GraphRecords SmallChains(std::uint64_t seed) {
  testing::RandomGraphOptions graph;
  graph.seed = seed;
  graph.nodes = static_cast<std::uint32_t>(4 + seed % 9);
  graph.links = graph.nodes * 2;
  graph.mechanisms = seed % 2 == 0;
  graph.attributes = true;
  graph.dates = seed % 5 == 0;
  return RandomGraph(graph);
}

TEST(ChainTrace, EqualsBruteForceOnRandomMultigraphs) {
  std::size_t chains_seen = 0;
  for (std::uint64_t seed = 1; seed <= testing::kCases; ++seed) {
    const AnalysisInput input = ToInput(SmallChains(seed));
    Random random(seed);
    for (NodeIndex start = 0; start < std::min<NodeIndex>(6, input.snapshot().node_count());
         ++start) {
      if (!input.view.NodeInside(start)) continue;
      ChainTraceOptions options;
      options.node = std::string(input.snapshot().NodeId(start));
      options.direction = random.OneIn(2) ? Direction::kForward : Direction::kReverse;
      options.max_hops = static_cast<int>(random.Between(1, 5));
      if (seed % 4 == 0) {
        for (std::size_t m = 1; m < EnumNames<Mechanism>().size(); ++m) {
          options.mechanisms.push_back(static_cast<Mechanism>(m));
        }
      }
      const bool any = random.OneIn(4);
      const std::vector<Token> tokens =
          any ? std::vector<Token>{{"*", true}, {"*"}} : RandomPattern(random);
      if (!any) options.pattern = ToText(tokens);
      SCOPED_TRACE(Cat("seed ", seed, ", from ", options.node, ", pattern ", options.pattern));
      const std::vector<Walk> expected = BruteForce(input, options, tokens).Run(start);
      const auto result = Try(input, options);
      ASSERT_TRUE(result.ok()) << result.status();
      ExpectChains(*result, expected);
      if (HasFatalFailure()) return;
      EXPECT_FALSE(result->truncated);
      EXPECT_EQ(SummaryNumber(*result, "chain_count"), static_cast<double>(expected.size()));
      chains_seen += expected.size();

      // The first so many, and the word that there are more.
      if (expected.size() < 2) continue;
      options.limit = static_cast<std::int64_t>(expected.size()) - 1;
      const auto cut = Try(input, options);
      ASSERT_TRUE(cut.ok());
      ExpectChains(*cut, {expected.begin(), expected.end() - 1});
      EXPECT_TRUE(cut->truncated);
      EXPECT_FALSE(cut->truncation_reason.empty());
      options.limit += 1;
      EXPECT_FALSE(Try(input, options)->truncated);
    }
  }
  EXPECT_GT(chains_seen, 500u);
}

// Farm and mill pay one another; a closed circle must end, and a chain may come by a node again at
// another token.
TEST(ChainTrace, EndsOnCyclesAndPassesANodeAgainAtAnotherToken) {
  testing::GraphRecords records = FromArcs({{"A", "B"}, {"B", "A"}, {"B", "B"}, {"A", "C"}});
  testing::NodeOf(records, "A").stage = Stage::kProduction;
  testing::NodeOf(records, "B").stage = Stage::kProcessing;
  testing::NodeOf(records, "C").stage = Stage::kTourism;
  const AnalysisInput input = ToInput(records);
  ChainTraceOptions options;
  options.node = "A";
  auto result = Try(input, options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(SummaryNumber(*result, "chain_count"), 2);
  options.pattern = "PRODUCTION > PROCESSING > PRODUCTION > TOURISM";
  result = Try(input, options);
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->table.row_count(), 4u);  // A B A C
  EXPECT_EQ(result->table.column(6).strings,
            (std::vector<std::string>{"PRODUCTION", "PROCESSING", "PRODUCTION", "TOURISM"}));
  options.pattern = "TOURISM >> *";
  result = Try(input, options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->table.row_count(), 0u);
  EXPECT_EQ(result->warnings.size(), 1u);
}

TEST(ChainTrace, SameBytesFromAStoreFilledInAnotherOrder) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const testing::GraphRecords records = SmallChains(2 * seed);
    ChainTraceOptions options;
    options.node = records.nodes.front().id;
    const auto one = Try(ToInput(testing::ToSnapshot(records)), options);
    const auto other = Try(ToInput(testing::ToShuffledSnapshot(records, seed)), options);
    ASSERT_EQ(one.ok(), other.ok());
    if (one.ok()) {
      EXPECT_EQ(ResultBytes(*one), ResultBytes(*other));
    }
  }
}

TEST(ChainTrace, RefusesByName) {
  const AnalysisInput input = ToInput(FromArcs({{"A", "B"}}));
  const auto message = [&](ChainTraceOptions options) {
    if (options.node.empty()) options.node = "A";
    const absl::Status status = Try(input, options).status();
    const auto detail = GetErrorDetail(status);
    return detail.has_value() ? Cat(ReasonName(detail->reason), " ", status.message())
                              : status.ToString();
  };
  const auto pattern = [&](std::string text) {
    ChainTraceOptions options;
    options.pattern = std::move(text);
    return message(options);
  };
  EXPECT_EQ(pattern("PRIMARY"),
            "INVALID_FIELD pattern: at 0: the first token is the start; say what it leads to, as "
            "in '* >> PRIMARY'");
  EXPECT_EQ(pattern("* > PROCESING"),
            "INVALID_FIELD pattern: at 3: 'PROCESING' is no sector, stage or kind of node; did you "
            "mean PROCESSING?");
  EXPECT_EQ(pattern("* >> > *"),
            "INVALID_FIELD pattern: at 4: a sector, a stage, a kind of node or * is expected");
  EXPECT_EQ(pattern("* >"),
            "INVALID_FIELD pattern: at 3: a sector, a stage, a kind of node or * is expected");
  std::string many = "*";
  for (int i = 0; i < 32; ++i) many += ">*";
  EXPECT_EQ(pattern(many), "INVALID_FIELD pattern: at 64: more than 32 tokens");
  EXPECT_TRUE(Try(input, {.node = "A", .pattern = many.substr(2)}).ok());
  EXPECT_TRUE(message({.node = "A", .direction = Direction::kUndirected})
                  .starts_with("INVALID_FIELD direction"));
  EXPECT_TRUE(message({.node = "A", .max_hops = 0}).starts_with("INVALID_FIELD max_hops"));
  EXPECT_TRUE(message({.node = "A", .limit = 0}).starts_with("INVALID_FIELD limit"));
  EXPECT_TRUE(message({.node = "A", .mechanisms = {}}).starts_with("MISSING_FIELD mechanism"));
  EXPECT_TRUE(message({.node = "X"}).starts_with("NODE_NOT_FOUND"));
}

}  // namespace
}  // namespace lianjie
