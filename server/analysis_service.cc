#include <memory>
#include <utility>

#include "lianjie/v1/analysis_service.grpc.pb.h"
#include "server/errors.h"
#include "server/services.h"

namespace lianjie::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::ServerWriteReactor;
using S = v1::AnalysisService;

using RawService =
    S::WithRawCallbackMethod_Run<S::WithRawCallbackMethod_Start<S::WithRawCallbackMethod_ReadResult<
        S::WithRawCallbackMethod_Estimate<S::WithRawCallbackMethod_ListAnalyses<S::Service>>>>>;

class AnalysisService final : public RawService {
 public:
  explicit AnalysisService(const Workers& workers) : w_(workers) {}

  // The request is read here and not in the lane, because it decides the lane.
  ServerWriteReactor<ByteBuffer>* Run(CallbackServerContext* c, const ByteBuffer* q) override {
    auto arrival = std::make_shared<AnalysisHandlers::Arrival>();
    v1::RunRequest& request = arrival->request;
    const absl::Status parsed = ParseMessage(*q, w_.limits.max_message_bytes, request);
    const absl::StatusOr<const AnalysisEntry*> entry = FindAnalysis(request.analysis());
    const bool heavy = parsed.ok() && entry.ok() && (*entry)->lane == LaneKind::kHeavy;
    // A quick question about a graph that is not in memory gives its thread back while the graph is
    // read; a heavy one may hold its own.
    StreamGate gate;
    if (parsed.ok() && !heavy) {
      gate = [this, arrival](StreamWriter& writer, Call& call, std::function<void()> resume) {
        return w_.analysis.Prepare(*arrival, writer, call, std::move(resume));
      };
    }
    v1::RunResponse queued;
    queued.mutable_progress()->set_phase("queued");
    return StartStream(c, heavy ? w_.heavy : w_.interactive, w_.limits,
                       [this, arrival, parsed](StreamWriter& writer, Call& call) -> absl::Status {
                         if (!parsed.ok()) return parsed;
                         return w_.analysis.Run(*arrival, writer, call);
                       },
                       {.gate = std::move(gate), .queued = &queued});
  }

  ServerUnaryReactor* Start(CallbackServerContext* c, const ByteBuffer* q, ByteBuffer* a) override {
    return AnswerPlanned(c, q, a, "AnalysisService.Start");
  }
  ServerUnaryReactor* ReadResult(CallbackServerContext* c, const ByteBuffer* q,
                                 ByteBuffer* a) override {
    return AnswerPlanned(c, q, a, "AnalysisService.ReadResult");
  }
  ServerUnaryReactor* Estimate(CallbackServerContext* c, const ByteBuffer* q,
                               ByteBuffer* a) override {
    return Unary<v1::EstimateRequest, v1::EstimateResponse>(
        c, q, a, w_.heavy, w_.limits,
        [this](const auto& r, Call& call) { return w_.analysis.Estimate(r, call); });
  }
  ServerUnaryReactor* ListAnalyses(CallbackServerContext* c, const ByteBuffer* q,
                                   ByteBuffer* a) override {
    return Unary<v1::ListAnalysesRequest, v1::ListAnalysesResponse>(
        c, q, a, w_.interactive, w_.limits,
        [this](const auto& r, Call&) { return w_.analysis.ListAnalyses(r); });
  }

 private:
  ServerUnaryReactor* AnswerPlanned(CallbackServerContext* c, const ByteBuffer* q, ByteBuffer* a,
                                    std::string_view what) {
    return StartUnary(
        c, q, a, w_.interactive, w_.limits,
        [what](const ByteBuffer&, Call&) -> absl::StatusOr<ByteBuffer> { return Planned(what); });
  }

  const Workers w_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAnalysisService(const Workers& workers) {
  return std::make_unique<AnalysisService>(workers);
}

}  // namespace lianjie::server
