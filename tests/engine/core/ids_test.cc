#include "engine/core/ids.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace lianjie {
namespace {

// In the order that CompareIds must give.
const std::vector<std::string> kOrdered = {"0",
                                           "00",
                                           "1",
                                           "7",
                                           "07",
                                           "007",
                                           "9",
                                           "10",
                                           "99",
                                           "0100",
                                           "18446744073709551616",
                                           "99999999999999999999999999",
                                           "",
                                           "-1",
                                           "1a",
                                           "A",
                                           "H1",
                                           "H10",
                                           "H9",
                                           "a",
                                           "农",
                                           "合"};

TEST(CompareIdsTest, IsATotalOrder) {
  for (std::size_t i = 0; i < kOrdered.size(); ++i) {
    for (std::size_t j = 0; j < kOrdered.size(); ++j) {
      EXPECT_EQ(CompareIds(kOrdered[i], kOrdered[j]), i <=> j)
          << kOrdered[i] << " and " << kOrdered[j];
    }
  }
}

TEST(CompareIdsTest, SortsWhateverTheOrderOfFilling) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> ids = kOrdered;
    std::shuffle(ids.begin(), ids.end(), random);
    std::sort(ids.begin(), ids.end(), IdLess());
    EXPECT_EQ(ids, kOrdered);
  }
}

TEST(CompareIdsTest, DigitsOfAnyLengthCompareAsNumbers) {
  const std::string big(500, '9');
  EXPECT_TRUE(CompareIds("1" + std::string(499, '0'), big) < 0);
  EXPECT_TRUE(CompareIds(big, "1" + std::string(500, '0')) < 0);
  EXPECT_TRUE(CompareIds(big, big) == 0);
}

}  // namespace
}  // namespace lianjie
