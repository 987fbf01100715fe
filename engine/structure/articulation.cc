#include "engine/structure/articulation.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/runtime/work.h"

namespace lianjie {
namespace {

ProjectionSpec ArticulationSpec() {
  ProjectionSpec spec;
  spec.direction = Direction::kUndirected;
  spec.self_loops = false;
  spec.want_links = true;
  return spec;
}

struct Point {
  std::uint32_t vertex;
  std::uint32_t blocks;
  std::uint32_t severed;  // nodes below it that hang by it alone; in the end what it cuts off
  std::uint32_t largest;  // the largest of the parts that those make up
};

struct Bridge {
  LinkIndex link;
  std::uint32_t below;  // nodes on its far side; in the end what it cuts off
};

struct Found {
  std::vector<Point> points;
  std::vector<Bridge> bridges;
  std::int64_t blocks = 0;
};

class ArticulationSearch {
 public:
  ArticulationSearch(const Projection& graph, RunContext& context)
      : graph_(graph), context_(context), poller_(context), number_(graph.size(), 0) {
    // Room is taken as it is written to.
    found_.points.reserve(graph.size());
    found_.bridges.reserve(std::min<std::uint64_t>(graph.size(), graph.arc_count() / 2));
  }

  absl::StatusOr<Found> Run() {
    for (std::uint32_t v = 0; v < graph_.size(); ++v) {
      if (number_[v] == 0 && !Visit(v)) return context_.Check();
    }
    return std::move(found_);
  }

 private:
  struct Frame {
    std::uint32_t vertex;
    std::uint32_t arc;  // the next; a Projection has fewer than 2^32 arcs
    LinkIndex link;     // by which it was reached; kNoLink for the root
    std::uint32_t low;  // least number that it or one below it has a link to
    std::uint32_t size = 1;
    std::uint32_t blocks = 0;  // that begin at it
    std::uint32_t severed = 0;
    std::uint32_t largest = 0;
  };

  void Open(std::uint32_t v, LinkIndex link) {
    number_[v] = ++last_number_;
    frames_.push_back({v, static_cast<std::uint32_t>(graph_.arcs_begin(v)), link, last_number_});
  }

  void CloseBelow(Frame& above, const Frame& done) {
    above.size += done.size;
    above.low = std::min(above.low, done.low);
    if (done.low < number_[above.vertex]) return;
    ++found_.blocks;
    ++above.blocks;
    above.severed += done.size;
    above.largest = std::max(above.largest, done.size);
    if (done.low == number_[done.vertex]) found_.bridges.push_back({done.link, done.size});
  }

  void NotePoint(const Frame& done) {
    const std::uint32_t blocks = done.blocks + (done.link == kNoLink ? 0 : 1);
    if (blocks >= 2) found_.points.push_back({done.vertex, blocks, done.severed, done.largest});
  }

  // The component is whole: what its points and bridges cut off.
  bool Settle(std::size_t first_point, std::size_t first_bridge, std::uint32_t size) {
    for (std::size_t i = first_point; i < found_.points.size(); ++i) {
      if (poller_.Tick()) return false;
      Point& point = found_.points[i];
      const std::uint32_t others = size - 1;
      point.severed = others - std::max(point.largest, others - point.severed);
    }
    for (std::size_t i = first_bridge; i < found_.bridges.size(); ++i) {
      if (poller_.Tick()) return false;
      Bridge& bridge = found_.bridges[i];
      bridge.below = std::min(bridge.below, size - bridge.below);
    }
    return true;
  }

  // False when the run must end.
  bool Visit(std::uint32_t root) {
    const std::size_t first_point = found_.points.size();
    const std::size_t first_bridge = found_.bridges.size();
    Open(root, kNoLink);
    while (true) {
      Frame& frame = frames_.back();
      if (poller_.Tick()) return false;
      if (frame.arc != graph_.arcs_end(frame.vertex)) {
        const std::uint32_t arc = frame.arc++;
        if (graph_.link(arc) == frame.link) continue;
        const std::uint32_t target = graph_.target(arc);
        if (number_[target] == 0) {
          Open(target, graph_.link(arc));
        } else {
          frame.low = std::min(frame.low, number_[target]);
        }
        continue;
      }
      const Frame done = frame;
      frames_.pop_back();
      NotePoint(done);
      if ((++closed_ & 0xfff) == 0) context_.AddCompleted(0x1000);
      if (frames_.empty()) return Settle(first_point, first_bridge, done.size);
      CloseBelow(frames_.back(), done);
    }
  }

