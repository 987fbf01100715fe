// A column of a Snapshot: an array whose values never change and may be shared. A new Snapshot that
// differs from an older one in a few rows shares the columns that are the same, and a saved one
// reads its columns where the file is mapped; a reader sees an array in all three cases.
#ifndef LIANJIE_ENGINE_GRAPH_SHARED_ARRAY_H_
#define LIANJIE_ENGINE_GRAPH_SHARED_ARRAY_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace lianjie {

// An array whose values are not set yet: who makes it fills it, in parallel if need be. Large ones
// ask for huge pages, since the first touch of each small page costs more than filling it.
template <typename T> class Buffer {
 public:
  explicit Buffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    const std::size_t bytes = size * sizeof(T);
    const std::size_t alignment = bytes >= 2 * kHugePage ? kHugePage : alignof(std::max_align_t);
    const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
    void* const memory = std::aligned_alloc(alignment, whole);
    if (memory == nullptr) throw std::bad_alloc();
    if (alignment == kHugePage) madvise(memory, whole, MADV_HUGEPAGE);
    values_.reset(static_cast<T*>(memory), &std::free);
  }

  std::size_t size() const { return size_; }
  T* data() const { return values_.get(); }
  T& operator[](std::size_t i) const { return values_.get()[i]; }
  const std::shared_ptr<T>& memory() const { return values_; }

 private:
  static_assert(std::is_trivially_copyable_v<T>);
  std::shared_ptr<T> values_;
  std::size_t size_;
};

// Copies share the values. Thread safe: all const.
template <typename T> class SharedArray {
 public:
  using value_type = T;

  SharedArray() = default;
  SharedArray(std::vector<T> values) {  // NOLINT: a vector is one
    auto kept = std::make_shared<const std::vector<T>>(std::move(values));
    data_ = kept->data();
    size_ = kept->size();
    memory_ = std::move(kept);
  }
  SharedArray(std::initializer_list<T> values) : SharedArray(std::vector<T>(values)) {}
  explicit SharedArray(const Buffer<T>& buffer)
      : memory_(buffer.memory()), data_(buffer.data()), size_(buffer.size()) {}
  // Values that live for as long as `memory` is held.
  SharedArray(std::shared_ptr<const void> memory, std::span<const T> values)
      : memory_(std::move(memory)), data_(values.data()), size_(values.size()) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return data_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  const T& back() const { return data_[size_ - 1]; }
  std::size_t memory_bytes() const { return size_ * sizeof(T); }
  // Whether both are the same array, and not only equal.
  bool Shares(const SharedArray& other) const {
    return data_ == other.data_ && size_ == other.size_;
  }

 private:
  std::shared_ptr<const void> memory_;
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_SHARED_ARRAY_H_
