#include "engine/graph/snapshot_merge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/support/random_graph.h"
#include "tests/engine/support/snapshot_bytes.h"

namespace lianjie {
namespace {

using testing::BytesOf;
using testing::GraphRecords;
using testing::Random;
using testing::RandomGraph;
using testing::ToSnapshot;

// A graph by id, changed at random; what changes goes into a delta as a store's feed has it.
class ChangingGraph {
 public:
  ChangingGraph(GraphRecords records, std::uint64_t seed)
      : records_(std::move(records)), random_(seed) {
    for (const NodeRecord& node : records_.nodes) nodes_[node.id] = node;
    for (const LinkRecord& link : records_.links) links_[link.id] = link;
  }

  GraphRecords Records() const {
    GraphRecords records = records_;
    records.nodes.clear(), records.links.clear();
    for (const auto& [id, node] : nodes_) records.nodes.push_back(node);
    for (const auto& [id, link] : links_) records.links.push_back(link);
    return records;
  }

  void Change(SnapshotDelta& delta) {
    switch (random_.Below(9)) {
      case 0: {
        NodeRecord node = AnyNode();
        node.id = Cat("new", next_++);
        return Put(nodes_, delta, node);
      }
      case 1:
        return DeleteNode(AnyNode().id, delta);
      case 2: {  // values alone
        NodeRecord node = AnyNode();
        node.persons = random_.OneIn(2) ? std::optional<std::int64_t>() : random_.Between(1, 9);
        node.subtype = random_.OneIn(2) ? "" : Cat("s", random_.Below(4));
        return Put(nodes_, delta, node);
      }
      case 3: {  // to another place
        NodeRecord node = AnyNode();
        node.region = AnyNode().region;
        return Put(nodes_, delta, node);
      }
      case 4: {
        LinkRecord link = AnyLink();
        link.id = Cat("link", next_++);
        link.source = AnyNode().id;
        return Put(links_, delta, link);
      }
      case 5: {
        const LinkRecord link = AnyLink();
        delta.Add(std::optional(link), std::optional<LinkRecord>());
        links_.erase(link.id);
        return;
      }
      case 6: {
        LinkRecord link = AnyLink();
        link.target = AnyNode().id;
        return Put(links_, delta, link);
      }
      case 7: {  // a value that was nowhere before, and one that may be nowhere after
        LinkRecord link = AnyLink();
        link.product = Cat("p", random_.Below(50));
        return Put(links_, delta, link);
      }
      default: {
        LinkRecord link = AnyLink();
        link.paid_yuan = random_.OneIn(3) ? std::optional<double>() : random_.Unit();
        return Put(links_, delta, link);
      }
    }
  }

  void DeleteNode(const std::string& id, SnapshotDelta& delta) {
    for (auto it = links_.begin(); it != links_.end();) {
      if (it->second.source != id && it->second.target != id) {
        ++it;
        continue;
      }
      delta.Add(std::optional(it->second), std::optional<LinkRecord>());
      it = links_.erase(it);
    }
    delta.Add(std::optional(nodes_.at(id)), std::optional<NodeRecord>());
    nodes_.erase(id);
  }

  bool empty() const { return nodes_.size() < 3 || links_.size() < 3; }

 private:
  template <typename Record>
  void Put(std::map<std::string, Record>& records, SnapshotDelta& delta, const Record& record) {
    std::optional<Record> before;
    if (const auto it = records.find(record.id); it != records.end()) before = it->second;
    delta.Add(before, std::optional(record));
    records[record.id] = record;
  }
  const NodeRecord& AnyNode() {
    return std::next(nodes_.begin(), static_cast<std::ptrdiff_t>(random_.Below(nodes_.size())))
        ->second;
  }
  const LinkRecord& AnyLink() {
    return std::next(links_.begin(), static_cast<std::ptrdiff_t>(random_.Below(links_.size())))
        ->second;
  }

