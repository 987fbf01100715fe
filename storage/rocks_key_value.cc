// Opening goes from what cannot harm to what can: format, lock, a look at the database for reading
// alone, which must not be behind the witness (opening for writing would cut a damaged log off and
// destroy what could still be rescued), and only then the opening for writing. A write is a synced
// WriteBatch, then the witness; a load is a row of sorted files, taken in by one edit of the
// manifest, which the witness has too.
//
// The witness names the last synced write by a number that the write itself puts into the database
// (kWritten). RocksDB's own count of writes will not do: loads and compactions leave it in the
// manifest, and a log that is lost afterwards would not put the database behind it.
#include "storage/rocks_key_value.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "rocksdb/db.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/utilities/checkpoint.h"
#include "rocksdb/write_batch.h"
#include "storage/codec.h"
#include "storage/file_copy.h"
#include "storage/key_value_store.h"
#include "storage/rocks_ingest.h"
#include "storage/rocks_options.h"
#include "storage/rocks_space.h"
#include "storage/rocks_upkeep.h"
#include "storage/store_folder.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kProtectionBytes = 8;
constexpr std::size_t kReadAheadBytes = 2 << 20;
constexpr std::size_t kMostBatchBytesBeside = 8;  // a key and its value: what kind, and two sizes

rocksdb::Slice ToSlice(std::string_view s) { return {s.data(), s.size()}; }
std::string_view FromSlice(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

// A flush that waits for no compaction: there may be no room for one.
rocksdb::FlushOptions AtOnce() {
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  return options;
}

class RocksIterator : public KeyValueIterator {
 public:
  RocksIterator(rocksdb::DB& db, FailureLatch& latch, const rocksdb::Snapshot* snapshot,
                std::string lower, std::string upper, bool bulk)
      : latch_(latch), lower_(std::move(lower)), upper_(std::move(upper)) {
    lower_slice_ = ToSlice(lower_);
    upper_slice_ = ToSlice(upper_);
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &lower_slice_;
    if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
    // There are none, and looking for them loses an error: where a file that follows another in its
    // level is damaged at its beginning, RocksDB 7.8.3 ends the walk with status OK
    // (https://github.com/facebook/rocksdb/pull/11782).
    options.ignore_range_deletions = true;
    if (bulk) {
      options.fill_cache = false;
      options.readahead_size = kReadAheadBytes;
      // Nobody reads RocksDB's counters of this thread, and keeping them slows a long walk down.
      rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    }
    it_.reset(db.NewIterator(options));
    it_->SeekToFirst();
  }
  RocksIterator(const RocksIterator&) = delete;  // RocksDB points at the bounds
  RocksIterator& operator=(const RocksIterator&) = delete;

  bool Valid() const override { return it_->Valid(); }
  void Next() override { it_->Next(); }
  std::string_view key() const override { return FromSlice(it_->key()); }
  std::string_view value() const override { return FromSlice(it_->value()); }
  absl::Status status() const override { return latch_.Check(it_->status()); }

 private:
  FailureLatch& latch_;
  std::string lower_;
  std::string upper_;
  rocksdb::Slice lower_slice_;
  rocksdb::Slice upper_slice_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

class RocksSnapshot : public KeyValueReader {
 public:
  RocksSnapshot(std::shared_ptr<rocksdb::DB> db, std::shared_ptr<FailureLatch> latch)
      : db_(std::move(db)), latch_(std::move(latch)), snapshot_(db_->GetSnapshot()) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    std::string value;
    const rocksdb::Status status = db_->Get(options, ToSlice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    LIANJIE_RETURN_IF_ERROR(latch_->Check(status));
    return value;
  }
  std::unique_ptr<KeyValueIterator> NewIterator(std::string lower, std::string upper,
                                                bool bulk) const override {
    return std::make_unique<RocksIterator>(*db_, *latch_, snapshot_, std::move(lower),
                                           std::move(upper), bulk);
  }
  std::uint64_t ApproximateSize(std::string_view lower, std::string_view upper) const override {
    const rocksdb::Range range(ToSlice(lower), ToSlice(upper));
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    std::uint64_t size = 0;
    return db_->GetApproximateSizes(options, db_->DefaultColumnFamily(), &range, 1, &size).ok()
               ? size
               : 0;
  }

 private:
  std::shared_ptr<rocksdb::DB> db_;
  std::shared_ptr<FailureLatch> latch_;
  const rocksdb::Snapshot* snapshot_;  // RocksDB's; released above
};

class RocksKeyValue : public KeyValue {
 public:
  RocksKeyValue(StoreFolder folder, rocksdb::Options options, std::uint64_t min_free_bytes,
                std::shared_ptr<rocksdb::DB> db, std::shared_ptr<FailureLatch> latch,
                std::shared_ptr<Witness> witness, std::shared_ptr<SpaceGuard> space)
      : folder_(std::move(folder)),
        options_(std::move(options)),
        min_free_bytes_(min_free_bytes),
        latch_(std::move(latch)),
        witness_(std::move(witness)),
        space_(std::move(space)),
        db_(std::move(db)) {}

  std::shared_ptr<const KeyValueReader> Snapshot() const override {
    return std::make_shared<RocksSnapshot>(db_, latch_);
  }

  absl::Status Write(const KeyValueChanges& changes, bool sync, bool frees) override {
    LIANJIE_RETURN_IF_ERROR(latch_->Refusal());
    // What is deleted gives its space back only after it was written down: such a write may go
    // lower.
    const std::uint64_t floor = frees ? min_free_bytes_ / 2 : min_free_bytes_;
    if (folder_.FreeBytes() < floor) return DiskFull(folder_, floor);
    LIANJIE_RETURN_IF_ERROR(space_->AwaitWrites(*db_));
    std::size_t bytes = 0;
    for (const auto& [key, value] : changes) {
      bytes += kMostBatchBytesBeside + key.size() + (value.has_value() ? value->size() : 0);
    }
    rocksdb::WriteBatch batch(bytes, 0, kProtectionBytes, 0);
    for (const auto& [key, value] : changes) {
      LIANJIE_RETURN_IF_ERROR(
          latch_->Check(value.has_value() ? batch.Put(key, *value) : batch.Delete(key)));
    }
    const std::uint64_t number = db_->GetLatestSequenceNumber() + 1;  // this thread alone writes
    if (sync)
      LIANJIE_RETURN_IF_ERROR(latch_->Check(batch.Put(WrittenKey(), EncodeWritten(number))));
    rocksdb::WriteOptions options;
    options.sync = sync;
    options.protection_bytes_per_key = kProtectionBytes;
    LIANJIE_RETURN_IF_ERROR(latch_->Check(db_->Write(options, &batch)));
    if (!sync) return absl::OkStatus();
    const absl::Status attested = witness_->WriteSequence(number);
    return attested.ok() ? attested : latch_->Fail(attested);
  }

  absl::Status Ingest(absl::FunctionRef<absl::Status(KeyValueIngest&)> fill) override {
    LIANJIE_RETURN_IF_ERROR(latch_->Refusal());
    LIANJIE_RETURN_IF_ERROR(folder_.RemoveLeftovers());
    absl::Status status;
    {
      IngestFiles files(options_, folder_, min_free_bytes_, *latch_);
      status = fill(files);
      if (status.ok()) status = files.Finish();
      if (status.ok() && !files.files().empty()) status = TakeIn(files.files());
    }
    // What was taken in is there, whatever is left beside it: the next load or opening removes
    // that.
    folder_.RemoveLeftovers().IgnoreError();
    LIANJIE_RETURN_IF_ERROR(status);
    return latch_->Refusal();  // the witness may have failed to take the manifest
  }
  SpillSpace Space() const override {
    return {.folder = folder_.path(), .min_free_bytes = min_free_bytes_};
  }

  absl::StatusOr<std::vector<std::string>> FindDamage(const StepCheck& check) const override {
    return FindDamagedFiles(*db_, check);
  }
  absl::Status Flush() override {
    LIANJIE_RETURN_IF_ERROR(latch_->Refusal());
    return latch_->Check(db_->Flush(AtOnce()));
  }
  absl::StatusOr<std::string> Checkpoint(std::string_view name) override {
    LIANJIE_RETURN_IF_ERROR(latch_->Refusal());
    LIANJIE_RETURN_IF_ERROR(MakeFolder(folder_.checkpoints()));
    const std::string folder = Cat(folder_.checkpoints(), "/", name);
    rocksdb::Checkpoint* made = nullptr;
    LIANJIE_RETURN_IF_ERROR(latch_->Check(rocksdb::Checkpoint::Create(db_.get(), &made)));
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    LIANJIE_RETURN_IF_ERROR(latch_->Check(checkpoint->CreateCheckpoint(folder)));
    return folder;
  }
  StorageStatistics Statistics() const override { return RocksStatistics(*db_, folder_); }

 private:
  absl::Status TakeIn(const std::vector<IngestFile>& files) {
    rocksdb::IngestExternalFileArg arg;
    arg.column_family = db_->DefaultColumnFamily();
    for (const IngestFile& file : files) {
      arg.external_files.push_back(file.path);
      arg.files_checksums.push_back(file.checksum);
      arg.files_checksum_func_names.push_back(file.checksum_name);
    }
    arg.options.move_files = true;
    arg.options.write_global_seqno = false;  // the files stay as they were written and checked
    // Each file was read again by the thread that wrote it, and its checksum is that of the bytes
    // that were given to the disk: taking it from what is read now could only hide damage.
    arg.options.verify_checksums_before_ingest = false;
    arg.options.verify_file_checksum = false;
    return latch_->Check(db_->IngestExternalFiles({arg}));
  }

  StoreFolder folder_;
  rocksdb::Options options_;
  std::uint64_t min_free_bytes_;
  std::shared_ptr<FailureLatch> latch_;
  std::shared_ptr<Witness> witness_;   // null: read-only
  std::shared_ptr<SpaceGuard> space_;  // the same
  std::shared_ptr<rocksdb::DB> db_;
};

// Closes the database when the last reader is done with it, and gives the folder free after that.
std::shared_ptr<rocksdb::DB> Own(rocksdb::DB* db, bool read_only,
                                 std::shared_ptr<FailureLatch> latch, File lock,
                                 std::shared_ptr<SpaceGuard> space = nullptr) {
  auto held = std::make_shared<File>(std::move(lock));
  return {db, [read_only, latch, held, space](rocksdb::DB* closing) {
            // Nothing is lost without the flush; with it the next opening has no log to read.
            if (!read_only && latch->Refusal().ok()) {
              latch->Check(closing->Flush(AtOnce())).IgnoreError();
            }
            delete closing;
          }};
}

// The number of the last synced write that the database has; nothing in a store from before there
// were such numbers.
absl::StatusOr<std::optional<std::uint64_t>> LastWritten(rocksdb::DB& db) {
  std::string value;
  const rocksdb::Status status = db.Get(rocksdb::ReadOptions(), WrittenKey(), &value);
  if (status.IsNotFound()) return std::nullopt;
  LIANJIE_RETURN_IF_ERROR(FromRocks(status));
  const std::optional<std::uint64_t> number = DecodeWritten(value);
  if (!number.has_value()) return Corrupt("the number of its last write");
  return number;
}

absl::Status CheckWitness(const StoreFolder& folder, rocksdb::DB& db) {
  LIANJIE_ASSIGN_OR_RETURN(const auto witness, Witness::Read(folder));
  LIANJIE_ASSIGN_OR_RETURN(const auto last, LastWritten(db));
  if (!witness.has_value()) {
    // It comes before the first write that has a number, and with a restored store.
    return last.has_value() ? Corrupt("its WITNESS file is missing") : absl::OkStatus();
  }
  // A store from before there were such numbers went by RocksDB's, which are never above the next.
  const std::uint64_t written = last.value_or(db.GetLatestSequenceNumber());
  if (written < witness->sequence) {
    return Corrupt(Cat("its log ends at write ", written, ", but writes up to ", witness->sequence,
                       " were acknowledged"));
  }
  const Manifest known{.number = witness->manifest, .bytes = witness->manifest_bytes};
  const auto found = CurrentManifest(folder.database());
  if (found.value_or(Manifest()) >= known) return absl::OkStatus();
  return Corrupt(Cat("its manifest ", found.has_value() ? found->number : 0, " ends at byte ",
                     found.has_value() ? found->bytes : 0, ", but manifest ", known.number,
                     " had come to byte ", known.bytes));
}

absl::StatusOr<std::shared_ptr<rocksdb::DB>> OpenForReading(const StoreFolder& folder,
                                                            const rocksdb::Options& options,
                                                            std::shared_ptr<FailureLatch> latch) {
  rocksdb::DB* db = nullptr;
  LIANJIE_RETURN_IF_ERROR(FromRocks(rocksdb::DB::OpenForReadOnly(options, folder.database(), &db)));
  return Own(db, true, std::move(latch), File());
}

}  // namespace

absl::StatusOr<std::shared_ptr<KeyValue>> OpenRocksKeyValue(
    const OpenOptions& options, std::shared_ptr<rocksdb::Statistics> statistics,
    std::uint64_t format) {
  StoreFolder folder(options.path);
  LIANJIE_ASSIGN_OR_RETURN(bool there, folder.HasStore(format));
  if (!there && (options.read_only || !options.create_if_missing)) return NoStore(options.path);
  auto latch = std::make_shared<FailureLatch>(options.on_failure);
  rocksdb::Options rocks = MakeRocksOptions(options, latch);
  rocks.statistics = std::move(statistics);
  if (options.read_only) {
    LIANJIE_ASSIGN_OR_RETURN(auto db, OpenForReading(folder, rocks, latch));
    // Whoever has the store may have written since.
    if (!folder.IsLocked()) {
      LIANJIE_RETURN_IF_ERROR(CheckWitness(folder, *db));
    }
    return std::make_shared<RocksKeyValue>(std::move(folder), std::move(rocks), 0, std::move(db),
                                           std::move(latch), nullptr, nullptr);
  }
  if (!there) LIANJIE_RETURN_IF_ERROR(folder.Create());
  LIANJIE_ASSIGN_OR_RETURN(File lock, folder.Lock());
  LIANJIE_ASSIGN_OR_RETURN(there, folder.HasStore(format));  // now that nobody changes it
  if (there) {
    LIANJIE_ASSIGN_OR_RETURN(const auto db, OpenForReading(folder, rocks, latch));
    LIANJIE_RETURN_IF_ERROR(CheckWitness(folder, *db));
  }
  LIANJIE_RETURN_IF_ERROR(folder.RemoveLeftovers());
  LIANJIE_RETURN_IF_ERROR(RemoveTree(folder.checkpoints()));
  LIANJIE_ASSIGN_OR_RETURN(const auto witness, Witness::Open(folder));
  const auto space =
      std::make_shared<SpaceGuard>(folder, options.min_free_disk_bytes / 2, latch->env());
  rocks.sst_file_manager = space->files();
  rocks.listeners.push_back(space->listener());
  rocksdb::DB* db = nullptr;
  LIANJIE_RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(rocks, folder.database(), &db)));
  auto owned = Own(db, false, latch, std::move(lock), space);
  latch->AttestManifest([witness](const Manifest& manifest) {
    return witness->WriteManifest(manifest.number, manifest.bytes);
  });
  LIANJIE_RETURN_IF_ERROR(latch->Refusal());
  return std::make_shared<RocksKeyValue>(std::move(folder), std::move(rocks),
                                         options.min_free_disk_bytes, std::move(owned),
                                         std::move(latch), witness, space);
}

