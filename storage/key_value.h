// The seam below the Store: an ordered map from bytes to bytes that knows nothing of graphs. All
// rules of the Store stand above it and are written once; what differs between disk and memory
// stands below it: durability, snapshots, and how a large sorted stream comes in. Keys compare
// bytewise.
#ifndef LIANJIE_STORAGE_KEY_VALUE_H_
#define LIANJIE_STORAGE_KEY_VALUE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/spill_space.h"
#include "storage/step_check.h"

namespace lianjie::storage {

struct StorageStatistics;  // upkeep.h

// Walks the keys of a range in order. Made on the first key. One thread.
class KeyValueIterator {
 public:
  virtual ~KeyValueIterator() = default;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  // Live until the next move.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // Whether the walk ended by an error rather than at the end of the range.
  virtual absl::Status status() const = 0;
};

// One consistent state. Thread safe.
class KeyValueReader {
 public:
  virtual ~KeyValueReader() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const = 0;
  // The keys in [lower, upper). A `bulk` walk reads ahead and leaves the caches alone.
  virtual std::unique_ptr<KeyValueIterator> NewIterator(std::string lower, std::string upper,
                                                        bool bulk = false) const = 0;
  // About how much lies in [lower, upper), in a unit of the map's own; 0 where it cannot tell.
  virtual std::uint64_t ApproximateSize(std::string_view /*lower*/,
                                        std::string_view /*upper*/) const {
    return 0;
  }
  // What it holds of its own, about; not what lies in the map below or its caches.
  virtual std::uint64_t memory_bytes() const { return 0; }
};

// Puts and (without a value) deletes, by key.
using KeyValueChanges = absl::btree_map<std::string, std::optional<std::string>>;

// Takes some of the keys of an ingest, each once, in ascending order. One thread.
class KeyValueSink {
 public:
  virtual ~KeyValueSink() = default;
  virtual absl::Status Put(std::string_view key, std::string_view value) = 0;
  virtual absl::Status Delete(std::string_view key) = 0;
  // No more keys come: what is left to do with those that came may begin. Need not be called.
  virtual void End() {}
};

// An ingest in the making. Thread safe.
class KeyValueIngest {
 public:
  virtual ~KeyValueIngest() = default;
  // How the keys of a sink will be read: one by one, some of them not being there; or in walks, and
  // one by one only where they are known to be there.
  enum class Reads { kLookUps, kWalks };

  // One more sink, which lives as long as the ingest. No key of a sink lies between two of another.
  // What is put into it is written by a thread of its own; an error of the writing comes with a
  // later call, or ends the ingest.
  virtual KeyValueSink& NewSink(Reads reads) = 0;
  KeyValueSink& NewSink() { return NewSink(Reads::kLookUps); }
};

// Thread safe; Write and Ingest are called by one thread at a time.
class KeyValue {
 public:
  virtual ~KeyValue() = default;
  // The newest state; it stays as it is for as long as it is held.
  virtual std::shared_ptr<const KeyValueReader> Snapshot() const = 0;
  // Applies all changes or none. With `sync` they are on disk when it returns OK, with everything
  // written before; nobody sees them earlier. One that `frees` space is still taken where others
  // are refused for the lack of it. Errors: DISK_FULL when too little is free (nothing happened);
  // any other error fails the store for good.
  virtual absl::Status Write(const KeyValueChanges& changes, bool sync, bool frees = false) = 0;
  // Applies what `fill` puts into sinks, all or nothing, and has it on disk when it returns OK. An
  // error of `fill` leaves everything as it was and is returned.
  virtual absl::Status Ingest(absl::FunctionRef<absl::Status(KeyValueIngest&)> fill) = 0;
  // Where temporary files may lie, beside the map.
  virtual SpillSpace Space() const = 0;
  // Reads the files of the map, if it has any, against the checksums that were taken when they were
  // written. The damaged ones, as sentences. Unlike a read it does not fail the map. Error: that of
  // `check`.
  virtual absl::StatusOr<std::vector<std::string>> FindDamage(const StepCheck& check) const = 0;
  // Store::Checkpoint's folder. Called by the thread that writes.
  virtual absl::StatusOr<std::string> Checkpoint(std::string_view name) = 0;
  // Writes what is in memory alone into files, so that a checkpoint is quick.
  virtual absl::Status Flush() = 0;
  virtual StorageStatistics Statistics() const = 0;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_KEY_VALUE_H_
