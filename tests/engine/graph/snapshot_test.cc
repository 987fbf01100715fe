#include "engine/graph/snapshot.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "engine/core/fields.h"
#include "engine/core/rules.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "engine/graph/columns.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"
#include "tests/engine/support/snapshot_bytes.h"

namespace lianjie {
namespace {

using testing::BytesOf;
using testing::GraphRecords;
using testing::RandomGraph;
using testing::RandomGraphOptions;
using testing::ToShuffledSnapshot;
using testing::ToSnapshot;

RandomGraphOptions Everything(std::uint64_t seed) {
  return {.seed = seed,
          .nodes = 120,
          .links = 400,
          .mechanisms = true,
          .regions = true,
          .dates = true,
          .amounts = true,
          .shares = true,
          .weights = true,
          .attributes = true};
}

TEST(SnapshotTest, DoesNotDependOnTheOrderOfAdding) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    GraphRecords records = RandomGraph(Everything(seed));
    if (seed % 3 == 0) records.regions.clear();  // the tree from the codes of the nodes
    records.lines = {{"52", 2019, 4000.0, {}}, {"", 2019, 3000.0, 100.0}, {"52", 2018, {}, {}}};
    for (LinkRecord& link : records.links) link.policy = link.product.empty() ? "p2" : "p1";
    const std::string bytes = BytesOf(*ToSnapshot(records));
    for (std::uint64_t shuffle = 1; shuffle <= 3; ++shuffle) {
      EXPECT_EQ(BytesOf(*ToShuffledSnapshot(records, shuffle)), bytes);
    }
  }
}

TEST(SnapshotTest, NodesAndLinksStandInTheirOrder) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto s = ToShuffledSnapshot(RandomGraph(Everything(seed)), seed);
    for (NodeIndex n = 1; n < s->node_count(); ++n) {
      const auto place = [&](NodeIndex i) {
        return std::pair(s->nodes().region[i], s->nodes().kind[i]);
      };
      ASSERT_LE(place(n - 1), place(n));
      if (place(n - 1) == place(n)) {
        ASSERT_TRUE(IdLess()(s->NodeId(n - 1), s->NodeId(n)));
      }
    }
    for (LinkIndex l = 1; l < s->link_count(); ++l) {
      const auto ends = [&](LinkIndex i) {
        return std::pair(s->links().source[i], s->links().target[i]);
      };
      ASSERT_LE(ends(l - 1), ends(l));
      if (ends(l - 1) == ends(l)) {
        ASSERT_TRUE(IdLess()(s->LinkId(l - 1), s->LinkId(l)));
      }
    }
    for (NodeIndex n = 0; n < s->node_count(); ++n) {
      std::vector<LinkIndex> out;
      std::vector<LinkIndex> in;
      for (LinkIndex l = 0; l < s->link_count(); ++l) {
        if (s->links().source[l] == n) out.push_back(l);
        if (s->links().target[l] == n) in.push_back(l);
      }
      EXPECT_EQ(s->out_end(n) - s->out_begin(n), out.size());
      if (!out.empty()) {
        EXPECT_EQ(s->out_begin(n), out.front());
      }
      EXPECT_EQ(std::vector(s->in_links(n).begin(), s->in_links(n).end()), in);
    }
  }
}

TEST(SnapshotTest, HoldsTheFieldsOfTheRecords) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    GraphRecords records = RandomGraph(Everything(seed));
    const auto s = ToSnapshot(records);
    ASSERT_EQ(s->node_count(), records.nodes.size());
    ASSERT_EQ(s->link_count(), records.links.size());
    for (NodeRecord& record : records.nodes) {
      const NodeIndex n = s->FindNode(record.id);
      ASSERT_NE(n, kNoNode);
      EXPECT_EQ(s->NodeId(n), record.id);
      EXPECT_EQ(s->NodeValid(n), record.valid);
      if (s->regions().Find(record.region) == kNoRegion) record.region.clear();  // unplaced
      for (const std::string_view field : SnapshotNodeFields()) {
        EXPECT_EQ(FormatFieldValue(s->NodeField(n, field)),
                  FormatFieldValue(FindField<NodeRecord>(field)->get(record)))
            << record.id << " " << field;
      }
    }
    for (const LinkRecord& record : records.links) {
      const LinkIndex l = s->FindLink(record.id);
      ASSERT_NE(l, kNoLink);
      EXPECT_EQ(s->LinkValid(l), record.valid);
      for (const std::string_view field : SnapshotLinkFields()) {
        EXPECT_EQ(FormatFieldValue(s->LinkField(l, field)),
                  FormatFieldValue(FindField<LinkRecord>(field)->get(record)))
            << record.id << " " << field;
      }
    }
    EXPECT_EQ(s->FindNode("nobody"), kNoNode);
    EXPECT_EQ(s->FindLink("nothing"), kNoLink);
    EXPECT_EQ(s->NodeField(0, "name"), FieldValue());
    EXPECT_EQ(s->LinkField(0, "agreement"), FieldValue());
  }
}

