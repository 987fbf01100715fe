#include "storage/backup_folder.h"

#include <fcntl.h>
#include <google/protobuf/text_format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "lianjie/storage/v1/backup.pb.h"
#include "storage/check.h"
#include "storage/codec.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestHead = "# lianjie backup, checksum ";
constexpr std::string_view kPart = ".part";

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

absl::Status DamagedManifest(std::string_view what) {
  return Corrupt(Cat("the BACKUP file of a backup ", what));
}

}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
  v1::BackupManifest message;
  const BackupInfo& info = manifest.info;
  message.set_id(info.id);
  message.set_format_number(info.format_number);
  message.set_create_time_micros(info.create_time_micros);
  for (const NamedFile& file : manifest.files) {
    auto& to = *message.add_files();
    to.set_name(file.name);
    to.set_size(file.hash.size);
    to.set_checksum(DigestText(file.hash.hash));
  }
  for (const BackupGraphInfo& graph : info.graphs) {
    auto& to = *message.add_graphs();
    to.set_name(graph.name);
    to.set_revision(graph.revision);
    to.set_digest(DigestText(graph.digest));
  }
  std::string text;
  google::protobuf::TextFormat::PrintToString(message, &text);
  return Cat(kManifestHead, DigestText(BytesHash(text)), "\n", text);
}

absl::StatusOr<Manifest> DecodeManifest(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (!text.starts_with(kManifestHead) || end == std::string_view::npos) {
    return DamagedManifest("is none");
  }
  const std::string body(text.substr(end + 1));
  if (text.substr(kManifestHead.size(), end - kManifestHead.size()) !=
      DigestText(BytesHash(body))) {
    return DamagedManifest("is damaged: its checksum is not that of its text");
  }
  v1::BackupManifest message;
  if (!google::protobuf::TextFormat::ParseFromString(body, &message)) {
    return DamagedManifest("cannot be read");
  }
  Manifest manifest;
  BackupInfo& info = manifest.info;
  info.id = message.id();
  info.format_number = message.format_number();
  info.create_time_micros = message.create_time_micros();
  for (const auto& file : message.files()) {
    const auto hash = ParseDigestText(file.checksum());
    if (!hash.has_value()) return DamagedManifest("has a checksum that is none");
    manifest.files.push_back({.name = file.name(), .hash = {.size = file.size(), .hash = *hash}});
    info.size_bytes += file.size();
  }
  std::vector<GraphInfo> graphs;
  for (const auto& graph : message.graphs()) {
    const auto digest = ParseDigestText(graph.digest());
    if (!digest.has_value()) return DamagedManifest("has a digest that is none");
    info.graphs.push_back({.name = graph.name(), .revision = graph.revision(), .digest = *digest});
    graphs.emplace_back().name = graph.name();
    graphs.back().digest = *digest;
  }
  info.digest = StoreDigest(graphs);
  return manifest;
}

bool BackupFolder::IsId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

absl::StatusOr<File> BackupFolder::Lock() const {
  const std::string path = path_ + "/LOCK";
  File file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return SystemError("cannot open", path);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError("cannot lock", path);
    const std::string owner(Trim(ReadText(path)));
    return MakeError(
        absl::StatusCode::kUnavailable,
        Cat("process ", owner.empty() ? "(unknown)" : owner, " is making or deleting a backup in '",
            path_, "'; try again when it is done"),
        {.reason = Reason::kStoreLocked,
         .field = {},
         .row = {},
         .metadata = {{"path", path_}, {"pid", owner}}});
  }
  const std::string text = Cat(getpid(), "\n");
  if (ftruncate(file.get(), 0) != 0 ||
      write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return SystemError("cannot write", path);
  }
  return file;
}

absl::Status BackupFolder::RemoveParts() const {
  LIANJIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FilesIn(path_));
  for (const std::string& name : names) {
    if (name.ends_with(kPart) && IsId(name.substr(0, name.size() - kPart.size()))) {
      LIANJIE_RETURN_IF_ERROR(RemoveTree(Of(name)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Manifest> BackupFolder::Read(const std::string& id) const {
  std::error_code error;
  const std::string path = Of(id) + "/BACKUP";
  if (!IsId(id) || !fs::exists(path, error)) {
    return MakeError(absl::StatusCode::kNotFound,
                     Cat("there is no backup '", id, "' in '", path_,
                         "'; `lianjie backup list --folder ", path_, "` lists those that are"),
                     {.reason = Reason::kUnavailable,
                      .field = {},
                      .row = {},
                      .metadata = {{"id", id}, {"path", path_}}});
  }
  LIANJIE_ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(ReadText(path)));
  if (manifest.info.id != id) {
    return DamagedManifest(Cat("says that it is '", manifest.info.id, "', not '", id, "'"));
  }
  return manifest;
}

}  // namespace lianjie::storage
