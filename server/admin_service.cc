// AdminService. What takes long, or waits for a disk, runs in the heavy lane. The methods of
// principals are planned and say so, so that a client can tell "not yet" from "no such method".
#include <memory>
#include <string_view>
#include <utility>

#include "lianjie/v1/admin_service.grpc.pb.h"
#include "server/errors.h"
#include "server/services.h"

namespace lianjie::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::ServerWriteReactor;
using S = v1::AdminService;

using RawBackups = S::WithRawCallbackMethod_CreateBackup<S::WithRawCallbackMethod_ListBackups<
    S::WithRawCallbackMethod_RestoreBackup<S::WithRawCallbackMethod_DeleteBackup<S::Service>>>>;
using RawStore =
    S::WithRawCallbackMethod_Verify<S::WithRawCallbackMethod_GetStorageStatistics<RawBackups>>;
using RawService = S::WithRawCallbackMethod_CreatePrincipal<
    S::WithRawCallbackMethod_ListPrincipals<S::WithRawCallbackMethod_DeletePrincipal<RawStore>>>;

class AdminService final : public RawService {
 public:
  explicit AdminService(const Workers& workers) : w_(workers) {}

  ServerWriteReactor<ByteBuffer>* CreateBackup(CallbackServerContext* c,
                                               const ByteBuffer* q) override {
    return Stream<v1::CreateBackupRequest>(c, q, [this](const auto& r, auto& writer, Call& call) {
      return w_.admin.CreateBackup(r, writer, call);
    });
  }
  ServerUnaryReactor* ListBackups(CallbackServerContext* c, const ByteBuffer* q,
                                  ByteBuffer* a) override {
    return Unary<v1::ListBackupsRequest, v1::ListBackupsResponse>(
        c, q, a, w_.heavy, w_.limits,
        [this](const auto& r, Call&) { return w_.admin.ListBackups(r); });
  }
  ServerWriteReactor<ByteBuffer>* RestoreBackup(CallbackServerContext* c,
                                                const ByteBuffer* q) override {
    return Stream<v1::RestoreBackupRequest>(c, q, [this](const auto& r, auto& writer, Call& call) {
      return w_.admin.RestoreBackup(r, writer, call);
    });
  }
  ServerUnaryReactor* DeleteBackup(CallbackServerContext* c, const ByteBuffer* q,
                                   ByteBuffer* a) override {
    using Empty = google::protobuf::Empty;
    return Unary<v1::DeleteBackupRequest, Empty>(
        c, q, a, w_.heavy, w_.limits, [this](const auto& r, Call&) -> absl::StatusOr<Empty> {
          if (absl::Status status = w_.admin.DeleteBackup(r); !status.ok()) return status;
          return Empty();
        });
  }
  ServerWriteReactor<ByteBuffer>* Verify(CallbackServerContext* c, const ByteBuffer* q) override {
    return Stream<v1::VerifyRequest>(c, q, [this](const auto& r, auto& writer, Call& call) {
      return w_.admin.Verify(r, writer, call);
    });
  }
  ServerUnaryReactor* GetStorageStatistics(CallbackServerContext* c, const ByteBuffer* q,
                                           ByteBuffer* a) override {
    return Unary<v1::GetStorageStatisticsRequest, v1::GetStorageStatisticsResponse>(
        c, q, a, w_.interactive, w_.limits,
        [this](const auto&, Call&) { return w_.admin.GetStorageStatistics(); });
  }
  ServerUnaryReactor* CreatePrincipal(CallbackServerContext* c, const ByteBuffer* q,
                                      ByteBuffer* a) override {
    return One(c, q, a, "AdminService.CreatePrincipal");
  }
  ServerUnaryReactor* ListPrincipals(CallbackServerContext* c, const ByteBuffer* q,
                                     ByteBuffer* a) override {
    return One(c, q, a, "AdminService.ListPrincipals");
  }
  ServerUnaryReactor* DeletePrincipal(CallbackServerContext* c, const ByteBuffer* q,
                                      ByteBuffer* a) override {
    return One(c, q, a, "AdminService.DeletePrincipal");
  }

 private:
  ServerUnaryReactor* One(CallbackServerContext* c, const ByteBuffer* q, ByteBuffer* a,
                          std::string_view what) {
    return StartUnary(
        c, q, a, w_.interactive, w_.limits,
        [what](const ByteBuffer&, Call&) -> absl::StatusOr<ByteBuffer> { return Planned(what); });
  }
  template <typename Request, typename Handler>
  ServerWriteReactor<ByteBuffer>* Stream(CallbackServerContext* c, const ByteBuffer* q,
                                         Handler handler) {
    return StartStream(c, w_.heavy, w_.limits,
                       [bytes = *q, max = w_.limits.max_message_bytes,
                        handler = std::move(handler)](StreamWriter& writer, Call& call) {
                         Request request;
                         absl::Status status = ParseMessage(bytes, max, request);
                         return status.ok() ? handler(request, writer, call) : status;
                       });
  }

  const Workers w_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(const Workers& workers) {
  return std::make_unique<AdminService>(workers);
}

}  // namespace lianjie::server
