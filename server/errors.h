// The one place that turns an error of any layer into the API's: canonical code, one ErrorInfo
// (reason of ErrorReason, domain "lianjie", every value in metadata), a BadRequest naming field and
// row where the request is at fault, RetryInfo where trying again helps. https://google.aip.dev/193
#ifndef LIANJIE_SERVER_ERRORS_H_
#define LIANJIE_SERVER_ERRORS_H_

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace google::rpc {
class Status;
}

namespace lianjie::server {

inline constexpr char kErrorDomain[] = "lianjie";

grpc::Status ToGrpcStatus(const absl::Status& status);
// The same as a message, for errors inside answers (rows of an import).
google::rpc::Status ToRpcStatus(const absl::Status& status);
// Back again, for clients in C++: code, message and ErrorDetail.
absl::Status FromGrpcStatus(const grpc::Status& status);

// `text` cut to 4 KiB, and made valid UTF-8: messages quote user input, which may hold anything;
// protobuf strings may not.
std::string Presentable(std::string_view text);

// UNIMPLEMENTED, reason FEATURE_PLANNED: `what` comes with later work.
absl::Status Planned(std::string_view what);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_ERRORS_H_
