// Every setting that is not RocksDB's default, and why. What 7.8.3 does badly is left alone: manual
// WAL flushes, WAL compression, async reads, range deletions, log recycling, unordered writes,
// prefix extractors and atomic flushes. There is one column family, so that a damaged log cannot
// leave families apart.
#include "storage/rocks_options.h"

#include <string>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "rocksdb/cache.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"

namespace lianjie::storage {
namespace {

constexpr int kCacheShardBits = 4;

// An error in the background (a flush, a compaction) fails the store like one in the foreground.
class BackgroundErrors : public rocksdb::EventListener {
 public:
  explicit BackgroundErrors(std::shared_ptr<FailureLatch> latch) : latch_(std::move(latch)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                         rocksdb::Status* status) override {
    latch_->Check(*status).IgnoreError();
  }

 private:
  std::shared_ptr<FailureLatch> latch_;
};

}  // namespace

absl::Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  ErrorDetail detail{
      .reason = Reason::kStoreCorrupt, .field = {}, .row = {}, .metadata = {{"cause", text}}};
  if (status.IsNoSpace()) {
    detail.reason = Reason::kDiskFull;
    return MakeError(absl::StatusCode::kResourceExhausted, Cat("the disk is full: ", text), detail);
  }
  // A file that is named and not there is no trouble of the disk.
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return MakeError(absl::StatusCode::kDataLoss, Cat("the store is damaged: ", text), detail);
  }
  if (status.IsIOError()) {
    return MakeError(absl::StatusCode::kUnavailable, Cat("the disk failed: ", text), detail);
  }
  detail.reason = Reason::kInternal;
  return MakeError(absl::StatusCode::kInternal, Cat("RocksDB: ", text), detail);
}

absl::Status FailureLatch::Check(const rocksdb::Status& status) {
  const absl::Status error = FromRocks(status);
  return error.ok() ? error : Fail(error);
}

absl::Status FailureLatch::Fail(const absl::Status& error) {
  // Who fails next goes on only when the first has been told: RocksDB's assertions would end the
  // process before its message.
  const std::lock_guard telling(telling_mutex_);
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = first_.ok();
    if (is_first) first_ = error;
  }
  if (is_first && on_failure_) on_failure_(error);
  return error;
}

absl::Status FailureLatch::Refusal() const {
  const std::lock_guard lock(mutex_);
  if (first_.ok()) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kUnavailable,
      Cat("the store has failed and takes no more writes: ", FromAbsl(first_.message())),
      {.reason = Reason::kStoreCorrupt,
       .field = {},
       .row = {},
       .metadata = {{"cause", std::string(FromAbsl(first_.message()))}}});
}

void FailureLatch::AttestManifest(std::function<absl::Status(const Manifest&)> attest) {
  const std::lock_guard lock(manifest_mutex_);
  attest_ = std::move(attest);
  if (const absl::Status status = attest_(manifest_); !status.ok()) Fail(status).IgnoreError();
}

void FailureLatch::ManifestGrew(const Manifest& manifest) {
  const std::lock_guard lock(manifest_mutex_);
  manifest_ = manifest;
  if (!attest_) return;
  if (const absl::Status status = attest_(manifest_); !status.ok()) Fail(status).IgnoreError();
}

rocksdb::Options MakeRocksOptions(const OpenOptions& options, std::shared_ptr<FailureLatch> latch) {
  rocksdb::Options o;
  o.env = latch->env();
  o.create_if_missing = true;  // whether there may be a new store was decided before

  // Notice damage, and never go on with it.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  o.track_and_verify_wals_in_manifest = true;
  o.paranoid_checks = true;
  o.paranoid_file_checks = true;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.max_bgerror_resume_count = 0;
  o.listeners.push_back(std::make_shared<BackgroundErrors>(std::move(latch)));

  // Small on disk: most bytes lie in the last level. LZ4 above it keeps flushes cheap.
  o.compression = rocksdb::kLZ4Compression;
  o.bottommost_compression = rocksdb::kZSTD;
  o.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 16 << 10;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes, kCacheShardBits);
  table.cache_index_and_filter_blocks = true;  // so that the cache's size bounds them too
  // In pieces: the filter of a large file is larger than a shard of the cache, and would be read
  // anew for every look-up.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 16 << 10;
  table.pin_top_level_index_and_filter = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  // Bounded memory for writes.
  o.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes);
  o.write_buffer_size = options.write_buffer_bytes / 2;
  // Most look-ups of a commit are for ids that are not there; a filter spares them the walk.
  o.memtable_prefix_bloom_size_ratio = 0.02;
  o.memtable_whole_key_filtering = true;

  // A quiet folder: no statistics, few and short logs of its own.
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  o.keep_log_file_num = 4;
  o.skip_stats_update_on_db_open = true;  // opening reads no file that nobody asks for
  return o;
}

rocksdb::Options LoadedFileOptions(const rocksdb::Options& options, bool looked_up) {
  rocksdb::Options o = options;
  // Half the work of writing and of scanning, for half as much disk again: 86 bytes a link of a
  // county, its nodes included, where ZSTD takes 58. What a compaction rewrites is ZSTD again.
  o.bottommost_compression = rocksdb::kLZ4Compression;
  if (looked_up) return o;
  rocksdb::BlockBasedTableOptions table =
      *options.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
  table.filter_policy = nullptr;
  table.partition_filters = false;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

}  // namespace lianjie::storage
