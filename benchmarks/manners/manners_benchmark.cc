// Whether each analysis keeps its manners: says before it starts what memory it will take, ends
// soon when it is told to, and shows that it moves. Prints one table in Markdown and ends with 1
// when a memory estimate lies outside 0.8 to 1.5 of what was measured, or an analysis failed.
//
//   manners_benchmark [--households N | --snapshot FILE] [--seconds S] [--only TEXT]
//
// The graph is a generated county (seed 1, N households, default 400,000) or a Snapshot that a
// server has saved. An analysis that has not ended after S seconds (default 20) is stopped by its
// deadline, and its peak is that up to there. Projections are made by each run, as at a server's
// first question. Memory is what the process has beyond what it had before the run (RssAnon of
// /proc/self/status, read every millisecond); one that takes less than 8 MiB is not judged.
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "benchmarks/manners/cases.h"
#include "engine/core/text.h"
#include "engine/generate/county.h"
#include "engine/graph/snapshot_file.h"
#include "engine/runtime/free_memory.h"
#include "google/protobuf/text_format.h"
#include "server/registry.h"

namespace lianjie {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kMiB = 1 << 20;
constexpr double kLeastJudged = 8;  // MiB
constexpr std::array kCancelAt = {0.1, 0.3, 0.5, 0.7, 0.9};

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double AnonymousMiB() {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind("RssAnon:", 0) == 0) return std::strtod(line.c_str() + 8, nullptr) / 1024;
  }
  throw std::runtime_error("/proc/self/status has no RssAnon");
}

struct Arguments {
  std::int64_t households = 400000;
  std::string snapshot;
  double seconds = 20;
  std::string only;

  static Arguments Read(int argc, char** argv) {
    Arguments out;
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string_view name = argv[i];
      if (name == "--households") {
        out.households = std::atoll(argv[i + 1]);
      } else if (name == "--snapshot") {
        out.snapshot = argv[i + 1];
      } else if (name == "--seconds") {
        out.seconds = std::atof(argv[i + 1]);
      } else if (name == "--only") {
        out.only = argv[i + 1];
      } else {
        throw std::runtime_error(Cat("unknown option ", name));
      }
    }
    if (argc % 2 == 0) throw std::runtime_error(Cat(argv[argc - 1], " needs a value"));
    return out;
  }
};

// A graph in memory, from generated records.
class BuilderSink : public RecordSink {
 public:
  absl::Status Region(const RegionRecord& region) override {
    return builder.AddRegion(region), absl::OkStatus();
  }
  absl::Status Line(const LineRecord& line) override {
    return builder.AddLine(line), absl::OkStatus();
  }
  absl::Status Node(const NodeRecord& node) override {
    return builder.AddNode(node), absl::OkStatus();
  }
  absl::Status Link(const LinkRecord& link) override {
    return builder.AddLink(link), absl::OkStatus();
  }
  SnapshotBuilder builder;
};

std::shared_ptr<const Snapshot> MakeGraph(const Arguments& arguments) {
  if (!arguments.snapshot.empty()) return OrThrow(OpenSavedSnapshot(arguments.snapshot));
  BuilderSink sink;
  OrThrow(GenerateCounty({.households = arguments.households, .seed = 1}, sink));
  return OrThrow(std::move(sink.builder).Build(1, OrThrow(Date::Parse("2025-06-01"))));
}

