// The Store keeps graphs: nodes, links, region trees and lines, each graph with its own revisions
// and change feed, several graphs in one store. It is the seam between what must be durable and
// everything above: the server knows this header and no database. Every implementation runs the
// conformance suite in tests/storage.
//
// Promises. A commit is atomic: all its writes are applied, or none, and an error names the first
// write at fault. When Commit returns OK the batch is on disk. Revisions of a graph grow by one
// with each commit. A Reader sees one revision, whatever is committed meanwhile, and never anything
// that is not on disk. The rules of engine/core/rules.h, known ends, unique ids, known regions
// (where the graph has a region table), a region tree whose levels grow downwards, and "RECEIPTS
// shares of a payer's ACTIVE links plus its leak_share are at most 1 at every date" hold at every
// revision.
//
// Errors carry ErrorDetail (engine/core/status.h); `row` is the position of the write in its batch,
// or of the row in its load. After an error of the disk the store is failed: reads go on where they
// can, every later write is refused with UNAVAILABLE (STORE_CORRUPT), and OpenOptions::on_failure
// was called.
//
// Thread safety: Store and Reader may be used from any number of threads; a Cursor and a Load
// belong to one thread at a time. Readers, cursors and loads may outlive the Store; the folder
// stays open for as long as one of them lives.
#ifndef LIANJIE_STORAGE_STORE_H_
#define LIANJIE_STORAGE_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/date.h"
#include "engine/core/record_view.h"
#include "engine/core/records.h"
#include "engine/core/status.h"
#include "storage/bulk_load.h"

namespace lianjie::storage {

struct GraphInfo {
  std::string name;
  std::int64_t revision = 0;  // 0: nothing was ever committed
  // As set by its owner; ReferenceDate() falls back to the last commit's UTC date.
  std::optional<Date> reference_date;
  std::int64_t create_time_micros = 0;  // since 1970-01-01 UTC
  std::int64_t update_time_micros = 0;  // of the last commit
  std::uint64_t node_count = 0;
  std::uint64_t link_count = 0;
  std::uint64_t region_count = 0;
  std::uint64_t line_count = 0;
  // The same for as long as the graph lives, wherever its store lies, and another for every other
  // graph: for what is kept beside the store.
  std::uint64_t identity = 0;
  // The oldest revision that OpenReader can rebuild. A load moves it to its own revision: what a
  // load replaced is not kept.
  std::int64_t oldest_revision = 0;
  // The change feed is whole for revisions later than this one, loads among them as events.
  std::int64_t changes_after = 0;
  // Of its records, whatever the order in which they came (storage/graph_digest.h): graphs of equal
  // records have equal digests in every store.
  absl::uint128 digest = 0;

  Date ReferenceDate() const;
};

enum class WriteKind : std::uint8_t {
  kCreate,  // *_EXISTS when there
  kUpdate,  // *_NOT_FOUND when not there; only the fields of `mask` change (empty: all)
  kUpsert,  // creates, or replaces whole
  kDelete,  // *_NOT_FOUND when not there
};

struct NodeWrite {
  WriteKind kind = WriteKind::kCreate;
  NodeRecord node;                // kDelete: the id alone
  std::vector<std::string> mask;  // also "properties", "properties.NAME"; kUpdate alone
  // kDelete: also its links; without it a node with links is refused (NODE_HAS_LINKS).
  bool cascade = false;
};
struct LinkWrite {
  WriteKind kind = WriteKind::kCreate;
  LinkRecord link;
  std::vector<std::string> mask;  // the ends may not be updated; an upsert may change them
};
struct RegionWrite {
  WriteKind kind = WriteKind::kUpsert;
  RegionRecord region;
};
struct LineWrite {
  WriteKind kind = WriteKind::kUpsert;  // key: (region, year)
  LineRecord line;
};
using Write = std::variant<NodeWrite, LinkWrite, RegionWrite, LineWrite>;

struct Precondition {
  enum class Kind : std::uint8_t {
    kNodeExists,
    kNodeAbsent,
    kLinkExists,
    kLinkAbsent,
    kRevisionEquals,
    kNodeFieldEquals,
    kLinkFieldEquals
  };
  Kind kind = Kind::kNodeExists;
  std::string id;
  std::int64_t revision = 0;
  std::string field;
  std::string value;  // as CSV writes it; empty: not given
};

struct Batch {
  std::string graph;
  // PRECONDITION_FAILED names the first that does not hold before the batch.
  std::vector<Precondition> preconditions;
  std::vector<Write> writes;  // applied in order; later ones see earlier ones
  // Not empty: a retry with the same id and the same batch gives the first result again; another
  // batch with that id is REQUEST_ID_REUSED. Kept at least for OpenOptions::retention.
  std::string request_id;
};

struct CommitResult {
  std::int64_t revision = 0;
  std::int64_t commit_time_micros = 0;
  std::vector<std::string> link_ids;  // of the LinkWrites, in order, made ones included
  bool replayed = false;              // a retry: nothing was written this time
};

// One event of the change feed: a record before and after, or a whole load.
struct Change {
  std::int64_t revision = 0;
  std::int64_t commit_time_micros = 0;
  bool reloaded = false;  // a bulk load: everything may have changed; no images follow
  bool settings = false;  // the graph's settings changed, and no record did; no images
  using Image = std::variant<std::monostate, NodeRecord, LinkRecord, RegionRecord, LineRecord>;
  Image before;  // monostate: created
  Image after;   // monostate: deleted
};

// Walks records in the store's order; `token` is opaque and, given back to a scan of the same kind
// (at any later revision), goes on after the record last read. It is empty before the first record.
template <typename Record> class Cursor {
 public:
  virtual ~Cursor() = default;
  // The next record; nothing at the end. The first error ends the walk.
  virtual absl::StatusOr<std::optional<Record>> Next() = 0;
  virtual std::string token() const = 0;
};

// A whole graph in the layout's own order, in parts that may be taken by several threads at once.
// An error of `visit` ends the walk of that part and is returned.
class BulkScan {
 public:
  // The position of a node among all that were visited: those of part 0 first, in order.
  using Row = std::uint64_t;

