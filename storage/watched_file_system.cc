#include "storage/watched_file_system.h"

#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/text.h"

namespace lianjie::storage {
namespace {

using rocksdb::DataVerificationInfo;
using rocksdb::DirFsyncOptions;
using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A file system may answer that it cannot do a thing; that is no failure.
IOStatus Tell(const WriteFailure& on_failure, IOStatus status) {
  if (!status.ok() && !status.IsNotSupported()) on_failure(status);
  return status;
}

class WatchedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<FSWritableFile> file, const WriteFailure& on_failure)
      : FSWritableFileOwnerWrapper(std::move(file)), on_failure_(on_failure) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Append(data, options, info, debug));
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Truncate(size, options, debug));
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Close(options, debug));
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Flush(options, debug));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Tell(on_failure_, FSWritableFileOwnerWrapper::Fsync(options, debug));
  }

 private:
  const WriteFailure& on_failure_;  // the file system's, which outlives its files
};

constexpr std::string_view kManifest = "MANIFEST-";

// The number of a manifest by its name; nothing for another file.
std::optional<std::uint64_t> ManifestNumber(std::string_view name) {
  if (!name.starts_with(kManifest)) return std::nullopt;
  const auto number = ParseInt64(name.substr(kManifest.size()));
  return number.has_value() && *number >= 0 ? std::optional<std::uint64_t>(*number) : std::nullopt;
}

// Which manifest is current, and how much of it is on disk. A new one counts from when its name in
// CURRENT is on disk: until then a crash leads back to the one before.
class ManifestWatch {
 public:
  explicit ManifestWatch(ManifestSynced on_manifest) : on_manifest_(std::move(on_manifest)) {}

  void Synced(const Manifest& manifest) {
    const std::lock_guard lock(mutex_);
    synced_ = manifest;
    if (synced_.number == current_) on_manifest_(synced_);
  }
  void Renamed(std::uint64_t current) {
    const std::lock_guard lock(mutex_);
    renamed_ = current;
  }
  void FolderSynced() {
    const std::lock_guard lock(mutex_);
    if (renamed_ == current_) return;
    current_ = renamed_;
    if (synced_.number == current_) on_manifest_(synced_);
  }

 private:
  const ManifestSynced on_manifest_;
  std::mutex mutex_;
  Manifest synced_;
  std::uint64_t renamed_ = 0;
  std::uint64_t current_ = 0;
};

class WatchedManifest : public WatchedFile {
 public:
  WatchedManifest(std::unique_ptr<FSWritableFile> file, const WriteFailure& on_failure,
                  ManifestWatch& watch, std::uint64_t number)
      : WatchedFile(std::move(file), on_failure), watch_(watch), manifest_{.number = number} {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return Grow(WatchedFile::Append(data, options, debug), data);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const DataVerificationInfo& info,
                  IODebugContext* debug) override {
    return Grow(WatchedFile::Append(data, options, info, debug), data);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return Say(WatchedFile::Sync(options, debug));
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Say(WatchedFile::Fsync(options, debug));
  }

 private:
  IOStatus Grow(IOStatus status, const Slice& data) {
    if (status.ok()) manifest_.bytes += data.size();
    return status;
  }
  IOStatus Say(IOStatus status) {
    if (status.ok()) watch_.Synced(manifest_);
    return status;
  }

  ManifestWatch& watch_;
  Manifest manifest_;
};

class WatchedFolder : public rocksdb::FSDirectoryWrapper {
 public:
  WatchedFolder(std::unique_ptr<FSDirectory> folder, const WriteFailure& on_failure,
                ManifestWatch& watch)
      : FSDirectoryWrapper(std::move(folder)), on_failure_(on_failure), watch_(watch) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Say(Tell(on_failure_, FSDirectoryWrapper::Fsync(options, debug)));
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const DirFsyncOptions& how) override {
    return Say(Tell(on_failure_, FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how)));
  }

 private:
  IOStatus Say(IOStatus status) {
    if (status.ok()) watch_.FolderSynced();
    return status;
  }

  const WriteFailure& on_failure_;
  ManifestWatch& watch_;
};

class WatchedFileSystem : public rocksdb::FileSystemWrapper {
 public:
  WatchedFileSystem(const std::shared_ptr<rocksdb::FileSystem>& files, WriteFailure on_failure,
                    ManifestSynced on_manifest)
      : FileSystemWrapper(files),
        on_failure_(std::move(on_failure)),
        watch_(std::move(on_manifest)) {}

  const char* Name() const override { return "lianjie.WatchedFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) override {
    const auto number = ManifestNumber(std::filesystem::path(path).filename().string());
    if (!number.has_value()) {
      return Watch(FileSystemWrapper::NewWritableFile(path, options, file, debug), file);
    }
    IOStatus made = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (made.ok()) {
      *file = std::make_unique<WatchedManifest>(std::move(*file), on_failure_, watch_, *number);
    }
    return made;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<FSWritableFile>* file,
                              IODebugContext* debug) override {
    return Watch(FileSystemWrapper::ReopenWritableFile(path, options, file, debug), file);
  }
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                             const FileOptions& options, std::unique_ptr<FSWritableFile>* file,
                             IODebugContext* debug) override {
    return Watch(FileSystemWrapper::ReuseWritableFile(path, old_path, options, file, debug), file);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<FSDirectory>* folder, IODebugContext* debug) override {
    IOStatus status = FileSystemWrapper::NewDirectory(path, options, folder, debug);
    if (status.ok())
      *folder = std::make_unique<WatchedFolder>(std::move(*folder), on_failure_, watch_);
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    IOStatus status = Tell(on_failure_, FileSystemWrapper::RenameFile(from, to, options, debug));
    const std::filesystem::path path = to;
    if (status.ok() && path.filename() == "CURRENT") {
      const auto manifest = CurrentManifest(path.parent_path().string());
      if (manifest.has_value()) watch_.Renamed(manifest->number);
    }
    return status;
  }

 private:
  // A file that cannot be made is RocksDB's to tell: it may try another name.
  IOStatus Watch(IOStatus made, std::unique_ptr<FSWritableFile>* file) const {
    if (made.ok()) *file = std::make_unique<WatchedFile>(std::move(*file), on_failure_);
    return made;
  }

  const WriteFailure on_failure_;
  ManifestWatch watch_;
};

}  // namespace

std::optional<Manifest> CurrentManifest(const std::string& database) {
  std::ifstream current(database + "/CURRENT");
  std::string name;
  std::getline(current, name);
  const auto number = ManifestNumber(name);
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(Cat(database, "/", name), error);
  if (!number.has_value() || error) return std::nullopt;
  return Manifest{.number = *number, .bytes = bytes};
}

std::shared_ptr<rocksdb::FileSystem> WatchWrites(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                 WriteFailure on_failure,
                                                 ManifestSynced on_manifest) {
  return std::make_shared<WatchedFileSystem>(files, std::move(on_failure), std::move(on_manifest));
}

std::unique_ptr<rocksdb::Env> MakeWatchedEnv(WriteFailure on_failure, ManifestSynced on_manifest) {
  return rocksdb::NewCompositeEnv(
      WatchWrites(rocksdb::FileSystem::Default(), std::move(on_failure), std::move(on_manifest)));
}

}  // namespace lianjie::storage
