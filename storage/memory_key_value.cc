// A std::map from key to its versions, each with the sequence number of the write that made it. A
// snapshot is a sequence number: it sees of every key the newest version that is not newer than
// itself, so taking one costs nothing and a held one costs only the versions that are written over
// meanwhile. A write drops the versions of its keys that no snapshot can see any more. Walks copy a
// few dozen entries at a time, so that the lock is not taken for each.
#include "storage/memory_key_value.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "storage/upkeep.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kEntriesAtATime = 64;

struct Version {
  std::uint64_t sequence = 0;
  std::optional<std::string> value;
};

class Versions {
 public:
  // The newest value that `sequence` sees.
  const std::optional<std::string>* At(std::uint64_t sequence) const {
    for (auto it = versions_.rbegin(); it != versions_.rend(); ++it) {
      if (it->sequence <= sequence) return it->value.has_value() ? &it->value : nullptr;
    }
    return nullptr;
  }

  void Add(std::uint64_t sequence, std::optional<std::string> value, std::uint64_t oldest) {
    versions_.push_back({sequence, std::move(value)});
    while (versions_.size() > 1 && versions_[1].sequence <= oldest) versions_.pop_front();
  }

  bool Gone(std::uint64_t oldest) const {
    return versions_.size() == 1 && !versions_[0].value.has_value() &&
           versions_[0].sequence <= oldest;
  }

 private:
  std::deque<Version> versions_;
};

// What the map and its snapshots share.
struct State {
  std::shared_mutex mutex;
  std::map<std::string, Versions, std::less<>> data;
  std::uint64_t sequence = 0;
  std::multiset<std::uint64_t> snapshots;

  void Apply(const KeyValueChanges& changes) {
    const std::unique_lock lock(mutex);
    const std::uint64_t next = ++sequence;
    const std::uint64_t oldest = snapshots.empty() ? next : *snapshots.begin();
    for (const auto& [key, value] : changes) {
      const auto it = data.try_emplace(key).first;
      it->second.Add(next, value, oldest);
      if (it->second.Gone(oldest)) data.erase(it);
    }
  }
};

class MemoryIterator : public KeyValueIterator {
 public:
  MemoryIterator(std::shared_ptr<State> state, std::uint64_t sequence, std::string lower,
                 std::string upper)
      : state_(std::move(state)),
        sequence_(sequence),
        next_(std::move(lower)),
        upper_(std::move(upper)) {
    Fill();
  }

  bool Valid() const override { return position_ < entries_.size(); }
  void Next() override {
    if (++position_ == entries_.size() && !done_) Fill();
  }
  std::string_view key() const override { return entries_[position_].first; }
  std::string_view value() const override { return entries_[position_].second; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  void Fill() {
    entries_.clear();
    position_ = 0;
    const std::shared_lock lock(state_->mutex);
    for (auto it = state_->data.lower_bound(next_); it != state_->data.end(); ++it) {
      if (!upper_.empty() && it->first >= upper_) break;
      const std::optional<std::string>* value = it->second.At(sequence_);
      if (value == nullptr) continue;
      entries_.emplace_back(it->first, **value);
      if (entries_.size() == kEntriesAtATime) {
        next_ = it->first + '\0';
        return;
      }
    }
    done_ = true;
  }

  std::shared_ptr<State> state_;
  std::uint64_t sequence_;
  std::string next_;
  std::string upper_;
  std::vector<std::pair<std::string, std::string>> entries_;
  std::size_t position_ = 0;
  bool done_ = false;
};

class MemorySnapshot : public KeyValueReader {
 public:
  explicit MemorySnapshot(std::shared_ptr<State> state) : state_(std::move(state)) {
    const std::unique_lock lock(state_->mutex);
    sequence_ = state_->sequence;
    state_->snapshots.insert(sequence_);
  }
  ~MemorySnapshot() override {
    const std::unique_lock lock(state_->mutex);
    state_->snapshots.erase(state_->snapshots.find(sequence_));
  }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    const std::shared_lock lock(state_->mutex);
    const auto it = state_->data.find(key);
    const std::optional<std::string>* value =
        it == state_->data.end() ? nullptr : it->second.At(sequence_);
    return value == nullptr ? std::optional<std::string>() : *value;
  }

  // The iterator must not outlive the snapshot.
  std::unique_ptr<KeyValueIterator> NewIterator(std::string lower, std::string upper,
                                                bool /*bulk*/) const override {
    return std::make_unique<MemoryIterator>(state_, sequence_, std::move(lower), std::move(upper));
  }

 private:
  std::shared_ptr<State> state_;
  std::uint64_t sequence_ = 0;
};

class ChangesSink : public KeyValueSink {
 public:
  absl::Status Put(std::string_view key, std::string_view value) override {
    changes_.emplace_hint(changes_.end(), std::string(key), std::string(value));
    return absl::OkStatus();
  }
  absl::Status Delete(std::string_view key) override {
    changes_.emplace_hint(changes_.end(), std::string(key), std::nullopt);
    return absl::OkStatus();
  }
  KeyValueChanges& changes() { return changes_; }

 private:
  KeyValueChanges changes_;
};

class ChangesIngest : public KeyValueIngest {
 public:
  KeyValueSink& NewSink(Reads /*reads*/) override {
    const std::scoped_lock lock(mutex_);
    return sinks_.emplace_back();
  }
  KeyValueChanges Merge() {
    KeyValueChanges all;
    for (ChangesSink& sink : sinks_) all.merge(sink.changes());
    return all;
  }

 private:
  std::mutex mutex_;
  std::deque<ChangesSink> sinks_;
};

class MemoryKeyValue : public KeyValue {
 public:
  std::shared_ptr<const KeyValueReader> Snapshot() const override {
    return std::make_shared<MemorySnapshot>(state_);
  }
  absl::Status Write(const KeyValueChanges& changes, bool /*sync*/, bool /*frees*/) override {
    state_->Apply(changes);
    return absl::OkStatus();
  }
  absl::Status Ingest(absl::FunctionRef<absl::Status(KeyValueIngest&)> fill) override {
    ChangesIngest ingest;
    if (absl::Status status = fill(ingest); !status.ok()) return status;
    state_->Apply(ingest.Merge());
    return absl::OkStatus();
  }
  SpillSpace Space() const override { return {}; }

  absl::StatusOr<std::vector<std::string>> FindDamage(const StepCheck&) const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::string> Checkpoint(std::string_view) override {
    return absl::UnimplementedError("a store in memory has no files");
  }
  absl::Status Flush() override { return absl::OkStatus(); }
  StorageStatistics Statistics() const override {
    const std::shared_lock lock(state_->mutex);
    StorageStatistics statistics;
    statistics.counters["keys"] = state_->data.size();
    return statistics;
  }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

std::shared_ptr<KeyValue> MakeMemoryKeyValue() { return std::make_shared<MemoryKeyValue>(); }

}  // namespace lianjie::storage