  virtual ~BulkScan() = default;
  virtual std::size_t parts() const = 0;
  virtual absl::Status VisitNodes(std::size_t part,
                                  absl::FunctionRef<absl::Status(const NodeView& node)> visit) = 0;
  // A part of the links (not those of that part's nodes), with the rows of their ends instead of
  // the ids. Only when the nodes of all parts have been visited to the end.
  virtual absl::Status VisitLinks(
      std::size_t part,
      absl::FunctionRef<absl::Status(const LinkView& link, Row source, Row target)> visit) = 0;
};

// One graph at one revision. Order: nodes and links by id (CompareIds); regions by code, bytewise,
// so that a region's codes stand together; lines by region (bytewise), year; the links of one node
// by mechanism, then in the order in which their other ends and they themselves came to the store.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual const GraphInfo& info() const = 0;
  virtual absl::StatusOr<NodeRecord> GetNode(std::string_view id) const = 0;  // NODE_NOT_FOUND
  virtual absl::StatusOr<LinkRecord> GetLink(std::string_view id) const = 0;  // LINK_NOT_FOUND
  virtual absl::StatusOr<RegionRecord> GetRegion(std::string_view code) const = 0;
  // After the record that `token` names; from the start when it is empty. INVALID_PAGE_TOKEN for a
  // token that no scan of this kind, graph and node gave. Each step costs a look-up or two.
  virtual absl::StatusOr<std::unique_ptr<Cursor<NodeRecord>>> ScanNodes(
      std::string_view token = {}) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> ScanLinks(
      std::string_view token = {}) const = 0;
  // Links of one node, as payer, as payee. NODE_NOT_FOUND.
  virtual absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> ScanOutLinks(
      std::string_view node, std::string_view token = {}) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Cursor<LinkRecord>>> ScanInLinks(
      std::string_view node, std::string_view token = {}) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Cursor<RegionRecord>>> ScanRegions(
      std::string_view token = {}) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Cursor<LineRecord>>> ScanLines(
      std::string_view token = {}) const = 0;
  // Every node, every link, by the fastest way through all of them, in at most so many parts: for
  // building Snapshots.
  virtual std::unique_ptr<BulkScan> StartBulkScan(std::size_t most_parts) const = 0;
  // Changes of revisions in (after_revision, info().revision], in order. REVISION_UNAVAILABLE for
  // an after_revision below info().changes_after or above info().revision.
  virtual absl::StatusOr<std::unique_ptr<Cursor<Change>>> ScanChanges(
      std::int64_t after_revision) const = 0;
  // What it holds of its own, about: of an older revision what differs from the newest.
  virtual std::uint64_t memory_bytes() const { return 0; }
};

// INVALID_FIELD, for `field`, when it is no graph's name: 1 to 63 of [a-z0-9_-], first a letter.
absl::Status CheckGraphName(std::string_view field, std::string_view name);

// upkeep.h
struct CheckOptions;
struct CheckReport;
struct StorageStatistics;
struct StoreCheckpoint;

class Store {
 public:
  virtual ~Store() = default;

