// A store in a folder that is removed at the end, to be opened, broken and opened again.
#ifndef LIANJIE_TESTS_STORAGE_ROCKS_FIXTURE_H_
#define LIANJIE_TESTS_STORAGE_ROCKS_FIXTURE_H_

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/rocks_key_value.h"
#include "storage/upkeep.h"
#include "storage/watched_file_system.h"
#include "tests/storage/checker.h"
#include "tests/storage/child.h"
#include "tests/storage/conformance.h"

namespace lianjie::storage {

namespace fs = std::filesystem;

class RocksTest : public ::testing::Test {
 protected:
  RocksTest() { options_.path = folder_.path() + "/store"; }

  std::unique_ptr<Store> Open() {
    auto store = OpenRocksStore(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  absl::Status TryOpen() { return OpenRocksStore(options_).status(); }

  static absl::Status Commit(Store& store, std::vector<Write> writes, std::string request_id = {}) {
    Batch batch;
    batch.graph = "g";
    batch.writes = std::move(writes);
    batch.request_id = std::move(request_id);
    return store.Commit(std::move(batch)).status();
  }

  void CheckMapOnDisk() {
    const auto kv = OpenRocksKeyValue(options_);
    ASSERT_TRUE(kv.ok()) << kv.status();
    for (const std::string& problem : CheckMap(*(*kv)->Snapshot())) ADD_FAILURE() << problem;
  }

  std::string Path(const std::string& name) const { return options_.path + "/" + name; }
  std::vector<fs::path> Files(const std::string& extension) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(Path("rocksdb"))) {
      if (entry.path().extension() == extension && entry.file_size() > 0)
        files.push_back(entry.path());
    }
    return files;
  }
  static std::string ReadFile(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  static void WriteFile(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  // A store whose process was killed after `commits` acknowledged commits, so that they are in the
  // log alone.
  void CrashAfter(int commits) {
    Child child("commit", options_.path);
    for (int i = 1; i <= commits; ++i) ASSERT_EQ(child.ReadLine(), Cat(i));
    child.Kill();
  }

  TempFolder folder_;
  OpenOptions options_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_TESTS_STORAGE_ROCKS_FIXTURE_H_
