#include "server/errors.h"

#include <string>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace lianjie::server {
namespace {

constexpr std::size_t kMaxMessageBytes = 4096;
constexpr int kRetrySeconds = 1;

Reason DefaultReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return Reason::kCancelled;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::kDeadlineExceeded;
    case absl::StatusCode::kInvalidArgument:
      return Reason::kInvalidField;
    case absl::StatusCode::kUnavailable:
      return Reason::kUnavailable;
    case absl::StatusCode::kResourceExhausted:
      return Reason::kLimitExceeded;
    case absl::StatusCode::kUnimplemented:
      return Reason::kFeaturePlanned;
    default:
      return Reason::kInternal;
  }
}

// The code that ErrorReason's comment gives a reason, whatever the layer that found the fault
// called it: the store speaks of a row that is at fault, and the API of a node that is not there.
// Reasons with more than one code keep their status' own.
absl::StatusCode CodeOf(Reason reason, absl::StatusCode given) {
  switch (reason) {
    case Reason::kGraphNotFound:
    case Reason::kNodeNotFound:
    case Reason::kLinkNotFound:
    case Reason::kRegionNotFound:
      return absl::StatusCode::kNotFound;
    case Reason::kGraphExists:
    case Reason::kNodeExists:
    case Reason::kLinkExists:
      return absl::StatusCode::kAlreadyExists;
    case Reason::kMessageTooLarge:
    case Reason::kLimitExceeded:
    case Reason::kQueueFull:
    case Reason::kMemoryExhausted:
    case Reason::kDiskFull:
      return absl::StatusCode::kResourceExhausted;
    default:
      return given;
  }
}

ErrorDetail DetailOf(const absl::Status& status) {
  if (std::optional<ErrorDetail> detail = GetErrorDetail(status)) return *std::move(detail);
  ErrorDetail detail;
  detail.reason = DefaultReason(status.code());
  return detail;
}

// "mutations[3].node.share"; the row stands with the outermost field.
std::string FieldPath(const ErrorDetail& detail) {
  if (!detail.row) return detail.field;
  const std::size_t dot = detail.field.find('.');
  const std::string_view field = detail.field;
  return Cat(field.substr(0, dot), "[", *detail.row, "]",
             dot == std::string::npos ? std::string_view() : field.substr(dot));
}

}  // namespace

std::string Presentable(std::string_view text) {
  std::string out(text.substr(0, kMaxMessageBytes));
  if (IsValidUtf8(out)) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status out;
  if (status.ok()) return out;
  const ErrorDetail detail = DetailOf(status);
  out.set_code(static_cast<int>(CodeOf(detail.reason, status.code())));
  out.set_message(Presentable(FromAbsl(status.message())));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(detail.reason)));
  info.set_domain(kErrorDomain);
  auto& metadata = *info.mutable_metadata();
  for (const auto& [key, value] : detail.metadata) metadata[Presentable(key)] = Presentable(value);
  if (!detail.field.empty()) metadata["field"] = Presentable(detail.field);
  if (detail.row) metadata["row"] = Cat(*detail.row);
  out.add_details()->PackFrom(info);
  if (!detail.field.empty()) {
    google::rpc::BadRequest bad;
    auto& violation = *bad.add_field_violations();
    violation.set_field(Presentable(FieldPath(detail)));
    violation.set_description(out.message());
    out.add_details()->PackFrom(bad);
  }
  if (detail.reason == Reason::kQueueFull) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(kRetrySeconds);
    out.add_details()->PackFrom(retry);
  }
  return out;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status details = ToRpcStatus(status);
  return {static_cast<grpc::StatusCode>(details.code()), details.message(),
          details.SerializeAsString()};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status details;
  ErrorDetail detail;
  detail.reason = DefaultReason(code);
  if (details.ParseFromString(status.error_details())) {
    google::rpc::ErrorInfo info;
    for (const auto& any : details.details()) {
      if (!any.UnpackTo(&info)) continue;
      detail.reason = ParseReason(info.reason()).value_or(detail.reason);
      for (const auto& [key, value] : info.metadata()) {
        if (key == "field") {
          detail.field = value;
        } else if (key == "row") {
          detail.row = ParseInt64(value);
        } else {
          detail.metadata[key] = value;
        }
      }
    }
  }
  return MakeError(code, status.error_message(), std::move(detail));
}

absl::Status Planned(std::string_view what) {
  return MakeError(absl::StatusCode::kUnimplemented, Cat(what, " is planned and not there yet"),
                   {.reason = Reason::kFeaturePlanned,
                    .field = {},
                    .row = {},
                    .metadata = {{"feature", std::string(what)}}});
}

}  // namespace lianjie::server
