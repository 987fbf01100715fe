// What lies beside the database in a store's folder:
//   FORMAT    the format number as text, so that it can be read before anything is opened
//   OWNER     locked by the process that has the store; its process id as text
//   WITNESS   how far acknowledged writes have come: what a damaged log may not silently fall
//             behind
//   ingest/   files of a load in the making; what a killed load left is removed at the next opening
//   checkpoints/  what a backup is being made from; the same
//   rocksdb/  the database
#ifndef LIANJIE_STORAGE_STORE_FOLDER_H_
#define LIANJIE_STORAGE_STORE_FOLDER_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/keys.h"

namespace lianjie::storage {

// A file descriptor that closes itself.
class File {
 public:
  explicit File(int descriptor = -1) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// UNAVAILABLE with what the system says of `errno`.
absl::Status SystemError(std::string_view what, const std::string& path);

// NOT_FOUND: the folder holds no store.
absl::Status NoStore(const std::string& path);

// On disk when it returns: what was made, renamed or removed in the folder.
absl::Status SyncFolder(const std::string& path);
// Makes a folder and those above it, and syncs the names of all that may be new: a folder whose
// name is lost in a power cut takes all that lies in it along, however well that was synced.
absl::Status MakeLastingFolder(const std::string& path);

// Thread safe but for Witness.
class StoreFolder {
 public:
  explicit StoreFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/rocksdb"; }
  std::string database_file(std::string_view name) const;
  std::string ingest() const { return path_ + "/ingest"; }
  std::string checkpoints() const { return path_ + "/checkpoints"; }

  // Whether there is a store. STORE_FORMAT for a store of another format than `format`, and for a
  // folder of other files. STORE_CORRUPT when files say that there was one which is gone.
  absl::StatusOr<bool> HasStore(std::uint64_t format = kFormatNumber) const;
  // What FORMAT says. NOT_FOUND when there is no such file.
  absl::StatusOr<std::uint64_t> ReadFormat() const;
  // Makes the folder and its FORMAT.
  absl::Status Create() const;
  // FORMAT says kFormatNumber when it returns OK, and on disk; the change is atomic.
  absl::Status WriteFormat() const;
  // Locks OWNER for as long as the file is held. STORE_LOCKED names the process that has it.
  absl::StatusOr<File> Lock() const;
  // Keeps those who Lock off for as long as the file is held, and writes nothing; others may Hold
  // too. STORE_LOCKED as Lock; no file where there is no OWNER, as no process had the store.
  absl::StatusOr<File> Hold() const;
  // Whether some process has the store.
  bool IsLocked() const;
  absl::Status RemoveLeftovers() const;
  std::uint64_t FreeBytes() const;
  // Of all files in the folder.
  std::uint64_t UsedBytes() const;

 private:
  absl::Status LockRefused() const;  // by errno

  std::string path_;
};

// What acknowledgements rest on.
struct Attested {
  std::uint64_t sequence = 0;  // of the last acknowledged write: the number that it has in the map
  // The database's manifest, and how much of it was on disk; 0: written by a release that did not
  // tell. It says which files there are, and one that lost its end would forget the newest.
  std::uint64_t manifest = 0;
  std::uint64_t manifest_bytes = 0;

  friend auto operator<=>(const Attested&, const Attested&) = default;
};

// How far acknowledged writes have come, on disk before the acknowledgement. Two places in turn,
// each with a checksum, so that a torn write leaves the one before. Thread safe.
class Witness {
 public:
  // What it says; nothing when it was never written. STORE_CORRUPT when neither place can be read.
  static absl::StatusOr<std::optional<Attested>> Read(const StoreFolder& folder);
  static absl::StatusOr<std::shared_ptr<Witness>> Open(const StoreFolder& folder);
  // On disk when they return.
  absl::Status WriteSequence(std::uint64_t sequence);
  absl::Status WriteManifest(std::uint64_t number, std::uint64_t bytes);

 private:
  Witness(File file, const Attested& attested) : file_(std::move(file)), attested_(attested) {}
  absl::Status Write();

  std::mutex mutex_;
  File file_;
  Attested attested_;
  bool second_ = false;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_STORE_FOLDER_H_