TEST(SnapshotTest, RegionsAreRangesOfNodes) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    GraphRecords records = RandomGraph(Everything(seed));
    if (seed % 2 == 0) records.regions.clear();
    const auto s = ToSnapshot(records);
    const RegionTree& tree = s->regions();
    const auto ids_of = [&](RegionIndex region) {
      std::set<std::string> ids;
      for (NodeIndex n = s->NodesOf(region).first; n < s->NodesOf(region).second; ++n) {
        ids.insert(std::string(s->NodeId(n)));
      }
      return ids;
    };
    std::set<std::string> unplaced;
    for (const NodeRecord& node : records.nodes) {
      if (tree.Find(node.region) == kNoRegion) unplaced.insert(node.id);
    }
    EXPECT_EQ(ids_of(kNoRegion), unplaced);
    for (RegionIndex region = 0; region < tree.size(); ++region) {
      std::set<std::string> expected;
      for (const NodeRecord& node : records.nodes) {
        RegionIndex r = tree.Find(node.region);
        while (r != kNoRegion && r != region) r = tree.parent(r);
        if (r == region) expected.insert(node.id);
      }
      EXPECT_EQ(ids_of(region), expected) << tree.code(region);
    }
  }
}

TEST(SnapshotTest, UnusedColumnsAreEmpty) {
  const auto s = ToSnapshot(RandomGraph({.seed = 1}));
  std::size_t node_columns = 0;
  std::size_t link_columns = 0;
  columns::ForEachNodeColumn([&](auto, const auto& c) { node_columns += !c.empty(); }, s->nodes());
  columns::ForEachLinkColumn([&](auto, const auto& c) { link_columns += !c.empty(); }, s->links());
  EXPECT_EQ(node_columns, 2u) << "kind, region";
  EXPECT_EQ(link_columns, 5u) << "source, target, mechanism, priority, status";
  EXPECT_TRUE(s->nodes().subtype.codes.empty());
  EXPECT_EQ(s->nodes().subtype[3], "");
  EXPECT_EQ(s->NodeField(0, "persons"), FieldValue());
  EXPECT_EQ(ValueOr(s->nodes().revenue_yuan, 0, 7.0), 7.0);
  EXPECT_FALSE(IsKnown(s->links().paid_yuan, 0));
  EXPECT_EQ(s->NodeValid(0), Interval());
  EXPECT_GT(s->memory_bytes(), 30 * 4 + 90 * 12u);
}

TEST(SnapshotTest, AKnownZeroIsNotUnknown) {
  GraphRecords records = testing::FromArcs({{"a", "b"}, {"a", "b"}, {"b", "b"}});
  testing::LinkOf(records, "l1").paid_yuan = 0.0;
  testing::NodeOf(records, "b").persons = 0;
  const auto s = ToSnapshot(records);
  EXPECT_TRUE(IsKnown(s->links().paid_yuan, s->FindLink("l1")));
  EXPECT_FALSE(IsKnown(s->links().paid_yuan, s->FindLink("l0")));
  EXPECT_EQ(s->nodes().persons[s->FindNode("b")], 0);
  EXPECT_EQ(s->nodes().persons[s->FindNode("a")], kUnknownInt);
}

TEST(SnapshotTest, WeightColumnsByName) {
  const auto s = ToSnapshot(testing::FromArcs({{"a", "b", 3}}));
  const LinkNumbers weights = *s->LinkWeights("weight");
  ASSERT_EQ(weights.size(), 1u);
  EXPECT_EQ(weights[0], 3);
  for (const std::string_view name : {"paid_yuan", "promised_yuan", "share", "capacity"}) {
    EXPECT_TRUE(s->LinkWeights(name)->empty());
  }
  EXPECT_EQ(GetErrorDetail(s->LinkWeights("mechanism").status())->reason, Reason::kInvalidField);
}

