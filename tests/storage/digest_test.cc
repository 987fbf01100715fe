// The digest of a graph: a function of its records alone, kept by every way to write.
#include <algorithm>
#include <random>

#include "storage/graph_digest.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

class DigestTest : public StoreTest {
 protected:
  absl::uint128 Digest(std::string_view graph = "g") { return Read(graph)->info().digest; }

  // Loads records into a graph, which is made where it is not there.
  void LoadAll(const Contents& rows, std::string_view graph,
               LoadOptions::OnExisting on_existing = LoadOptions::OnExisting::kError) {
    LoadOptions options;
    options.graph = graph;
    options.create_graph = true;
    options.on_existing = on_existing;
    auto load = *store().BeginLoad(options);
    for (const auto& row : rows.regions) ASSERT_TRUE(load->AddRegion(row, {}).ok());
    for (const auto& row : rows.nodes) ASSERT_TRUE(load->AddNode(row, {}).ok());
    for (const auto& row : rows.links) ASSERT_TRUE(load->AddLink(row, {}).ok());
    for (const auto& row : rows.lines) ASSERT_TRUE(load->AddLine(row, {}).ok());
    const auto result = load->Finish();
    ASSERT_TRUE(result.ok()) << result.status();
  }

  static Contents Some() {
    Contents c;
    c.regions = {Region("52", "", 1), Region("5201", "52", 2)};
    c.nodes = {Node("A"), Node("B", NodeKind::kHousehold), Node("007")};
    c.nodes[0].region = "52";
    c.nodes[2].leak_share = 0.25;
    c.links = {ShareLink("L", "A", "B", 0.5), Link("M", "007", "A"), Link("N", "A", "A")};
    c.lines = {Line("52", 2020, 4000), Line("", 2020, 3900)};
    return c;
  }
};

TEST_P(DigestTest, EveryWayToTheSameRecordsGivesTheSameDigest) {
  EXPECT_EQ(Digest(), 0);
  const Contents rows = Some();
  LoadAll(rows, "loaded");
  EXPECT_NE(Digest("loaded"), 0);
  // Record by record, in any order that the rules allow, with detours.
  Must({Put(rows.regions[0]), Put(rows.regions[1]), Create(Node("gone")), Create(rows.nodes[1])});
  Must({Create(rows.nodes[2]), Create(Node("A")), Create(rows.links[2]), Create(rows.links[1])});
  Must({Create(Link("X", "gone", "A")), Put(rows.lines[1]), Put(Line("52", 2020, 1))});
  Must({Put(rows.lines[0]), Update(rows.nodes[0]), Create(ShareLink("L", "A", "B", 0.25)),
        Put(Line("5201", 2020, 2)), Put(Region("5202", "52", 2))});
  EXPECT_NE(Digest(), Digest("loaded"));
  Must({Update(rows.links[0]), DeleteNode("gone", true),
        Put(Line("5201", 2020, 0), WriteKind::kDelete),
        Put(Region("5202", "", 0), WriteKind::kDelete)});
  EXPECT_EQ(ReadAll(*Read()), ReadAll(*Read("loaded")));
  EXPECT_EQ(Digest(), Digest("loaded"));
  // What is exported and imported again.
  LoadAll(ReadAll(*Read()), "copied");
  EXPECT_EQ(Digest("copied"), Digest());
  // A load in the place of what stands there, a link with other ends among it.
  Contents other = rows;
  for (NodeRecord& node : other.nodes) node.name = "other";
  std::swap(other.links[1].source, other.links[1].target);
  other.links[2].target = "007";
  for (LineRecord& line : other.lines) line.line_yuan = 1;
  other.regions[1].name = "other";
  LoadAll(other, "copied", LoadOptions::OnExisting::kUpdate);
  EXPECT_NE(Digest("copied"), Digest());
  LoadAll(other, "other");
  EXPECT_EQ(Digest("copied"), Digest("other"));
  LoadAll(rows, "copied", LoadOptions::OnExisting::kUpdate);
  EXPECT_EQ(Digest("copied"), Digest());
}

TEST_P(DigestTest, EachRecordCounts) {
  LoadAll(Some(), "all");
  std::vector<absl::uint128> seen{Digest("all")};
  int made = 0;
  const auto without = [&](auto change) {
    Contents rows = Some();
    change(rows);
    const std::string name = "part" + std::to_string(++made);
    LoadAll(rows, name);
    EXPECT_EQ(std::ranges::count(seen, Digest(name)), 0) << made;
    seen.push_back(Digest(name));
  };
  without([](Contents& c) { c.regions.pop_back(); });
  without([](Contents& c) { c.lines.pop_back(); });
  without([](Contents& c) { c.links.pop_back(); });
  without([](Contents& c) { c.nodes.push_back(Node("D")); });
  without([](Contents& c) { c.nodes[1].persons = 0; });
  without([](Contents& c) { std::swap(c.links[1].source, c.links[1].target); });
  without([](Contents& c) { c.links[1].mechanism = Mechanism::kOrder; });
  without([](Contents& c) { c.links[1].id = "O"; });
  without([](Contents& c) { c.lines[1].year = 2021; });
  without([](Contents& c) { c.lines[1].region = "5201"; });
  without([](Contents& c) { c.regions[1].parent = ""; });
}

// A digest is kept in stores and backups: it may never change.
TEST_P(DigestTest, TheFunctionIsFrozen) {
  LoadAll(Some(), "frozen");
  EXPECT_EQ(DigestText(Digest("frozen")), "a004ed11d51c19371593aa2f766a33c2");
  EXPECT_EQ(ParseDigestBytes(DigestBytes(Digest("frozen"))), Digest("frozen"));
  EXPECT_EQ(ParseDigestBytes("short"), std::nullopt);
}

// Settings are no record.
TEST_P(DigestTest, TheReferenceDateIsLeftOut) {
  LoadAll(Some(), "all");
  const absl::uint128 before = Digest("all");
  ASSERT_TRUE(store().UpdateGraph("all", Day("2019-01-01")).ok());
  EXPECT_EQ(Digest("all"), before);
}

INSTANTIATE_TEST_SUITE_P(Conformance, DigestTest, ::testing::ValuesIn(Subjects()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lianjie::storage
