#include <google/protobuf/empty.pb.h>

#include <memory>
#include <string>
#include <utility>

#include "lianjie/v1/graph_service.grpc.pb.h"
#include "server/import_handler.h"
#include "server/services.h"
#include "server/watch.h"

namespace lianjie::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::ServerReadReactor;
using grpc::ServerUnaryReactor;
using grpc::ServerWriteReactor;
using S = v1::GraphService;

// Every method raw: the generated mix-ins nest, one a method.
using RawGraphs = S::WithRawCallbackMethod_CreateGraph<
    S::WithRawCallbackMethod_GetGraph<S::WithRawCallbackMethod_ListGraphs<
        S::WithRawCallbackMethod_UpdateGraph<S::WithRawCallbackMethod_DeleteGraph<S::Service>>>>>;
using RawElements = S::WithRawCallbackMethod_Mutate<
    S::WithRawCallbackMethod_GetNode<S::WithRawCallbackMethod_GetLink<
        S::WithRawCallbackMethod_ListNodes<S::WithRawCallbackMethod_ListLinks<RawGraphs>>>>>;
using RawReads = S::WithRawCallbackMethod_ListRegions<
    S::WithRawCallbackMethod_ListLines<S::WithRawCallbackMethod_GetStatistics<RawElements>>>;
using RawService = S::WithRawCallbackMethod_Import<
    S::WithRawCallbackMethod_Export<S::WithRawCallbackMethod_Watch<RawReads>>>;

class GraphService final : public RawService {
 public:
  explicit GraphService(const Workers& workers) : w_(workers) {}

  ServerUnaryReactor* CreateGraph(CallbackServerContext* c, const ByteBuffer* q,
                                  ByteBuffer* a) override {
    return On<v1::CreateGraphRequest, v1::Graph>(
        c, q, a, w_.writes, [this](const auto& r, Call&) { return w_.graph.CreateGraph(r); });
  }
  ServerUnaryReactor* GetGraph(CallbackServerContext* c, const ByteBuffer* q,
                               ByteBuffer* a) override {
    return On<v1::GetGraphRequest, v1::Graph>(
        c, q, a, w_.interactive, [this](const auto& r, Call&) { return w_.graph.GetGraph(r); });
  }
  ServerUnaryReactor* ListGraphs(CallbackServerContext* c, const ByteBuffer* q,
                                 ByteBuffer* a) override {
    return On<v1::ListGraphsRequest, v1::ListGraphsResponse>(
        c, q, a, w_.interactive, [this](const auto& r, Call&) { return w_.graph.ListGraphs(r); });
  }
  ServerUnaryReactor* UpdateGraph(CallbackServerContext* c, const ByteBuffer* q,
                                  ByteBuffer* a) override {
    return On<v1::UpdateGraphRequest, v1::Graph>(
        c, q, a, w_.writes, [this](const auto& r, Call&) { return w_.graph.UpdateGraph(r); });
  }
  ServerUnaryReactor* DeleteGraph(CallbackServerContext* c, const ByteBuffer* q,
                                  ByteBuffer* a) override {
    using Empty = google::protobuf::Empty;
    return On<v1::DeleteGraphRequest, Empty>(
        c, q, a, w_.writes, [this](const auto& r, Call&) -> absl::StatusOr<Empty> {
          if (absl::Status status = w_.graph.DeleteGraph(r); !status.ok()) return status;
          return Empty();
        });
  }
  ServerUnaryReactor* Mutate(CallbackServerContext* c, const ByteBuffer* q,
                             ByteBuffer* a) override {
    return On<v1::MutateRequest, v1::MutateResponse>(
        c, q, a, w_.writes, [this](const auto& r, Call&) { return w_.graph.Mutate(r); });
  }
  ServerUnaryReactor* GetNode(CallbackServerContext* c, const ByteBuffer* q,
                              ByteBuffer* a) override {
    return Read<v1::GetNodeRequest, v1::GetNodeResponse>(
        c, q, a, [this](const auto& r, Call& call) { return w_.graph.GetNode(r, call); });
  }
  ServerUnaryReactor* GetLink(CallbackServerContext* c, const ByteBuffer* q,
                              ByteBuffer* a) override {
    return Read<v1::GetLinkRequest, v1::GetLinkResponse>(
        c, q, a, [this](const auto& r, Call& call) { return w_.graph.GetLink(r, call); });
  }
  ServerUnaryReactor* ListNodes(CallbackServerContext* c, const ByteBuffer* q,
                                ByteBuffer* a) override {
    return Read<v1::ListNodesRequest, v1::ListNodesResponse>(
        c, q, a, [this](const auto& r, Call& call) { return w_.graph.ListNodes(r, call); });
  }
  ServerUnaryReactor* ListLinks(CallbackServerContext* c, const ByteBuffer* q,
                                ByteBuffer* a) override {
    return Read<v1::ListLinksRequest, v1::ListLinksResponse>(
        c, q, a, [this](const auto& r, Call& call) { return w_.graph.ListLinks(r, call); });
  }
  ServerUnaryReactor* ListRegions(CallbackServerContext* c, const ByteBuffer* q,
                                  ByteBuffer* a) override {
    return Read<v1::ListRegionsRequest, v1::ListRegionsResponse>(
        c, q, a, [this](const auto& r, Call& call) { return w_.graph.ListRegions(r, call); });
  }
  ServerUnaryReactor* ListLines(CallbackServerContext* c, const ByteBuffer* q,
                                ByteBuffer* a) override {
    return Read<v1::ListLinesRequest, v1::ListLinesResponse>(
        c, q, a, [this](const auto& r, Call& call) { return w_.graph.ListLines(r, call); });
  }
  ServerUnaryReactor* GetStatistics(CallbackServerContext* c, const ByteBuffer* q,
                                    ByteBuffer* a) override {
    return On<v1::GetStatisticsRequest, v1::GetStatisticsResponse>(
        c, q, a, w_.heavy,
        [this](const auto& r, Call& call) { return w_.graph.GetStatistics(r, call); });
  }

