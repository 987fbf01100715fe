#include "engine/core/status.h"

#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/cord.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr absl::string_view kPayloadUrl = "lianjie/error-detail";

constexpr std::array kReasons = {
    std::pair{Reason::kInternal, std::string_view("INTERNAL")},
    std::pair{Reason::kInvalidField, std::string_view("INVALID_FIELD")},
    std::pair{Reason::kUnknownField, std::string_view("UNKNOWN_FIELD")},
    std::pair{Reason::kMissingField, std::string_view("MISSING_FIELD")},
    std::pair{Reason::kGraphNotFound, std::string_view("GRAPH_NOT_FOUND")},
    std::pair{Reason::kGraphExists, std::string_view("GRAPH_EXISTS")},
    std::pair{Reason::kNodeNotFound, std::string_view("NODE_NOT_FOUND")},
    std::pair{Reason::kLinkNotFound, std::string_view("LINK_NOT_FOUND")},
    std::pair{Reason::kRegionNotFound, std::string_view("REGION_NOT_FOUND")},
    std::pair{Reason::kNodeExists, std::string_view("NODE_EXISTS")},
    std::pair{Reason::kLinkExists, std::string_view("LINK_EXISTS")},
    std::pair{Reason::kDuplicateId, std::string_view("DUPLICATE_ID")},
    std::pair{Reason::kNodeHasLinks, std::string_view("NODE_HAS_LINKS")},
    std::pair{Reason::kMechanismNotAllowed, std::string_view("MECHANISM_NOT_ALLOWED")},
    std::pair{Reason::kKindContradictsMechanism, std::string_view("KIND_CONTRADICTS_MECHANISM")},
    std::pair{Reason::kSharesExceedOne, std::string_view("SHARES_EXCEED_ONE")},
    std::pair{Reason::kDatesOutOfOrder, std::string_view("DATES_OUT_OF_ORDER")},
    std::pair{Reason::kRegionTreeInvalid, std::string_view("REGION_TREE_INVALID")},
    std::pair{Reason::kTrapped, std::string_view("TRAPPED")},
    std::pair{Reason::kDiverges, std::string_view("DIVERGES")},
    std::pair{Reason::kPreconditionFailed, std::string_view("PRECONDITION_FAILED")},
    std::pair{Reason::kRequestIdReused, std::string_view("REQUEST_ID_REUSED")},
    std::pair{Reason::kRevisionUnavailable, std::string_view("REVISION_UNAVAILABLE")},
    std::pair{Reason::kInvalidPageToken, std::string_view("INVALID_PAGE_TOKEN")},
    std::pair{Reason::kInvalidFilter, std::string_view("INVALID_FILTER")},
    std::pair{Reason::kMalformedMessage, std::string_view("MALFORMED_MESSAGE")},
    std::pair{Reason::kMessageTooLarge, std::string_view("MESSAGE_TOO_LARGE")},
    std::pair{Reason::kLimitExceeded, std::string_view("LIMIT_EXCEEDED")},
    std::pair{Reason::kQueueFull, std::string_view("QUEUE_FULL")},
    std::pair{Reason::kMemoryExhausted, std::string_view("MEMORY_EXHAUSTED")},
    std::pair{Reason::kDeadlineExceeded, std::string_view("DEADLINE_EXCEEDED")},
    std::pair{Reason::kCancelled, std::string_view("CANCELLED")},
    std::pair{Reason::kFeaturePlanned, std::string_view("FEATURE_PLANNED")},
    std::pair{Reason::kStoreCorrupt, std::string_view("STORE_CORRUPT")},
    std::pair{Reason::kStoreFormat, std::string_view("STORE_FORMAT")},
    std::pair{Reason::kStoreLocked, std::string_view("STORE_LOCKED")},
    std::pair{Reason::kDiskFull, std::string_view("DISK_FULL")},
    std::pair{Reason::kUnavailable, std::string_view("UNAVAILABLE")},
};

// One string "<length>:<bytes>" a part: binary-safe, and no serialisation library below the server.
void AppendPart(std::string& out, std::string_view part) { out += Cat(part.size(), ":", part); }

std::optional<std::string> TakePart(std::string_view& in) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(in.data(), in.data() + in.size(), size);
  const auto used = static_cast<std::size_t>(end - in.data());
  if (error != std::errc() || used >= in.size() || in[used] != ':') return std::nullopt;
  if (in.size() - used - 1 < size) return std::nullopt;
  std::string part(in.substr(used + 1, size));
  in.remove_prefix(used + 1 + size);
  return part;
}

absl::Status Rebuild(const absl::Status& status, ErrorDetail detail) {
  return MakeError(status.code(), FromAbsl(status.message()), std::move(detail));
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  for (const auto& [value, name] : kReasons) {
    if (value == reason) return name;
  }
  return "INTERNAL";
}

std::optional<Reason> ParseReason(std::string_view name) {
  for (const auto& [value, text] : kReasons) {
    if (text == name) return value;
  }
  return std::nullopt;
}

absl::Status MakeError(absl::StatusCode code, std::string_view message, ErrorDetail detail) {
  absl::Status status(code, ToAbsl(message));
  std::string payload;
  AppendPart(payload, ReasonName(detail.reason));
  AppendPart(payload, detail.field);
  AppendPart(payload, detail.row ? Cat(*detail.row) : "");
  for (const auto& [key, value] : detail.metadata) {
    AppendPart(payload, key);
    AppendPart(payload, value);
  }
  status.SetPayload(kPayloadUrl, absl::Cord(std::move(payload)));
  return status;
}

absl::Status InvalidField(std::string_view field, std::string_view message, Reason reason) {
  return MakeError(absl::StatusCode::kInvalidArgument, Cat(field, ": ", message),
                   {.reason = reason, .field = std::string(field), .row = {}, .metadata = {}});
}

absl::Status NotFound(Reason reason, std::string_view what, std::string_view id) {
  return MakeError(absl::StatusCode::kNotFound, Cat("no ", what, " '", id, "'"),
                   {.reason = reason,
                    .field = {},
                    .row = {},
                    .metadata = {{std::string(what), std::string(id)}}});
}

std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string bytes(*payload);
  std::string_view rest = bytes;
  const auto reason = TakePart(rest);
  const auto field = TakePart(rest);
  const auto row = TakePart(rest);
  if (!reason || !field || !row) return std::nullopt;
  ErrorDetail detail;
  detail.reason = ParseReason(*reason).value_or(Reason::kInternal);
  detail.field = *field;
  if (!row->empty()) {
    std::int64_t value = 0;
    std::from_chars(row->data(), row->data() + row->size(), value);
    detail.row = value;
  }
  while (!rest.empty()) {
    auto key = TakePart(rest);
    auto value = TakePart(rest);
    if (!key || !value) break;
    detail.metadata.emplace(*std::move(key), *std::move(value));
  }
  return detail;
}

absl::Status WithRow(const absl::Status& status, std::int64_t row) {
  if (status.ok()) return status;
  ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{});
  detail.row = row;
  return Rebuild(status, std::move(detail));
}

absl::Status WithFieldPrefix(const absl::Status& status, std::string_view prefix) {
  if (status.ok()) return status;
  ErrorDetail detail = GetErrorDetail(status).value_or(ErrorDetail{});
  detail.field = detail.field.empty() ? std::string(prefix) : Cat(prefix, ".", detail.field);
  return Rebuild(status, std::move(detail));
}

}  // namespace lianjie
