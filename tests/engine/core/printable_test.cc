#include "engine/core/printable.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace lianjie {
namespace {

TEST(PrintableTest, EveryByteAtEveryPlace) {
  for (std::size_t size = 0; size <= 26; ++size) {
    for (const char rest : {' ', '~', 'a'}) {
      const std::string text(size, rest);
      EXPECT_TRUE(IsPrintableAscii(text)) << size;
      for (std::size_t at = 0; at < size; ++at) {
        for (int byte = 0; byte < 256; ++byte) {
          std::string other = text;
          other[at] = static_cast<char>(byte);
          EXPECT_EQ(IsPrintableAscii(other), byte >= 0x20 && byte < 0x7F)
              << byte << " at " << at << " of " << size;
        }
      }
    }
  }
}

TEST(PrintableTest, NothingIsReadBeyondTheText) {
  const std::string text = "0123456789abcdef\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  for (std::size_t size = 0; size <= 16; ++size) {
    EXPECT_TRUE(IsPrintableAscii(std::string_view(text).substr(0, size))) << size;
  }
  EXPECT_FALSE(IsPrintableAscii(std::string_view(text).substr(0, 17)));
}

}  // namespace
}  // namespace lianjie
