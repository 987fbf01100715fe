// What a row of an import costs the server before it waits to be stored: from the bytes of a
// request of about 1 MiB to a block of rows, each checked alone and encoded, as ImportHandler does
// it; straight from the bytes, and beside it by the library's messages, which is how rows that are
// not as usual go.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/generate/county.h"
#include "lianjie/v1/transfer.pb.h"
#include "server/convert.h"
#include "server/import_rows.h"
#include "storage/load_block.h"

namespace lianjie::server {
namespace {

constexpr std::int64_t kHouseholds = 20000;
constexpr std::size_t kRequestBytes = std::size_t{1} << 20;

enum class Ids : std::uint8_t { kGiven, kMade };

// A county's nodes and links as the bytes of requests; the last of each is not full and is left.
struct Requests final : RecordSink {
  absl::Status Region(const RegionRecord&) override { return absl::OkStatus(); }
  absl::Status Line(const LineRecord&) override { return absl::OkStatus(); }
  absl::Status Node(const NodeRecord& node) override {
    ToProto(node, *chunk(0).add_nodes());
    return Added(0, node_requests);
  }
  absl::Status Link(const LinkRecord& link) override {
    LinkRecord given = link;
    if (ids == Ids::kMade) given.id.clear();
    ToProto(given, *chunk(1).add_links());
    return Added(1, link_requests);
  }

  v1::ImportChunk& chunk(std::size_t kind) { return *open[kind].request.mutable_chunk(); }
  absl::Status Added(std::size_t kind, std::vector<std::string>& to) {
    Open& at = open[kind];
    at.request.mutable_chunk()->add_line_numbers(++at.line);
    // Looked at now and then: a look takes as long as the chunk.
    if (at.line % 128 == 0 && at.request.ByteSizeLong() >= kRequestBytes) {
      to.push_back(at.request.SerializeAsString());
      at.request.Clear();
    }
    return absl::OkStatus();
  }

  explicit Requests(Ids wanted) : ids(wanted) {}

  struct Open {
    v1::ImportRequest request;
    std::int64_t line = 0;
  };
  const Ids ids;
  Open open[2];
  std::vector<std::string> node_requests;
  std::vector<std::string> link_requests;
};

const Requests& County(Ids ids) {
  static std::map<Ids, Requests> made;
  const auto [it, is_new] = made.try_emplace(ids, ids);
  if (is_new) {
    CountyOptions options;
    options.households = kHouseholds;
    options.seed = 1;
    if (!GenerateCounty(options, it->second).ok()) throw std::runtime_error("no county");
  }
  return it->second;
}

void Check(bool good) {
  if (!good) throw std::runtime_error("a row that is not as usual");
}

std::size_t Straight(const std::string& request) {
  static ImportRows rows;
  static NodeRecord node;
  static LinkRecord link;
  storage::EncodedRows block(false);
  Check(rows.Open(request));
  block.Reserve(rows.are_links() ? 0 : rows.size(), rows.are_links() ? rows.size() : 0,
                request.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const storage::RowOrigin origin{.file = 0, .line = rows.line_numbers()[i]};
    if (rows.are_links()) {
      Check(ReadLink(rows[i], link));
      block.AddLink(link, origin);
    } else {
      Check(ReadNode(rows[i], node));
      block.AddNode(node, origin);
    }
  }
  Check(block.bad.empty());
  return block.rows.size();
}

std::size_t ByMessages(const std::string& request) {
  static v1::ImportRequest message;
  storage::EncodedRows block(false);
  Check(message.ParseFromString(request));
  const v1::ImportChunk& chunk = message.chunk();
  for (int i = 0; i < chunk.nodes_size(); ++i) {
    NodeRecord node = *FromProto(chunk.nodes(i));
    block.AddNode(node, {.file = 0, .line = chunk.line_numbers(i)});
  }
  for (int i = 0; i < chunk.links_size(); ++i) {
    LinkRecord link = *FromProto(chunk.links(i));
    block.AddLink(link, {.file = 0, .line = chunk.line_numbers(i)});
  }
  Check(block.bad.empty());
  return block.rows.size();
}

using Way = std::size_t (*)(const std::string& request);

void Measure(benchmark::State& state, const std::vector<std::string>& requests, Way way) {
  std::size_t rows = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (const std::string& request : requests) {
      rows += way(request);
      bytes += request.size();
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["ns/row"] = benchmark::Counter(
      static_cast<double>(rows) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_ImportNodes(benchmark::State& state, Way way) {
  Measure(state, County(Ids::kGiven).node_requests, way);
}
void BM_ImportLinks(benchmark::State& state, Way way, Ids ids) {
  Measure(state, County(ids).link_requests, way);
}

BENCHMARK_CAPTURE(BM_ImportNodes, straight, Straight);
BENCHMARK_CAPTURE(BM_ImportNodes, by_messages, ByMessages);
BENCHMARK_CAPTURE(BM_ImportLinks, straight, Straight, Ids::kGiven);
BENCHMARK_CAPTURE(BM_ImportLinks, by_messages, ByMessages, Ids::kGiven);
BENCHMARK_CAPTURE(BM_ImportLinks, straight_ids_made, Straight, Ids::kMade);

}  // namespace
}  // namespace lianjie::server