  const Projection& graph_;
  RunContext& context_;
  Poller poller_;
  std::vector<std::uint32_t> number_;  // in order of visiting, from 1; 0: unseen
  std::deque<Frame> frames_;           // never copied as it grows
  Found found_;
  std::uint32_t last_number_ = 0;
  std::uint64_t closed_ = 0;
};

// node, link, kind, block_count and its null, cut_off_count.
constexpr std::uint64_t kArticulationRowBytes = 2 * sizeof(std::uint32_t) + sizeof(std::string) +
                                                2 * sizeof(std::int64_t) + sizeof(std::uint8_t);

// Numbers and frames of all vertices; the frames hold as many as the deepest path.
std::uint64_t SearchBytes(std::uint64_t vertices) {
  return vertices * (sizeof(std::uint32_t) + 32);
}

std::uint64_t FoundBytes(std::uint64_t points, std::uint64_t bridges) {
  return points * sizeof(Point) + bridges * sizeof(Bridge);
}

absl::Status Sort(Found& found, RunContext& context) {
  const auto by_vertex = [](const Point& a, const Point& b) { return a.vertex < b.vertex; };
  const auto by_link = [](const Bridge& a, const Bridge& b) { return a.link < b.link; };
  try {
    std::sort(found.points.begin(), found.points.end(), StoppableLess(context, by_vertex));
    std::sort(found.bridges.begin(), found.bridges.end(), StoppableLess(context, by_link));
  } catch (const RunStopped&) {
    return context.Check();
  }
  return absl::OkStatus();
}

Table EmptyTable(std::size_t rows) {
  Table table;
  table.AddColumn("node", ColumnType::kNode, "", "The point; null for a bridge.");
  table.AddColumn("link", ColumnType::kLink, "", "The bridge; null for a point.");
  table.AddColumn("kind", ColumnType::kString, "", "POINT or BRIDGE.");
  table.AddColumn("block_count", ColumnType::kInteger, "blocks",
                  "Blocks that the point lies in; null for a bridge, which is one.");
  table.AddColumn("cut_off_count", ColumnType::kInteger, "nodes",
                  "Nodes that are parted from the largest part of the component without it.");
  table.column(0).indices.reserve(rows);
  table.column(1).indices.reserve(rows);
  table.column(2).strings.reserve(rows);
  table.column(3).integers.reserve(rows);
  table.column(3).nulls.reserve(rows);
  table.column(4).integers.reserve(rows);
  return table;
}

void AddRow(Table& table, NodeIndex node, LinkIndex link, std::uint32_t blocks,
            std::uint32_t cut_off) {
  table.column(0).indices.push_back(node);
  table.column(1).indices.push_back(link);
  table.column(2).strings.emplace_back(node == kNoNode ? "BRIDGE" : "POINT");
  table.column(3).integers.push_back(blocks);
  table.column(3).nulls.push_back(node == kNoNode ? 1 : 0);
  table.column(4).integers.push_back(cut_off);
}

absl::StatusOr<AnalysisResult> Answer(const Projection& graph, const Found& found,
                                      RunContext& context) {
  AnalysisResult result;
  result.table = EmptyTable(found.points.size() + found.bridges.size());
  std::uint32_t largest = 0;
  Poller poller(context);
  for (const Point& point : found.points) {
    if (poller.Tick()) return context.Check();
    AddRow(result.table, graph.ToNode(point.vertex), kNoLink, point.blocks, point.severed);
    largest = std::max(largest, point.severed);
  }
  for (const Bridge& bridge : found.bridges) {
    if (poller.Tick()) return context.Check();
    AddRow(result.table, kNoNode, bridge.link, 0, bridge.below);
    largest = std::max(largest, bridge.below);
  }
  result.summary = {{"node_count", static_cast<std::int64_t>(graph.size())},
                    {"point_count", static_cast<std::int64_t>(found.points.size())},
                    {"bridge_count", static_cast<std::int64_t>(found.bridges.size())},
                    {"block_count", found.blocks},
                    {"largest_cut_off_count", static_cast<std::int64_t>(largest)}};
  return result;
}

absl::StatusOr<Found> Search(const Projection& graph, RunContext& context) {
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, SearchBytes(graph.size())));
  return ArticulationSearch(graph, context).Run();
}

absl::StatusOr<AnalysisResult> Compute(const AnalysisInput& input, RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(context.Check());
  LIANJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Projection> graph,
                           input.projections(input.view, ArticulationSpec(), context));
  const std::uint64_t most_bridges = std::min<std::uint64_t>(graph->size(), graph->arc_count() / 2);
  LIANJIE_ASSIGN_OR_RETURN(const Booking booking,
                           Booking::Take(context, FoundBytes(graph->size(), most_bridges)));
  context.SetTotal(graph->size());
  LIANJIE_ASSIGN_OR_RETURN(Found found, Search(*graph, context));
  LIANJIE_ASSIGN_OR_RETURN(
      const Booking rows,
      Booking::Take(context, kArticulationRowBytes * (found.points.size() + found.bridges.size())));
  LIANJIE_RETURN_IF_ERROR(Sort(found, context));
  LIANJIE_ASSIGN_OR_RETURN(AnalysisResult result, Answer(*graph, found, context));
  context.AddCompleted(context.total() - std::min(context.total(), context.completed()));
  return result;
}

// How many rows an answer is likely to have. A node with one link hangs by a bridge, and most
// bridges are such, with a point above every other; a graph with no more links than nodes is nearly
// a forest, where all links are bridges and all nodes but the leaves points.
std::uint64_t LikelyRows(const Snapshot& snapshot) {
  std::uint64_t leaves = 0;
  for (NodeIndex n = 0; n < snapshot.node_count(); ++n) {
    const std::uint64_t links = snapshot.out_end(n) - snapshot.out_begin(n);
    leaves += links + snapshot.in_links(n).size() == 1 ? 1 : 0;
  }
  if (snapshot.link_count() > snapshot.node_count()) return leaves + leaves / 2;
  return std::uint64_t{snapshot.link_count()} + snapshot.node_count() - leaves;
}

}  // namespace

absl::StatusOr<AnalysisResult> RunArticulation(const AnalysisInput& input,
                                               const ArticulationOptions& options,
                                               RunContext& context) {
  LIANJIE_RETURN_IF_ERROR(options.Validate());
  return Guarded([&] { return Compute(input, context); });
}

std::uint64_t EstimateArticulationBytes(const AnalysisInput& input, const ArticulationOptions&) {
  const std::uint64_t nodes = input.snapshot().node_count();
  const std::uint64_t bridges = std::min<std::uint64_t>(nodes, input.snapshot().link_count());
  return Projection::EstimateBytes(input.snapshot(), ArticulationSpec()) +
         FoundBytes(nodes, bridges) +
         std::max(SearchBytes(nodes), kArticulationRowBytes * LikelyRows(input.snapshot()));
}

}  // namespace lianjie
