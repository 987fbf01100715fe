// The first failure of a file is told when it happens, before RocksDB hears of it.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/watched_file_system.h"

namespace lianjie::storage {
namespace {

using rocksdb::IOOptions;
using rocksdb::IOStatus;

// What the disk answers from now on.
struct Disk {
  IOStatus answer = IOStatus::OK();
};

class DiskFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  DiskFile(std::unique_ptr<rocksdb::FSWritableFile> file, const Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}
  IOStatus Append(const rocksdb::Slice&, const IOOptions&, rocksdb::IODebugContext*) override {
    return disk_.answer;
  }
  IOStatus Append(const rocksdb::Slice&, const IOOptions&, const rocksdb::DataVerificationInfo&,
                  rocksdb::IODebugContext*) override {
    return disk_.answer;
  }
  IOStatus Sync(const IOOptions&, rocksdb::IODebugContext*) override { return disk_.answer; }
  IOStatus Fsync(const IOOptions&, rocksdb::IODebugContext*) override { return disk_.answer; }
  IOStatus Flush(const IOOptions&, rocksdb::IODebugContext*) override { return disk_.answer; }
  IOStatus Truncate(std::uint64_t, const IOOptions&, rocksdb::IODebugContext*) override {
    return disk_.answer;
  }

 private:
  const Disk& disk_;
};

class DiskFolder : public rocksdb::FSDirectoryWrapper {
 public:
  DiskFolder(std::unique_ptr<rocksdb::FSDirectory> folder, const Disk& disk)
      : FSDirectoryWrapper(std::move(folder)), disk_(disk) {}
  IOStatus FsyncWithDirOptions(const IOOptions&, rocksdb::IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return disk_.answer;
  }

 private:
  const Disk& disk_;
};

class DiskFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit DiskFiles(const Disk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "DiskFiles"; }
  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           rocksdb::IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    *file = std::make_unique<DiskFile>(std::move(*file), disk_);
    return status;
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                        rocksdb::IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::NewDirectory(path, options, folder, debug);
    *folder = std::make_unique<DiskFolder>(std::move(*folder), disk_);
    return status;
  }

 private:
  const Disk& disk_;
};

TEST(WatchedFileSystemTest, TellsTheFirstFailureOfEveryWriteAndSync) {
  Disk disk;
  std::vector<std::string> told;
  const auto files = WatchWrites(
      std::make_shared<DiskFiles>(disk),
      [&](const auto& error) { told.push_back(error.ToString()); }, [](const Manifest&) {});
  const std::string path = ::testing::TempDir() + "watched_file";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(files->NewWritableFile(path, {}, &file, nullptr).ok());
  std::unique_ptr<rocksdb::FSDirectory> folder;
  ASSERT_TRUE(files->NewDirectory(::testing::TempDir(), {}, &folder, nullptr).ok());
  const auto act = [&] {
    const std::vector<bool> done = {file->Append("words", {}, nullptr).ok(),
                                    file->Append("words", {}, {}, nullptr).ok(),
                                    file->Flush({}, nullptr).ok(),
                                    file->Sync({}, nullptr).ok(),
                                    file->Fsync({}, nullptr).ok(),
                                    file->Truncate(0, {}, nullptr).ok(),
                                    folder->FsyncWithDirOptions({}, nullptr, {}).ok()};
    return std::count(done.begin(), done.end(), true);
  };
  EXPECT_EQ(act(), 7);
  disk.answer = IOStatus::NotSupported("no such thing");
  EXPECT_EQ(act(), 0);
  EXPECT_TRUE(told.empty());
  disk.answer = IOStatus::IOError("gone");
  EXPECT_EQ(act(), 0);
  EXPECT_EQ(told, std::vector<std::string>(7, "IO error: gone"));
  std::filesystem::remove(path);
}

TEST(WatchedFileSystemTest, TellsOfTheManifestThatIsCurrentAlone) {
  Disk disk;
  std::vector<Manifest> told;
  const auto files = WatchWrites(
      rocksdb::FileSystem::Default(), [](const rocksdb::Status&) {},
      [&](const Manifest& manifest) { told.push_back(manifest); });
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "watched_folder";
  std::filesystem::create_directories(path);
  std::unique_ptr<rocksdb::FSDirectory> folder;
  ASSERT_TRUE(files->NewDirectory(path.string(), {}, &folder, nullptr).ok());
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const auto name = [&](const std::string& file_name) { return (path / file_name).string(); };
  ASSERT_TRUE(files->NewWritableFile(name("MANIFEST-000007"), {}, &file, nullptr).ok());
  const auto grow = [&] {
    ASSERT_TRUE(file->Append("edit", {}, nullptr).ok());
    ASSERT_TRUE(file->Sync({}, nullptr).ok());
  };
  grow();
  ASSERT_TRUE(
      rocksdb::WriteStringToFile(files.get(), "MANIFEST-000007\n", name("000007.dbtmp"), true)
          .ok());
  ASSERT_TRUE(files->RenameFile(name("000007.dbtmp"), name("CURRENT"), {}, nullptr).ok());
  EXPECT_TRUE(told.empty());  // a crash would still lead to the manifest before
  ASSERT_TRUE(folder->FsyncWithDirOptions({}, nullptr, {}).ok());
  EXPECT_EQ(told, std::vector<Manifest>({{.number = 7, .bytes = 4}}));
  grow();
  EXPECT_EQ(told.back(), (Manifest{.number = 7, .bytes = 8}));
  EXPECT_EQ(CurrentManifest(path.string()), (Manifest{.number = 7, .bytes = 8}));
  ASSERT_TRUE(files->NewWritableFile(name("MANIFEST-000009"), {}, &file, nullptr).ok());
  grow();
  EXPECT_EQ(told.size(), 2);
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace lianjie::storage
