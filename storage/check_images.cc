// A graph's change feed against its records, as far as older revisions are rebuilt from it: what a
// change says was there before is what the last change of the same record left, and the last of all
// is the record. A feed that says otherwise makes each older revision, and each Snapshot that
// follows it, another graph without a word.
//
// For each record that has changed its state after the last change is kept, as a hash. Where that
// is more than the check's memory allows, the records are gone through in parts, by their hash.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/check_graph.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

constexpr std::uint64_t kEntryBytes = 128;

// A record as it is stored under its number; 0: it is not there.
struct StateOf {
  Number number = 0;

  absl::uint128 operator()(std::monostate) const { return 0; }
  absl::uint128 operator()(const NodeRecord& node) const {
    return Numbered(NodeHash(EncodeNode(node)));
  }
  absl::uint128 operator()(const LinkRecord& link) const {
    return Numbered(LinkHash(link.source, link.target, link.mechanism,
                             LinkIdPart(link.id) + EncodeLinkBody(link)));
  }
  absl::uint128 operator()(const RegionRecord& region) const {
    return RegionHash(region.code, EncodeRegion(region));
  }
  absl::uint128 operator()(const LineRecord& line) const {
    return LineHash(line.region, line.year, EncodeLine(line));
  }

 private:
  absl::uint128 Numbered(absl::uint128 hash) const {
    return BytesHash(DigestBytes(hash) + Cat(number));
  }
};

struct NameOf {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(const NodeRecord& node) const { return Cat("node '", node.id, "'"); }
  std::string operator()(const LinkRecord& link) const { return Cat("link '", link.id, "'"); }
  std::string operator()(const RegionRecord& region) const {
    return Cat("region '", region.code, "'");
  }
  std::string operator()(const LineRecord& line) const {
    return Cat("the line of year ", line.year, " and region '", line.region, "'");
  }
};

// The state of the same record in the store.
struct StoredStateOf {
  const GraphData& data;

  absl::StatusOr<absl::uint128> operator()(std::monostate) const { return 0; }
  absl::StatusOr<absl::uint128> operator()(const NodeRecord& node) const {
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data.GetNode(node.id));
    return stored.has_value() ? StateOf{stored->number}(stored->record) : absl::uint128(0);
  }
  absl::StatusOr<absl::uint128> operator()(const LinkRecord& link) const {
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data.GetLink(link.id));
    return stored.has_value() ? StateOf{stored->place.link}(stored->record) : absl::uint128(0);
  }
  absl::StatusOr<absl::uint128> operator()(const RegionRecord& region) const {
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data.GetRegion(region.code));
    return stored.has_value() ? StateOf{}(*stored) : absl::uint128(0);
  }
  absl::StatusOr<absl::uint128> operator()(const LineRecord& line) const {
    LIANJIE_ASSIGN_OR_RETURN(const auto stored, data.GetLine(line.region, line.year));
    return stored.has_value() ? StateOf{}(*stored) : absl::uint128(0);
  }
};

}  // namespace

absl::Status GraphCheck::CheckImages() {
  const std::uint64_t parts =
      1 + report_.change_count * kEntryBytes / std::max<std::uint64_t>(options_.memory_bytes, 1);
  for (std::uint64_t part = 0; part < parts; ++part) {
    LIANJIE_RETURN_IF_ERROR(CheckImages(part, parts));
  }
  return absl::OkStatus();
}

absl::Status GraphCheck::CheckImages(std::uint64_t part, std::uint64_t parts) {
  struct Last {
    absl::uint128 state = 0;
    ChangeName change;
  };
  absl::flat_hash_map<absl::uint128, Last> records;
  const auto visit = [&](const auto& each) -> absl::Status {
    const GraphInfo& info = meta_.info;
    const auto it = kv_.NewIterator(
        ChangeKey(graph_, std::max(info.oldest_revision, info.changes_after) + 1, 0),
        ChangeKey(graph_, info.revision + 1, 0), true);
    for (; it->Valid(); it->Next()) {
      LIANJIE_RETURN_IF_ERROR(steps_.Step());
      const auto name = ParseChangeKey(it->key());
      const auto change = DecodeChangeUndo(it->value());
      if (!name.has_value() || !change.ok()) continue;  // named already
      const bool created = change->before.index() == 0;
      const Change::Image& image = created ? change->after : change->before;
      if (image.index() == 0) continue;  // of the settings
      const absl::uint128 key = BytesHash(std::visit(NameOf(), image));
      if (absl::Uint128High64(key) % parts != part) continue;
      LIANJIE_RETURN_IF_ERROR(each(*name, key, *change, image));
    }
    return it->status();
  };
  LIANJIE_RETURN_IF_ERROR(visit([&](const ChangeName& name, absl::uint128 key,
                                    const ChangeUndo& change, const Change::Image& image) {
    const StateOf state{change.number};
    const auto [it, first] = records.try_emplace(key);
    if (!first && it->second.state != std::visit(state, change.before)) {
      Fault(Cat("change ", name.sequence, " of revision ", name.revision, " says of ",
                std::visit(NameOf(), image),
                " another state before than the last change left (revision ",
                it->second.change.revision, ")"));
    }
    it->second = {.state = std::visit(state, change.after), .change = name};
    return absl::OkStatus();
  }));
  const GraphData data(kv_, graph_);
  return visit([&](const ChangeName& name, absl::uint128 key, const ChangeUndo&,
                   const Change::Image& image) -> absl::Status {
    const Last& last = records[key];
    if (last.change.revision != name.revision || last.change.sequence != name.sequence) {
      return absl::OkStatus();
    }
    const auto stored = std::visit(StoredStateOf{data}, image);
    if (stored.ok() ? *stored == last.state : false) return absl::OkStatus();
    if (!stored.ok() && stored.status().code() != absl::StatusCode::kDataLoss) {
      return stored.status();
    }
    Fault(Cat("change ", name.sequence, " of revision ", name.revision, ", the last of ",
              std::visit(NameOf(), image), ", leaves another state than the record has"));
    return absl::OkStatus();
  });
}

}  // namespace lianjie::storage
