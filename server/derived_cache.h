// What analyses make of a view at some cost (engine/graph/analysis.h: books of flows,
// classifications), kept under a budget of bytes, least recently used first out. Who asks for what
// somebody is making waits for it: single flight.
#ifndef LIANJIE_SERVER_DERIVED_CACHE_H_
#define LIANJIE_SERVER_DERIVED_CACHE_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/graph/analysis.h"
#include "engine/runtime/run_context.h"

namespace lianjie::server {

// Thread safe.
class DerivedCache {
 public:
  explicit DerivedCache(std::uint64_t budget_bytes) : budget_bytes_(budget_bytes) {}

  // Of a view of the named graph. `keep` is called with what was made and `insert`: it calls
  // `insert` when the view's Snapshot is still the one that questions are answered from, for what
  // is kept keeps its Snapshot. Errors: those of `make`; CANCELLED and DEADLINE_EXCEEDED of whoever
  // waits. When the one who makes it fails, the next makes it for itself.
  absl::StatusOr<DerivedPointer> Get(
      std::string_view graph, const View& view, const std::string& key, const DerivedMaker& make,
      const std::function<void(const std::function<void()>& insert)>& keep, RunContext& context);
  void Forget(std::string_view graph);

 private:
  struct Kept {
    std::string key;
    DerivedPointer value;
  };
  DerivedPointer Find(const std::string& key);  // mutex_ is held
  void Insert(const std::string& key, const DerivedPointer& value);

  const std::uint64_t budget_bytes_;
  std::mutex mutex_;
  std::condition_variable made_;
  std::list<Kept> kept_;  // most recently used first
  std::set<std::string> making_;
  std::uint64_t bytes_ = 0;
};

}  // namespace lianjie::server

#endif  // LIANJIE_SERVER_DERIVED_CACHE_H_
