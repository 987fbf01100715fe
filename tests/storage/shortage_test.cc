// A disk that is full for a while: what is refused, what is answered, and what still frees space.
#include <atomic>
#include <chrono>
#include <thread>

#include "engine/core/text.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/memory_key_value.h"
#include "storage/upkeep.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {
namespace {

// A map in memory on a disk that has no room for a while.
class FullMap : public KeyValue {
 public:
  enum class Room { kForAll, kToFree, kNone };

  void Set(Room room) { room_ = room; }
  int refused() const { return refused_; }

  std::shared_ptr<const KeyValueReader> Snapshot() const override { return map_->Snapshot(); }
  absl::Status Write(const KeyValueChanges& changes, bool sync, bool frees) override {
    const Room room = room_;
    if (room == Room::kForAll || (room == Room::kToFree && frees)) {
      return map_->Write(changes, sync, frees);
    }
    ++refused_;
    return MakeError(absl::StatusCode::kResourceExhausted, "full",
                     {.reason = Reason::kDiskFull, .field = {}, .row = {}, .metadata = {}});
  }
  absl::Status Ingest(absl::FunctionRef<absl::Status(KeyValueIngest&)> fill) override {
    return map_->Ingest(fill);
  }
  SpillSpace Space() const override { return map_->Space(); }
  absl::StatusOr<std::vector<std::string>> FindDamage(const StepCheck& check) const override {
    return map_->FindDamage(check);
  }
  absl::StatusOr<std::string> Checkpoint(std::string_view name) override {
    return map_->Checkpoint(name);
  }
  absl::Status Flush() override { return map_->Flush(); }
  StorageStatistics Statistics() const override { return map_->Statistics(); }

 private:
  const std::shared_ptr<KeyValue> map_ = MakeMemoryKeyValue();
  std::atomic<Room> room_ = Room::kForAll;
  std::atomic<int> refused_ = 0;
};

class ShortageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Open(kKeepForever);
    ASSERT_TRUE(store_->CreateGraph("g", {}).ok());
  }

  void Open(std::chrono::seconds retention) {
    store_.reset();
    store_ = *OpenKeyValueStore(map_, {.retention = retention});
  }
  static Batch BatchOf(std::vector<Write> writes, std::string request_id = {}) {
    return {.graph = "g",
            .preconditions = {},
            .writes = std::move(writes),
            .request_id = std::move(request_id)};
  }
  absl::Status Commit(std::vector<Write> writes) {
    return store_->Commit(BatchOf(std::move(writes))).status();
  }
  template <typename Condition> static bool Wait(const Condition& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
  }
  bool HasKeys(GraphNumber graph) const {
    const std::string prefix = GraphPrefix(graph);
    return map_->Snapshot()->NewIterator(prefix, AfterPrefix(prefix))->Valid();
  }

  const std::shared_ptr<FullMap> map_ = std::make_shared<FullMap>();
  std::unique_ptr<Store> store_;
};

TEST_F(ShortageTest, NobodyIsAnsweredFromAGroupThatWasNotWritten) {
  ASSERT_TRUE(store_->Commit(BatchOf({Create(Node("old"))}, "before")).ok());
  std::vector<Batch> batches(4, BatchOf({Create(Node("new"))}));
  batches[3].request_id = "id";
  batches.push_back(batches[3]);  // no refusal when it comes later, but an answer as little
  const auto results = CommitAsOneGroup(*store_, batches, [&] { map_->Set(FullMap::Room::kNone); });
  for (const absl::Status& status : results) EXPECT_THAT(status, Fails(Reason::kDiskFull));
  // What rests on what was written before the group is answered.
  EXPECT_THAT(Commit({Create(Node("old"))}), Fails(Reason::kNodeExists));
  EXPECT_TRUE(store_->Commit(BatchOf({Create(Node("old"))}, "before"))->replayed);
  map_->Set(FullMap::Room::kForAll);
  EXPECT_THAT((*store_->OpenReader("g"))->GetNode("new").status(), Fails(Reason::kNodeNotFound));
  EXPECT_TRUE(Commit({Create(Node("new"))}).ok());
}

TEST_F(ShortageTest, WhatFreesSpaceGoesOnBelowTheFloor) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Commit({Create(Node(Cat(i)))}).ok());
  map_->Set(FullMap::Room::kToFree);
  EXPECT_THAT(Commit({Create(Node("A"))}), Fails(Reason::kDiskFull));
  EXPECT_THAT(store_->CreateGraph("h", {}).status(), Fails(Reason::kDiskFull));
  Open(std::chrono::seconds(0));
  EXPECT_TRUE(Wait([&] { return (*store_->OpenReader("g"))->info().oldest_revision == 3; }));
  EXPECT_TRUE(store_->DeleteGraph("g").ok());
  EXPECT_TRUE(Wait([&] { return !HasKeys(1); }));
}

TEST_F(ShortageTest, ARefusedSweepIsTriedAgain) {
  ASSERT_TRUE(Commit({Create(Node("A"))}).ok());
  store_->SetListener([&](std::string_view, std::int64_t revision) {
    if (revision == 0) map_->Set(FullMap::Room::kNone);
  });
  ASSERT_TRUE(store_->DeleteGraph("g").ok());
  ASSERT_TRUE(Wait([&] { return map_->refused() > 0; }));
  EXPECT_TRUE(HasKeys(1));
  map_->Set(FullMap::Room::kForAll);
  EXPECT_TRUE(Wait([&] { return !HasKeys(1); }));
}

}  // namespace
}  // namespace lianjie::storage
