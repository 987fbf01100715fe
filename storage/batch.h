// One batch against the state it is committed on: preconditions, then each write with the rules
// that it could break, then the rules over several records. What it writes goes into an overlay,
// which the caller keeps or drops.
#ifndef LIANJIE_STORAGE_BATCH_H_
#define LIANJIE_STORAGE_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/graph_writer.h"
#include "storage/shares.h"
#include "storage/store.h"

namespace lianjie::storage {

// What one batch may change: it is held in memory, twice when it is written, and nobody else writes
// meanwhile. A node that is deleted with its links changes each of them.
struct BatchLimits {
  std::uint64_t changes = 1'000'000;   // records written or deleted
  std::uint64_t bytes = 256ull << 20;  // of keys and values, those of the feed among them
};

// Applies `batch` to `kv`; on an error `kv` holds rubbish and must be dropped. A retry of a request
// id writes nothing and returns the first answer.
absl::StatusOr<CommitResult> ApplyBatch(const Batch& batch, std::int64_t now_micros, Overlay& kv,
                                        const BatchLimits& limits = {});

// 16 bytes that are equal for equal batches.
std::string BatchDigest(const Batch& batch);
absl::Status RequestIdReused(std::string_view request_id, std::int64_t revision);

// The parts that batch.cc, batch_nodes.cc, batch_links.cc and batch_regions.cc share.
class BatchApplier {
 public:
  // `kv` is what `writer` writes to.
  BatchApplier(const Batch& batch, GraphWriter& writer, const Overlay& kv,
               const BatchLimits& limits)
      : batch_(batch),
        writer_(writer),
        kv_(kv),
        limits_(limits),
        before_(kv.base(), writer.data().graph()) {}

  absl::StatusOr<CommitResult> Apply();

 private:
  // A change of a payer's claims by a write.
  struct Touch {
    std::size_t row = 0;
    PayerShares::Key key = 0;
    std::optional<ShareClaim> after;
    bool may_raise = false;
  };

  // LIMIT_EXCEEDED when so many more changes are too many.
  absl::Status CheckSize(std::uint64_t more) const;
  absl::Status Check(std::size_t position, const Precondition& precondition) const;
  template <typename Stored>
  absl::Status CheckField(std::size_t position, const Precondition& precondition,
                          std::string_view what, const std::optional<Stored>& stored) const;

  absl::Status Apply(const NodeWrite& write);
  absl::Status Put(const NodeWrite& write, const std::optional<StoredNode>& stored);
  absl::Status CheckLinksOfKind(const StoredNode& node, NodeKind kind) const;
  absl::Status Delete(const NodeWrite& write, const StoredNode& node);

  absl::Status Apply(const LinkWrite& write);
  absl::StatusOr<NodePlace> FindEnd(std::string_view field, const std::string& id);
  absl::Status Put(LinkRecord link, const std::optional<StoredLink>& stored);
  absl::Status Delete(const StoredLink& link);
  absl::StatusOr<LinkRecord> Updated(const LinkWrite& write, const LinkRecord& stored) const;
  absl::StatusOr<std::string> NewLinkId(const LinkRecord& link, bool skip_stored);

  absl::Status Apply(const RegionWrite& write);
  absl::Status Apply(const LineWrite& write);
  absl::Status CheckRegionTree(const RegionRecord& region, bool stored) const;
  absl::Status CheckRegionKnown(std::string_view code, std::string_view field);

  void Claim(Number payer, PayerShares::Key key, const std::optional<ShareClaim>& before,
             const std::optional<ShareClaim>& after);
  absl::Status CheckShares() const;
  absl::Status CheckPayer(Number payer, const std::vector<Touch>& touches, std::size_t& first_row,
                          absl::Status& first_error) const;
  // When the batch made the region table: all codes in use must be in it.
  absl::Status CheckNewRegionTable();

  const Batch& batch_;
  GraphWriter& writer_;
  const Overlay& kv_;
  const BatchLimits limits_;
  GraphData before_;
  std::size_t row_ = 0;
  std::vector<std::string> link_ids_;
  absl::flat_hash_map<std::string, std::uint64_t> made_ids_;
  absl::flat_hash_map<std::string, NodePlace> ends_;  // of links, as far as they were looked up
  absl::btree_map<Number, std::vector<Touch>> touches_;
  std::optional<std::size_t> first_region_row_;
  bool region_went_unchecked_ = false;  // while there was no table
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_BATCH_H_
