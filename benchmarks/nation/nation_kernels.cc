// The machine's limits, and the engine's kernels on a saved Snapshot without a server around them:
//
//     nation_kernels SNAPSHOT [--threads N] [--source ID] [--only NAME,NAME] [--cancel-after
//     SECONDS]
//
// Prints a JSON object a line, which nation.py makes a table of: "limit" lines first, then for each
// kernel its seconds (the best of up to three runs), what it was estimated to take and took of
// memory, and how long a run goes on after it is cancelled.
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/nation/machine_limits.h"
#include "engine/centrality/degree.h"
#include "engine/centrality/k_core.h"
#include "engine/centrality/page_rank.h"
#include "engine/core/text.h"
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/graph/analysis.h"
#include "engine/graph/snapshot_file.h"
#include "engine/paths/distances.h"
#include "engine/structure/strong_components.h"
#include "engine/structure/weak_components.h"

namespace lianjie::nation {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Flags {
  std::string snapshot, source, only;
  int threads = 0;
  double cancel_after = 1.0;
};

// Anonymous memory that this process holds now.
std::uint64_t AnonymousBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) << 10U;
  }
  return 0;
}

// The most anonymous memory beyond what there was at the beginning, looked at every millisecond.
class MemoryPeak {
 public:
  MemoryPeak() : before_(AnonymousBytes()), watcher_([this] { Watch(); }) {}
  std::uint64_t Stop() {
    done_ = true;
    watcher_.join();
    return peak_ > before_ ? peak_ - before_ : 0;
  }

