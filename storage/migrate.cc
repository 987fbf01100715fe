#include "storage/migrate.h"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/codec.h"
#include "storage/graph_data.h"
#include "storage/graph_digest.h"
#include "storage/key_value_store.h"
#include "storage/keys.h"
#include "storage/link_ends.h"
#include "storage/rocks_key_value.h"
#include "storage/store_folder.h"

namespace lianjie::storage {
namespace {

constexpr std::uint64_t kIdBytes = 256 << 20;
constexpr std::size_t kRevisionsAWrite = 10000;

absl::StatusOr<absl::uint128> DigestOf(const KeyValueReader& kv, GraphNumber graph,
                                       StepCounter& steps) {
  absl::uint128 digest = 0;
  const auto step = [&steps] { return steps.Step(); };
  LIANJIE_RETURN_IF_ERROR(VisitPrefix(kv, TagPrefix(graph, Tag::kRegion), true,
                                      [&](std::string_view key, std::string_view value) {
                                        digest += RegionHash(AfterTag(key), value);
                                        return steps.Step();
                                      }));
  LIANJIE_RETURN_IF_ERROR(
      VisitPrefix(kv, TagPrefix(graph, Tag::kLine), true,
                  [&](std::string_view key, std::string_view value) -> absl::Status {
                    const auto name = ParseLineKey(key);
                    if (!name.has_value()) return Corrupt("the key of a line");
                    digest += LineHash(name->region, name->year, value);
                    return steps.Step();
                  }));
  LIANJIE_RETURN_IF_ERROR(VisitPrefix(kv, TagPrefix(graph, Tag::kNode), true,
                                      [&](std::string_view, std::string_view value) {
                                        digest += NodeHash(value);
                                        return steps.Step();
                                      }));
  LIANJIE_RETURN_IF_ERROR(
      VisitLinksWithEnds(kv, graph, kIdBytes, step, [&](const LinkWithEnds& link) -> absl::Status {
        if (link.source == nullptr || link.target == nullptr) {
          return Corrupt(Cat("link number ", link.place.link, " has an end that is not there"));
        }
        digest += LinkHash(link.source->id, link.target->id, link.place.mechanism, link.value);
        return absl::OkStatus();
      }));
  return digest;
}

// Writes pieces of what may be much, before the write that makes the store one of the new format;
// an older release has no eyes for such keys, and a migration that is begun anew writes them again.
class RevisionWriter {
 public:
  RevisionWriter(KeyValue& kv, GraphNumber graph) : kv_(kv), graph_(graph) {}

  absl::Status Put(std::int64_t revision, const RevisionRecord& record) {
    changes_[RevisionKey(graph_, revision)] = EncodeRevision(record);
    return changes_.size() < kRevisionsAWrite ? absl::OkStatus() : Flush();
  }
  absl::Status Flush() {
    if (changes_.empty()) return absl::OkStatus();
    const absl::Status status = kv_.Write(changes_, false);
    changes_.clear();
    return status;
  }

 private:
  KeyValue& kv_;
  const GraphNumber graph_;
  KeyValueChanges changes_;
};

// Format 1 had the change feed alone. A revision's time is that of its changes, or, where it has
// none, of its request, else of the revision before it; the reference date is today's, as no other
// is known.
absl::Status MakeRevisions(KeyValue& kv, const KeyValueReader& snapshot, GraphNumber graph,
                           const GraphMeta& meta) {
  std::map<std::int64_t, std::pair<std::string, std::int64_t>> requests;  // by revision
  LIANJIE_RETURN_IF_ERROR(VisitPrefix(
      snapshot, TagPrefix(graph, Tag::kRequest), true,
      [&](std::string_view key, std::string_view value) -> absl::Status {
        LIANJIE_ASSIGN_OR_RETURN(const RequestRecord request, DecodeRequest(value));
        requests[request.revision] = {std::string(AfterTag(key)), request.commit_time_micros};
        return absl::OkStatus();
      }));
  RevisionWriter writer(kv, graph);
  RevisionRecord record{.commit_time_micros = meta.info.create_time_micros,
                        .request_id = {},
                        .change_count = 0,
                        .reference_date = meta.info.reference_date};
  LIANJIE_RETURN_IF_ERROR(writer.Put(0, record));
  const std::string prefix = TagPrefix(graph, Tag::kChange);
  const auto changes = snapshot.NewIterator(prefix, AfterPrefix(prefix), true);
  Change change;
  for (std::int64_t revision = 1; revision <= meta.info.revision; ++revision) {
    const auto request = requests.find(revision);
    record.request_id = request == requests.end() ? std::string() : request->second.first;
    if (request != requests.end()) record.commit_time_micros = request->second.second;
    record.change_count = 0;
    for (; changes->Valid(); changes->Next()) {
      const auto name = ParseChangeKey(changes->key());
      if (!name.has_value()) return Corrupt("the key of a change");
      if (name->revision != revision) break;
      if (record.change_count++ > 0) continue;
      LIANJIE_RETURN_IF_ERROR(DecodeChange(changes->value(), change));
      record.commit_time_micros = change.commit_time_micros;
    }
    LIANJIE_RETURN_IF_ERROR(writer.Put(revision, record));
  }
  LIANJIE_RETURN_IF_ERROR(changes->status());
  return writer.Flush();
}

struct NamedGraph {
  GraphNumber number = 0;
  GraphMeta meta;
};

absl::StatusOr<std::vector<NamedGraph>> GraphsOf(const KeyValueReader& kv) {
  std::vector<NamedGraph> graphs;
  LIANJIE_RETURN_IF_ERROR(
      VisitPrefix(kv, TagPrefix(0, Tag::kGraphName), false,
                  [&](std::string_view, std::string_view value) -> absl::Status {
                    LIANJIE_ASSIGN_OR_RETURN(const GraphNumber graph, DecodeGraphName(value));
                    LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, GraphData(kv, graph).Meta());
                    graphs.push_back({.number = graph, .meta = std::move(meta)});
                    return absl::OkStatus();
                  }));
  return graphs;
}

}  // namespace

