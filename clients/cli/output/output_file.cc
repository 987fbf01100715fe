#include "clients/cli/output/output_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/text.h"

namespace lianjie::cli {

std::string OutputFile::PartialPath() const { return path_ + ".partial"; }

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(const std::string& path) {
  if (path.empty() || path == "-")
    return std::unique_ptr<OutputFile>(new OutputFile("standard output", stdout, false));
  std::unique_ptr<OutputFile> out(new OutputFile(path, nullptr, true));
  out->file_ = std::fopen(out->PartialPath().c_str(), "wb");
  if (out->file_ == nullptr) return out->Failed();
  return out;
}

OutputFile::~OutputFile() {
  if (!owned_ || file_ == nullptr) return;
  std::fclose(file_);
  std::remove(PartialPath().c_str());
}

absl::Status OutputFile::Failed() const {
  return absl::UnknownError(Cat(path_, ": cannot be written: ", std::strerror(errno)));
}

absl::Status OutputFile::Write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return absl::OkStatus();
  return Failed();
}

absl::Status OutputFile::Close() {
  if (!owned_) return std::fflush(file_) == 0 ? absl::OkStatus() : Failed();
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0 || std::rename(PartialPath().c_str(), path_.c_str()) != 0) {
    const absl::Status status = Failed();
    std::remove(PartialPath().c_str());
    return status;
  }
  return absl::OkStatus();
}

}  // namespace lianjie::cli
