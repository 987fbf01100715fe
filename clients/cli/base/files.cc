#include "clients/cli/base/files.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "clients/cli/base/failure.h"
#include "engine/core/text.h"

namespace lianjie::cli {

absl::StatusOr<std::string> ReadWholeFile(std::string_view flag, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error)
    return absl::NotFoundError(Cat(flag, ": ", path, ": no such file"));
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return UsageError(Cat(flag, ": ", path, " cannot be read"));
  return text.str();
}

}  // namespace lianjie::cli
