// How the command line says that something went wrong: one line on stderr, and an exit code that
// scripts can go by.
#ifndef LIANJIE_CLIENTS_CLI_BASE_FAILURE_H_
#define LIANJIE_CLIENTS_CLI_BASE_FAILURE_H_

#include <string>

#include "absl/status/status.h"

namespace lianjie::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitBadData = 4;
inline constexpr int kExitUnavailable = 5;
inline constexpr int kExitInterrupted = 130;

// An error of how the command was called: exit code 2.
absl::Status UsageError(std::string_view message);
// An error in what was to be imported: exit code 4. The sentence begins with file:line:column.
absl::Status BadDataError(std::string_view message);

// The exit code of an error: by its reason where it has one, else by its code.
int ExitCodeOf(const absl::Status& status);

// The sentence, without a line feed, with field and reason where they help.
std::string FailureText(const absl::Status& status);

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_BASE_FAILURE_H_
