// AdminService is planned whole; every method says so, so that a client can tell "not yet" from "no
// such method".
#include <memory>
#include <string_view>

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
                                               const ByteBuffer*) override {
    return Stream(c, "AdminService.CreateBackup");
  }
  ServerUnaryReactor* ListBackups(CallbackServerContext* c, const ByteBuffer* q,
                                  ByteBuffer* a) override {
    return One(c, q, a, "AdminService.ListBackups");
  }
  ServerWriteReactor<ByteBuffer>* RestoreBackup(CallbackServerContext* c,
                                                const ByteBuffer*) override {
    return Stream(c, "AdminService.RestoreBackup");
  }
  ServerUnaryReactor* DeleteBackup(CallbackServerContext* c, const ByteBuffer* q,
                                   ByteBuffer* a) override {
    return One(c, q, a, "AdminService.DeleteBackup");
  }
  ServerWriteReactor<ByteBuffer>* Verify(CallbackServerContext* c, const ByteBuffer*) override {
    return Stream(c, "AdminService.Verify");
  }
  ServerUnaryReactor* GetStorageStatistics(CallbackServerContext* c, const ByteBuffer* q,
                                           ByteBuffer* a) override {
    return One(c, q, a, "AdminService.GetStorageStatistics");
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
  ServerWriteReactor<ByteBuffer>* Stream(CallbackServerContext* c, std::string_view what) {
    return StartStream(c, w_.interactive, w_.limits,
                       [what](StreamWriter&, Call&) -> absl::Status { return Planned(what); });
  }

  const Workers w_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(const Workers& workers) {
  return std::make_unique<AdminService>(workers);
}

}  // namespace lianjie::server
