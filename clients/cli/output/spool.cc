#include "clients/cli/output/spool.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

absl::Status Failed() { return absl::UnknownError(Cat("temporary file: ", std::strerror(errno))); }

std::string DefaultFolder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(const std::string& folder) {
  std::string name = Cat(folder.empty() ? DefaultFolder() : folder, "/.lianjie-XXXXXX");
  const int fd = ::mkstemp(name.data());
  if (fd < 0) return Failed();
  ::unlink(name.c_str());
  std::FILE* file = ::fdopen(fd, "w+b");
  if (file == nullptr) return Failed();
  return std::unique_ptr<Spool>(new Spool(file));
}

Spool::~Spool() { std::fclose(file_); }

absl::Status Spool::Append(std::string_view bytes) {
  if (reading_ && std::fseek(file_, static_cast<long>(size_), SEEK_SET) != 0) return Failed();
  reading_ = false;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) return Failed();
  size_ += bytes.size();
  at_ = size_;
  return absl::OkStatus();
}

absl::Status Spool::Append(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  const std::uint64_t size = bytes.size();
  LIANJIE_RETURN_IF_ERROR(Append({reinterpret_cast<const char*>(&size), sizeof size}));
  return Append(bytes);
}

// fseek drops what stdio has read ahead, so it is called only where reading does not go on.
absl::Status Spool::Read(std::uint64_t offset, std::span<char> out) {
  const bool goes_on = reading_ && at_ == offset;
  if (!goes_on && std::fseek(file_, static_cast<long>(offset), SEEK_SET) != 0) return Failed();
  reading_ = true;
  if (std::fread(out.data(), 1, out.size(), file_) != out.size()) return Failed();
  at_ = offset + out.size();
  return absl::OkStatus();
}

absl::Status Spool::ReadMessage(std::uint64_t& at, std::string& bytes) {
  std::uint64_t size = 0;
  LIANJIE_RETURN_IF_ERROR(Read(at, {reinterpret_cast<char*>(&size), sizeof size}));
  at += sizeof size;
  bytes.resize(size);
  LIANJIE_RETURN_IF_ERROR(Read(at, bytes));
  at += size;
  return absl::OkStatus();
}

}  // namespace lianjie::cli
