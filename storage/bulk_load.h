// Bulk loads into a graph of a Store: what they are asked, the rows on their way, what comes of it.
#ifndef LIANJIE_STORAGE_BULK_LOAD_H_
#define LIANJIE_STORAGE_BULK_LOAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/records.h"

namespace lianjie::storage {

struct LoadOptions {
  std::string graph;
  // A graph that is not there is made by the load, in its own commit: a load that fails leaves
  // none. Where several loads do so at once, the first to finish makes it and the others go into
  // it.
  bool create_graph = false;
  enum class OnExisting : std::uint8_t { kError, kUpdate } on_existing = OnExisting::kError;
  // True: bad rows are put aside and the rest is loaded; false: the first bad row ends the load and
  // nothing is applied.
  bool skip_bad_rows = false;
  std::uint64_t max_bad_rows = 100000;  // reported; more end the load (LIMIT_EXCEEDED)
  // As in Batch; the rows, in their order, are what must be the same.
  std::string request_id;
  // Most memory that the rows may take; what they need beyond it waits in files of the store's
  // folder that have no name. Half of it is for the ids of nodes, of which each takes about 50
  // bytes: a load that names more is refused (MEMORY_EXHAUSTED). At least kLeastLoadMemory.
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;
  // Called now and then while Finish works, from its threads, one call at a time; must be quick.
  std::function<void(struct LoadStep)> progress = {};
};
inline constexpr std::uint64_t kLeastLoadMemory = std::uint64_t{1} << 20;

// How far Finish has come, in units of its own. The total may still grow a little.
struct LoadStep {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

// Where a row came from; opaque to the store, handed back in RowError.
struct RowOrigin {
  std::uint32_t file = 0;
  std::int64_t line = 0;
};

struct RowError {
  RowOrigin origin;
  std::string id;  // of the record, where known
  absl::Status status;
};

struct LoadResult {
  std::int64_t revision = 0;
  std::uint64_t nodes_created = 0, nodes_updated = 0;
  std::uint64_t links_created = 0, links_updated = 0;
  std::uint64_t regions_created = 0, regions_updated = 0;
  std::uint64_t lines_created = 0, lines_updated = 0;
  // A retry: nothing was written this time. The rows that were put aside are in the first result
  // alone, their number in each.
  bool replayed = false;
  std::uint64_t rejected = 0;
  std::vector<RowError> bad_rows;
};

// Rows on their way into a load, each checked alone and encoded when it is added. One thread. Nodes
// and links stay with the caller, normalised: what they hold may be used for the next.
class RowBlock {
 public:
  virtual ~RowBlock() = default;
  // Makes room at once for nodes and links that take about so many bytes together.
  virtual void Reserve(std::size_t nodes, std::size_t links, std::size_t bytes) = 0;
  virtual void AddRegion(RegionRecord region, RowOrigin origin) = 0;
  virtual void AddNode(NodeRecord& node, RowOrigin origin) = 0;
  virtual void AddLink(LinkRecord& link, RowOrigin origin) = 0;
  virtual void AddLine(LineRecord line, RowOrigin origin) = 0;
};

// A bulk load: any number of rows of any kind in any order, all good ones visible together at
// Finish, as one revision whose change feed entry is `reloaded`. Destroyed before Finish: nothing
// happened. Rows are checked alone as they are added and together at Finish (duplicates, unknown
// ends and regions, the type table, shares). Without skip_bad_rows the error is that of the first
// bad row by (kind: regions, nodes, links, lines; then order of adding) that is known at that time,
// and its RowError is in bad_row(); no call but bad_row() does anything afterwards. Of rows with
// one id the first stays. A link whose end is in the graph neither before the load nor by an
// accepted row of it is bad, and so on up to regions. Rows wait, encoded, within
// LoadOptions::memory_bytes and in files; Finish sorts them, writes the store's files with as many
// threads as there are cores, and takes them in.
class Load {
 public:
  virtual ~Load() = default;
  // Checking rows alone and encoding them is most of the work before Finish. It may be done by many
  // threads: each fills blocks of its own (any thread may call NewBlock), which are then added, in
  // the order that counts, by one. A block belongs to the load that made it and is added once.
  virtual std::unique_ptr<RowBlock> NewBlock() const = 0;
  virtual absl::Status Add(std::unique_ptr<RowBlock> block) = 0;
  // A block of one row.
  virtual absl::Status AddRegion(RegionRecord region, RowOrigin origin) = 0;
  virtual absl::Status AddNode(NodeRecord node, RowOrigin origin) = 0;
  virtual absl::Status AddLink(LinkRecord link, RowOrigin origin) = 0;
  virtual absl::Status AddLine(LineRecord line, RowOrigin origin) = 0;
  // What else tells this load from others of the same rows and request id.
  virtual void AddToDigest(std::string_view part) = 0;
  virtual absl::StatusOr<LoadResult> Finish() = 0;
  // The row that ended the load, after an error that a row caused.
  virtual const std::optional<RowError>& bad_row() const = 0;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_BULK_LOAD_H_
