#include "clients/cli/connection.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <vector>

#include "clients/cli/base/failure.h"
#include "clients/cli/base/files.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/errors.h"

namespace lianjie::cli {
namespace {

absl::StatusOr<std::shared_ptr<grpc::Channel>> NetworkChannel(const Settings& settings) {
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  if (!settings.ca.empty()) {
    absl::StatusOr<std::string> pem = ReadWholeFile("--ca", settings.ca);
    if (!pem.ok()) return pem.status();
    credentials =
        grpc::SslCredentials({.pem_root_certs = *pem, .pem_private_key = {}, .pem_cert_chain = {}});
  } else if (IsLoopback(settings.server) || settings.insecure) {
    credentials = grpc::InsecureChannelCredentials();
  } else {
    return UsageError(Cat("--server: ", settings.server,
                          " is not on this machine: give --ca FILE for TLS, or --insecure to send "
                          "everything in the clear"));
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(settings.server, credentials, arguments);
}

absl::StatusOr<server::ServerOptions> StoreOptions(const Settings& settings) {
  if (settings.data.empty()) {
    return UsageError(
        "say where the graph is: --data DIR opens a store, --server HOST:PORT calls a server "
        "(LIANJIE_DATA and LIANJIE_SERVER say the same)");
  }
  server::ServerOptions options;
  options.data_dir = settings.data;
  options.threads = settings.threads;
  options.memory_bytes = settings.memory_bytes;
  options.load_memory_bytes = settings.load_memory_bytes;
  // A command that comes and goes forgets nothing unless it is told to.
  options.retention = settings.retention.value_or(std::chrono::seconds::max());
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Settings& settings,
                                                             bool may_create) {
  if (!settings.server.empty()) return OpenNetwork(settings);
  LIANJIE_ASSIGN_OR_RETURN(server::ServerOptions options, StoreOptions(settings));
  options.must_exist = !may_create;
  return OpenInProcess(options);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenToCheck(const Settings& settings) {
  if (!settings.server.empty()) return OpenNetwork(settings);
  LIANJIE_ASSIGN_OR_RETURN(server::ServerOptions options, StoreOptions(settings));
  options.must_exist = true;
  options.read_only = true;  // what may be damaged is left as it is
  options.on_store_failure = [](const absl::Status&) {};
  return OpenInProcess(options);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenWithoutStore(const Settings& settings) {
  if (!settings.server.empty()) return OpenNetwork(settings);
  return OpenInProcess({});
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenNetwork(const Settings& settings) {
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, NetworkChannel(settings));
  std::unique_ptr<Connection> out(new Connection);
  out->Use(channel);
  return out;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenInProcess(
    const server::ServerOptions& options) {
  std::unique_ptr<Connection> out(new Connection);
  LIANJIE_ASSIGN_OR_RETURN(out->server_, server::Server::Open(options));
  out->Use(out->server_->InProcessChannel());
  return out;
}

void Connection::Use(const std::shared_ptr<grpc::Channel>& channel) {
  channel_ = channel;
  graphs_ = v1::GraphService::NewStub(channel);
  analyses_ = v1::AnalysisService::NewStub(channel);
  admin_ = v1::AdminService::NewStub(channel);
}

Connection::~Connection() {
  channel_.reset();
  graphs_.reset();
  analyses_.reset();
  admin_.reset();
  if (server_) server_->Shutdown();
}

absl::Status CallStatus(const grpc::Status& status) { return server::FromGrpcStatus(status); }

absl::Status CheckTexts(const google::protobuf::Message& request) {
  const google::protobuf::Reflection& r = *request.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> given;
  r.ListFields(request, &given);
  using Field = google::protobuf::FieldDescriptor;
  for (const Field* field : given) {
    const bool many = field->is_repeated();
    const int count = many ? r.FieldSize(request, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->type() == Field::TYPE_STRING) {
        const std::string text =
            many ? r.GetRepeatedString(request, field, i) : r.GetString(request, field);
        if (!IsValidUtf8(text)) return UsageError(Cat(field->name(), ": is not valid UTF-8"));
      } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
        LIANJIE_RETURN_IF_ERROR(CheckTexts(many ? r.GetRepeatedMessage(request, field, i)
                                                : r.GetMessage(request, field)));
      }
    }
  }
  return absl::OkStatus();
}

bool IsLoopback(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace lianjie::cli
