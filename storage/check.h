// The check of a whole store: every key is read, and every two places that must agree are held
// against each other. Nothing is repaired. Large sets are compared by order-independent sums of
// hashes (graph_digest.h), so that neither is ever held; only where sums differ are the records
// looked up one by one, to say which it is.
#ifndef LIANJIE_STORAGE_CHECK_H_
#define LIANJIE_STORAGE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "storage/key_value.h"
#include "storage/store.h"
#include "storage/upkeep.h"

namespace lianjie::storage {

// What is checked, of every graph: that keys and values can be read and obey the rules of a single
// record; ids lead to records and back; in-links mirror out-links; ends are there and the type
// table allows the link; shares; the region tree, its children and use counts; counters and
// numbers; the digest; that the change feed has no gap; that request ids name revisions. Of the
// store: names, graphs and what is left of deleted ones.
//
// Memory: `options.memory_bytes`, and beside it the regions, a bit for each link and the claims of
// one payer. O(records), each read about three times. Errors: that of `options.check`, and of a
// disk that cannot be read; what is damaged is a fault in the report.
absl::StatusOr<CheckReport> CheckStore(const KeyValueReader& kv, const CheckOptions& options);

// The digest of a store: of its graphs' names and digests.
absl::uint128 StoreDigest(const std::vector<GraphInfo>& graphs);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_CHECK_H_
