#include "engine/graph/packed_array.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"
#include "tbb/parallel_reduce.h"

namespace lianjie {
namespace {

constexpr std::array<std::uint32_t, 4> kDivisors = {1, 10, 100, 1000};
constexpr std::uint32_t kNoDivisor = 0;
// Beyond it `number / divisor` need not give the value back, and a code would not fit anyway.
constexpr double kMostNumber = 9e15;
constexpr std::size_t kPackGrain = std::size_t{1} << 16;  // a multiple of 64

template <typename T> bool IsPackedMissing(T value) {
  if constexpr (std::is_floating_point_v<T>) return !(value == value);
  return value == kPackedMissing<T>;
}

// value * divisor where that is a whole number from which the value comes back, bit for bit.
bool WholeAt(double value, std::uint32_t divisor, std::int64_t& number) {
  const double scaled = std::nearbyint(value * divisor);
  if (!(std::abs(scaled) < kMostNumber) || (scaled == 0 && std::signbit(value))) return false;
  number = static_cast<std::int64_t>(scaled);
  return static_cast<double>(number) / divisor == value;
}
template <typename T> bool WholeAt(T value, std::uint32_t /*divisor*/, std::int64_t& number) {
  number = value;
  return true;
}

// What is to be known of a column before it is packed.
struct Extent {
  std::size_t known = 0;
  std::size_t divisor = 0;  // position in kDivisors; their number: there is none
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t most = std::numeric_limits<std::int64_t>::min();

  void Join(const Extent& other) {
    known += other.known;
    divisor = std::max(divisor, other.divisor);
    least = std::min(least, other.least);
    most = std::max(most, other.most);
  }
};

template <typename Body> Extent Reduce(std::size_t size, const Body& body) {
  return tbb::parallel_reduce(
      tbb::blocked_range<std::size_t>(0, size, kPackGrain), Extent(),
      [&body](const tbb::blocked_range<std::size_t>& range, Extent extent) {
        for (std::size_t i = range.begin(); i != range.end(); ++i) body(i, extent);
        return extent;
      },
      [](Extent a, const Extent& b) {
        a.Join(b);
        return a;
      });
}

template <typename T> Extent Measure(const SharedArray<T>& column) {
  Extent all = Reduce(column.size(), [&](std::size_t i, Extent& extent) {
    if (IsPackedMissing(column[i])) return;
    ++extent.known;
    std::int64_t number = 0;
    while (extent.divisor < kDivisors.size() &&
           !WholeAt(column[i], kDivisors[extent.divisor], number)) {
      ++extent.divisor;
    }
  });
  if (all.divisor == kDivisors.size()) return all;
  // A value that is whole at one divisor need not come back at a larger one.
  const Extent numbers = Reduce(column.size(), [&](std::size_t i, Extent& extent) {
    if (IsPackedMissing(column[i])) return;
    std::int64_t number = 0;
    if (!WholeAt(column[i], kDivisors[all.divisor], number)) extent.divisor = kDivisors.size();
    extent.least = std::min(extent.least, number);
    extent.most = std::max(extent.most, number);
  });
  all.Join(numbers);
  return all;
}

// Bytes of a code that tells all numbers of the extent apart, and "not known" from them.
std::uint32_t WidthOf(const Extent& extent) {
  if (extent.known == 0) return 1;
  const auto range =
      static_cast<std::uint64_t>(extent.most) - static_cast<std::uint64_t>(extent.least);
  if (range < std::numeric_limits<std::uint8_t>::max()) return 1;
  if (range < std::numeric_limits<std::uint16_t>::max()) return 2;
  return range < std::numeric_limits<std::uint32_t>::max() ? 4 : 8;
}

void PutCode(std::uint8_t* to, std::uint32_t width, std::uint64_t code) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(to, &code, width);
}

// Calls body(first, last) for ranges of rows, whole words of bits each.
template <typename Body> void ForEachStretch(std::size_t size, const Body& body) {
  tbb::parallel_for(std::size_t{0}, (size + kPackGrain - 1) / kPackGrain, [&](std::size_t block) {
    body(block * kPackGrain, std::min(size, (block + 1) * kPackGrain));
  });
}

}  // namespace

