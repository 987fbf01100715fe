// A column of a Snapshot that is kept as narrow as its values allow. Most numbers of households and
// contracts are small, whole or decimal with few places, or not known at all: persons fit a byte,
// incomes four, and of a household's eight capacities and revenues none is ever there. At national
// size that is the difference between 190 and 80 bytes a node.
//
// Values are codes of 1, 2 or 4 bytes, value = (base + code) / divisor with a divisor of 1, 10, 100
// or 1000, where that gives every known value back bit for bit (a division is correctly rounded, so
// n / 100 is the number that "n/100" in decimals reads as); else the values themselves. Where few
// are known a bit a row says which, and the known ones alone stand one after the other. The form is
// a function of the content, so two equal columns are packed into equal bytes.
#ifndef LIANJIE_ENGINE_GRAPH_PACKED_ARRAY_H_
#define LIANJIE_ENGINE_GRAPH_PACKED_ARRAY_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "engine/graph/shared_array.h"

namespace lianjie {

// What stands for "not known" in a column of that type.
template <typename T>
inline constexpr T kPackedMissing = std::numeric_limits<T>::has_quiet_NaN
                                        ? std::numeric_limits<T>::quiet_NaN()
                                        : std::numeric_limits<T>::min();

// Immutable; copies share the values. Thread safe: all const. T: double (any NaN is "not known"),
// std::int32_t, std::uint32_t.
template <typename T> class PackedArray {
 public:
  using value_type = T;

  PackedArray() = default;
  // An empty column stays empty. O(n), parallel in the arena of whoever calls.
  explicit PackedArray(const SharedArray<T>& column);

  std::size_t size() const { return form_.size; }
  bool empty() const { return form_.size == 0; }
  // O(1).
  T operator[](std::size_t i) const {
    if (!known_.empty()) {
      const std::uint64_t word = known_[i / 64];
      const std::uint64_t bit = std::uint64_t{1} << i % 64;
      if ((word & bit) == 0) return kPackedMissing<T>;
      i = ranks_[i / 64] + static_cast<std::size_t>(std::popcount(word & (bit - 1)));
    }
    return Stored(i);
  }
  // All values as they were. O(n), parallel.
  SharedArray<T> Unpack() const;

  std::size_t memory_bytes() const {
    return values_.memory_bytes() + known_.memory_bytes() + ranks_.memory_bytes();
  }
  // Whether both are the same arrays, and not only equal.
  bool Shares(const PackedArray& other) const {
    return form_.size == other.form_.size && values_.Shares(other.values_) &&
           known_.Shares(other.known_);
  }

  // For saving: calls f on each array. VisitArrays of one that is read must be followed by
  // FinishArrays, which answers whether they are those of a column of `rows` rows or of none.
  template <typename F> void VisitArrays(F& f) const {
    f(std::vector<Form>(1, form_)), f(known_), f(ranks_), f(values_);
  }
  template <typename F> void VisitArrays(F& f) {
    std::vector<Form> forms;
    f(forms), f(known_), f(ranks_), f(values_);
    form_ = forms.size() == 1 ? forms[0] : Form{.size = 1, .width = 0};
  }
  bool FinishArrays(std::size_t rows) const;

 private:
  struct Form {
    std::uint64_t size = 0;
    std::int64_t base = 0;
    std::uint32_t width = 0;    // bytes a value
    std::uint32_t divisor = 0;  // 0: values are no codes
  };

  template <typename Code> T FromCode(std::size_t i) const {
    Code code = 0;
    std::memcpy(&code, values_.data() + i * sizeof(Code), sizeof(Code));
    if (code == std::numeric_limits<Code>::max()) return kPackedMissing<T>;
    const std::int64_t number = form_.base + static_cast<std::int64_t>(code);
    if constexpr (std::is_floating_point_v<T>) {
      const auto whole = static_cast<double>(number);
      return form_.divisor == 1 ? whole : whole / form_.divisor;
    } else {
      return static_cast<T>(number);
    }
  }
  T Stored(std::size_t i) const {
    if (form_.divisor == 0) {
      T value;
      std::memcpy(&value, values_.data() + i * sizeof(T), sizeof(T));
      return value;
    }
    if (form_.width == 1) return FromCode<std::uint8_t>(i);
    return form_.width == 2 ? FromCode<std::uint16_t>(i) : FromCode<std::uint32_t>(i);
  }

  Form form_;
  SharedArray<std::uint64_t> known_;  // a bit a row; empty: each row has a value
  SharedArray<std::uint32_t> ranks_;  // known rows before each word of known_
  SharedArray<std::uint8_t> values_;
};

extern template class PackedArray<double>;
extern template class PackedArray<std::int32_t>;
extern template class PackedArray<std::uint32_t>;

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_GRAPH_PACKED_ARRAY_H_
