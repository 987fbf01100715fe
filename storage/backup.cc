#include "storage/backup.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/backup_folder.h"
#include "storage/check.h"
#include "storage/codec.h"
#include "storage/committer.h"
#include "storage/graph_digest.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/rocks_key_value.h"

namespace lianjie::storage {
namespace {

namespace fs = std::filesystem;

// Left free beside what a copy takes.
constexpr std::uint64_t kSpareBytes = 64 << 20;

// Removes a folder at its end unless it is kept.
class RemovedFolder {
 public:
  explicit RemovedFolder(std::string path) : path_(std::move(path)) {}
  ~RemovedFolder() {
    if (!path_.empty()) RemoveTree(path_).IgnoreError();
  }
  RemovedFolder(const RemovedFolder&) = delete;
  RemovedFolder& operator=(const RemovedFolder&) = delete;
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

// Reports bytes as a phase.
class PhaseBytes {
 public:
  PhaseBytes(std::string_view phase, std::uint64_t total, const PhaseCheck& check)
      : phase_(phase), total_(total), check_(check) {}
  BytesCheck Counter() {
    return [this](std::uint64_t bytes) -> absl::Status {
      done_ += bytes;
      return check_ ? check_(phase_, std::min(done_, total_), total_) : absl::OkStatus();
    };
  }