  ServerReadReactor<ByteBuffer>* Import(CallbackServerContext* c, ByteBuffer* a) override {
    auto handler = std::make_shared<ImportHandler>(w_.store, w_.loads);
    return StartUpload(
        c, a, w_.writes, w_.limits.Uncut(),
        {.on_message = [handler, max = w_.limits.max_message_bytes](
                           const ByteBuffer& bytes, Call&) { return handler->Take(bytes, max); },
         .on_end = [handler](Call&) -> absl::StatusOr<ByteBuffer> {
           absl::StatusOr<v1::ImportResponse> response = handler->Finish();
           if (!response.ok()) return response.status();
           return SerializeMessage(*response);
         }});
  }

  ServerWriteReactor<ByteBuffer>* Export(CallbackServerContext* c, const ByteBuffer* q) override {
    return StartStream(
        c, w_.heavy, w_.limits,
        [this, bytes = *q](StreamWriter& writer, Call& call) -> absl::Status {
          v1::ExportRequest request;
          if (absl::Status status = ParseMessage(bytes, w_.limits.max_message_bytes, request);
              !status.ok()) {
            return status;
          }
          return w_.graph.Export(request, writer, call);
        });
  }

  ServerWriteReactor<ByteBuffer>* Watch(CallbackServerContext*, const ByteBuffer* q) override {
    return w_.watches.Start(*q);
  }

 private:
  template <typename Request, typename Response, typename Handler>
  ServerUnaryReactor* On(CallbackServerContext* c, const ByteBuffer* q, ByteBuffer* a, Lane& lane,
                         Handler handler) {
    return Unary<Request, Response>(c, q, a, lane, w_.limits, std::move(handler));
  }
  // A quick read; one of a revision that must be rebuilt first is none, and goes to the heavy lane.
  template <typename Request, typename Response, typename Handler>
  ServerUnaryReactor* Read(CallbackServerContext* c, const ByteBuffer* q, ByteBuffer* a,
                           Handler handler) {
    return Unary<Request, Response>(
        c, q, a, w_.interactive, w_.limits, std::move(handler),
        {.to = &w_.heavy, .when = [this](const ByteBuffer& bytes) {
           Request request;
           return ParseMessage(bytes, w_.limits.max_message_bytes, request).ok() &&
                  w_.graph.MustRebuild(request.graph(), request.consistency());
         }});
  }

  const Workers w_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeGraphService(const Workers& workers) {
  return std::make_unique<GraphService>(workers);
}

}  // namespace lianjie::server
