// The tests, or with "--role NAME PATH" a process that one of them started (see child.h).
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/child.h"

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--role") {
    return lianjie::storage::PlayRole(argv[2], argv[3]);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
