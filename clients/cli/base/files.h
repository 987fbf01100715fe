// Small files read whole: settings, mappings, certificates.
#ifndef LIANJIE_CLIENTS_CLI_BASE_FILES_H_
#define LIANJIE_CLIENTS_CLI_BASE_FILES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace lianjie::cli {

// The whole of a file; NOT_FOUND when there is none, UsageError when it cannot be read, both naming
// `flag`.
absl::StatusOr<std::string> ReadWholeFile(std::string_view flag, const std::string& path);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_BASE_FILES_H_
