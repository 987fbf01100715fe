// The change feed and the listener.
#include <mutex>

#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

using ::testing::ElementsAre;
using Image = Change::Image;

TEST_P(StoreTest, TheFeedHasImagesBeforeAndAfter) {
  NodeRecord a = Node("A");
  const LinkRecord link = Normal(Link("L", "A", "A"));
  Must({Create(a), Create(link), Put(Region("R", "", 1)), Put(Line("R", 2020, 1))});
  NodeRecord b = a;
  b.name = "b";
  Must({Upsert(b), Upsert(b)});  // the second changes nothing
  Must({Put(Line("R", 2020, 2)), DeleteNode("A", true), Put(Line("R", 2020, 2), WriteKind::kDelete),
        Put(Region("R", "", 1), WriteKind::kDelete)});
  const std::vector<Change> changes = Drain(Read()->ScanChanges(0));
  const std::vector<std::tuple<std::int64_t, Image, Image>> expected = {
      {1, {}, a},
      {1, {}, link},
      {1, {}, Region("R", "", 1)},
      {1, {}, Line("R", 2020, 1)},
      {2, a, b},
      {3, Line("R", 2020, 1), Line("R", 2020, 2)},
      {3, link, {}},
      {3, b, {}},
      {3, Line("R", 2020, 2), {}},
      {3, Region("R", "", 1), {}},
  };
  ASSERT_EQ(changes.size(), expected.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].revision, std::get<0>(expected[i])) << i;
    EXPECT_FALSE(changes[i].reloaded);
    EXPECT_TRUE(changes[i].before == std::get<1>(expected[i])) << i;
    EXPECT_TRUE(changes[i].after == std::get<2>(expected[i])) << i;
    EXPECT_GT(changes[i].commit_time_micros, 0);
  }
  EXPECT_EQ(Drain(Read()->ScanChanges(2)).size(), 5);
  EXPECT_EQ(Drain(Read()->ScanChanges(3)).size(), 0);
  EXPECT_THAT(Read()->ScanChanges(4).status(), Fails(Reason::kRevisionUnavailable));
  EXPECT_THAT(Read()->ScanChanges(-1).status(), Fails(Reason::kRevisionUnavailable));
}

TEST_P(StoreTest, AReadersFeedEndsAtItsRevision) {
  Must({Create(Node("A"))});
  const auto reader = Read();
  Must({Create(Node("B"))});
  EXPECT_EQ(Drain(reader->ScanChanges(0)).size(), 1);
  EXPECT_THAT(reader->ScanChanges(2).status(), Fails(Reason::kRevisionUnavailable));
}

TEST_P(StoreTest, ALoadIsOneReloadedEvent) {
  Must({Create(Node("A"))});
  LoadOptions options;
  options.graph = "g";
  auto load = store().BeginLoad(options);
  ASSERT_TRUE(load.ok());
  ASSERT_TRUE((*load)->AddNode(Node("B"), {}).ok());
  ASSERT_TRUE((*load)->Finish().ok());
  Must({Create(Node("C"))});
  const std::vector<Change> changes = Drain(Read()->ScanChanges(0));
  ASSERT_EQ(changes.size(), 3);
  EXPECT_EQ(changes[1].revision, 2);
  EXPECT_TRUE(changes[1].reloaded);
  EXPECT_EQ(changes[1].after.index(), 0);
  EXPECT_EQ(changes[2].revision, 3);
}

TEST_P(StoreTest, SettingsAreARevisionOfTheirOwn) {
  Must({Create(Node("A"))});
  const auto before = Read();
  const auto changed = store().UpdateGraph("g", Day("2019-06-30"));
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->revision, 2);
  EXPECT_EQ(changed->node_count, 1);
  EXPECT_EQ(Read()->info().revision, 2);
  EXPECT_EQ(Read()->info().ReferenceDate(), Day("2019-06-30"));
  EXPECT_EQ(before->info().ReferenceDate(), Day("2020-12-31"));
  EXPECT_THAT(Try({Create(Node("A"))}), Fails(Reason::kNodeExists));
  Must({Create(Node("B"))});
  const std::vector<Change> changes = Drain(Read()->ScanChanges(0));
  ASSERT_EQ(changes.size(), 3);
  EXPECT_EQ(changes[1].revision, 2);
  EXPECT_TRUE(changes[1].settings);
  EXPECT_FALSE(changes[1].reloaded);
  EXPECT_EQ(changes[1].before.index() + changes[1].after.index(), 0);
  EXPECT_EQ(changes[2].revision, 3);
  EXPECT_FALSE(changes[2].settings);
}

TEST_P(StoreTest, TheListenerHearsOfEveryRevision) {
  std::vector<std::pair<std::string, std::int64_t>> heard;
  store().SetListener(
      [&](std::string_view graph, std::int64_t revision) { heard.emplace_back(graph, revision); });
  Must({Create(Node("A"))});
  EXPECT_FALSE(Try({Create(Node("A"))}).ok());
  ASSERT_TRUE(Commit({Create(Node("B"))}, "r").ok());
  ASSERT_TRUE(Commit({Create(Node("B"))}, "r").ok());
  LoadOptions options;
  options.graph = "g";
  auto load = store().BeginLoad(options);
  ASSERT_TRUE((*load)->Finish().ok());
  ASSERT_TRUE(store().UpdateGraph("g", {}).ok());
  ASSERT_TRUE(store().DeleteGraph("g").ok());
  store().SetListener({});
  using P = std::pair<std::string, std::int64_t>;
  EXPECT_THAT(heard, ElementsAre(P{"g", 1}, P{"g", 2}, P{"g", 3}, P{"g", 4}, P{"g", 0}));
}

}  // namespace
}  // namespace lianjie::storage
