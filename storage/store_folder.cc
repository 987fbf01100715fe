#include "storage/store_folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/digest.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"

namespace lianjie::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSlotBytes = 512;  // one sector, which a disk writes whole

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

absl::Status WriteAt(const File& file, std::string_view bytes, std::size_t offset) {
  const ssize_t written =
      pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (written == static_cast<ssize_t>(bytes.size())) return absl::OkStatus();
  return SystemError("cannot write", "WITNESS");
}

// Anything but what a start that was cut short leaves.
bool HasOtherFiles(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return true;
  const fs::directory_iterator entries(path, error);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return entry.path().filename() != "FORMAT.new";
  });
}

// Files that come after CURRENT: a database that has any had one. What a first start that was cut
// short leaves is the manifest 1 at most, which names no file.
bool HasDatabaseFiles(const std::string& database) {
  std::error_code error;
  const fs::directory_iterator entries(database, error);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    const fs::path name = entry.path().filename();
    return name.extension() == ".sst" || name.extension() == ".log" ||
           (name.string().starts_with("MANIFEST-") && name != "MANIFEST-000001");
  });
}

absl::Status NotOurs(const std::string& path) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("'", path, "' holds other files and no store; give a folder of its own"),
      {.reason = Reason::kStoreFormat, .field = {}, .row = {}, .metadata = {{"path", path}}});
}

}  // namespace

absl::Status SyncFolder(const std::string& path) {
  const File folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) return SystemError("cannot sync", path);
  return absl::OkStatus();
}

absl::Status NoStore(const std::string& path) {
  return MakeError(
      absl::StatusCode::kNotFound, Cat("there is no store in '", path, "'"),
      {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {{"path", path}}});
}

absl::Status MakeLastingFolder(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  std::vector<fs::path> above;  // nearest first, down to one that was there
  for (fs::path at = whole; at.has_relative_path(); at = at.parent_path()) {
    above.push_back(at.parent_path());
    if (fs::exists(at.parent_path(), error)) break;
  }
  fs::create_directories(path, error);
  if (error) {
    errno = error.value();
    return SystemError("cannot make the folder", path);
  }
  for (const fs::path& folder : above) {
    // One that may not be read cannot be synced, and was not made here.
    if (access(folder.c_str(), R_OK) != 0) continue;
    LIANJIE_RETURN_IF_ERROR(SyncFolder(folder.string()));
  }
  return absl::OkStatus();
}

namespace {

// "<number>... <checksum>\n" in hexadecimal.
std::string WitnessLine(std::initializer_list<std::uint64_t> numbers) {
  Digest digest;
  std::string line;
  const auto add = [&line](std::uint64_t number, char end) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx%c", static_cast<unsigned long long>(number), end);
    line += text;
  };
  for (const std::uint64_t number : numbers) {
    digest.AddNumber(number);
    add(number, ' ');
  }
  add(digest.low64(), '\n');
  return line;
}

// A line for the sequence, and one for the manifest, which older releases do not know.
std::string WitnessText(const Attested& attested) {
  return WitnessLine({attested.sequence}) +
         WitnessLine({attested.manifest, attested.manifest_bytes});
}

std::optional<Attested> ParseWitness(std::string_view text) {
  unsigned long long sequence = 0;
  unsigned long long manifest = 0;
  unsigned long long bytes = 0;
  const std::string slot(text.substr(0, kSlotBytes));
  if (std::sscanf(slot.c_str(), "%16llx", &sequence) != 1) return std::nullopt;
  const std::string first = WitnessLine({sequence});
  if (!slot.starts_with(first)) return std::nullopt;
  const std::string rest = slot.substr(first.size());
  if (Trim(rest).empty()) return Attested{.sequence = sequence};
  if (std::sscanf(rest.c_str(), "%16llx %16llx", &manifest, &bytes) != 2 ||
      !rest.starts_with(WitnessLine({manifest, bytes}))) {
    return std::nullopt;
  }
  return Attested{.sequence = sequence, .manifest = manifest, .manifest_bytes = bytes};
}

}  // namespace

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}
File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

absl::Status SystemError(std::string_view what, const std::string& path) {
  const std::string cause = std::error_code(errno, std::generic_category()).message();
  return MakeError(absl::StatusCode::kUnavailable, Cat(what, " '", path, "': ", cause),
                   {.reason = Reason::kUnavailable,
                    .field = {},
                    .row = {},
                    .metadata = {{"path", path}, {"cause", cause}}});
}

absl::StatusOr<std::uint64_t> StoreFolder::ReadFormat() const {
  std::error_code error;
  if (!fs::exists(path_ + "/FORMAT", error)) return NoStore(path_);
  const auto number = ParseInt64(Trim(ReadWhole(path_ + "/FORMAT")));
  if (!number.has_value() || *number < 0) return Corrupt("its FORMAT file has no number");
  return static_cast<std::uint64_t>(*number);
}

absl::StatusOr<bool> StoreFolder::HasStore(std::uint64_t format) const {
  std::error_code error;
  const bool database = fs::exists(database_file("CURRENT"), error);
  if (fs::exists(path_ + "/FORMAT", error)) {
    LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t number, ReadFormat());
    if (number != format) return WrongFormat(number);
  } else if (database) {
    return Corrupt("its FORMAT file is missing");
  } else if (fs::exists(path_, error) && HasOtherFiles(path_)) {
    return NotOurs(path_);
  }
  if (database) return true;
  LIANJIE_ASSIGN_OR_RETURN(const auto witness, Witness::Read(*this));
  // RocksDB would make a new database here, and remove the files of the one that was.
  if (HasDatabaseFiles(this->database()))
    return Corrupt("the CURRENT file of its database is missing");
  if (witness.value_or(Attested()) > Attested()) return Corrupt("its database is missing");
  return false;
}