  GraphRecords records_;
  Random random_;
  std::map<std::string, NodeRecord> nodes_;
  std::map<std::string, LinkRecord> links_;
  int next_ = 0;
};

GraphRecords Base(std::uint64_t seed) {
  return RandomGraph({.seed = seed,
                      .nodes = static_cast<std::uint32_t>(5 + seed % 60),
                      .links = static_cast<std::uint32_t>(10 + seed % 170),
                      .regions = seed % 3 != 0,
                      .dates = seed % 2 == 0,
                      .amounts = true,
                      .weights = seed % 5 == 0,
                      .attributes = seed % 4 == 0});
}

TEST(SnapshotMergeTest, EqualsASnapshotOfAllRecords) {
  int merged = 0;
  int other_trees = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    GraphRecords records = Base(seed);
    if (seed % 6 == 0) {  // the tree from the codes of the nodes
      for (std::size_t i = 0; i < records.nodes.size(); ++i) {
        records.nodes[i].region = std::vector<std::string>{"", "52", "5203", "520328", "x"}[i % 5];
      }
    }
    std::shared_ptr<const Snapshot> snapshot = ToSnapshot(records);
    ChangingGraph graph(records, seed);
    // One merge after another, so that merged ones are merged into too.
    for (std::size_t changes : {1, 3, 10, 40}) {
      SnapshotDelta delta;
      for (std::size_t i = 0; i < changes && !graph.empty(); ++i) graph.Change(delta);
      const bool table = !records.regions.empty();
      const auto next =
          MergeSnapshot(*snapshot, delta, table, snapshot->revision(), snapshot->reference_date());
      ASSERT_TRUE(next.ok()) << seed << ": " << next.status();
      const auto fresh = ToSnapshot(graph.Records());
      if (*next == nullptr) {
        ++other_trees;
        EXPECT_FALSE(table);
        EXPECT_NE(fresh->regions().size(), snapshot->regions().size());
        snapshot = fresh;
        continue;
      }
      ++merged;
      ASSERT_EQ(BytesOf(**next), BytesOf(*fresh)) << "seed " << seed << ", " << changes;
      for (NodeIndex n = 0; n < fresh->node_count(); ++n) {
        ASSERT_EQ((*next)->FindNode(fresh->NodeId(n)), n);
      }
      snapshot = *next;
    }
  }
  EXPECT_GT(merged, 900);
  EXPECT_GT(other_trees, 5);
}

TEST(SnapshotMergeTest, SharesWhatDidNotChange) {
  const GraphRecords records = Base(8);
  const auto base = ToSnapshot(records);
  SnapshotDelta delta;
  LinkRecord link = records.links[0];
  link.paid_yuan = 77;
  delta.Add(std::optional(records.links[0]), std::optional(link));
  delta.SetLines({{"", 2020, 4000.0, {}}});
  const auto next = MergeSnapshot(*base, delta, true, 9, Date{1});
  ASSERT_TRUE(next.ok() && *next != nullptr);
  EXPECT_TRUE((*next)->links().source.Shares(base->links().source));
  EXPECT_TRUE((*next)->nodes().kind.Shares(base->nodes().kind));
  EXPECT_FALSE((*next)->links().paid_yuan.Shares(base->links().paid_yuan));
  EXPECT_EQ((*next)->links().paid_yuan[(*next)->FindLink(link.id)], 77);
  EXPECT_EQ((*next)->revision(), 9);
  EXPECT_EQ((*next)->reference_date(), Date{1});
  EXPECT_THAT((*next)->lines(), ::testing::SizeIs(1));
}

TEST(SnapshotMergeTest, RefusesADeltaThatDoesNotFit) {
  const GraphRecords records = Base(8);
  const auto base = ToSnapshot(records);
  const auto merge = [&base](const SnapshotDelta& delta) {
    return MergeSnapshot(*base, delta, true, 9, Date{1}).status();
  };
  NodeRecord node = records.nodes[0];
  SnapshotDelta created_twice;
  created_twice.Add(std::optional<NodeRecord>(), std::optional(node));
  EXPECT_EQ(merge(created_twice).code(), absl::StatusCode::kInternal);

  SnapshotDelta links_left;
  node.id = records.links[0].source;
  links_left.Add(std::optional(node), std::optional<NodeRecord>());
  EXPECT_EQ(merge(links_left).code(), absl::StatusCode::kInternal);

  LinkRecord link = records.links[0];
  link.id = "unheard of";
  SnapshotDelta unknown_link;
  unknown_link.Add(std::optional(link), std::optional<LinkRecord>());
  EXPECT_EQ(merge(unknown_link).code(), absl::StatusCode::kInternal);

  link.source = "nobody";
  SnapshotDelta unknown_end;
  unknown_end.Add(std::optional<LinkRecord>(), std::optional(link));
  EXPECT_EQ(merge(unknown_end).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace lianjie