 private:
  const std::string phase_;
  const std::uint64_t total_;
  const PhaseCheck& check_;
  std::uint64_t done_ = 0;
};

std::string TimeId(std::int64_t micros) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

// A time that is taken, as by another backup of the same second, gets a number.
std::string NewId(const BackupFolder& folder, std::int64_t micros) {
  const std::string time = TimeId(micros);
  std::string id = time;
  std::error_code error;
  for (int n = 2; fs::exists(folder.Of(id), error); ++n) id = Cat(time, "-", n);
  return id;
}

bool IsWithin(const std::string& path, const std::string& folder) {
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  const fs::path outer = fs::weakly_canonical(folder, error);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

std::uint64_t SizeOf(const Manifest& manifest) {
  std::uint64_t size = 0;
  for (const NamedFile& file : manifest.files) size += file.hash.size;
  return size;
}

// What the records in `database` say against what the manifest says.
absl::Status CheckRecords(const std::string& database, const Manifest& manifest,
                          const PhaseCheck& check, CheckReport& report) {
  CheckOptions options;
  options.check = [&check](std::uint64_t done, std::uint64_t total) {
    return check ? check("records", done, total) : absl::OkStatus();
  };
  const auto kv = ReadRocksDatabase(database);
  if (kv.status().code() == absl::StatusCode::kDataLoss) {
    report.faults.emplace_back(FromAbsl(kv.status().message()));
    report.fault_count = report.faults.size();
    return absl::OkStatus();
  }
  LIANJIE_RETURN_IF_ERROR(kv.status());
  LIANJIE_ASSIGN_OR_RETURN(report, CheckStore(**kv, options));
  const auto fault = [&report](std::string sentence) {
    report.faults.push_back(std::move(sentence));
    ++report.fault_count;
  };
  for (const BackupGraphInfo& graph : manifest.info.graphs) {
    const auto found = std::ranges::find_if(report.graphs, [&](const CheckedGraph& checked) {
      return checked.info.name == graph.name;
    });
    if (found == report.graphs.end()) {
      fault(Cat("graph '", graph.name, "' is not there"));
    } else if (found->info.revision != graph.revision || found->info.digest != graph.digest) {
      fault(Cat("graph '", graph.name, "' has revision ", found->info.revision, " and digest ",
                DigestText(found->info.digest), ", and was backed up with ", graph.revision,
                " and ", DigestText(graph.digest)));
    }
  }
  if (report.graphs.size() > manifest.info.graphs.size()) {
    fault("there are graphs that were not backed up");
  }
  return absl::OkStatus();
}

// The files in `database` against the manifest.
absl::Status CheckFiles(const std::string& database, const Manifest& manifest,
                        const PhaseCheck& check, CheckReport& report) {
  PhaseBytes bytes("files", SizeOf(manifest), check);
  for (const NamedFile& file : manifest.files) {
    const std::string path = Cat(database, "/", file.name);
    std::error_code error;
    if (!fs::exists(path, error)) {
      report.faults.push_back(Cat("file '", path, "' is missing"));
      continue;
    }
    LIANJIE_ASSIGN_OR_RETURN(const FileHash hash, HashFile(path, bytes.Counter()));
    if (hash.size != file.hash.size) {
      report.faults.push_back(
          Cat("file '", path, "' has ", hash.size, " bytes, not ", file.hash.size));
    } else if (hash.hash != file.hash.hash) {
      report.faults.push_back(Cat("file '", path,
                                  "' is damaged: its checksum is not that of the "
                                  "backup's manifest"));
    }
  }
  // One that the manifest does not name was not checked by anybody, and a restore would copy it.
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesIn(database));
  for (const std::string& name : names) {
    if (std::ranges::find(manifest.files, name, &NamedFile::name) == manifest.files.end()) {
      report.faults.push_back(Cat("file '", database, "/", name, "' is not of the backup"));
    }
  }
  report.fault_count = report.faults.size();
  return absl::OkStatus();
}

absl::Status Verified(const CheckReport& report, std::string_view what) {
  if (report.fault_count == 0) return absl::OkStatus();
  return Corrupt(
      Cat(what, " has ", report.fault_count,
          report.fault_count == 1 ? " fault: " : " faults, the first: ", report.faults.front()));
}

absl::StatusOr<std::vector<NamedFile>> CopyFiles(const std::string& from, const std::string& to,
                                                 const PhaseCheck& check) {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesIn(from));
  std::uint64_t total = 0;
  for (const std::string& name : names) {
    std::error_code error;
    total += fs::file_size(Cat(from, "/", name), error);
  }
  LIANJIE_RETURN_IF_ERROR(CheckFree(to, total + kSpareBytes, "the copy"));
  LIANJIE_RETURN_IF_ERROR(MakeFolder(to));
  PhaseBytes bytes("copy", total, check);
  std::vector<NamedFile> files;
  for (const std::string& name : names) {
    LIANJIE_ASSIGN_OR_RETURN(const FileHash hash,
                             CopyFile(Cat(from, "/", name), Cat(to, "/", name), bytes.Counter()));
    files.push_back({.name = name, .hash = hash});
  }
  LIANJIE_RETURN_IF_ERROR(SyncFolder(to));
  return files;
}

// Copies a checkpoint of the store into `part`, which becomes a backup but for its name.
absl::StatusOr<Manifest> FillBackup(Store& store, std::string id, const std::string& part,
                                    const PhaseCheck& check) {
  if (check) LIANJIE_RETURN_IF_ERROR(check("flush", 0, 0));
  Manifest manifest;
  BackupInfo& info = manifest.info;
  info.create_time_micros = NowMicros();
  LIANJIE_ASSIGN_OR_RETURN(const StoreCheckpoint checkpoint, store.Checkpoint(id));
  const RemovedFolder removed(checkpoint.folder);
  LIANJIE_ASSIGN_OR_RETURN(manifest.files, CopyFiles(checkpoint.folder, part + "/rocksdb", check));
  info.id = std::move(id);
  info.format_number = kFormatNumber;
  for (const GraphInfo& graph : checkpoint.graphs) {
    info.graphs.push_back({.name = graph.name, .revision = graph.revision, .digest = graph.digest});
  }
  LIANJIE_RETURN_IF_ERROR(WriteFileWhole(part + "/BACKUP", EncodeManifest(manifest)));
  info.size_bytes = SizeOf(manifest);
  info.digest = StoreDigest(checkpoint.graphs);
  return manifest;
}

absl::Status CheckFormat(const BackupInfo& info) {
  if (info.format_number == kFormatNumber) return absl::OkStatus();
  return WrongFormat(info.format_number);
}

}  // namespace

absl::StatusOr<BackupInfo> CreateBackup(Store& store, const std::string& path,
                                        const PhaseCheck& check) {
  if (path.empty()) return InvalidField("folder", "is required", Reason::kMissingField);
  LIANJIE_ASSIGN_OR_RETURN(const StorageStatistics statistics, store.Statistics());
  if (!statistics.folder.empty() && IsWithin(path, statistics.folder)) {
    return InvalidField("folder", Cat("'", path,
                                      "' lies in the store's own folder: what befalls the one "
                                      "befalls the other; give another folder, best on another "
                                      "disk"));
  }
  const auto live = statistics.counters.find("live_table_file_bytes");
  if (live != statistics.counters.end()) {
    LIANJIE_RETURN_IF_ERROR(CheckFree(path, live->second + kSpareBytes, "a backup"));
  }
  LIANJIE_RETURN_IF_ERROR(MakeLastingFolder(path));
  const BackupFolder folder(path);
  LIANJIE_ASSIGN_OR_RETURN(const File lock, folder.Lock());
  LIANJIE_RETURN_IF_ERROR(folder.RemoveParts());
  const std::string id = NewId(folder, NowMicros());
  const std::string part = folder.Of(id) + ".part";
  RemovedFolder removed(part);
  LIANJIE_ASSIGN_OR_RETURN(const Manifest manifest, FillBackup(store, id, part, check));
  CheckReport report;
  LIANJIE_RETURN_IF_ERROR(CheckFiles(part + "/rocksdb", manifest, check, report));
  if (report.fault_count == 0) {
    LIANJIE_RETURN_IF_ERROR(CheckRecords(part + "/rocksdb", manifest, check, report));
  }
  LIANJIE_RETURN_IF_ERROR(Verified(report, "the backup that was made"));
  std::error_code error;
  fs::rename(part, folder.Of(id), error);
  if (error) {
    errno = error.value();
    return SystemError("cannot name the backup", folder.Of(id));
  }
  removed.Keep();
  LIANJIE_RETURN_IF_ERROR(SyncFolder(path));
  return manifest.info;
}

absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& path,
                                                    std::vector<std::string>* damaged) {
  if (path.empty()) return InvalidField("folder", "is required", Reason::kMissingField);
  const BackupFolder folder(path);
  std::vector<BackupInfo> backups;
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesIn(path));
  for (const std::string& name : names) {
    absl::StatusOr<Manifest> manifest = folder.Read(name);
    if (manifest.ok()) {
      backups.push_back(std::move(manifest->info));
    } else if (manifest.status().code() != absl::StatusCode::kNotFound && damaged != nullptr) {
      damaged->push_back(name);
    }
  }
  std::sort(backups.begin(), backups.end(), [](const BackupInfo& a, const BackupInfo& b) {
    return std::pair(a.create_time_micros, a.id) > std::pair(b.create_time_micros, b.id);
  });
  return backups;
}

