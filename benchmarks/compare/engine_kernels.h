// The engine's side of the comparison: a graph as a Snapshot, and every kernel that a peer has,
// through the same functions that the server calls. A run's time holds everything from the options
// to the result's Table but the Projection, which the server caches: it is kept here too, and the
// time that making it took is taken off.
#ifndef LIANJIE_BENCHMARKS_COMPARE_ENGINE_KERNELS_H_
#define LIANJIE_BENCHMARKS_COMPARE_ENGINE_KERNELS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/analysis.h"
#include "engine/graph/projection.h"
#include "worker.h"

namespace lianjie::compare {

class Engine {
 public:
  explicit Engine(int threads) : threads_(threads) {}

  void Load(GraphFile graph);
  std::map<std::string, Kernel> Kernels();

 private:
  template <auto kRun, typename AnalysisOptions>
  AnalysisResult Analyse(const AnalysisOptions& options, Outcome& outcome);
  template <auto kRun, typename AnalysisOptions>
  Outcome Column(const AnalysisOptions& options, const char* column);
  AnalysisInput Input();
  void ForgetProjections(const std::string& kernel);
  std::string Id(std::uint32_t vertex) const { return std::to_string(vertex); }

  void AddCentrality(std::map<std::string, Kernel>& kernels);
  void AddPaths(std::map<std::string, Kernel>& kernels);
  void AddStructure(std::map<std::string, Kernel>& kernels);
  Outcome Distances(const Options& options, const std::string& weight);
  Outcome Points();
  Outcome SolveFlow();

  const int threads_;
  Direction direction_ = Direction::kForward;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::pair<ProjectionSpec, std::shared_ptr<const Projection>>> projections_;
  double projection_seconds_ = 0;  // of the run that is on
  std::string last_kernel_;
  // The flow system, where the file is one.
  std::vector<std::uint64_t> flow_offsets_;
  std::vector<std::uint32_t> flow_targets_;
  std::vector<double> flow_shares_, flow_injections_;
};

}  // namespace lianjie::compare

#endif  // LIANJIE_BENCHMARKS_COMPARE_ENGINE_KERNELS_H_
