#include "engine/generate/random.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lianjie {
namespace {

TEST(RandomTest, SequencesDependOnSeedStreamAndUseAlone) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (std::uint64_t stream = 0; stream < 5; ++stream) {
      for (std::uint64_t a = 0; a < 5; ++a) {
        for (std::uint64_t b = 0; b < 5; ++b) {
          Random random(seed, stream, a, b);
          Random again(seed, stream, a, b);
          const std::uint64_t draw = random.Next();
          EXPECT_EQ(draw, again.Next());
          EXPECT_TRUE(first.insert(draw).second);
        }
      }
    }
  }
}

// Computed apart, from the published definition of splitmix64.
TEST(RandomTest, IsSplitmix64) {
  Random random(1, 2, 3, 4);
  const std::array<std::uint64_t, 2> draws = {random.Next(), random.Next()};
  EXPECT_EQ(draws[0], 12695461570869321057ULL);
  EXPECT_EQ(draws[1], 6157989583327338863ULL);
}

TEST(RandomTest, UnitAndBelowAreUniform) {
  Random random(7, 1);
  constexpr int kDraws = 60000;
  std::array<int, 6> dice{};
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    ++dice[random.Below(6)];
    const double unit = random.Unit();
    ASSERT_GE(unit, 0);
    ASSERT_LT(unit, 1);
    sum += unit;
  }
  for (const int count : dice) EXPECT_NEAR(count, kDraws / 6, 400);  // 4.4 standard deviations
  EXPECT_NEAR(sum / kDraws, .5, .006);
  EXPECT_EQ(random.Below(1), 0U);
}

TEST(RandomTest, BetweenIncludesBothEnds) {
  Random random(8, 1);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 500; ++i) seen.insert(random.Between(-2, 2));
  EXPECT_THAT(seen, testing::ElementsAre(-2, -1, 0, 1, 2));
}

TEST(RandomTest, PickFollowsWeights) {
  Random random(9, 1);
  constexpr std::array<double, 4> kWeights = {1, 0, 2, 1};
  std::array<int, 4> counts{};
  for (int i = 0; i < 40000; ++i) ++counts[random.Pick(kWeights)];
  EXPECT_NEAR(counts[0], 10000, 450);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 20000, 500);
}

TEST(RandomTest, QuantilesAreMet) {
  Random random(10, 1);
  constexpr std::array<QuantilePoint, 4> kPoints = {{{0, 10}, {.5, 20}, {.9, 40}, {1, 100}}};
  std::vector<double> draws(50000);
  for (double& draw : draws) draw = random.Quantile(kPoints);
  std::sort(draws.begin(), draws.end());
  EXPECT_GE(draws.front(), 10);
  EXPECT_LE(draws.back(), 100);
  EXPECT_NEAR(draws[25000], 20, .3);
  EXPECT_NEAR(draws[45000], 40, .8);
  EXPECT_NEAR(draws[12500], 15, .2);
}

TEST(RandomTest, ShuffleIsAPermutation) {
  Random random(11, 1);
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const std::vector<int> sorted = items;
  random.Shuffle(items);
  EXPECT_NE(items, sorted);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, sorted);
}

}  // namespace
}  // namespace lianjie
