// The check of one graph (check.h). For check*.cc alone.
#ifndef LIANJIE_STORAGE_CHECK_GRAPH_H_
#define LIANJIE_STORAGE_CHECK_GRAPH_H_

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/key_value.h"
#include "storage/keys.h"
#include "storage/shares.h"
#include "storage/step_check.h"
#include "storage/store.h"
#include "storage/upkeep.h"

namespace lianjie::storage {

// Counts faults and keeps the sentences of the first.
class FaultList {
 public:
  explicit FaultList(std::size_t most) : most_(most) {}
  void Add(std::string sentence) {
    if (sentences_.size() < most_) sentences_.push_back(std::move(sentence));
    ++count_;
  }
  std::uint64_t count() const { return count_; }
  std::vector<std::string>& sentences() { return sentences_; }

 private:
  const std::size_t most_;
  std::uint64_t count_ = 0;
  std::vector<std::string> sentences_;
};

// A set of numbers: a bit for each, in pages that are made when they are needed.
class NumberSet {
 public:
  // Whether it was not there yet.
  bool Insert(Number number) {
    std::unique_ptr<Page>& page = pages_[number / kPage];
    if (page == nullptr) page = std::make_unique<Page>();
    const bool is_new = !page->test(number % kPage);
    page->set(number % kPage);
    return is_new;
  }

 private:
  static constexpr std::size_t kPage = 1 << 16;
  using Page = std::bitset<kPage>;

  absl::flat_hash_map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

class GraphCheck {
 public:
  GraphCheck(const KeyValueReader& kv, GraphNumber graph, std::string name,
             const CheckOptions& options, StepCounter& steps, FaultList& faults)
      : kv_(kv),
        graph_(graph),
        name_(std::move(name)),
        options_(options),
        steps_(steps),
        faults_(faults) {}

  // Errors: those of CheckStore, and DATA_LOSS where a file is damaged.
  absl::Status Run();
  const CheckedGraph& report() const { return report_; }

 private:
  struct RegionHead {
    std::string parent;
    std::int64_t level = 0;
  };

  void Fault(std::string_view what);
  // Walks all keys of a tag.
  absl::Status Walk(Tag tag,
                    absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)>);
  // An index with as many entries as records and the same sum says the same.
  void CountMismatch(std::string_view what, std::uint64_t stored, std::uint64_t found);

  absl::Status CheckMeta(bool& readable);
  absl::Status CheckTags();
  absl::Status CheckRegions();
  void CheckTree();
  absl::Status CheckChildren();
  absl::Status CheckLines();
  absl::Status CheckUse();

  absl::Status CheckNodes();
  void CheckNode(std::string_view key, std::string_view value);
  absl::Status CheckNodeIds();
  absl::Status NameNodeFaults();

  // The records of links alone, with the shares of their payers.
  absl::Status CheckLinks();
  void CheckLink(const LinkPlace& place, std::string_view value, LinkRecord& link);
  absl::Status CheckEnds();
  absl::Status CheckIndexes();
  absl::Status NameOutLinkFaults();
  absl::Status NameInLinkFaults();
  absl::Status NameLinkIdFaults();

  absl::Status CheckChanges();
  // That every revision after the cut is there, with all its changes and its request id.
  absl::Status CheckRevisions();
  absl::Status CheckRevision(std::int64_t revision, std::string_view value,
                             std::uint64_t change_count);
  // The feed's images against each other and against the records.
  absl::Status CheckImages();
  absl::Status CheckImages(std::uint64_t part, std::uint64_t parts);
  absl::Status CheckRequests();
  void CheckCounters();

  const KeyValueReader& kv_;
  const GraphNumber graph_;
  const std::string name_;
  const CheckOptions& options_;
  StepCounter& steps_;
  FaultList& faults_;
  CheckedGraph report_;

  GraphMeta meta_;
  absl::uint128 digest_ = 0;
  absl::btree_map<std::string, RegionHead> regions_;
  absl::btree_map<std::string, RegionUse> use_;
  std::uint64_t nodes_ = 0, links_ = 0, lines_ = 0;
  absl::uint128 node_sum_ = 0;    // over nodes: what the index of ids must say
  absl::uint128 link_sum_ = 0;    // over out-links: the same
  absl::uint128 mirror_sum_ = 0;  // over out-links: what the in-links must say
  NumberSet link_numbers_;
};

// The id that a key codes, for sentences.
std::string IdText(std::string_view coded);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_CHECK_GRAPH_H_
