// A file that is gone when the test is over.
#ifndef LIANJIE_TESTS_CLIENTS_TEMP_FILE_H_
#define LIANJIE_TESTS_CLIENTS_TEMP_FILE_H_

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "clients/cli/input/csv_reader.h"
#include "gtest/gtest.h"

namespace lianjie::cli {

class TempFile {
 public:
  TempFile(const std::string& name, std::string_view bytes)
      : folder_(testing::TempDir() + "/lianjie-clients-" + std::to_string(::getpid()) + "-" +
                std::to_string(next_++)),
        path_(folder_ + "/" + name) {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TempFile() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  static inline int next_ = 0;
  std::string folder_;
  std::string path_;
};

// A reader of a text.
inline std::unique_ptr<CsvReader> ReaderOf(const TempFile& file, CsvLimits limits = {},
                                           std::string_view encoding = {}) {
  auto source = OpenByteSource(file.path(), encoding);
  EXPECT_TRUE(source.ok()) << source.status();
  return std::make_unique<CsvReader>(*std::move(source), DelimiterOf(file.path()), limits);
}

}  // namespace lianjie::cli

#endif  // LIANJIE_TESTS_CLIENTS_TEMP_FILE_H_
