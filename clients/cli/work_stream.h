// Calls that stream progress and then, last, their result.
#ifndef LIANJIE_CLIENTS_CLI_WORK_STREAM_H_
#define LIANJIE_CLIENTS_CLI_WORK_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>

#include "absl/status/status.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/connection.h"
#include "clients/cli/output/progress_line.h"

namespace lianjie::cli {

// Makes the call, shows its progress, and gives its last message; an interrupt cancels it.
template <typename Request, typename Response, typename Stub>
absl::StatusOr<Response> CallForResult(Stub& stub,
                                       std::unique_ptr<grpc::ClientReader<Response>> (
                                           Stub::*method)(grpc::ClientContext*, const Request&),
                                       const Request& request) {
  if (absl::Status status = CheckTexts(request); !status.ok()) return status;
  grpc::ClientContext context;
  const OnInterrupt cancel([&context] { context.TryCancel(); });
  const auto reader = (stub.*method)(&context, request);
  ProgressLine progress;
  Response response;
  Response last;
  while (reader->Read(&response)) {
    if (response.has_progress()) {
      progress.Show(response.progress().phase(),
                    static_cast<double>(response.progress().completed_work()),
                    static_cast<double>(response.progress().total_work()));
    }
    last.Swap(&response);
  }
  progress.Clear();
  if (absl::Status status = CallStatus(reader->Finish()); !status.ok()) return status;
  if (last.message_case() == Response::MESSAGE_NOT_SET || last.has_progress()) {
    return absl::InternalError("the server gave no answer");
  }
  return last;
}

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_WORK_STREAM_H_
