// The gRPC services: every method taken raw (call.h) and handed to its handler in its lane. What
// comes with later work answers UNIMPLEMENTED with FEATURE_PLANNED.
#ifndef LIANJIE_SERVER_SERVICES_H_
#define LIANJIE_SERVER_SERVICES_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>
#include <vector>

#include "server/admin_handlers.h"
#include "server/analysis_handlers.h"
#include "server/call.h"
#include "server/graph_handlers.h"
#include "server/lane.h"
#include "server/watch.h"
#include "storage/store.h"

namespace lianjie::server {

// Who does the work; all outlive the services.
struct Workers {
  storage::Store& store;
  GraphHandlers& graph;
  AnalysisHandlers& analysis;
  WatchHub& watches;
  AdminHandlers& admin;
  Loads& loads;
  Lane& interactive;
  Lane& heavy;
  Lane& writes;
  CallLimits limits;
};

std::unique_ptr<grpc::Service> MakeGraphService(const Workers& workers);
std::unique_ptr<grpc::Service> MakeAnalysisService(const Workers& workers);
std::unique_ptr<grpc::Service> MakeAdminService(const Workers& workers);

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_SERVICES_H_
