#include "server/server.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/services.h"
#include "server/watchdog.h"
#include "storage/store_folder.h"

namespace lianjie::server {
namespace {

constexpr int kTransportCapBytes = 64 << 20;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kMaxStreams = 1000;

std::uint64_t MachineMemory() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGE_SIZE)));
  return pages * page;
}

std::uint64_t MemoryOf(const ServerOptions& options) {
  return options.memory_bytes == 0 ? MachineMemory() / 2 : options.memory_bytes;
}

// A machine that is meant for a nation has room for the names of its nodes.
std::uint64_t LoadMemoryOf(const ServerOptions& options) {
  return options.load_memory_bytes.value_or(
      std::max(storage::LoadOptions().memory_bytes, MachineMemory() / 6));
}

// For one older revision.
std::uint64_t MostRebuildBytes(const ServerOptions& options) {
  return std::min(storage::OpenOptions().max_rebuild_bytes, MemoryOf(options) / 4);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const ServerOptions& options) {
  if (options.tls_certificate_pem.empty() != options.tls_key_pem.empty()) {
    return InvalidField("tls", "certificate and key must be given together");
  }
  if (options.tls_key_pem.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({options.tls_key_pem, options.tls_certificate_pem});
  return grpc::SslServerCredentials(tls);
}

// Going on after a failed disk could acknowledge what is not there: end, loudly, without running
// anything more.
[[noreturn]] void EndProcess(const absl::Status& why) {
  std::fprintf(stderr, "lianjie: the store failed, the process ends: %s\n",
               std::string(FromAbsl(storage::WithAdvice(why).message())).c_str());
  std::_Exit(1);
}

// All that was acknowledged is on disk; what hangs would keep the store locked.
[[noreturn]] void EndHungProcess() {
  std::fputs("lianjie: the shutdown hangs, the process ends; nothing acknowledged is lost\n",
             stderr);
  std::_Exit(1);
}

class ServerImpl final : public Server {
 public:
  // `held` keeps writers off the folder of a store that is read alone.
  ServerImpl(std::unique_ptr<storage::Store> store, storage::File held,
             const ServerOptions& options)
      : options_(options),
        limits_{.max_deadline = options.max_deadline, .stall = options.stall},
        memory_bytes_(MemoryOf(options)),
        held_(std::move(held)),
        store_(std::move(store)),
        keeper_(*store_, {.projection_budget_bytes = memory_bytes_ / 4,
                          .derived_budget_bytes = memory_bytes_ / 8,
                          .folder = options.data_dir.empty() || options.read_only
                                        ? std::string()
                                        : options.data_dir + "/snapshots"}),
        budget_(memory_bytes_),
        old_readers_(*store_, budget_, MostRebuildBytes(options)),
        graph_handlers_(*store_, keeper_, old_readers_),
        analysis_handlers_(keeper_, budget_, options.threads),
        loads_(LoadMemoryOf(options)),
        admin_handlers_(*store_, loads_, options.backup_folder),
        interactive_("interactive", options.interactive_threads, options.max_queue),
        heavy_("heavy", options.heavy_threads, options.max_queue),
        writes_("write", options.write_threads, options.max_queue),
        watches_(*store_, options.max_watches, limits_) {
    store_->SetListener([this](std::string_view graph, std::int64_t revision) {
      keeper_.OnCommit(graph, revision);
      old_readers_.OnCommit(graph, revision);
      watches_.OnCommit(graph, revision);
    });
  }

  ~ServerImpl() override { Shutdown(); }

  absl::Status Start() {
    const Workers workers{.store = *store_,
                          .graph = graph_handlers_,
                          .analysis = analysis_handlers_,
                          .watches = watches_,
                          .admin = admin_handlers_,
                          .loads = loads_,
                          .interactive = interactive_,
                          .heavy = heavy_,
                          .writes = writes_,
                          .limits = limits_};
    services_.push_back(MakeGraphService(workers));
    services_.push_back(MakeAnalysisService(workers));
    Workers uncut = workers;
    uncut.limits = limits_.Uncut();
    services_.push_back(MakeAdminService(uncut));
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    for (const auto& service : services_) builder.RegisterService(service.get());
    builder.SetMaxReceiveMessageSize(kTransportCapBytes);
    builder.SetMaxSendMessageSize(kTransportCapBytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    if (!options_.listen_address.empty()) {
      LIANJIE_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(options_));
      builder.AddListeningPort(options_.listen_address, credentials, &port_);
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || (!options_.listen_address.empty() && port_ == 0)) {
      return MakeError(absl::StatusCode::kUnavailable,
                       Cat("cannot listen on ", options_.listen_address),
                       {.reason = Reason::kUnavailable,
                        .field = "listen_address",
                        .row = {},
                        .metadata = {{"listen_address", options_.listen_address}}});
    }
    for (const char* name :
         {"lianjie.v1.GraphService", "lianjie.v1.AnalysisService", "lianjie.v1.AdminService"}) {
      server_->GetHealthCheckService()->SetServingStatus(name, true);
    }
    return absl::OkStatus();
  }

  std::shared_ptr<grpc::Channel> InProcessChannel() override {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kTransportCapBytes);
    arguments.SetMaxSendMessageSize(kTransportCapBytes);
    return server_->InProcessChannel(arguments);
  }

  int port() const override { return port_; }

  // gRPC's Shutdown waits for running calls up to the deadline and then cancels them; the lanes end
  // after it, since calls in their queues must still be answered.
  void Shutdown() override {
    if (stopped_.exchange(true) || server_ == nullptr) return;
    const std::chrono::milliseconds grace = options_.shutdown_grace;
    const Watchdog watchdog(grace.count() > 0 ? options_.drain + grace : grace, &EndHungProcess);
    server_->GetHealthCheckService()->Shutdown();
    watches_.Stop();  // what has no end must not be waited for
    server_->Shutdown(std::chrono::system_clock::now() + options_.drain);
    interactive_.Stop();
    heavy_.Stop();
    writes_.Stop();
    server_->Wait();
  }

 private:
  const ServerOptions options_;
  const CallLimits limits_;
  const std::uint64_t memory_bytes_;
  const storage::File held_;
  const std::unique_ptr<storage::Store>
      store_;  // its listener calls the next ones, and nothing commits any more when they end
  SnapshotKeeper keeper_;
  MemoryBudget budget_;
  OldReaders old_readers_;
  GraphHandlers graph_handlers_;
  AnalysisHandlers analysis_handlers_;
  Loads loads_;
  AdminHandlers admin_handlers_;
  Lane interactive_;
  Lane heavy_;
  Lane writes_;
  WatchHub watches_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::atomic<bool> stopped_{false};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Open(const ServerOptions& options) {
  google::protobuf::SetLogHandler(
      nullptr);  // it would print what a client sent; the client gets MALFORMED_MESSAGE
  if (options.load_memory_bytes.value_or(storage::kLeastLoadMemory) < storage::kLeastLoadMemory) {
    return InvalidField("load_memory", Cat(*options.load_memory_bytes, " bytes are less than ",
                                           storage::kLeastLoadMemory, ", the least for a load"));
  }
  storage::OpenOptions open;
  open.path = options.data_dir;
  open.create_if_missing = !options.must_exist;
  open.read_only = options.read_only;
  open.retention = options.retention;
  open.min_free_disk_bytes = options.min_free_disk_bytes.value_or(open.min_free_disk_bytes);
  open.write_buffer_bytes = options.write_buffer_bytes.value_or(open.write_buffer_bytes);
  open.max_rebuild_bytes = MostRebuildBytes(options);
  open.on_failure = options.on_store_failure ? options.on_store_failure : &EndProcess;
  std::unique_ptr<storage::Store> store;
  storage::File held;
  if (options.data_dir.empty()) {
    store = storage::MakeMemoryStore();
  } else {
    if (options.read_only) {
      LIANJIE_ASSIGN_OR_RETURN(held, storage::StoreFolder(options.data_dir).Hold());
    }
    LIANJIE_ASSIGN_OR_RETURN(store, storage::OpenRocksStore(open));
  }
  auto server = std::make_unique<ServerImpl>(std::move(store), std::move(held), options);
  LIANJIE_RETURN_IF_ERROR(server->Start());
  return server;
}

}  // namespace lianjie::server
