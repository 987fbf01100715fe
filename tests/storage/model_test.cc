// Random batches and loads against the model, with fixed seeds.
#include <algorithm>
#include <map>

#include "engine/core/rules.h"
#include "tests/storage/checker.h"
#include "tests/storage/model.h"
#include "tests/storage/random_records.h"

namespace lianjie::storage {
namespace {

constexpr int kRounds = 400;

class ModelTest : public StoreTest {
 protected:
  void CheckMapNow() {
    for (const std::string& problem : CheckMap(*kv().Snapshot())) ADD_FAILURE() << problem;
  }
};

TEST_P(ModelTest, RandomBatchesDoWhatTheModelDoes) {
  std::map<std::string, int> met;
  for (const unsigned seed : {1U, 2U, 3U}) {
    ASSERT_TRUE(store().DeleteGraph("g").ok());
    ASSERT_TRUE(store().CreateGraph("g", {}).ok());
    RandomRecords random(seed);
    Model model;
    std::int64_t revision = 0;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<Write> writes;
      for (int n = 1 + random.Below(random.Chance(20) ? 12 : 3); n > 0; --n) {
        writes.push_back(random.RandomWrite());
      }
      const auto expected = model.Commit(writes);
      const auto result = Commit(std::move(writes));
      if (expected.has_value()) {
        ASSERT_THAT(result.status(), FailsAt(expected->reason, expected->row))
            << "seed " << seed << " round " << round;
        ++met[std::string(ReasonName(expected->reason))];
      } else {
        ASSERT_TRUE(result.ok()) << result.status() << " seed " << seed << " round " << round;
        ASSERT_EQ(result->revision, ++revision);
        ++met["OK"];
      }
      ASSERT_TRUE(All() == model.All()) << "seed " << seed << " round " << round;
      if (round % 50 == 0) CheckMapNow();
    }
    Model replayed;
    for (const Change& change : Drain(Read()->ScanChanges(0))) replayed.Replay(change);
    EXPECT_TRUE(replayed.All() == model.All());
  }
  for (const Reason reason :
       {Reason::kNodeExists, Reason::kNodeNotFound, Reason::kLinkExists, Reason::kLinkNotFound,
        Reason::kNodeHasLinks, Reason::kMechanismNotAllowed, Reason::kSharesExceedOne,
        Reason::kRegionNotFound, Reason::kRegionTreeInvalid, Reason::kDuplicateId,
        Reason::kDatesOutOfOrder, Reason::kInvalidField}) {
    EXPECT_GT(met[std::string(ReasonName(reason))], 0) << ReasonName(reason);
  }
  EXPECT_GT(met["OK"], kRounds / 4);
}

struct LoadRow {
  std::variant<RegionRecord, NodeRecord, LinkRecord, LineRecord> record;
};

// Adds the rows with their positions as origins; what AddX says is left to Finish.
void AddAll(Load& load, const std::vector<LoadRow>& rows) {
  std::int64_t at = 0;
  for (const LoadRow& row : rows) {
    const RowOrigin origin{.file = 0, .line = at++};
    struct Add {
      Load& load;
      RowOrigin origin;
      absl::Status operator()(const RegionRecord& r) const { return load.AddRegion(r, origin); }
      absl::Status operator()(const NodeRecord& r) const { return load.AddNode(r, origin); }
      absl::Status operator()(const LinkRecord& r) const { return load.AddLink(r, origin); }
      absl::Status operator()(const LineRecord& r) const { return load.AddLine(r, origin); }
    };
    std::visit(Add{load, origin}, row.record).IgnoreError();
  }
}

// A random load into a random graph, first stopping at bad rows, then putting them aside. The rows
// that stay are then given to the model as one batch, which must take them all.
TEST_P(ModelTest, RandomLoadsKeepExactlyTheirGoodRows) {
  int clean = 0;
  int with_bad_rows = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    ASSERT_TRUE(store().DeleteGraph("g").ok());
    ASSERT_TRUE(store().CreateGraph("g", {}).ok());
    RandomRecords random(seed);
    Model model;
    if (random.Chance(70)) {
      for (int i = 0; i < 40; ++i) {
        const std::vector<Write> writes{random.RandomWrite()};
        if (!model.Commit(writes)) Must(writes);
      }
    }
    std::vector<LoadRow> rows;
    for (int n = random.Below(25); n > 0; --n) {
      const int what = random.Below(100);
      if (what < 35) {
        rows.push_back({random.RandomNode()});
      } else if (what < 85) {
        rows.push_back({random.RandomLink()});
      } else if (what < 95) {
        rows.push_back({random.RandomRegion()});
      } else {
        rows.push_back({random.RandomLine()});
      }
    }
    LoadOptions options;
    options.graph = "g";
    options.on_existing =
        random.Chance(70) ? LoadOptions::OnExisting::kUpdate : LoadOptions::OnExisting::kError;
    const Contents before = All();
    auto strict = *store().BeginLoad(options);
    AddAll(*strict, rows);
    const auto stopped = strict->Finish();
    const std::int64_t revision = Read()->info().revision;
    if (!stopped.ok()) {
      EXPECT_TRUE(All() == before) << seed;
    }

    options.skip_bad_rows = true;
    // What was loaded already would be there now: the second load must meet the same graph.
    if (stopped.ok()) {
      options.on_existing = LoadOptions::OnExisting::kUpdate;
    }
    auto lenient = *store().BeginLoad(options);
    AddAll(*lenient, rows);
    const auto result = lenient->Finish();
    if (!result.ok()) {
      // The one thing that cannot be put aside: a first table without a region in use.
      EXPECT_THAT(result.status(), Fails(Reason::kRegionNotFound)) << seed;
      EXPECT_TRUE(before.regions.empty());
      EXPECT_TRUE(All() == before) << seed;
      continue;
    }
    EXPECT_EQ(result->revision, revision + 1);
    EXPECT_EQ(stopped.ok(), result->bad_rows.empty()) << seed << " " << stopped.status();
    ++(result->bad_rows.empty() ? clean : with_bad_rows);
    std::vector<bool> bad(rows.size(), false);
    for (const RowError& row : result->bad_rows) {
      bad[static_cast<std::size_t>(row.origin.line)] = true;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (bad[i]) continue;
      if (auto* r = std::get_if<RegionRecord>(&rows[i].record)) model.regions[r->code] = *r;
      if (auto* r = std::get_if<NodeRecord>(&rows[i].record)) model.nodes[r->id] = Normal(*r);
      if (auto* r = std::get_if<LinkRecord>(&rows[i].record)) model.links[r->id] = Normal(*r);
      if (auto* r = std::get_if<LineRecord>(&rows[i].record))
        model.lines[{r->region, r->year}] = *r;
    }
    EXPECT_TRUE(All() == model.All()) << seed;
    // Each bad row would have broken a rule or an id: put alone on top, it is refused or replaces.
    CheckMapNow();
  }
  EXPECT_GT(clean, 10);
  EXPECT_GT(with_bad_rows, 50);
}

INSTANTIATE_TEST_SUITE_P(Conformance, ModelTest, ::testing::ValuesIn(Subjects()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace lianjie::storage
