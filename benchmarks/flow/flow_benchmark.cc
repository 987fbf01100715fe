// Benefit flow, coverage, dependence and the two questions of a person who waits, on a generated
// county, each in multiples of one plain sweep over all links with the same threads in the same
// run. Prints one table in Markdown.
//
//   flow_benchmark SNAPSHOT [HOUSEHOLDS [THREADS [REPEATS]]]
//
// SNAPSHOT is a saved Snapshot; where there is none yet, it is made with a county of HOUSEHOLDS
// (default 400,000). Rounds alternate between the rows, and each figure is the median of its
// rounds (default 5). `cpu sweeps` compares the processor time of all threads, for when others
// keep the machine busy.
//
// The sweep reads every link's source, target and paid amount once, in order, and adds the amount
// to the target's sum. Threads take ranges of links and add by plain loads and stores, so that two
// may overwrite one another: wrong sums, and no time lost to keeping them right. That is the limit
// that the engine is held against.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/core/text.h"
#include "engine/coverage/coverage.h"
#include "engine/coverage/left_out.h"
#include "engine/flow/benefit_flow.h"
#include "engine/flow/dependence.h"
#include "engine/flow/explain_benefit.h"
#include "engine/generate/county.h"
#include "engine/graph/snapshot_file.h"
#include "tbb/blocked_range.h"
#include "tbb/parallel_for.h"

namespace lianjie {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kIdentity = 1;
constexpr double kMebibyte = 1 << 20;

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}
void OrThrow(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

// Puts records straight into a builder.
struct BuilderSink final : RecordSink {
  absl::Status Region(const RegionRecord& region) override {
    builder.AddRegion(region);
    return absl::OkStatus();
  }
  absl::Status Line(const LineRecord& line) override {
    builder.AddLine(line);
    return absl::OkStatus();
  }
  absl::Status Node(const NodeRecord& node) override {
    builder.AddNode(node);
    return absl::OkStatus();
  }
  absl::Status Link(const LinkRecord& link) override {
    builder.AddLink(link);
    return absl::OkStatus();
  }
  SnapshotBuilder builder;
};

std::shared_ptr<const Snapshot> Open(const std::string& path, std::int64_t households) {
  auto saved = OpenSnapshot(path, kIdentity);
  if (saved.ok()) return *saved;
  CountyOptions options;
  options.households = households;
  options.seed = 1;
  BuilderSink sink;
  OrThrow(GenerateCounty(options, sink));
  const auto made = OrThrow(std::move(sink.builder).Build(1, OrThrow(Date::Parse("2026-06-30"))));
  OrThrow(SaveSnapshot(*made, kIdentity, path));
  return OrThrow(OpenSnapshot(path, kIdentity));
}

double Seconds(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Sweep(const Snapshot& s, std::vector<double>& sums, int threads) {
  RunContext context({.threads = threads});
  std::atomic<std::uint64_t> unknown{0};
  context.Parallel([&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, s.link_count(), 1 << 16),
                      [&](const tbb::blocked_range<std::size_t>& range) {
                        const NodeIndex* const source = s.links().source.data();
                        const NodeIndex* const target = s.links().target.data();
                        const double* const paid = s.links().paid_yuan.data();
                        std::uint64_t loops = 0;
                        for (std::size_t l = range.begin(); l != range.end(); ++l) {
                          std::atomic_ref<double> sum(sums[target[l]]);
                          loops += source[l] == target[l] ? 1 : 0;
                          sum.store(sum.load(std::memory_order_relaxed) + paid[l],
                                    std::memory_order_relaxed);
                        }
                        unknown.fetch_add(loops, std::memory_order_relaxed);
                      });
  });
}

