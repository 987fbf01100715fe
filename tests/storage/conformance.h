// The conformance suite of the Store: what every implementation must do. The cases are spread over
// *_test.cc by subject; each runs on every subject below. A new implementation adds itself to
// Subjects().
#ifndef LIANJIE_TESTS_STORAGE_CONFORMANCE_H_
#define LIANJIE_TESTS_STORAGE_CONFORMANCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/records.h"
#include "engine/core/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/key_value.h"
#include "storage/store.h"

namespace lianjie::storage {

// An implementation under test, and the map below it for the checker.
struct Subject {
  std::shared_ptr<KeyValue> kv;
  std::unique_ptr<Store> store;
};

// Opens a subject; `folder` is empty and its own.
using SubjectMaker = Subject (*)(const std::string& folder);
struct NamedMaker {
  std::string name;
  SubjectMaker make;
};
std::vector<NamedMaker> Subjects();

// A folder that is removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Everything that a reader shows, for comparison.
struct Contents {
  std::vector<NodeRecord> nodes;
  std::vector<LinkRecord> links;
  std::vector<RegionRecord> regions;
  std::vector<LineRecord> lines;
  friend bool operator==(const Contents&, const Contents&) = default;
};
Contents ReadAll(const Reader& reader);
template <typename Record>
std::vector<Record> Drain(absl::StatusOr<std::unique_ptr<Cursor<Record>>> cursor) {
  std::vector<Record> records;
  EXPECT_TRUE(cursor.ok()) << cursor.status();
  while (cursor.ok()) {
    auto record = (*cursor)->Next();
    EXPECT_TRUE(record.ok()) << record.status();
    if (!record.ok() || !record->has_value()) break;
    records.push_back(**std::move(record));
  }
  return records;
}

// Makers of records.
NodeRecord Node(std::string id, NodeKind kind = NodeKind::kFirm);
LinkRecord Link(std::string id, std::string source, std::string target,
                Mechanism mechanism = Mechanism::kSupply);
LinkRecord ShareLink(std::string id, std::string source, std::string target, double share);
RegionRecord Region(std::string code, std::string parent, std::int64_t level);
LineRecord Line(std::string region, std::int64_t year, double yuan);
Date Day(std::string_view iso);
// The record as the store keeps it.
NodeRecord Normal(NodeRecord node);
LinkRecord Normal(LinkRecord link);

// What an error must say; `row` of -1: none.
MATCHER_P(Fails, reason, "fails for the given reason") {
  const absl::Status& status = arg;
  const auto detail = GetErrorDetail(status);
  *result_listener << status.ToString()
                   << (detail ? " " + std::string(ReasonName(detail->reason)) : " no detail");
  return !status.ok() && detail.has_value() && detail->reason == reason;
}
MATCHER_P2(FailsAt, reason, row, "fails for the given reason at the given row") {
  const absl::Status& status = arg;
  const auto detail = GetErrorDetail(status);
  *result_listener << status.ToString()
                   << (detail ? " " + std::string(ReasonName(detail->reason)) + " row " +
                                    std::to_string(detail->row.value_or(-1))
                              : " no detail");
  return !status.ok() && detail.has_value() && detail->reason == reason &&
         detail->row.value_or(-1) == row;
}

class StoreTest : public ::testing::TestWithParam<NamedMaker> {
 protected:
  void SetUp() override;
  // Walks the whole map and fails the test where its parts disagree.
  void TearDown() override;

  Store& store() { return *subject_.store; }
  const KeyValue& kv() { return *subject_.kv; }
  std::shared_ptr<const Reader> Read(std::string_view graph = "g");
  Contents All(std::string_view graph = "g") { return ReadAll(*Read(graph)); }

  // Commits to graph "g".
  absl::StatusOr<CommitResult> Commit(std::vector<Write> writes, std::string request_id = {});
  absl::Status Try(std::vector<Write> writes) { return Commit(std::move(writes)).status(); }
  void Must(std::vector<Write> writes);

  TempFolder folder_;
  Subject subject_;
};

// Commits all batches at once: the committing thread is held until all of them wait, so that they
// make one group. `before` is called right before they are.
std::vector<absl::Status> CommitAsOneGroup(
    Store& store, const std::vector<Batch>& batches, const std::function<void()>& before = [] {});

// Writes.
inline Write Create(NodeRecord node) {
  return NodeWrite{WriteKind::kCreate, std::move(node), {}, false};
}
inline Write Upsert(NodeRecord node) {
  return NodeWrite{WriteKind::kUpsert, std::move(node), {}, false};
}
inline Write Update(NodeRecord node, std::vector<std::string> mask = {}) {
  return NodeWrite{WriteKind::kUpdate, std::move(node), std::move(mask), false};
}
inline Write DeleteNode(std::string id, bool cascade = false) {
  return NodeWrite{WriteKind::kDelete, Node(std::move(id)), {}, cascade};
}
inline Write Create(LinkRecord link) { return LinkWrite{WriteKind::kCreate, std::move(link), {}}; }
inline Write Upsert(LinkRecord link) { return LinkWrite{WriteKind::kUpsert, std::move(link), {}}; }
inline Write Update(LinkRecord link, std::vector<std::string> mask = {}) {
  return LinkWrite{WriteKind::kUpdate, std::move(link), std::move(mask)};
}
inline Write DeleteLink(std::string id) {
  return LinkWrite{WriteKind::kDelete, Link(std::move(id), "", ""), {}};
}
inline Write Put(RegionRecord region, WriteKind kind = WriteKind::kUpsert) {
  return RegionWrite{kind, std::move(region)};
}
inline Write Put(LineRecord line, WriteKind kind = WriteKind::kUpsert) {
  return LineWrite{kind, std::move(line)};
}

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_CONFORMANCE_H_
