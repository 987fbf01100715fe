// Projections made once and kept under a budget of bytes, least recently used first out.
#ifndef LIANJIE_SERVER_PROJECTION_CACHE_H_
#define LIANJIE_SERVER_PROJECTION_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie::server {

// Thread safe.
class ProjectionCache {
 public:
  explicit ProjectionCache(std::uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // Of a view of the named graph. Errors: those of Projection::Build.
  absl::StatusOr<std::shared_ptr<const Projection>> Get(std::string_view graph, const View& view,
                                                        const ProjectionSpec& spec,
                                                        RunContext& context);
  void Forget(std::string_view graph);

 private:
  struct Cached {
    std::string key;
    std::shared_ptr<const Projection> projection;
  };

  const std::uint64_t budget_bytes_;
  std::mutex mutex_;
  std::list<Cached> cached_;  // most recently used first
  std::uint64_t bytes_ = 0;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_PROJECTION_CACHE_H_