absl::StatusOr<Migration> MigrateMap(KeyValue& kv, const StepCheck& check) {
  const auto snapshot = kv.Snapshot();
  LIANJIE_ASSIGN_OR_RETURN(const auto value, snapshot->Get(HeaderKey()));
  if (!value.has_value()) return Corrupt("it has no header");
  LIANJIE_ASSIGN_OR_RETURN(StoreHeader header, DecodeHeader(*value));
  LIANJIE_ASSIGN_OR_RETURN(std::vector<NamedGraph> graphs, GraphsOf(*snapshot));
  const Migration migration{.from = header.format_number, .graphs = graphs.size()};
  if (header.format_number == kFormatNumber) return migration;
  if (header.format_number < kOldestFormatNumber || header.format_number > kFormatNumber) {
    return WrongFormat(header.format_number);
  }
  std::uint64_t total = 0;
  for (const NamedGraph& graph : graphs) {
    const GraphInfo& info = graph.meta.info;
    total += 3 * info.node_count + info.link_count + info.region_count + info.line_count;
  }
  StepCounter steps(check, total);
  KeyValueChanges changes;
  for (NamedGraph& graph : graphs) {
    LIANJIE_ASSIGN_OR_RETURN(graph.meta.info.digest, DigestOf(*snapshot, graph.number, steps));
    LIANJIE_RETURN_IF_ERROR(MakeRevisions(kv, *snapshot, graph.number, graph.meta));
    // The old feed lacks the numbers that rebuilding a revision needs; it can be followed.
    graph.meta.info.oldest_revision = graph.meta.info.revision;
    graph.meta.info.changes_after = 0;
    changes[MetaKey(graph.number)] = EncodeMeta(graph.meta);
  }
  header.format_number = kFormatNumber;
  changes[HeaderKey()] = EncodeHeader(header);
  LIANJIE_RETURN_IF_ERROR(kv.Write(changes, true));
  return migration;
}

absl::StatusOr<Migration> MigrateRocksStore(const OpenOptions& options, const StepCheck& check) {
  const StoreFolder folder(options.path);
  LIANJIE_ASSIGN_OR_RETURN(const std::uint64_t format, folder.ReadFormat());
  if (format == kFormatNumber) {
    LIANJIE_ASSIGN_OR_RETURN(const auto store, OpenRocksStore(options));
    LIANJIE_ASSIGN_OR_RETURN(const auto graphs, store->ListGraphs());
    return Migration{.from = format, .graphs = graphs.size()};
  }
  if (format < kOldestFormatNumber || format > kFormatNumber) return WrongFormat(format);
  // The folder stays locked until FORMAT says what the database says.
  LIANJIE_ASSIGN_OR_RETURN(const auto kv, OpenRocksKeyValue(options, nullptr, format));
  LIANJIE_ASSIGN_OR_RETURN(Migration migration, MigrateMap(*kv, check));
  LIANJIE_RETURN_IF_ERROR(folder.WriteFormat());
  migration.from = format;
  return migration;
}

}  // namespace lianjie::storage
