#include "engine/graph/packed_array.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace lianjie::packed_array_test {
namespace {

constexpr double kUnknown = kPackedMissing<double>;

template <typename T> bool SameBits(T a, T b) {
  if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  } else {
    return a == b;
  }
}

// Packs, looks at every row and at all of them unpacked, and answers what it takes.
template <typename T> std::size_t BytesOf(const std::vector<T>& values) {
  const SharedArray<T> column(values);
  const PackedArray<T> packed(column);
  EXPECT_EQ(packed.size(), values.size());
  const SharedArray<T> back = packed.Unpack();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_TRUE(SameBits(packed[i], values[i]))
        << i << ": " << packed[i] << " is not " << values[i];
    EXPECT_TRUE(SameBits(back[i], values[i])) << i;
  }
  EXPECT_TRUE(packed.FinishArrays(values.size()));
  EXPECT_EQ(packed.FinishArrays(values.size() + 1), values.empty()) << "an unused column fits all";
  return packed.memory_bytes();
}

std::vector<double> Make(std::size_t size, const std::function<double(std::size_t)>& value) {
  std::vector<double> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = value(i);
  return out;
}

TEST(PackedArrayTest, AnEmptyColumnStaysEmpty) {
  EXPECT_TRUE(PackedArray<double>().empty());
  EXPECT_EQ(BytesOf<double>({}), 0u);
}

TEST(PackedArrayTest, WholeNumbersTakeAsManyBytesAsTheirRange) {
  EXPECT_EQ(BytesOf(Make(1000, [](auto i) { return 5e6 + static_cast<double>(i % 200); })), 1000u);
  EXPECT_EQ(BytesOf(Make(1000, [](auto i) { return static_cast<double>(i) - 500; })), 2000u);
  EXPECT_EQ(BytesOf(Make(1000, [](auto i) { return 1e6 * static_cast<double>(i); })), 4000u);
  EXPECT_EQ(BytesOf(Make(1000, [](auto i) { return 1e9 * static_cast<double>(i); })), 8000u);
}

TEST(PackedArrayTest, TheWidthsHoldUpToTheirLastCodeBeforeNotKnown) {
  for (const double last :
       {254.0, 255.0, 256.0, 65534.0, 65535.0, 65536.0, 4294967294.0, 4294967295.0, 4294967296.0}) {
    const std::size_t width = last <= 254 ? 1 : last <= 65534 ? 2 : last <= 4294967294.0 ? 4 : 8;
    EXPECT_EQ(BytesOf<double>({0, last, kUnknown}), 3 * width) << last;
  }
}

TEST(PackedArrayTest, DecimalsOfUpToThreePlacesComeBackBitForBit) {
  EXPECT_EQ(BytesOf(Make(5000, [](auto i) { return static_cast<double>(i) / 10; })), 10000u);
  EXPECT_EQ(BytesOf(Make(5000, [](auto i) { return -static_cast<double>(i + 1) / 100; })), 10000u);
  EXPECT_EQ(BytesOf(Make(5000, [](auto i) { return static_cast<double>(i) / 1000; })), 10000u);
  EXPECT_EQ(BytesOf(Make(5000, [](auto i) { return static_cast<double>(i) / 10000; })), 40000u);
}

TEST(PackedArrayTest, WhatIsNoDecimalIsKeptAsItIs) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const double odd : {1.0 / 3, -0.0, inf, -inf, 1e300, 5e-324, 9007199254740993.0}) {
    EXPECT_EQ(BytesOf<double>({1, 2, odd, kUnknown}), 32u) << odd;
  }
}

TEST(PackedArrayTest, ValuesThatNeedDifferentPlacesShareADivisorOrNone) {
  EXPECT_EQ(BytesOf<double>({3, 0.5, 0.25, 7}), 8u);
  // Whole, but not to be had back from thousandths.
  EXPECT_EQ(BytesOf<double>({0.001, 8e15}), 16u);
}

TEST(PackedArrayTest, FewKnownRowsStandAlone) {
  for (const std::size_t size : {1u, 63u, 64u, 65u, 70000u, 200000u}) {
    const std::size_t bytes = BytesOf(
        Make(size, [&](auto i) { return i % 97 == 5 || i + 1 == size ? i / 8.0 : kUnknown; }));
    EXPECT_LE(bytes, size + 32) << size;
  }
  EXPECT_LT(BytesOf(std::vector<double>(100000, kUnknown)), 20000u);
}

TEST(PackedArrayTest, IntegersAndCodes) {
  std::vector<std::int32_t> persons(100000);
  for (std::size_t i = 0; i < persons.size(); ++i) {
    persons[i] = i % 5 == 0 ? kPackedMissing<std::int32_t> : static_cast<std::int32_t>(i % 9);
  }
  EXPECT_EQ(BytesOf(persons), persons.size());
  EXPECT_EQ(BytesOf<std::int32_t>(
                {std::numeric_limits<std::int32_t>::max(), kPackedMissing<std::int32_t>, -5}),
            12u);
  EXPECT_EQ(BytesOf<std::uint32_t>({0, 1, 2, 0, 4000000000U, 4294967295U}), 24u);
  EXPECT_EQ(BytesOf<std::uint32_t>({0, 1, 2, 3, 4, 5}), 6u);
}

TEST(PackedArrayTest, RandomColumnsComeBackBitForBit) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = random() % 3000;
    const double known = static_cast<double>(random() % 101) / 100;
    const int form = static_cast<int>(random() % 4);
    const double divisor = std::pow(10.0, static_cast<double>(random() % 5));
    const std::uint64_t range = std::uint64_t{1} << (random() % 40);
    BytesOf(Make(size, [&](std::size_t) {
      if (static_cast<double>(random() % 10000) / 10000 >= known) return kUnknown;
      if (form == 3) return std::ldexp(static_cast<double>(random()), -30);
      return static_cast<double>(random() % range) / divisor;
    }));
  }
}

}  // namespace
}  // namespace lianjie::packed_array_test
