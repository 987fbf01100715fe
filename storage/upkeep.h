// What looks after a store rather than uses it: the check of everything in it, copies of it, its
// sizes.
#ifndef LIANJIE_STORAGE_UPKEEP_H_
#define LIANJIE_STORAGE_UPKEEP_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "storage/step_check.h"
#include "storage/store.h"

namespace lianjie::storage {

struct CheckOptions {
  std::uint64_t memory_bytes = 256ull << 20;  // for the ids of nodes; see check.h for the rest
  std::size_t max_faults = 1000;              // whose sentences are kept; all are counted
  StepCheck check;                            // called with keys read of about how many
};

struct CheckedGraph {
  GraphInfo info;  // as stored, but that `digest` is that of the records that were found
  std::uint64_t record_count = 0;  // keys read
  std::uint64_t change_count = 0;
  std::uint64_t request_count = 0;
  std::uint64_t fault_count = 0;
};

struct CheckReport {
  std::uint64_t record_count = 0;
  absl::uint128 digest = 0;  // of the whole store, StoreDigest of its graphs
  std::uint64_t fault_count = 0;
  std::vector<std::string> faults;   // whole sentences without a full stop
  std::vector<CheckedGraph> graphs;  // by name
};

struct StoreCheckpoint {
  std::string folder;
  std::vector<GraphInfo> graphs;  // by name
};

struct StorageStatistics {
  std::string folder;              // of the store; empty: in memory
  std::uint64_t disk_bytes = 0;    // of the store's folder
  std::uint64_t free_bytes = 0;    // on its disk
  std::uint64_t memory_bytes = 0;  // of caches, write buffers and open files' indexes
  std::map<std::string, std::uint64_t> counters;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_UPKEEP_H_
