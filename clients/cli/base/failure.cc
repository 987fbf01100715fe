#include "clients/cli/base/failure.h"

#include <charconv>
#include <optional>
#include <string>

#include "clients/cli/base/interrupt.h"
#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie::cli {
namespace {

constexpr char kExitKey[] = "exit_code";  // in the metadata of errors that know their own

absl::Status WithExitCode(absl::StatusCode code, std::string_view message, int exit_code) {
  return MakeError(code, message,
                   {.reason = Reason::kInvalidField,
                    .field = {},
                    .row = {},
                    .metadata = {{kExitKey, Cat(exit_code)}}});
}

}  // namespace

absl::Status UsageError(std::string_view message) {
  return WithExitCode(absl::StatusCode::kInvalidArgument, message, kExitUsage);
}

absl::Status BadDataError(std::string_view message) {
  return WithExitCode(absl::StatusCode::kInvalidArgument, message, kExitBadData);
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitDone;
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (detail) {
    if (const auto own = detail->metadata.find(kExitKey); own != detail->metadata.end()) {
      return static_cast<int>(ParseInt64(own->second).value_or(kExitFailure));
    }
    switch (detail->reason) {
      case Reason::kFeaturePlanned:
        return kExitUsage;
      case Reason::kQueueFull:
        return kExitUnavailable;
      case Reason::kStoreCorrupt:
        if (status.code() == absl::StatusCode::kDataLoss) return kExitBadData;
        break;
      case Reason::kTrapped:
      case Reason::kDiverges:
        return kExitBadData;
      case Reason::kMissingField:
        if (status.code() == absl::StatusCode::kFailedPrecondition) return kExitBadData;
        break;
      default:
        break;
    }
  }
  switch (status.code()) {
    case absl::StatusCode::kCancelled:
      return Interrupted() ? kExitInterrupted : kExitFailure;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kUnavailable:
      return kExitUnavailable;
    default:
      return kExitFailure;
  }
}

std::string FailureText(const absl::Status& status) {
  std::string text(FromAbsl(status.message()));
  if (status.code() == absl::StatusCode::kCancelled && Interrupted()) return "interrupted";
  const std::optional<ErrorDetail> detail = GetErrorDetail(status);
  if (!detail || detail->metadata.contains(kExitKey)) return text;
  // The graph is at fault: the word by which it is looked up in the docs.
  if (detail->reason == Reason::kTrapped || detail->reason == Reason::kDiverges)
    text += Cat(" (", ReasonName(detail->reason), ")");
  if (!detail->field.empty() && text.find(detail->field) == std::string::npos)
    text = Cat(detail->field, ": ", text);
  return text;
}

}  // namespace lianjie::cli