template <typename T> PackedArray<T>::PackedArray(const SharedArray<T>& column) {
  if (column.empty()) return;
  const Extent extent = Measure(column);
  const std::size_t size = column.size();
  form_ = {.size = size, .base = extent.known == 0 ? 0 : extent.least};
  form_.width = WidthOf(extent);
  const bool coded = extent.divisor < kDivisors.size() && form_.width < 8 &&
                     (form_.width < sizeof(T) || std::is_floating_point_v<T>);
  form_.divisor = coded ? kDivisors[extent.divisor] : kNoDivisor;
  if (!coded) form_.width = sizeof(T);
  const std::size_t words = (size + 63) / 64;
  const std::size_t sparse_bytes = extent.known * form_.width + words * 12;
  const bool sparse = sparse_bytes * 4 < size * form_.width * 3;  // a row then takes longer to read
  if (sparse) {
    const Buffer<std::uint64_t> known(words);
    const Buffer<std::uint32_t> ranks(words);
    ForEachStretch(size, [&](std::size_t first, std::size_t last) {
      for (std::size_t word = first / 64; word * 64 < last; ++word) {
        std::uint64_t bits = 0;
        for (std::size_t i = word * 64; i < std::min(last, word * 64 + 64); ++i) {
          bits |= std::uint64_t{!IsPackedMissing(column[i])} << i % 64;
        }
        known[word] = bits;
      }
    });
    std::uint32_t before = 0;
    for (std::size_t word = 0; word < words; ++word) {
      ranks[word] = before;
      before += static_cast<std::uint32_t>(std::popcount(known[word]));
    }
    known_ = SharedArray<std::uint64_t>(known);
    ranks_ = SharedArray<std::uint32_t>(ranks);
  }
  const Buffer<std::uint8_t> values((sparse ? extent.known : size) * form_.width);
  ForEachStretch(size, [&](std::size_t first, std::size_t last) {
    std::uint8_t* to = values.data() + (sparse ? ranks_[first / 64] : first) * form_.width;
    for (std::size_t i = first; i < last; ++i) {
      const bool unknown = IsPackedMissing(column[i]);
      if (unknown && sparse) continue;
      if (!coded) {
        const T value = unknown ? kPackedMissing<T> : column[i];
        std::memcpy(to, &value, sizeof(T));
      } else {
        std::int64_t number = 0;
        if (!unknown) WholeAt(column[i], form_.divisor, number);
        PutCode(to, form_.width,
                unknown
                    ? ~std::uint64_t{0}
                    : static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(form_.base));
      }
      to += form_.width;
    }
  });
  values_ = SharedArray<std::uint8_t>(values);
}

template <typename T> SharedArray<T> PackedArray<T>::Unpack() const {
  const Buffer<T> out(size());
  ForEachStretch(size(), [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) out[i] = (*this)[i];
  });
  return SharedArray<T>(out);
}

template <typename T> bool PackedArray<T>::FinishArrays(std::size_t rows) const {
  if (form_.size == 0) return known_.empty() && ranks_.empty() && values_.empty();
  const std::size_t words = (rows + 63) / 64;
  const bool width_fits = form_.divisor == kNoDivisor
                              ? form_.width == sizeof(T)
                              : form_.width == 1 || form_.width == 2 || form_.width == 4;
  if (form_.size != rows || !width_fits) return false;
  if (known_.empty()) return ranks_.empty() && values_.size() == rows * form_.width;
  if (known_.size() != words || ranks_.size() != words) return false;
  std::size_t before = 0;
  for (std::size_t word = 0; word < words; ++word) {
    if (ranks_[word] != before) return false;
    before += static_cast<std::size_t>(std::popcount(known_[word]));
  }
  return values_.size() == before * form_.width;
}

template class PackedArray<double>;
template class PackedArray<std::int32_t>;
template class PackedArray<std::uint32_t>;

}  // namespace lianjie
