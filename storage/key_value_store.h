// The Store of store.h over any map: what the RocksDB store and the in-memory store both are.
#ifndef LIANJIE_STORAGE_KEY_VALUE_STORE_H_
#define LIANJIE_STORAGE_KEY_VALUE_STORE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/batch.h"
#include "storage/committer.h"
#include "storage/key_value.h"
#include "storage/keys.h"
#include "storage/overlay.h"
#include "storage/store.h"

namespace lianjie::storage {

// What of OpenOptions is not the map's.
struct StoreOptions {
  bool read_only = false;
  std::chrono::seconds retention = kDefaultRetention;
  std::uint64_t max_rebuild_bytes = OpenOptions().max_rebuild_bytes;
  BatchLimits batch_limits = {};
};

// What a store and its loads share. Thread safe.
struct StoreCore {
  StoreCore(std::shared_ptr<KeyValue> map, const StoreOptions& with, std::uint64_t secret)
      : kv(map),
        options(with),
        token_secret(secret),
        committer(map, with.read_only ? kKeepForever : with.retention, with.batch_limits) {}

  const std::shared_ptr<KeyValue> kv;
  const StoreOptions options;
  const std::uint64_t token_secret;
  Committer committer;
};

// Makes the header of an empty map, checks that of another: STORE_FORMAT. Goes on removing deleted
// graphs and what is older than the retention.
absl::StatusOr<std::unique_ptr<Store>> OpenKeyValueStore(std::shared_ptr<KeyValue> kv,
                                                         const StoreOptions& options = {});

// STORE_FORMAT: says which number was found and what to do.
absl::Status WrongFormat(std::uint64_t found);

// A graph that is not there yet, laid over the store as it will stand: next graph number, name and
// meta.
absl::StatusOr<GraphNumber> LayNewGraph(std::string_view name, std::optional<Date> reference_date,
                                        std::int64_t now_micros, Overlay& kv);

// load.cc: a load into the graph of its options.
absl::StatusOr<std::unique_ptr<Load>> BeginGraphLoad(std::shared_ptr<StoreCore> core,
                                                     LoadOptions options);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_KEY_VALUE_STORE_H_
