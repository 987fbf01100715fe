#include "storage/check.h"

#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/check_graph.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/graph_digest.h"
#include "storage/keys.h"

namespace lianjie::storage {
namespace {

class StoreCheck {
 public:
  StoreCheck(const KeyValueReader& kv, const CheckOptions& options)
      : kv_(kv), options_(options), faults_(options.max_faults) {}

  absl::StatusOr<CheckReport> Run() {
    LIANJIE_RETURN_IF_ERROR(Tolerate("the store", CheckHeader()));
    LIANJIE_RETURN_IF_ERROR(Tolerate("the store", ReadNames()));
    LIANJIE_RETURN_IF_ERROR(Tolerate("the store", CheckNumbers()));
    StepCounter steps(options_.check, Total());
    for (const auto& [number, name] : names_) {
      const std::uint64_t before = faults_.count();
      GraphCheck graph(kv_, number, name, options_, steps, faults_);
      LIANJIE_RETURN_IF_ERROR(Tolerate(Cat("graph '", name, "'"), graph.Run()));
      report_.graphs.push_back(graph.report());
      report_.graphs.back().fault_count = faults_.count() - before;
      report_.record_count += graph.report().record_count;
    }
    std::sort(
        report_.graphs.begin(), report_.graphs.end(),
        [](const CheckedGraph& a, const CheckedGraph& b) { return a.info.name < b.info.name; });
    std::vector<GraphInfo> infos;
    for (const CheckedGraph& graph : report_.graphs) infos.push_back(graph.info);
    report_.digest = StoreDigest(infos);
    report_.fault_count = faults_.count();
    report_.faults = std::move(faults_.sentences());
    return std::move(report_);
  }

 private:
  // Damage is what is looked for: it is a fault, and what stands beside it is still checked.
  absl::Status Tolerate(std::string_view where, const absl::Status& status) {
    if (status.code() != absl::StatusCode::kDataLoss) return status;
    faults_.Add(Cat(where, ": ", FromAbsl(status.message())));
    return absl::OkStatus();
  }

  absl::Status CheckHeader() {
    LIANJIE_ASSIGN_OR_RETURN(const auto value, kv_.Get(HeaderKey()));
    if (!value.has_value()) return Corrupt("it has no header");
    LIANJIE_ASSIGN_OR_RETURN(header_, DecodeHeader(*value));
    if (header_.format_number != kFormatNumber) {
      faults_.Add(Cat("the store: its header says format ", header_.format_number, ", not ",
                      kFormatNumber));
    }
    return absl::OkStatus();
  }

  absl::Status ReadNames() {
    LIANJIE_RETURN_IF_ERROR(
        VisitPrefix(kv_, TagPrefix(0, Tag::kGraphName), false,
                    [&](std::string_view key, std::string_view value) -> absl::Status {
                      const std::string name(AfterTag(key));
                      LIANJIE_ASSIGN_OR_RETURN(const GraphNumber graph, DecodeGraphName(value));
                      if (!names_.emplace(graph, name).second) {
                        faults_.Add(Cat("the store: graphs '", names_[graph], "' and '", name,
                                        "' have the same number ", graph));
                      }
                      return absl::OkStatus();
                    }));
    return VisitPrefix(kv_, TagPrefix(0, Tag::kDropped), false,
                       [&](std::string_view key, std::string_view) {
                         dropped_.insert(GraphOfKey(AfterTag(key)));
                         return absl::OkStatus();
                       });
  }

  // Which numbers have keys, by a seek each.
  absl::Status CheckNumbers() {
    std::string from = GraphPrefix(1);
    while (true) {
      const auto it = kv_.NewIterator(from, {});
      LIANJIE_RETURN_IF_ERROR(it->status());
      if (!it->Valid()) break;
      if (it->key().size() < GraphPrefix(0).size()) {
        faults_.Add("the store: a key is too short to name a graph");
        break;
      }
      const GraphNumber graph = GraphOfKey(it->key());
      const bool named = names_.contains(graph);
      if (!named && !dropped_.contains(graph)) {
        faults_.Add(Cat("the store: graph number ", graph, " has keys and no name"));
      } else if (named && dropped_.contains(graph)) {
        faults_.Add(Cat("the store: graph '", names_[graph], "' has a name and is deleted"));
      }
      if (graph >= header_.next_graph) {
        faults_.Add(Cat("the store: graph number ", graph, " is there, but the next new one is ",
                        header_.next_graph));
      }
      from = AfterPrefix(GraphPrefix(graph));
      if (from.empty()) break;
    }
    return absl::OkStatus();
  }

  // About how many keys will be gone through.
  std::uint64_t Total() const {
    std::uint64_t total = 0;
    for (const auto& [number, name] : names_) {
      const auto meta = GraphData(kv_, number).Meta();
      if (!meta.ok()) continue;
      total += 4 * meta->info.node_count + 5 * meta->info.link_count + meta->info.region_count +
               meta->info.line_count;
    }
    return total;
  }

  const KeyValueReader& kv_;
  const CheckOptions& options_;
  FaultList faults_;
  StoreHeader header_;
  std::map<GraphNumber, std::string> names_;
  std::set<GraphNumber> dropped_;
  CheckReport report_;
};

}  // namespace

absl::StatusOr<CheckReport> CheckStore(const KeyValueReader& kv, const CheckOptions& options) {
  return StoreCheck(kv, options).Run();
}

absl::uint128 StoreDigest(const std::vector<GraphInfo>& graphs) {
  absl::uint128 digest = 0;
  for (const GraphInfo& graph : graphs) {
    digest += BytesHash(DigestBytes(graph.digest) + graph.name);
  }
  return digest;
}

}  // namespace lianjie::storage
