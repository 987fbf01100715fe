// External sorting: what does not fit into a bound of memory is sorted in pieces, put aside in a
// file, and merged as it is read. A sorted stream may be read more than once.
#ifndef LIANJIE_STORAGE_SORTER_H_
#define LIANJIE_STORAGE_SORTER_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tbb/parallel_sort.h"

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/status.h"
#include "storage/spill.h"

namespace lianjie::storage {

// A piece of a file that is sorted.
struct SortedRun {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// How much of each run is read at a time, so that all together keep to about `memory_bytes`.
inline std::size_t RunBufferBytes(std::size_t memory_bytes, std::size_t runs) {
  constexpr std::size_t kLeast = std::size_t{16} << 10;
  constexpr std::size_t kMost = std::size_t{256} << 10;
  return std::clamp(memory_bytes / std::max<std::size_t>(1, runs), kLeast, kMost);
}

// Values of one size by their operator<. One thread.
template <typename T> class FixedSorter {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  FixedSorter(const SpillSpace& space, std::size_t memory_bytes)
      : file_(space),
        most_(space.folder.empty() ? ~std::size_t{0}
                                   : std::max<std::size_t>(1024, memory_bytes / sizeof(T))) {}

  absl::Status Add(const T& value) {
    if (values_.size() == most_) LIANJIE_RETURN_IF_ERROR(SpillRun());
    if (values_.size() == values_.capacity() && values_.size() >= kGrowInOne) {
      values_.reserve(std::min(most_, values_.size() * 4));
    }
    values_.push_back(value);
    return absl::OkStatus();
  }
  // Ends the adding.
  absl::Status Sort() {
    if (!runs_.empty()) return values_.empty() ? absl::OkStatus() : SpillRun();
    tbb::parallel_sort(values_.begin(), values_.end());
    return absl::OkStatus();
  }

  // After Sort.
  class Stream {
   public:
    explicit Stream(const FixedSorter& sorter) : values_(&sorter.values_) {
      const std::size_t buffer = RunBufferBytes(sorter.most_ * sizeof(T), sorter.runs_.size());
      for (const SortedRun& run : sorter.runs_) {
        readers_.emplace_back(sorter.file_, run.begin, run.end, buffer);
      }
    }
    // False at the end.
    absl::StatusOr<bool> Next(T& value) {
      if (readers_.empty()) {
        if (position_ == values_->size()) return false;
        value = (*values_)[position_++];
        return true;
      }
      if (!begun_) {
        begun_ = true;
        for (std::size_t i = 0; i < readers_.size(); ++i) LIANJIE_RETURN_IF_ERROR(Push(i));
      }
      if (heap_.empty()) return false;
      std::pop_heap(heap_.begin(), heap_.end(), After);
      const auto [least, run] = heap_.back();
      heap_.pop_back();
      value = least;
      LIANJIE_RETURN_IF_ERROR(Push(run));
      return true;
    }

   private:
    struct Head {
      T value;
      std::size_t run;
    };
    static bool After(const Head& a, const Head& b) { return b.value < a.value; }
    absl::Status Push(std::size_t run) {
      if (readers_[run].AtEnd()) return absl::OkStatus();
      LIANJIE_ASSIGN_OR_RETURN(const std::string_view bytes, readers_[run].Take(sizeof(T)));
      Head head{.value = {}, .run = run};
      std::memcpy(&head.value, bytes.data(), sizeof(T));
      heap_.push_back(head);
      std::push_heap(heap_.begin(), heap_.end(), After);
      return absl::OkStatus();
    }

    const std::vector<T>* values_;
    std::size_t position_ = 0;
    std::vector<SpillReader<SpillFile>> readers_;
    std::vector<Head> heap_;
    bool begun_ = false;
  };

 private:
  static constexpr std::size_t kGrowInOne = (std::size_t{1} << 20) / sizeof(T);

  absl::Status SpillRun() {
    tbb::parallel_sort(values_.begin(), values_.end());
    const std::uint64_t begin = file_.size();
    LIANJIE_RETURN_IF_ERROR(
        file_.Append({reinterpret_cast<const char*>(values_.data()), values_.size() * sizeof(T)}));
    runs_.push_back({.begin = begin, .end = file_.size()});
    values_.clear();
    return absl::OkStatus();
  }

  SpillFile file_;
  std::size_t most_;
  std::vector<T> values_;
  std::vector<SortedRun> runs_;
};

// Pairs of byte strings by key, bytewise; those of equal keys come in any order. One thread.
class ByteSorter {
 public:
  ByteSorter(const SpillSpace& space, std::size_t memory_bytes);

  // The value is `value` and `rest`.
  absl::Status Add(std::string_view key, std::string_view value, std::string_view rest = {});
  // Ends the adding.
  absl::Status Sort();

  // After Sort.
  class Stream {
   public:
    explicit Stream(const ByteSorter& sorter);
    // False at the end. Key and value live until the next call.
    absl::StatusOr<bool> Next(std::string_view& key, std::string_view& value);

   private:
    struct Head {
      std::string_view key;
      std::size_t run = 0;
    };
    static bool After(const Head& a, const Head& b) { return b.key < a.key; }
    absl::Status Push(std::size_t run);

    const ByteSorter* sorter_;
    std::size_t position_ = 0;
    std::vector<SpillReader<SpillFile>> readers_;
    std::vector<Head> heap_;
    std::size_t last_ = 0;  // the run whose head was given last
    bool begun_ = false;
  };

 private:
  struct Sizes {
    std::uint32_t key = 0;
    std::uint32_t value = 0;
  };
  // A pair, with the first 16 bytes of its key behind what all keys share: these decide nearly
  // always.
  struct Place {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    const char* pair = nullptr;
  };
  // Pairs stay where they were put; a run's blocks serve the next.
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

  static Sizes SizesOf(const char* pair);
  static std::string_view KeyOf(const char* pair);
  // What adding so many bytes more would make it take.
  std::size_t BytesWith(std::size_t size) const;
  char* Take(std::size_t size);
  absl::Status SpillRun();
  void SortPlaces();

  SpillFile file_;
  std::size_t most_bytes_;
  std::vector<Block> blocks_;
  std::size_t blocks_used_ = 0;
  std::size_t bytes_used_ = 0;  // the used blocks' sizes
  char* next_ = nullptr;        // in the last used block
  std::size_t left_ = 0;
  std::string first_key_;
  std::size_t shared_ = 0;  // how many bytes of it all keys begin with
  std::vector<Place> places_;
  std::vector<SortedRun> runs_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_SORTER_H_