 private:
  void Watch() {
    while (!done_) {
      peak_ = std::max(peak_, AnonymousBytes());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const std::uint64_t before_;
  std::uint64_t peak_ = 0;
  std::atomic<bool> done_{false};
  std::thread watcher_;
};

struct Kernel {
  std::string name;
  std::function<absl::StatusOr<AnalysisResult>(const AnalysisInput&, RunContext&)> run;
  std::function<std::uint64_t(const AnalysisInput&)> estimate;
};

template <typename Options>
Kernel MakeKernel(std::string name,
                  absl::StatusOr<AnalysisResult> (*run)(const AnalysisInput&, const Options&,
                                                        RunContext&),
                  std::uint64_t (*estimate)(const AnalysisInput&, const Options&),
                  Options options = {}) {
  return {.name = std::move(name),
          .run = [run, options](const AnalysisInput& input,
                                RunContext& context) { return run(input, options, context); },
          .estimate = [estimate,
                       options](const AnalysisInput& input) { return estimate(input, options); }};
}

std::vector<Kernel> Kernels(const std::string& source) {
  BenefitFlowOptions share;
  share.mode = FlowMode::kShare;
  PageRankOptions ten;
  ten.iterations = 10;
  ten.tolerance = 1e-300;
  PageRankOptions twenty = ten;
  twenty.iterations = 20;
  DistancesOptions distances;
  distances.sources = {source};
  DistancesOptions undirected = distances;
  undirected.direction = Direction::kUndirected;
  return {
      MakeKernel("benefit_flow_ledger", &RunBenefitFlow, &EstimateBenefitFlowBytes),
      MakeKernel("benefit_flow_share", &RunBenefitFlow, &EstimateBenefitFlowBytes, share),
      MakeKernel("coverage", &RunCoverage, &EstimateCoverageBytes),
      MakeKernel("left_out", &RunLeftOut, &EstimateLeftOutBytes),
      MakeKernel("dependence", &RunDependence, &EstimateDependenceBytes),
      MakeKernel("page_rank", &RunPageRank, &EstimatePageRankBytes),
      MakeKernel("page_rank_10", &RunPageRank, &EstimatePageRankBytes, ten),
      MakeKernel("page_rank_20", &RunPageRank, &EstimatePageRankBytes, twenty),
      MakeKernel("weak_components", &RunWeakComponents, &EstimateWeakComponentsBytes),
      MakeKernel("strong_components", &RunStrongComponents, &EstimateStrongComponentsBytes),
      MakeKernel("distances", &RunDistances, &EstimateDistancesBytes, distances),
      MakeKernel("distances_undirected", &RunDistances, &EstimateDistancesBytes, undirected),
      MakeKernel("degree", &RunDegree, &EstimateDegreeBytes),
      MakeKernel("k_core", &RunKCore, &EstimateKCoreBytes),
  };
}

// Keeps the last Projection, as the server keeps the ones it has room for: the second run of a
// kernel is without the making of it.
class LastProjection {
 public:
  absl::StatusOr<std::shared_ptr<const Projection>> Get(const View& view,
                                                        const ProjectionSpec& spec,
                                                        RunContext& context) {
    if (kept_ && kept_->spec() == spec) return kept_;
    kept_.reset();
    absl::StatusOr<std::shared_ptr<const Projection>> made = Projection::Build(view, spec, context);
    if (made.ok()) kept_ = *made;
    return made;
  }
  void Drop() { kept_.reset(); }

 private:
  std::shared_ptr<const Projection> kept_;
};

// How long it takes until a run that was cancelled comes back; nothing where it was done before.
double CancelledAfter(const Kernel& kernel, const AnalysisInput& input, int threads, double after) {
  RunContext context({.threads = threads});
  std::atomic<bool> ended{false};
  Clock::time_point end;
  std::thread worker([&] {
    const auto result = kernel.run(input, context);
    end = Clock::now();
    ended = result.ok();
  });
  std::this_thread::sleep_for(std::chrono::duration<double>(after));
  const Clock::time_point asked = Clock::now();
  context.Cancel();
  worker.join();
  return ended ? -1 : std::chrono::duration<double>(end - asked).count();
}

bool Measure(const Kernel& kernel, const AnalysisInput& plain, const Flags& flags) {
  LastProjection last;
  AnalysisInput input = plain;
  input.projections = [&last](const View& view, const ProjectionSpec& spec, RunContext& context) {
    return last.Get(view, spec, context);
  };
  const std::uint64_t estimate = kernel.estimate(plain);
  std::vector<double> seconds;
  std::uint64_t peak = 0;
  while (seconds.size() < 3 && (seconds.size() < 2 || seconds.back() < 20)) {
    malloc_trim(0);  // what was freed before is not there to be taken again
    MemoryPeak memory;
    const Clock::time_point begin = Clock::now();
    {
      RunContext context({.threads = flags.threads});
      const auto result = kernel.run(input, context);
      seconds.push_back(SecondsSince(begin));
      if (!result.ok()) {
        memory.Stop();
        std::fprintf(stderr, "%s: %s\n", kernel.name.c_str(), result.status().ToString().c_str());
        return false;
      }
    }
    const std::uint64_t taken = memory.Stop();
    if (seconds.size() == 1) peak = taken;
  }
  const double best = *std::min_element(seconds.begin(), seconds.end());
  const double cancelled =
      CancelledAfter(kernel, input, flags.threads, std::min(flags.cancel_after, best * .4));
  std::printf(
      "{\"kernel\": \"%s\", \"first_seconds\": %.6f, \"seconds\": %.6f, \"estimated_bytes\": %llu, "
      "\"peak_bytes\": %llu, \"cancelled_seconds\": %.6f}\n",
      kernel.name.c_str(), seconds.front(), best, static_cast<unsigned long long>(estimate),
      static_cast<unsigned long long>(peak), cancelled);
  std::fflush(stdout);
  return true;
}

// Which graph a saved Snapshot is of stands in its header.
std::uint64_t IdentityIn(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char header[24] = {};
  file.read(header, sizeof(header));
  std::uint64_t identity = 0;
  std::memcpy(&identity, header + 16, sizeof(identity));
  return identity;
}

int Run(const Flags& flags) {
  const int threads = flags.threads > 0 ? flags.threads : RunContext::MachineThreads();
  const std::vector<std::string_view> only = Split(flags.only, ',');
  const auto wanted = [&](std::string_view name) {
    return flags.only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  if (wanted("limits")) PrintMachineLimits(threads);
  const Clock::time_point begin = Clock::now();
  const auto snapshot = OpenSnapshot(flags.snapshot, IdentityIn(flags.snapshot));
  if (!snapshot.ok()) {
    std::fprintf(stderr, "%s\n", snapshot.status().ToString().c_str());
    return 1;
  }
  std::printf(
      "{\"limit\": \"open\", \"seconds\": %.6f, \"nodes\": %u, \"links\": %u, \"bytes\": %zu}\n",
      SecondsSince(begin), (*snapshot)->node_count(), (*snapshot)->link_count(),
      (*snapshot)->memory_bytes());
  if (wanted("limits")) PrintSweep(**snapshot, threads);
  std::fflush(stdout);
  const AnalysisInput input{.view = *View::Make(*snapshot)};
  const std::string source =
      flags.source.empty() ? std::string((*snapshot)->NodeId(0)) : flags.source;
  bool good = true;
  for (const Kernel& kernel : Kernels(source)) {
    if (wanted(kernel.name)) good &= Measure(kernel, input, flags);
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace lianjie::nation

int main(int argc, char** argv) {
  lianjie::nation::Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) {
      flags.snapshot = name;
    } else if (i + 1 == argc) {
      flags.snapshot.clear();
    } else if (name == "--threads") {
      flags.threads = std::stoi(argv[++i]);
    } else if (name == "--source") {
      flags.source = argv[++i];
    } else if (name == "--only") {
      flags.only = argv[++i];
    } else if (name == "--cancel-after") {
      flags.cancel_after = std::stod(argv[++i]);
    } else {
      flags.snapshot.clear();
      break;
    }
  }
  if (flags.snapshot.empty()) {
    std::fputs(
        "usage: nation_kernels SNAPSHOT [--threads N] [--source ID] [--only NAMES] "
        "[--cancel-after SECONDS]\n",
        stderr);
    return 2;
  }
  return lianjie::nation::Run(flags);
}
