// Errors with details. Every error that a user can cause carries, besides its canonical code and
// sentence, a reason from a closed list, the field, the row where there is one, and the values
// concerned, so that the server can map all of them to the API in one place and the command line
// can name file, line and column. The details travel inside absl::Status as a payload: no layer
// needs another layer's error type.
#ifndef LIANJIE_ENGINE_CORE_STATUS_H_
#define LIANJIE_ENGINE_CORE_STATUS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace lianjie {

// Why something was refused. Names equal the API's ErrorReason without its prefix.
enum class Reason : std::uint8_t {
  kInternal,
  kInvalidField,
  kUnknownField,
  kMissingField,
  kGraphNotFound,
  kGraphExists,
  kNodeNotFound,
  kLinkNotFound,
  kRegionNotFound,
  kNodeExists,
  kLinkExists,
  kDuplicateId,
  kNodeHasLinks,
  kMechanismNotAllowed,
  kKindContradictsMechanism,
  kSharesExceedOne,
  kDatesOutOfOrder,
  kRegionTreeInvalid,
  kTrapped,
  kDiverges,
  kPreconditionFailed,
  kRequestIdReused,
  kRevisionUnavailable,
  kInvalidPageToken,
  kInvalidFilter,
  kMalformedMessage,
  kMessageTooLarge,
  kLimitExceeded,
  kQueueFull,
  kMemoryExhausted,
  kDeadlineExceeded,
  kCancelled,
  kFeaturePlanned,
  kStoreCorrupt,
  kStoreFormat,
  kStoreLocked,
  kDiskFull,
  kUnavailable,
};

// "INVALID_FIELD" and so on; never empty.
std::string_view ReasonName(Reason reason);
std::optional<Reason> ParseReason(std::string_view name);

struct ErrorDetail {
  Reason reason = Reason::kInternal;
  std::string field;                // the field's name in records and the API; empty when none
  std::optional<std::int64_t> row;  // position in the request's or load's rows, from 0
  std::map<std::string, std::string> metadata;  // every value in the sentence, by name

  friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

// A status with details; `code` must not be OK.
absl::Status MakeError(absl::StatusCode code, std::string_view message, ErrorDetail detail);

// Shorthands for the two most frequent errors.
absl::Status InvalidField(std::string_view field, std::string_view message,
                          Reason reason = Reason::kInvalidField);
absl::Status NotFound(Reason reason, std::string_view what, std::string_view id);

// The details of a status, if it has any.
std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status);

// The same error with its row set (or with `field` put in front: "nodes" -> "nodes.id"). OK stays
// OK.
absl::Status WithRow(const absl::Status& status, std::int64_t row);
absl::Status WithFieldPrefix(const absl::Status& status, std::string_view prefix);

}  // namespace lianjie

// Returns the error of an expression of type absl::Status; goes on when it is OK.
#define LIANJIE_RETURN_IF_ERROR(expr)                                                      \
  do {                                                                                     \
    if (absl::Status lianjie_status = (expr); !lianjie_status.ok()) return lianjie_status; \
  } while (false)

// Declares or assigns `lhs` from an absl::StatusOr, or returns its error.
#define LIANJIE_ASSIGN_OR_RETURN(lhs, expr) \
  LIANJIE_ASSIGN_OR_RETURN_IMPL_(LIANJIE_CONCAT_(lianjie_or_, __LINE__), lhs, expr)
#define LIANJIE_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                   \
  if (!tmp.ok()) return std::move(tmp).status();       \
  lhs = *std::move(tmp)
#define LIANJIE_CONCAT_(a, b) LIANJIE_CONCAT_INNER_(a, b)
#define LIANJIE_CONCAT_INNER_(a, b) a##b

#endif  // LIANJIE_ENGINE_CORE_STATUS_H_