TEST(SnapshotTest, AnEmptyGraph) {
  const auto s = ToSnapshot({}, 7);
  EXPECT_EQ(s->revision(), 7);
  EXPECT_EQ(s->node_count(), 0u);
  EXPECT_EQ(s->link_count(), 0u);
  EXPECT_EQ(s->FindNode(""), kNoNode);
  EXPECT_EQ(s->NodesOf(kNoRegion), std::pair(NodeIndex{0}, NodeIndex{0}));
}

absl::Status BuildStatus(const GraphRecords& records, bool links_first = false) {
  SnapshotBuilder builder;
  const auto add_links = [&] {
    for (const LinkRecord& link : records.links) builder.AddLink(link);
  };
  for (const RegionRecord& region : records.regions) builder.AddRegion(region);
  if (links_first) add_links();
  for (const NodeRecord& node : records.nodes) builder.AddNode(node);
  if (!links_first) add_links();
  return std::move(builder).Build(1, Date{0}).status();
}

TEST(SnapshotBuilderTest, NamesTheRecordThatDoesNotHoldTogether) {
  const GraphRecords good = testing::FromArcs({{"a", "b"}, {"b", "a"}});
  EXPECT_TRUE(BuildStatus(good).ok());

  GraphRecords twice = good;
  twice.nodes.push_back(twice.nodes.front());
  EXPECT_EQ(BuildStatus(twice).code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(BuildStatus(twice).message()), ::testing::HasSubstr("node 'a'"));

  GraphRecords unknown = good;
  unknown.links[1].target = "nobody";
  for (const bool links_first : {false, true}) {
    const absl::Status status = BuildStatus(unknown, links_first);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("link 'l1'"));
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("target 'nobody'"));
  }

  GraphRecords same_link = good;
  same_link.links.push_back(same_link.links.front());
  EXPECT_THAT(std::string(BuildStatus(same_link).message()), ::testing::HasSubstr("link 'l0'"));

  GraphRecords cycle = good;
  cycle.regions = {{"52", "52", "", 1}};
  EXPECT_EQ(GetErrorDetail(BuildStatus(cycle))->reason, Reason::kRegionTreeInvalid);

  GraphRecords large = good;
  large.nodes[0].persons = std::int64_t{1} << 40;
  EXPECT_THAT(std::string(BuildStatus(large).message()), ::testing::HasSubstr("persons"));
}

TEST(SnapshotBuilderTest, ParallelLinksAndSelfLoopsAreAllKept) {
  const auto s = ToSnapshot(
      testing::FromArcs({{"a", "b"}, {"a", "a"}, {"a", "b"}, {"b", "a"}, {"a", "a"}, {"b", "b"}},
                        testing::Amount::kWeight, {"alone"}));
  EXPECT_EQ(s->node_count(), 3u);
  const NodeIndex a = s->FindNode("a");
  std::vector<std::string> out;
  for (LinkIndex l = s->out_begin(a); l < s->out_end(a); ++l) out.emplace_back(s->LinkId(l));
  EXPECT_THAT(out, ::testing::ElementsAre("l1", "l4", "l0", "l2"));
  std::vector<std::string> in;
  for (const LinkIndex l : s->in_links(a)) in.emplace_back(s->LinkId(l));
  EXPECT_THAT(in, ::testing::ElementsAre("l1", "l4", "l3"));
  EXPECT_TRUE(s->in_links(s->FindNode("alone")).empty());
}

// Enough of them that the parallel branches are taken.
TEST(SnapshotBuilderTest, AHubWithVeryManyLinks) {
  GraphRecords records;
  testing::Random random(5);
  for (int i = 0; i < 1000; ++i) {
    NodeRecord node;
    node.id = Cat(i);
    Normalize(node);
    records.nodes.push_back(node);
  }
  for (int i = 0; i < 80000; ++i) {
    LinkRecord link;
    link.id = Cat("l", i);
    link.source = "0";
    link.target = Cat(random.Below(1000));
    Normalize(link);
    records.links.push_back(link);
  }
  const std::string bytes = BytesOf(*ToSnapshot(records));
  EXPECT_EQ(BytesOf(*ToShuffledSnapshot(records, 1)), bytes);
}

}  // namespace
}  // namespace lianjie