// The nodes that stand for the words in capitals.
class Words {
 public:
  explicit Words(const Snapshot& s) {
    NodeIndex organisation = 0;
    LinkIndex most = 0;
    for (NodeIndex n = 0; n < s.node_count(); ++n) {
      if (s.out_end(n) - s.out_begin(n) <= most) continue;
      most = s.out_end(n) - s.out_begin(n);
      organisation = n;
    }
    // The farthest that money gets from there by first links, and the household that it ends in.
    NodeIndex target = organisation;
    NodeIndex household = organisation;
    for (int hop = 0; hop < 6; ++hop) {
      NodeIndex next = target;
      for (LinkIndex l = s.out_begin(target); l < s.out_end(target) && next == target; ++l) {
        const NodeIndex to = s.links().target[l];
        if (to == organisation) continue;
        if (s.nodes().kind[to] == NodeKind::kHousehold) household = to;
        if (s.out_end(to) > s.out_begin(to)) next = to;
      }
      if (next == target) break;
      target = next;
    }
    if (household == organisation) household = target;
    values_ = {{"HOUSEHOLD", std::string(s.NodeId(household))},
               {"ORGANISATION", std::string(s.NodeId(organisation))},
               {"SOURCE", std::string(s.NodeId(organisation))},
               {"TARGET", std::string(s.NodeId(household))}};
  }
  std::string PutInto(std::string_view text) const {
    std::string out(text);
    for (const auto& [word, value] : values_) {
      for (std::size_t at = out.find(Cat("'", word)); at != std::string::npos;
           at = out.find(Cat("'", word), at + 1)) {
        out.replace(at + 1, word.size(), value);
      }
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// Looks at a run every millisecond while it lasts.
class Watcher {
 public:
  explicit Watcher(RunContext& context)
      : context_(context), before_(AnonymousMiB()), thread_([this] { Watch(); }) {}
  ~Watcher() {
    if (thread_.joinable()) End();
  }
  void End() {
    ended_ = true;
    thread_.join();
  }
  double peak_mib() const { return peak_ - before_; }
  double longest_still() const { return longest_still_; }

 private:
  void Watch() {
    std::pair<std::uint64_t, std::uint64_t> last;
    Clock::time_point moved = Clock::now();
    while (!ended_) {
      peak_ = std::max(peak_, AnonymousMiB());
      const std::pair now(context_.completed(), context_.total());
      if (now != last) moved = Clock::now();
      last = now;
      longest_still_ = std::max(longest_still_, SecondsSince(moved));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  RunContext& context_;
  const double before_;
  double peak_ = before_;
  double longest_still_ = 0;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

class Judge {
 public:
  Judge(std::shared_ptr<const Snapshot> snapshot, double seconds)
      : input_{.view = OrThrow(View::Make(snapshot))}, words_(*snapshot), seconds_(seconds) {}

  // Whether it kept its manners, as far as this program judges.
  bool Row(std::string_view text) const {
    v1::Analysis asked;
    if (!google::protobuf::TextFormat::ParseFromString(words_.PutInto(text), &asked)) {
      throw std::runtime_error(Cat("no analysis: ", text));
    }
    const server::AnalysisEntry& entry = *OrThrow(server::FindAnalysis(asked));
    const v1::Analysis effective = OrThrow(entry.effective(asked));
    const double estimate =
        static_cast<double>(OrThrow(entry.estimate_bytes(input_, effective))) / kMiB;
    ReturnFreeMemory();
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(seconds_));
    RunContext context({.deadline = deadline});
    Watcher watcher(context);
    const Clock::time_point start = Clock::now();
    absl::Status status;
    {
      const auto result = entry.run(input_, effective, context);
      status = result.status();
      watcher.End();
    }
    const double took = SecondsSince(start);
    const bool stopped = absl::IsDeadlineExceeded(status);
    if (!status.ok() && !stopped) {
      std::printf("| %s | failed: %s |\n", std::string(text).c_str(), status.ToString().c_str());
      return false;
    }
    const std::vector<double> latencies = CancelLatencies(entry, effective, took);
    const double measured = watcher.peak_mib();
    const bool judged = measured >= kLeastJudged && !stopped;
    const double ratio = estimate / measured;
    std::printf("| `%s` | %s%.2f | %.1f | %.1f | %s | %s | %s | %.2f |\n",
                std::string(text).c_str(), stopped ? "> " : "", took, estimate, measured,
                measured >= kLeastJudged ? Fixed(ratio, 2).c_str() : "small",
                latencies.empty() ? "-" : Fixed(latencies[latencies.size() / 2] * 1e3, 1).c_str(),
                latencies.empty() ? "-" : Fixed(latencies.back() * 1e3, 1).c_str(),
                watcher.longest_still());
    std::fflush(stdout);
    return !judged || (ratio >= 0.8 && ratio <= 1.5);
  }

 private:
  static std::string Fixed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", digits, value);
    return text;
  }

  // From Cancel to the end of the run, at parts of the time that it takes; ascending.
  std::vector<double> CancelLatencies(const server::AnalysisEntry& entry,
                                      const v1::Analysis& effective, double took) const {
    std::vector<double> out;
    for (const double part : kCancelAt) {
      if (took * part < 0.002) continue;
      RunContext context;
      auto ended = std::async(std::launch::async, [&] {
        const bool cancelled = !entry.run(input_, effective, context).ok();
        return std::pair(cancelled, Clock::now());
      });
      std::this_thread::sleep_for(std::chrono::duration<double>(took * part));
      const Clock::time_point asked = Clock::now();
      context.Cancel();
      const auto [cancelled, end] = ended.get();
      if (cancelled) out.push_back(std::chrono::duration<double>(end - asked).count());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  const AnalysisInput input_;
  const Words words_;
  const double seconds_;
};

int Main(int argc, char** argv) {
  const Arguments arguments = Arguments::Read(argc, argv);
  const auto snapshot = MakeGraph(arguments);
  std::printf("%u nodes, %u links, %d threads\n\n", snapshot->node_count(), snapshot->link_count(),
              RunContext::MachineThreads());
  std::printf(
      "| analysis | s | estimated MiB | measured MiB | estimated / measured | cancel, median ms | "
      "cancel, worst ms | longest without progress s "
      "|\n|---|---:|---:|---:|---:|---:|---:|---:|\n");
  const Judge judge(snapshot, arguments.seconds);
  bool good = true;
  for (const std::string_view text : kMannersCases) {
    if (text.find(arguments.only) == std::string_view::npos) continue;
    good = judge.Row(text) && good;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace lianjie

int main(int argc, char** argv) {
  try {
    return lianjie::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "manners_benchmark: " << error.what() << '\n';
    return 2;
  }
}
