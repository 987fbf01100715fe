// What the store does a second, and how fast a Snapshot is there, each figure beside what the
// machine itself can do in the same run. Prints one table in Markdown.
//
//   store_benchmark FOLDER [LINKS]
//
// FOLDER is made, filled with a generated graph of about LINKS links (default 10 million), and
// removed again.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/core/text.h"
#include "engine/generate/county.h"
#include "engine/graph/snapshot_file.h"
#include "server/snapshot_source.h"
#include "storage/store.h"

namespace lianjie {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using storage::Store;

constexpr int kWriters = 8;
constexpr std::chrono::seconds kEach{5};

template <typename T> T OrThrow(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}
void OrThrow(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

double Seconds(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Row(const std::string& what, double value, const std::string& unit,
         const std::string& beside = {}) {
  std::printf("| %-52s | %14.1f | %-12s | %s |\n", what.c_str(), value, unit.c_str(),
              beside.c_str());
  std::fflush(stdout);
}

double ResidentMiB() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  in >> all >> resident;
  return static_cast<double>(resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE))) /
         (1 << 20);
}

std::unique_ptr<Store> Open(const fs::path& folder) {
  storage::OpenOptions options;
  options.path = folder;
  return OrThrow(storage::OpenRocksStore(options));
}

// How many times a second the disk takes 4 KiB and says that they are on it.
double SyncsPerSecond(const fs::path& folder) {
  const int file = open((folder / "syncs").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const std::vector<char> block(4096, 'x');
  std::int64_t count = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < std::chrono::seconds(2)) {
    if (write(file, block.data(), block.size()) < 0 || fdatasync(file) != 0) break;
    ++count;
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  close(file);
  fs::remove(folder / "syncs");
  return static_cast<double>(count) / seconds;
}

double CopyGigabytesPerSecond() {
  const std::vector<char> from(std::size_t{256} << 20, 'x');
  std::vector<char> to(from.size());
  const double seconds = Seconds([&] {
    for (int i = 0; i < 4; ++i) std::copy(from.begin(), from.end(), to.begin());
  });
  return 2 * 4 * static_cast<double>(from.size()) / seconds / 1e9;
}

// Counties, one after the other, each with ids of its own.
class Fill : public RecordSink {
 public:
  Fill(storage::Load& load, std::uint64_t links) : load_(load), links_(links) {}
  void Run() {
    for (county_ = 0; added_ < links_; ++county_) {
      CountyOptions options;
      options.households = 100000;
      options.seed = static_cast<std::uint64_t>(county_) + 1;
      OrThrow(GenerateCounty(options, *this));
    }
  }
  absl::Status Region(const RegionRecord& /*region*/) override { return absl::OkStatus(); }
  absl::Status Line(const LineRecord& /*line*/) override { return absl::OkStatus(); }
  absl::Status Node(const NodeRecord& node) override {
    NodeRecord own = node;
    own.id = Cat(county_, "-", node.id);
    own.region = node.region.empty() ? "" : Cat(county_, "-", node.region);
    return load_.AddNode(std::move(own), {});
  }
  absl::Status Link(const LinkRecord& link) override {
    ++added_;
    LinkRecord own = link;
    if (!own.id.empty()) own.id = Cat(county_, "-", link.id);
    own.source = Cat(county_, "-", link.source);
    own.target = Cat(county_, "-", link.target);
    return load_.AddLink(std::move(own), {});
  }

 private:
  storage::Load& load_;
  const std::uint64_t links_;
  std::uint64_t added_ = 0;
  int county_ = 0;
};

void FillStore(Store& store, std::uint64_t links) {
  storage::LoadOptions options;
  options.graph = "default";
  options.create_graph = true;
  const auto load = OrThrow(store.BeginLoad(options));
  Fill fill(*load, links);
  const double adding = Seconds([&] { fill.Run(); });
  storage::LoadResult result;
  const double finishing = Seconds([&] { result = OrThrow(load->Finish()); });
  const auto count = static_cast<double>(result.links_created);
  Row("load of generated records, one thread adding", count / (adding + finishing), "links/s",
      Cat(result.links_created, " links, ", result.nodes_created, " nodes; generating included"));
}

double MeasureScan(const storage::Reader& reader, std::shared_ptr<const Snapshot>& snapshot) {
  const double seconds = Seconds([&] { snapshot = OrThrow(server::LoadSnapshot(reader)); });
  const double links = snapshot->link_count();
  Row("scan of the store to a Snapshot", links / seconds, "links/s", Cat(seconds, " s"));
  Row("memory of the Snapshot", static_cast<double>(snapshot->memory_bytes()) / (1 << 20), "MiB");
  return seconds;
}

void MeasureFile(const Snapshot& snapshot, const fs::path& path) {
  const double saving = Seconds([&] { OrThrow(SaveSnapshot(snapshot, 1, path)); });
  Row("saving it to a file, on disk", saving, "s", Cat(fs::file_size(path) >> 20U, " MiB on disk"));
  std::shared_ptr<const Snapshot> opened;
  const double opening = Seconds([&] { opened = OrThrow(OpenSnapshot(path, 1)); });
  Row("opening the file: every byte checked, mapped", opening, "s");
  fs::remove(path);
}

// Changes the amount of every hundredth link, in batches of 1,000.
void ChangeOnePercent(Store& store, const Snapshot& snapshot) {
  std::vector<storage::Write> writes;
  std::int64_t changed = 0;
  const auto commit = [&] {
    storage::Batch batch;
    batch.graph = "default";
    batch.writes = std::exchange(writes, {});
    OrThrow(store.Commit(std::move(batch)).status());
  };
  const double seconds = Seconds([&] {
    for (LinkIndex l = 0; l < snapshot.link_count(); l += 100) {
      storage::LinkWrite write;
      write.kind = storage::WriteKind::kUpdate;
      write.link.id = snapshot.LinkId(l);
      write.link.paid_yuan = 100.0 + l % 1000;
      write.mask = {"paid_yuan"};
      writes.emplace_back(std::move(write));
      ++changed;
      if (writes.size() == 1000) commit();
    }
    if (!writes.empty()) commit();
  });
  Row("updates of links, one writer, batches of 1,000", static_cast<double>(changed) / seconds,
      "mutations/s", Cat(changed, " links"));
}

void MeasureMerge(const storage::Reader& reader, const Snapshot& base, double scan_seconds) {
  std::shared_ptr<const Snapshot> merged;
  const double seconds = Seconds([&] { merged = OrThrow(server::MergeChanges(reader, base)); });
  if (merged == nullptr) throw std::runtime_error("the changes could not be merged");
  Row("1% of the links changed: next Snapshot", seconds, "s",
      Cat(100 * seconds / scan_seconds, "% of the scan"));
}

// Commits by so many writers at once, each of `writes` new nodes.
double CommitsPerSecond(Store& store, int writers, int writes) {
  static int round = 0;
  ++round;
  std::atomic<std::int64_t> commits{0};
  const auto end = Clock::now() + kEach;
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      for (std::int64_t i = 0; Clock::now() < end; ++i) {
        storage::Batch batch;
        batch.graph = "default";
        for (int k = 0; k < writes; ++k) {
          storage::NodeWrite write;
          write.node.id = Cat("w", round, "-", w, "-", i, "-", k);
          write.node.kind = NodeKind::kHousehold;
          write.node.persons = 3;
          batch.writes.emplace_back(std::move(write));
        }
        OrThrow(store.Commit(std::move(batch)).status());
        ++commits;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(commits) / static_cast<double>(kEach.count());
}

void MeasureWrites(Store& store, double syncs) {
  Row("synced commits of one record, 1 writer", CommitsPerSecond(store, 1, 1), "commits/s",
      Cat("the disk alone: ", syncs, " syncs/s"));
  Row("synced commits of one record, 8 writers", CommitsPerSecond(store, kWriters, 1), "commits/s");
  Row("mutations in batches of 1,000, 1 writer", 1000 * CommitsPerSecond(store, 1, 1000),
      "mutations/s");
  Row("mutations in batches of 1,000, 8 writers", 1000 * CommitsPerSecond(store, kWriters, 1000),
      "mutations/s");
}

void MeasureManyGraphs(const fs::path& folder) {
  {
    const auto store = Open(folder);
    for (int g = 0; g < 1000; ++g) {
      const std::string name = Cat("g", g);
      OrThrow(store->CreateGraph(name, {}).status());
      storage::Batch batch;
      batch.graph = name;
      for (int i = 0; i < 100; ++i) {
        storage::NodeWrite node;
        node.node.id = Cat("n", i);
        batch.writes.emplace_back(std::move(node));
        storage::LinkWrite link;
        link.link.source = Cat("n", i);
        link.link.target = Cat("n", i / 2);
        batch.writes.emplace_back(std::move(link));
      }
      OrThrow(store->Commit(std::move(batch)).status());
    }
  }
  const double before = ResidentMiB();
  std::unique_ptr<Store> store;
  const double seconds = Seconds([&] { store = Open(folder); });
  std::vector<std::shared_ptr<const Snapshot>> snapshots;
  for (const storage::GraphInfo& info : OrThrow(store->ListGraphs())) {
    snapshots.push_back(OrThrow(server::LoadSnapshot(*OrThrow(store->OpenReader(info.name)))));
  }
  Row("1,000 small graphs: opening the store", seconds, "s");
  Row("1,000 small graphs: memory with a Snapshot of each", ResidentMiB() - before, "MiB",
      "beyond what the process had");
}

void Run(const fs::path& folder, std::uint64_t links) {
  fs::create_directories(folder);
  std::printf("| what | figure | unit | beside |\n|---|---|---|---|\n");
  const double syncs = SyncsPerSecond(folder);
  Row("the disk: 4 KiB written and synced", syncs, "syncs/s");
  Row("memory: copying, bytes read and written", CopyGigabytesPerSecond(), "GB/s");
  MeasureManyGraphs(folder / "many");
  auto store = Open(folder / "store");
  FillStore(*store, links);
  std::shared_ptr<const Snapshot> snapshot;
  const double scan = MeasureScan(*OrThrow(store->OpenReader("default")), snapshot);
  MeasureFile(*snapshot, folder / "a.snapshot");
  ChangeOnePercent(*store, *snapshot);
  MeasureMerge(*OrThrow(store->OpenReader("default")), *snapshot, scan);
  MeasureWrites(*store, syncs);
  store.reset();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace lianjie

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: store_benchmark FOLDER [LINKS]\n");
    return 2;
  }
  try {
    lianjie::Run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "store_benchmark: %s\n", error.what());
    return 1;
  }
}
