// Many writers and readers at once.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "engine/core/text.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

constexpr int kWriters = 8;
constexpr int kCommits = 50;

TEST_P(StoreTest, ConcurrentWritersGetRevisionsInARow) {
  std::vector<std::vector<std::int64_t>> revisions(kWriters);
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  std::thread reader([&] {
    std::int64_t last = 0;
    while (!stop) {
      const auto view = Read();
      EXPECT_GE(view->info().revision, last);
      last = view->info().revision;
      // Every commit makes two nodes and a link between them.
      EXPECT_EQ(view->info().node_count, 2 * view->info().link_count);
      EXPECT_EQ(Drain(view->ScanLinks()).size(), view->info().link_count);
      ++reads;
    }
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kCommits; ++i) {
        const std::string a = Cat("A", w, "-", i);
        const std::string b = Cat("B", w, "-", i);
        const auto result = Commit({Create(Node(a)), Create(Node(b)), Create(Link("", a, b))});
        ASSERT_TRUE(result.ok()) << result.status();
        revisions[static_cast<std::size_t>(w)].push_back(result->revision);
        EXPECT_GE(Read()->info().revision, result->revision);
        EXPECT_TRUE(Read()->GetNode(b).ok());
        // A refusal among the group harms nobody.
        EXPECT_THAT(Try({Create(Node(a))}), Fails(Reason::kNodeExists));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  reader.join();
  std::vector<std::int64_t> all;
  for (const auto& mine : revisions) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), kWriters * kCommits);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], static_cast<std::int64_t>(i) + 1);
  const GraphInfo& info = Read()->info();
  EXPECT_EQ(info.revision, kWriters * kCommits);
  EXPECT_EQ(info.node_count, 2 * kWriters * kCommits);
  EXPECT_EQ(info.link_count, kWriters * kCommits);
  EXPECT_EQ(Drain(Read()->ScanChanges(0)).size(), 3 * kWriters * kCommits);
  EXPECT_GT(reads, 0);
}

TEST_P(StoreTest, PreconditionsSeeTheBatchesBeforeThemInTheirGroup) {
  Must({Create(Node("A")), Create(Node("B"))});
  std::vector<Batch> batches(4);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    NodeRecord node = Node(i % 2 == 0 ? "A" : "B");
    node.name = Cat(i);
    batches[i].graph = "g";
    for (const char* id : {"A", "B"}) {
      batches[i].preconditions.push_back({.kind = Precondition::Kind::kNodeFieldEquals,
                                          .id = id,
                                          .revision = 0,
                                          .field = "name",
                                          .value = {}});
    }
    batches[i].writes = {Upsert(node)};
  }
  const auto results = CommitAsOneGroup(store(), batches);
  int done = 0;
  for (const absl::Status& status : results) {
    done += status.ok() ? 1 : 0;
    if (!status.ok()) {
      EXPECT_THAT(status, Fails(Reason::kPreconditionFailed));
    }
  }
  EXPECT_EQ(done, 1);
}

TEST_P(StoreTest, SharesCountTheBatchesBeforeThemInTheirGroup) {
  Must({Create(Node("A")), Create(Node("B"))});
  std::vector<Batch> batches(4);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    batches[i].graph = "g";
    batches[i].writes = {Create(ShareLink(Cat("L", i), "A", "B", 0.4))};
  }
  const auto results = CommitAsOneGroup(store(), batches);
  int done = 0;
  for (const absl::Status& status : results) {
    done += status.ok() ? 1 : 0;
    if (!status.ok()) {
      EXPECT_THAT(status, Fails(Reason::kSharesExceedOne));
    }
  }
  EXPECT_EQ(done, 2);
}

TEST_P(StoreTest, OneOfManyCreatesWins) {
  std::atomic<int> won = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < kCommits; ++i) won += Try({Create(Node(Cat("N", i)))}).ok() ? 1 : 0;
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(won, kCommits);
  EXPECT_EQ(Read()->info().revision, kCommits);
}

TEST_P(StoreTest, OneRequestFromManyThreadsIsDoneOnce) {
  std::atomic<int> fresh = 0;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&] {
      for (int i = 0; i < kCommits; ++i) {
        const auto result = Commit({Create(Node(Cat("N", i)))}, Cat("request ", i));
        ASSERT_TRUE(result.ok()) << result.status();
        fresh += result->replayed ? 0 : 1;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(fresh, kCommits);
  EXPECT_EQ(Read()->info().revision, kCommits);
}

TEST_P(StoreTest, LoadsAndCommitsTakeTurns) {
  std::thread loader([&] {
    for (int round = 0; round < 5; ++round) {
      LoadOptions options;
      options.graph = "g";
      auto load = *store().BeginLoad(options);
      for (int i = 0; i < 500; ++i)
        ASSERT_TRUE(load->AddNode(Node(Cat("L", round, "-", i)), {}).ok());
      ASSERT_TRUE(load->Finish().ok());
    }
  });
  for (int i = 0; i < kCommits; ++i) Must({Create(Node(Cat("C", i)))});
  loader.join();
  EXPECT_EQ(Read()->info().revision, kCommits + 5);
  EXPECT_EQ(Read()->info().node_count, kCommits + 2500);
}

}  // namespace
}  // namespace lianjie::storage
