// Bulk loads that make their graph, that are tried again, and that put most of their rows aside.
#include <chrono>
#include <cstdio>

#include "engine/core/text.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

using ::testing::ElementsAre;

RowOrigin At(std::int64_t line) { return {.file = 1, .line = line}; }

// Replaces what is there, and puts bad rows aside.
std::unique_ptr<Load> Begin(Store& store, std::string request_id = {}) {
  LoadOptions options;
  options.graph = "g";
  options.on_existing = LoadOptions::OnExisting::kUpdate;
  options.skip_bad_rows = true;
  options.request_id = std::move(request_id);
  return std::move(store.BeginLoad(options)).value();
}

TEST_P(StoreTest, ARetriedLoadSaysHowManyRowsItPutAside) {
  const auto run = [&] {
    auto load = Begin(store(), "load-1");
    EXPECT_TRUE(load->AddNode(Node("A"), At(1)).ok());
    EXPECT_TRUE(load->AddNode(Node(""), At(2)).ok());
    EXPECT_TRUE(load->AddNode(Node("A"), At(3)).ok());
    return load->Finish();
  };
  const auto first = run();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->rejected, 2);
  EXPECT_EQ(first->bad_rows.size(), 2);
  const auto again = run();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->rejected, 2);
  EXPECT_TRUE(again->bad_rows.empty());
}

TEST_P(StoreTest, ALoadMayMakeItsGraph) {
  LoadOptions options;
  options.graph = "made";
  EXPECT_THAT(store().BeginLoad(options).status(), Fails(Reason::kGraphNotFound));
  options.create_graph = true;
  options.graph = "No graph";
  EXPECT_THAT(store().BeginLoad(options).status(), Fails(Reason::kInvalidField));
  options.graph = "made";
  {
    auto dropped = *store().BeginLoad(options);
    ASSERT_TRUE(dropped->AddNode(Node("A"), At(1)).ok());
    auto refused = *store().BeginLoad(options);
    ASSERT_TRUE(refused->AddLink(Link("L", "A", "B"), At(1)).ok());
    EXPECT_THAT(refused->Finish().status(), Fails(Reason::kNodeNotFound));
  }
  EXPECT_EQ(store().ListGraphs()->size(), 1);
  EXPECT_THAT(store().OpenReader("made").status(), Fails(Reason::kGraphNotFound));

  std::vector<std::pair<std::string, std::int64_t>> heard;
  store().SetListener(
      [&](std::string_view graph, std::int64_t revision) { heard.emplace_back(graph, revision); });
  // Two at once: the first to finish makes the graph, the other goes into it.
  auto one = *store().BeginLoad(options);
  auto two = *store().BeginLoad(options);
  ASSERT_TRUE(one->AddNode(Node("A"), At(1)).ok());
  ASSERT_TRUE(two->AddNode(Node("B"), At(1)).ok());
  ASSERT_TRUE(two->AddLink(Link("L", "B", "A"), At(2)).ok());
  ASSERT_TRUE(one->AddLine(Line("52", 2020, 4000), At(2)).ok());
  const auto first = one->Finish();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->revision, 1);
  EXPECT_EQ(store().ListGraphs()->size(), 2);
  const auto second = two->Finish();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision, 2);
  store().SetListener({});
  using P = std::pair<std::string, std::int64_t>;
  EXPECT_THAT(heard, ElementsAre(P{"made", 1}, P{"made", 2}));
  EXPECT_EQ(All("made").nodes.size(), 2);
  EXPECT_EQ(All("made").lines.size(), 1);
  EXPECT_EQ(Read("made")->info().revision, 2);
  EXPECT_GT(Read("made")->info().create_time_micros, 0);
  // The number was taken for good: the next graph gets another.
  ASSERT_TRUE(store().CreateGraph("after", {}).ok());
  EXPECT_EQ(All("after"), Contents());
  EXPECT_EQ(All("made").nodes.size(), 2);
}

TEST_P(StoreTest, ManyRejectedKindsCostNoMoreThanTheyAre) {
  constexpr int kFirms = 4000;
  const auto fill = [&](Load& load, NodeKind kind) {
    for (int i = 0; i < kFirms; ++i) {
      ASSERT_TRUE(load.AddNode(Node(Cat("F", i), kind), At(i)).ok());
    }
  };
  {
    auto load = Begin(store());
    fill(*load, NodeKind::kFirm);
    ASSERT_TRUE(load->AddNode(Node("H", NodeKind::kHousehold), At(0)).ok());
    for (int i = 0; i < kFirms; ++i) {
      ASSERT_TRUE(
          load->AddLink(Link(Cat("L", i), Cat("F", i), "H", Mechanism::kEmployment), At(i)).ok());
      ASSERT_TRUE(load->AddLink(ShareLink(Cat("S", i), Cat("F", i), "H", 0.8), At(i)).ok());
    }
    ASSERT_TRUE(load->Finish().ok());
  }
  const auto timed = [&](Load& load) {
    const auto start = std::chrono::steady_clock::now();
    const auto result = load.Finish();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->bad_rows.size(), kFirms);
    std::printf("[ figures  ] a load of %d rows that are all put aside took %.3f s\n", kFirms,
                took.count());
    // One pass takes well below a second; one pass a row would take minutes.
    EXPECT_LT(took.count(), 10);
  };
  auto kinds = Begin(store());
  fill(*kinds, NodeKind::kFund);  // which may employ nobody
  timed(*kinds);
  auto leaks = Begin(store());
  for (int i = 0; i < kFirms; ++i) {
    NodeRecord node = Node(Cat("F", i));
    node.leak_share = 0.5;
    ASSERT_TRUE(leaks->AddNode(node, At(i)).ok());
  }
  timed(*leaks);
  EXPECT_EQ(Read()->GetNode("F7")->kind, NodeKind::kFirm);
}

}  // namespace
}  // namespace lianjie::storage