  // GRAPH_EXISTS, INVALID_FIELD (CheckGraphName).
  virtual absl::StatusOr<GraphInfo> CreateGraph(std::string_view name,
                                                std::optional<Date> reference_date) = 0;
  // Sets the reference date (nothing: clears it), as one revision whose change feed entry is
  // `settings`: answers depend on that date. GRAPH_NOT_FOUND.
  virtual absl::StatusOr<GraphInfo> UpdateGraph(std::string_view name,
                                                std::optional<Date> reference_date) = 0;
  // Gone at once; its space is given back in the background. GRAPH_NOT_FOUND.
  virtual absl::Status DeleteGraph(std::string_view name) = 0;
  virtual absl::StatusOr<std::vector<GraphInfo>> ListGraphs() const = 0;  // by name

  // The newest revision on disk.
  virtual absl::StatusOr<std::shared_ptr<const Reader>> OpenReader(
      std::string_view graph) const = 0;
  // An older revision, rebuilt by undoing what changed since: O(changes since), memory as well
  // (LIMIT_EXCEEDED above OpenOptions::max_rebuild_bytes). REVISION_UNAVAILABLE
  // (FAILED_PRECONDITION, with requested, oldest and newest) outside [oldest_revision, revision].
  // Numbers within the store are as they were, so that tokens of scans hold. `check`, where given,
  // is called now and then; its error ends the rebuilding.
  virtual absl::StatusOr<std::shared_ptr<const Reader>> OpenReader(
      std::string_view graph, std::int64_t revision,
      const std::function<absl::Status()>& check = {}) const = 0;

  virtual absl::StatusOr<CommitResult> Commit(Batch batch) = 0;
  // GRAPH_NOT_FOUND, or with create_graph INVALID_FIELD for what cannot be a graph's name.
  virtual absl::StatusOr<std::unique_ptr<Load>> BeginLoad(LoadOptions options) = 0;

  // Called after each commit, load, UpdateGraph or DeleteGraph with the graph's name and revision
  // (0: deleted), from the committing thread, before the writer gets its answer; must be quick and
  // may not write. One listener; nothing removes it.
  virtual void SetListener(
      std::function<void(std::string_view graph, std::int64_t revision)> listener) = 0;

  // Reads all of the newest revision and of the files below it, and says what does not agree
  // (check.h). Damaged files are named; the records in them are not gone through then. Writes go on
  // meanwhile. Errors: that of `options.check`, and of a disk that cannot be read.
  virtual absl::StatusOr<CheckReport> Check(const CheckOptions& options) const = 0;
  // Makes, within the store's folder, a database of its own that is the newest revision of
  // everything, and says where and which that is. Its files share their bytes with the store's: it
  // is to be copied and removed, by whoever asked for it; what a killed process left is removed at
  // the next opening. `name` is a file's name that no other checkpoint has. Commits wait for
  // milliseconds.
  virtual absl::StatusOr<StoreCheckpoint> Checkpoint(std::string_view name) = 0;
  virtual absl::StatusOr<StorageStatistics> Statistics() const = 0;
};

// How long what is no longer the newest is kept.
inline constexpr std::chrono::seconds kDefaultRetention = std::chrono::hours(24 * 7);
inline constexpr std::chrono::seconds kKeepForever = std::chrono::seconds::max();

struct OpenOptions {
  std::string path;  // made when it is not there
  bool create_if_missing = true;
  bool read_only = false;
  std::uint64_t block_cache_bytes = 256ull << 20;
  std::uint64_t write_buffer_bytes = 128ull << 20;
  // Writes are refused with RESOURCE_EXHAUSTED (DISK_FULL) while less than this is free; reads go
  // on.
  std::uint64_t min_free_disk_bytes = 256ull << 20;
  // Every state that was a graph's newest within this time can be read again (OpenReader with a
  // revision) and followed from (ScanChanges), and request ids of commits within it are known. What
  // is older is removed piece by piece while nothing is written. 0: the newest state alone, and no
  // request id for long; kKeepForever: nothing is ever removed.
  std::chrono::seconds retention = kDefaultRetention;
  // Most memory for what differs between an older revision and the newest.
  std::uint64_t max_rebuild_bytes = std::uint64_t{1} << 30;
  // Called once, from any thread, when the disk failed the store (an I/O error, a checksum that
  // does not match): what is in memory can no longer be trusted, so a server ends its process here.
  // Must not call the store.
  std::function<void(const absl::Status&)> on_failure;
};

// RocksDB in a folder. Errors: STORE_FORMAT (another format number: says which and what to do),
// STORE_LOCKED (names the process that has it), STORE_CORRUPT (damaged, or behind what it had
// acknowledged), NOT_FOUND (create_if_missing is off). A read-only store takes no lock and shows
// what was on disk when it was opened.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const OpenOptions& options);
// The same error with a sentence that says what to do when the store is damaged or its disk failed;
// OpenRocksStore's errors have it.
absl::Status WithAdvice(const absl::Status& status);
// In memory, with the same promises but durability: for tests and for scratch work.
std::unique_ptr<Store> MakeMemoryStore();

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_STORE_H_
