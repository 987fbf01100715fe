// The way to the service, always gRPC: through a network channel to a server, or to one opened in
// this process over a store's folder. Commands cannot tell the difference.
#ifndef LIANJIE_CLIENTS_CLI_CONNECTION_H_
#define LIANJIE_CLIENTS_CLI_CONNECTION_H_

#include <grpcpp/client_context.h>
#include <grpcpp/impl/channel_interface.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/base/interrupt.h"
#include "clients/cli/settings.h"
#include "lianjie/v1/admin_service.grpc.pb.h"
#include "lianjie/v1/analysis_service.grpc.pb.h"
#include "lianjie/v1/graph_service.grpc.pb.h"
#include "server/server.h"

namespace lianjie::cli {

// Thread safe.
class Connection {
 public:
  // With `may_create` a store's folder that is not there is made; otherwise it is NOT_FOUND.
  // Errors: UsageError when neither a store nor a server is given.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Settings& settings,
                                                          bool may_create);
  // For calls that look into a store that may be damaged: what they find ends the call, not the
  // process.
  static absl::StatusOr<std::unique_ptr<Connection>> OpenToCheck(const Settings& settings);
  // For calls that need no store: the server that is given, or else one without a store.
  static absl::StatusOr<std::unique_ptr<Connection>> OpenWithoutStore(const Settings& settings);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  v1::GraphService::Stub& graphs() { return *graphs_; }
  v1::AnalysisService::Stub& analyses() { return *analyses_; }
  v1::AdminService::Stub& admin() { return *admin_; }
  // For calls whose messages are bytes already.
  grpc::ChannelInterface& channel() { return *channel_; }

 private:
  Connection() = default;
  static absl::StatusOr<std::unique_ptr<Connection>> OpenNetwork(const Settings& settings);
  static absl::StatusOr<std::unique_ptr<Connection>> OpenInProcess(
      const server::ServerOptions& options);
  void Use(const std::shared_ptr<grpc::Channel>& channel);

  std::unique_ptr<server::Server> server_;  // in process only
  std::shared_ptr<grpc::ChannelInterface> channel_;
  std::unique_ptr<v1::GraphService::Stub> graphs_;
  std::unique_ptr<v1::AnalysisService::Stub> analyses_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

// A call's status as ours, with its details.
absl::Status CallStatus(const grpc::Status& status);

// Whether HOST:PORT names this machine's own address, as 127.0.0.1, [::1] or localhost.
bool IsLoopback(std::string_view address);

// UsageError naming the first text in a request, the words of a command line, that is not UTF-8:
// protobuf's strings must be, and the server could only say that the message is malformed.
absl::Status CheckTexts(const google::protobuf::Message& request);

// Makes one unary call, cancelled by an interrupt.
template <typename Request, typename Response, typename Stub>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  if (absl::Status status = CheckTexts(request); !status.ok()) return status;
  grpc::ClientContext context;
  const OnInterrupt cancel([&context] { context.TryCancel(); });
  Response response;
  const absl::Status status = CallStatus((stub.*method)(&context, request, &response));
  if (!status.ok()) return status;
  return response;
}

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_CONNECTION_H_
