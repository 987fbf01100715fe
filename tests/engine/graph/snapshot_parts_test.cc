// A Snapshot that is built of parts, whatever lies in which and on however many threads, is the one
// that is built of a list.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/core/record_view.h"
#include "engine/core/rules.h"
#include "engine/core/text.h"
#include "engine/graph/snapshot.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tbb/task_arena.h"
#include "tests/engine/support/random_graph.h"
#include "tests/engine/support/snapshot_bytes.h"

namespace lianjie {
namespace {

using testing::BytesOf;
using testing::GraphRecords;
using testing::Random;

// Nodes and links fall into parts as `random` says, in the order of the records.
absl::StatusOr<std::shared_ptr<const Snapshot>> FromParts(const GraphRecords& records,
                                                          std::size_t parts, Random& random) {
  SnapshotBuilder builder(parts);
  for (const RegionRecord& region : records.regions) builder.AddRegion(region);
  for (const LineRecord& line : records.lines) builder.AddLine(line);
  std::vector<std::vector<std::string_view>> ids(parts);
  for (const NodeRecord& node : records.nodes) {
    const std::size_t part = random.Below(parts);
    builder.AddNode(ViewOf(node), part);
    ids[part].push_back(node.id);
  }
  absl::flat_hash_map<std::string, std::uint64_t> row_of;
  for (const auto& part : ids) {
    for (const std::string_view id : part) row_of.emplace(std::string(id), row_of.size());
  }
  for (const LinkRecord& link : records.links) {
    builder.AddLink(ViewOf(link), row_of.at(link.source), row_of.at(link.target),
                    random.Below(parts));
  }
  return std::move(builder).Build(1, records.reference_date);
}

std::string BytesFromParts(const GraphRecords& records, std::size_t parts, int threads,
                           Random& random) {
  std::string bytes;
  tbb::task_arena arena(threads);
  arena.execute([&] { bytes = BytesOf(**FromParts(records, parts, random)); });
  return bytes;
}

TEST(SnapshotPartsTest, PartsAndThreadsLeaveNoTrace) {
  Random random(1);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    GraphRecords records = testing::RandomGraph({.seed = seed,
                                                 .nodes = 120,
                                                 .links = 400,
                                                 .mechanisms = true,
                                                 .regions = true,
                                                 .dates = true,
                                                 .amounts = true,
                                                 .shares = true,
                                                 .weights = true,
                                                 .attributes = true});
    if (seed % 3 == 0) records.regions.clear();
    const std::string bytes = BytesOf(*testing::ToSnapshot(records, 1));
    for (const int threads : {1, 2, 5}) {
      if (threads != 2) random.Shuffle(records.nodes), random.Shuffle(records.links);
      EXPECT_EQ(BytesFromParts(records, 1 + random.Below(7), threads, random), bytes);
    }
  }
}

// Enough of everything that the parallel branches are taken: one region with all nodes, one payer
// with most links, two nodes that very many links join.
TEST(SnapshotPartsTest, ManyOfAKind) {
  GraphRecords records;
  Random random(5);
  for (int i = 0; i < 70000; ++i) {
    NodeRecord node;
    node.id = i % 3 == 0 ? Cat(i) : Cat("household-", i);
    Normalize(node);
    records.nodes.push_back(node);
  }
  for (int i = 0; i < 200000; ++i) {
    LinkRecord link;
    link.id = Cat("l", i);
    link.source = i % 4 == 0 ? "3" : "0";
    link.target = i < 70000 ? "6" : Cat(3 * random.Below(20000));
    link.paid_yuan = i;
    Normalize(link);
    records.links.push_back(link);
  }
  const std::string bytes = BytesOf(*testing::ToSnapshot(records, 1));
  for (const int threads : {1, 4}) {
    random.Shuffle(records.nodes), random.Shuffle(records.links);
    // Not by EXPECT_EQ, which would print them.
    EXPECT_TRUE(BytesFromParts(records, 9, threads, random) == bytes);
  }
}

TEST(SnapshotPartsTest, NamesWhatIsGivenTwice) {
  Random random(3);
  const GraphRecords good = testing::FromArcs({{"a", "b"}, {"b", "a"}, {"a", "b"}, {"a", "b"}});
  ASSERT_TRUE(FromParts(good, 3, random).ok());
  for (int round = 0; round < 20; ++round) {
    GraphRecords links = good;
    links.links.push_back(links.links[2]);
    links.links.push_back(links.links[3]);
    random.Shuffle(links.links);
    EXPECT_THAT(std::string(FromParts(links, 3, random).status().message()),
                ::testing::HasSubstr("link 'l2'"));
    GraphRecords nodes = good;
    nodes.nodes.push_back(nodes.nodes[1]);
    EXPECT_THAT(std::string(FromParts(nodes, 3, random).status().message()),
                ::testing::HasSubstr("node 'b'"));
  }
}

TEST(SnapshotPartsTest, LabelsAreJoined) {
  GraphRecords records = testing::FromArcs({{"a", "b"}, {"c", "d"}});
  testing::NodeOf(records, "a").labels = {"x"};
  testing::NodeOf(records, "b").labels = {"x", "", "y"};
  testing::NodeOf(records, "c").labels = {"", "y"};
  Random random(1);
  const auto s = *FromParts(records, 2, random);
  const auto& labels = s->nodes().labels;
  EXPECT_EQ(labels[s->FindNode("a")], "x");
  EXPECT_EQ(labels[s->FindNode("b")], "x;;y");
  EXPECT_EQ(labels[s->FindNode("c")], "y");
  EXPECT_EQ(labels[s->FindNode("d")], "");
}

}  // namespace
}  // namespace lianjie