absl::StatusOr<CheckReport> VerifyBackup(const std::string& path, const std::string& id,
                                         const PhaseCheck& check) {
  const BackupFolder folder(path);
  LIANJIE_ASSIGN_OR_RETURN(const Manifest manifest, folder.Read(id));
  LIANJIE_RETURN_IF_ERROR(CheckFormat(manifest.info));
  const std::string database = folder.Of(id) + "/rocksdb";
  CheckReport report;
  LIANJIE_RETURN_IF_ERROR(CheckFiles(database, manifest, check, report));
  if (report.fault_count == 0) {
    LIANJIE_RETURN_IF_ERROR(CheckRecords(database, manifest, check, report));
  }
  return report;
}

absl::StatusOr<BackupInfo> RestoreBackup(const std::string& path, const std::string& id,
                                         const std::string& target, const PhaseCheck& check) {
  if (target.empty()) return InvalidField("target_folder", "is required", Reason::kMissingField);
  const BackupFolder folder(path);
  LIANJIE_ASSIGN_OR_RETURN(const Manifest manifest, folder.Read(id));
  LIANJIE_RETURN_IF_ERROR(CheckFormat(manifest.info));
  std::error_code error;
  const bool there = fs::exists(target, error);
  if (there && (!fs::is_directory(target, error) || !fs::is_empty(target, error))) {
    return InvalidField("target_folder",
                        Cat("'", target,
                            "' is not empty: a store is restored into a folder of its "
                            "own; give a new one, look at what it holds, then move it"));
  }
  const StoreFolder store(target);
  LIANJIE_RETURN_IF_ERROR(CheckFree(target, SizeOf(manifest) + kSpareBytes, "the restored store"));
  LIANJIE_RETURN_IF_ERROR(MakeLastingFolder(target));
  RemovedFolder all(there ? std::string() : target);
  RemovedFolder removed(store.database());
  RemovedFolder witness(store.path() + "/WITNESS");
  LIANJIE_ASSIGN_OR_RETURN(const auto files,
                           CopyFiles(folder.Of(id) + "/rocksdb", store.database(), check));
  CheckReport report;
  LIANJIE_RETURN_IF_ERROR(CheckFiles(store.database(), manifest, check, report));
  if (report.fault_count == 0) {
    LIANJIE_RETURN_IF_ERROR(CheckRecords(store.database(), manifest, check, report));
  }
  LIANJIE_RETURN_IF_ERROR(Verified(report, Cat("backup '", id, "'")));
  LIANJIE_RETURN_IF_ERROR(AttestDatabase(target));
  LIANJIE_RETURN_IF_ERROR(store.WriteFormat());  // the last: without it the folder is no store
  witness.Keep();
  removed.Keep();
  all.Keep();
  return manifest.info;
}

absl::Status DeleteBackup(const std::string& path, const std::string& id) {
  const BackupFolder folder(path);
  std::error_code error;
  const bool there = BackupFolder::IsId(id) && fs::exists(folder.Of(id) + "/BACKUP", error);
  if (!there) return folder.Read(id).status();
  LIANJIE_ASSIGN_OR_RETURN(const File lock, folder.Lock());
  // First it is no backup any more, then its files go.
  const std::string part = folder.Of(id) + ".part";
  fs::rename(folder.Of(id), part, error);
  if (error) {
    errno = error.value();
    return SystemError("cannot delete", folder.Of(id));
  }
  LIANJIE_RETURN_IF_ERROR(SyncFolder(path));
  return RemoveTree(part);
}

}  // namespace lianjie::storage