// Processor time of all threads, which does not tell how busy the machine was with others.
double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Row {
  std::string name;
  std::string reach;
  std::function<std::uint64_t()> work;  // gives the bytes booked
  std::vector<double> seconds = {}, processor = {};
  std::uint64_t bytes = 0;
  std::uint64_t estimate = 0;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Benchmark {
 public:
  Benchmark(std::shared_ptr<const Snapshot> snapshot, int threads)
      : snapshot_(std::move(snapshot)), threads_(threads), sums_(snapshot_->node_count()) {
    input_ = std::make_unique<AnalysisInput>(AnalysisInput{.view = OrThrow(View::Make(snapshot_))});
    rows_.push_back({"plain sweep over all links", "", [this] {
                       Sweep(*snapshot_, sums_, threads_);
                       return std::uint64_t{0};
                     }});
    kept_ = std::make_unique<AnalysisInput>(*input_);
    kept_->derived = [this](const View&, const std::string& key, const DerivedMaker& make,
                            RunContext& context) -> absl::StatusOr<DerivedPointer> {
      DerivedPointer& found = derived_[key];
      if (found == nullptr) found = OrThrow(make(context));
      return found;
    };
    const BenefitFlowOptions share{.mode = FlowMode::kShare};
    const DependenceOptions dependence_share{.mode = FlowMode::kShare};
    const ExplainBenefitOptions explain{.node = Household()};
    LeftOutOptions page;
    page.max_rows = 100;
    Add<&RunBenefitFlow, &EstimateBenefitFlowBytes>("benefit_flow, SHARE", "5", share);
    Add<&RunBenefitFlow, &EstimateBenefitFlowBytes>("benefit_flow, LEDGER", "5",
                                                    BenefitFlowOptions{});
    Add<&RunCoverage, &EstimateCoverageBytes>("coverage", "", CoverageOptions{});
    Add<&RunDependence, &EstimateDependenceBytes>("dependence, LEDGER", "15", DependenceOptions{});
    Add<&RunDependence, &EstimateDependenceBytes>("dependence, SHARE", "15", dependence_share);
    Add<&RunExplainBenefit, &EstimateExplainBenefitBytes>("explain_benefit", "", explain);
    Add<&RunLeftOut, &EstimateLeftOutBytes>("left_out, 100 rows", "", page);
    AddKept<&RunBenefitFlow>("benefit_flow, SHARE, books kept", "", share);
    AddKept<&RunCoverage>("coverage, books kept", "2", CoverageOptions{}, "classes");
    AddKept<&RunDependence>("dependence, SHARE, books kept", "", dependence_share);
    AddKept<&RunExplainBenefit>("explain_benefit, books kept", "20 ms", explain);
    AddKept<&RunLeftOut>("left_out, 100 rows, kept", "20 ms", page);
  }

  void Run(int rounds, const std::string& only) {
    for (int round = -1; round < rounds; ++round) {
      for (Row& row : rows_) {
        if (!only.empty() && row.name.find(only) == std::string::npos && &row != &rows_[0])
          continue;
        std::uint64_t bytes = 0;
        const double before = ProcessorSeconds();
        const double seconds = Seconds([&] { bytes = row.work(); });
        const double processor = ProcessorSeconds() - before;
        if (round >= 0) row.seconds.push_back(seconds), row.processor.push_back(processor);
        row.bytes = bytes;
      }
    }
  }

  void Print() const {
    std::printf("%u nodes, %u links, %d threads\n\n", snapshot_->node_count(),
                snapshot_->link_count(), threads_);
    std::printf("| %-31s | %10s | %8s | %10s | %6s | %10s | %10s |\n", "work", "ms", "sweeps",
                "cpu sweeps", "reach", "booked MiB", "estim. MiB");
    std::printf("|---|---:|---:|---:|---:|---:|---:|\n");
    const double sweep = rows_[0].seconds.empty() ? 1.0 : Median(rows_[0].seconds);
    const double sweep_processor = rows_[0].seconds.empty() ? 1.0 : Median(rows_[0].processor);
    for (const Row& row : rows_) {
      if (row.seconds.empty()) continue;
      const double seconds = Median(row.seconds);
      std::printf("| %-31s | %10.2f | %8.2f | %10.2f | %6s | %10.1f | %10.1f |\n", row.name.c_str(),
                  seconds * 1000, seconds / sweep, Median(row.processor) / sweep_processor,
                  row.reach.c_str(), static_cast<double>(row.bytes) / kMebibyte,
                  static_cast<double>(row.estimate) / kMebibyte);
    }
  }

 private:
  template <auto kRun, auto kEstimate, typename Options>
  void Add(std::string name, std::string reach, Options options) {
    const std::uint64_t estimate = kEstimate(*input_, options);
    rows_.push_back({.name = std::move(name), .reach = std::move(reach), .work = [this, options] {
                       RunContext context({.threads = threads_});
                       OrThrow(kRun(*input_, options, context));
                       return context.memory_used();
                     }});
    rows_.back().estimate = estimate;
  }

  // With what was derived from the view at hand, but for what begins with `anew`.
  template <auto kRun, typename Options>
  void AddKept(std::string name, std::string reach, Options options, std::string anew = "-") {
    rows_.push_back(
        {.name = std::move(name), .reach = std::move(reach), .work = [this, options, anew] {
           std::erase_if(derived_, [&](const auto& d) { return d.first.starts_with(anew); });
           RunContext context({.threads = threads_});
           OrThrow(kRun(*kept_, options, context));
           return context.memory_used();
         }});
  }

  // A household in the middle of the graph that is paid by somebody.
  std::string Household() const {
    for (NodeIndex n = snapshot_->node_count() / 2; n < snapshot_->node_count(); ++n) {
      if (snapshot_->nodes().kind[n] == NodeKind::kHousehold && snapshot_->in_links(n).size() > 2) {
        return std::string(snapshot_->NodeId(n));
      }
    }
    throw std::runtime_error("no household is paid");
  }

  std::shared_ptr<const Snapshot> snapshot_;
  const int threads_;
  std::vector<double> sums_;
  std::unique_ptr<AnalysisInput> input_, kept_;
  std::map<std::string, DerivedPointer> derived_;
  std::vector<Row> rows_;
};

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: flow_benchmark SNAPSHOT [HOUSEHOLDS [THREADS [REPEATS [ONLY]]]]\n");
    return 2;
  }
  const auto number = [&](int i, int otherwise) {
    return argc > i ? std::atoi(argv[i]) : otherwise;
  };
  const auto snapshot = Open(argv[1], number(2, 400000));
  Benchmark benchmark(snapshot, number(3, RunContext::MachineThreads()));
  benchmark.Run(number(4, 5), argc > 5 ? argv[5] : "");
  benchmark.Print();
  return 0;
}

}  // namespace
}  // namespace lianjie

int main(int argc, char** argv) {
  try {
    return lianjie::Main(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "flow_benchmark: %s\n", e.what());
    return 1;
  }
}