std::string StoreFolder::database_file(std::string_view name) const {
  return Cat(database(), "/", name);
}

absl::Status StoreFolder::Create() const {
  LIANJIE_RETURN_IF_ERROR(MakeLastingFolder(path_));
  LIANJIE_RETURN_IF_ERROR(WriteFormat());
  // RocksDB makes its folder by itself, but syncs only what lies in it.
  return MakeLastingFolder(database());
}

absl::Status StoreFolder::WriteFormat() const {
  std::error_code error;
  const std::string part = path_ + "/FORMAT.new";
  {
    const File file(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    const std::string text = Cat(kFormatNumber, "\n");
    if (file.get() < 0 ||
        write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        fsync(file.get()) != 0) {
      return SystemError("cannot write", part);
    }
  }
  fs::rename(part, path_ + "/FORMAT", error);
  if (error) {
    errno = error.value();
    return SystemError("cannot write", path_ + "/FORMAT");
  }
  return SyncFolder(path_);
}

absl::StatusOr<File> StoreFolder::Lock() const {
  const std::string path = path_ + "/OWNER";
  File file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return SystemError("cannot open", path);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return LockRefused();
  const std::string text = Cat(getpid(), "\n");
  if (ftruncate(file.get(), 0) != 0 ||
      write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return SystemError("cannot write", path);
  }
  return file;
}

absl::StatusOr<File> StoreFolder::Hold() const {
  const std::string path = path_ + "/OWNER";
  File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno != ENOENT) return SystemError("cannot open", path);
  if (file.get() >= 0 && flock(file.get(), LOCK_SH | LOCK_NB) != 0) return LockRefused();
  return file;
}

absl::Status StoreFolder::LockRefused() const {
  const std::string path = path_ + "/OWNER";
  if (errno != EWOULDBLOCK) return SystemError("cannot lock", path);
  std::string owner(Trim(ReadWhole(path)));
  const std::optional<std::int64_t> pid = ParseInt64(owner);
  // Who only holds it has left the name of the last one that wrote.
  if (!pid.has_value() || (kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH)) {
    owner = "(unknown, which reads it: `lianjie check`)";
  }
  return MakeError(absl::StatusCode::kUnavailable,
                   Cat("the store in '", path_, "' is in use by process ", owner,
                       "; stop it, or reach it as a server (--server HOST:PORT)"),
                   {.reason = Reason::kStoreLocked,
                    .field = {},
                    .row = {},
                    .metadata = {{"path", path_}, {"pid", owner}}});
}

bool StoreFolder::IsLocked() const {
  const File file(open((path_ + "/OWNER").c_str(), O_RDONLY | O_CLOEXEC));
  return file.get() >= 0 && flock(file.get(), LOCK_SH | LOCK_NB) != 0;
}

absl::Status StoreFolder::RemoveLeftovers() const {
  std::error_code error;
  fs::remove_all(ingest(), error);
  if (!error) fs::create_directories(ingest(), error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return SystemError("cannot empty", ingest());
}

std::uint64_t StoreFolder::FreeBytes() const {
  struct statvfs stats {};
  if (statvfs(path_.c_str(), &stats) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{stats.f_bavail} * stats.f_frsize;
}

std::uint64_t StoreFolder::UsedBytes() const {
  std::uint64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(path_, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    // Files come and go meanwhile.
    std::error_code gone;
    const std::uint64_t size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

absl::StatusOr<std::optional<Attested>> Witness::Read(const StoreFolder& folder) {
  const std::string path = folder.path() + "/WITNESS";
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  const std::string bytes = ReadWhole(path);
  const auto first = ParseWitness(bytes);
  const auto second =
      ParseWitness(std::string_view(bytes).substr(std::min(bytes.size(), kSlotBytes)));
  if (!first.has_value() && !second.has_value()) return Corrupt("its WITNESS file is unreadable");
  return std::max(first.value_or(Attested()), second.value_or(Attested()));
}

absl::StatusOr<std::shared_ptr<Witness>> Witness::Open(const StoreFolder& folder) {
  LIANJIE_ASSIGN_OR_RETURN(const auto stored, Read(folder));
  const std::string path = folder.path() + "/WITNESS";
  const std::shared_ptr<Witness> witness(
      new Witness(File(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_DSYNC, 0644)),
                  stored.value_or(Attested())));
  if (witness->file_.get() < 0) return SystemError("cannot open", path);
  // Both places say the same at first, so that each write leaves a whole one.
  std::string both = WitnessText(witness->attested_);
  both.resize(kSlotBytes, ' ');
  both += both;
  LIANJIE_RETURN_IF_ERROR(WriteAt(witness->file_, both, 0));
  LIANJIE_RETURN_IF_ERROR(SyncFolder(folder.path()));
  return witness;
}

absl::Status Witness::WriteSequence(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  attested_.sequence = sequence;
  return Write();
}

absl::Status Witness::WriteManifest(std::uint64_t number, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  attested_.manifest = number;
  attested_.manifest_bytes = bytes;
  return Write();
}

absl::Status Witness::Write() {
  second_ = !second_;
  return WriteAt(file_, WitnessText(attested_), second_ ? kSlotBytes : 0);
}

}  // namespace lianjie::storage