absl::StatusOr<std::shared_ptr<const KeyValueReader>> ReadRocksDatabase(
    const std::string& database) {
  auto latch = std::make_shared<FailureLatch>(nullptr);
  rocksdb::Options rocks = MakeRocksOptions({}, latch);
  rocksdb::DB* db = nullptr;
  LIANJIE_RETURN_IF_ERROR(FromRocks(rocksdb::DB::OpenForReadOnly(rocks, database, &db)));
  return std::make_shared<RocksSnapshot>(Own(db, true, latch, File()), latch);
}

absl::Status AttestDatabase(const std::string& path) {
  const StoreFolder folder(path);
  const auto latch = std::make_shared<FailureLatch>(nullptr);
  LIANJIE_ASSIGN_OR_RETURN(const auto db,
                           OpenForReading(folder, MakeRocksOptions({}, latch), latch));
  LIANJIE_ASSIGN_OR_RETURN(const auto written, LastWritten(*db));
  const auto manifest = CurrentManifest(folder.database());
  if (!manifest.has_value()) return Corrupt("its database has no manifest");
  LIANJIE_ASSIGN_OR_RETURN(const auto witness, Witness::Open(folder));
  LIANJIE_RETURN_IF_ERROR(witness->WriteSequence(written.value_or(db->GetLatestSequenceNumber())));
  return witness->WriteManifest(manifest->number, manifest->bytes);
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(const OpenOptions& options) {
  auto kv = OpenRocksKeyValue(options);
  if (!kv.ok()) return WithAdvice(kv.status());
  auto store = OpenKeyValueStore(*std::move(kv), {.read_only = options.read_only,
                                                  .retention = options.retention,
                                                  .max_rebuild_bytes = options.max_rebuild_bytes});
  if (!store.ok()) return WithAdvice(store.status());
  return store;
}

absl::Status WithAdvice(const absl::Status& status) {
  std::string_view advice;
  if (status.code() == absl::StatusCode::kDataLoss) {
    advice =
        ". Keep the folder as it is, and restore a backup into a new one: `lianjie backup list "
        "--folder FOLDER`, then `lianjie backup restore ID --folder FOLDER --into DIR`";
  } else if (const auto detail = GetErrorDetail(status);
             detail.has_value() && detail->reason == Reason::kStoreCorrupt) {
    advice =
        ". Look after the disk (the system's log says more), then start again; what was "
        "acknowledged is on it";
  }
  if (advice.empty()) return status;
  return MakeError(status.code(), Cat(FromAbsl(status.message()), advice),
                   GetErrorDetail(status).value_or(ErrorDetail()));
}

}  // namespace lianjie::storage
