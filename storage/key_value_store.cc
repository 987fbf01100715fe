#include "storage/key_value_store.h"

#include <random>
#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/check.h"
#include "storage/graph_data.h"
#include "storage/graph_reader.h"
#include "storage/graph_writer.h"
#include "storage/memory_key_value.h"
#include "storage/rebuild.h"
#include "storage/upkeep.h"

namespace lianjie::storage {
namespace {

constexpr std::size_t kMaxGraphNameBytes = 63;

absl::StatusOr<StoreHeader> ReadHeader(const KeyValueReader& kv) {
  LIANJIE_ASSIGN_OR_RETURN(const auto value, kv.Get(HeaderKey()));
  if (!value.has_value()) return Corrupt("it has no header");
  return DecodeHeader(*value);
}

class KeyValueStore : public Store {
 public:
  explicit KeyValueStore(std::shared_ptr<StoreCore> core) : core_(std::move(core)) {}

  absl::StatusOr<GraphInfo> CreateGraph(std::string_view name,
                                        std::optional<Date> reference_date) override {
    LIANJIE_RETURN_IF_ERROR(CheckGraphName("name", name));
    GraphInfo info;
    LIANJIE_RETURN_IF_ERROR(Alone([&](Overlay& kv) -> absl::Status {
      LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(kv, name));
      if (graph.has_value()) {
        return MakeError(absl::StatusCode::kAlreadyExists, Cat("graph '", name, "' exists already"),
                         {.reason = Reason::kGraphExists,
                          .field = "name",
                          .row = {},
                          .metadata = {{"graph", std::string(name)}}});
      }
      LIANJIE_ASSIGN_OR_RETURN(const GraphNumber number,
                               LayNewGraph(name, reference_date, NowMicros(), kv));
      LIANJIE_ASSIGN_OR_RETURN(const GraphMeta meta, GraphData(kv, number).Meta());
      info = meta.info;
      return absl::OkStatus();
    }));
    info.name = name;
    return info;
  }

  absl::StatusOr<GraphInfo> UpdateGraph(std::string_view name,
                                        std::optional<Date> reference_date) override {
    GraphInfo info;
    LIANJIE_RETURN_IF_ERROR(Alone(
        [&](Overlay& kv) -> absl::Status {
          LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(kv, name));
          if (!graph.has_value()) return GraphNotFound(name);
          LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, GraphData(kv, *graph).Meta());
          GraphWriter writer(kv, *graph, std::move(meta), NowMicros());
          writer.SetReferenceDate(reference_date);
          writer.Finish();
          info = writer.meta().info;
          return absl::OkStatus();
        },
        [&] { core_->committer.Announce(name, info.revision); }));
    info.name = name;
    return info;
  }

  absl::Status DeleteGraph(std::string_view name) override {
    GraphNumber number = 0;
    LIANJIE_RETURN_IF_ERROR(Alone(
        [&](Overlay& kv) -> absl::Status {
          LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(kv, name));
          if (!graph.has_value()) return GraphNotFound(name);
          number = *graph;
          kv.Delete(GraphNameKey(name));
          kv.Put(DroppedKey(number), std::string());
          return absl::OkStatus();
        },
        [&] { core_->committer.Announce(name, 0); }, /*frees=*/true));
    core_->committer.Sweep({number});
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<GraphInfo>> ListGraphs() const override {
    const auto kv = core_->kv->Snapshot();
    std::vector<GraphInfo> graphs;
    LIANJIE_RETURN_IF_ERROR(
        VisitPrefix(*kv, TagPrefix(0, Tag::kGraphName), false,
                    [&](std::string_view key, std::string_view value) -> absl::Status {
                      LIANJIE_ASSIGN_OR_RETURN(const GraphNumber graph, DecodeGraphName(value));
                      LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, GraphData(*kv, graph).Meta());
                      meta.info.name = AfterTag(key);
                      graphs.push_back(std::move(meta.info));
                      return absl::OkStatus();
                    }));
    return graphs;
  }

  absl::StatusOr<std::shared_ptr<const Reader>> OpenReader(std::string_view graph) const override {
    return GraphReader::Open(core_->kv->Snapshot(), graph, core_->token_secret);
  }

  absl::StatusOr<std::shared_ptr<const Reader>> OpenReader(
      std::string_view name, std::int64_t revision,
      const std::function<absl::Status()>& check) const override {
    std::shared_ptr<const KeyValueReader> kv = core_->kv->Snapshot();
    LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(*kv, name));
    if (!graph.has_value()) return GraphNotFound(name);
    LIANJIE_ASSIGN_OR_RETURN(
        kv, RebuildRevision(std::move(kv), *graph, revision,
                            {.max_bytes = core_->options.max_rebuild_bytes, .check = check}));
    return GraphReader::Open(std::move(kv), *graph, name, core_->token_secret);
  }

  absl::StatusOr<CommitResult> Commit(Batch batch) override {
    LIANJIE_RETURN_IF_ERROR(CheckWritable());
    return core_->committer.Commit(batch);
  }

  absl::StatusOr<std::unique_ptr<Load>> BeginLoad(LoadOptions options) override {
    LIANJIE_RETURN_IF_ERROR(CheckWritable());
    return BeginGraphLoad(core_, std::move(options));
  }

  absl::StatusOr<CheckReport> Check(const CheckOptions& options) const override {
    LIANJIE_ASSIGN_OR_RETURN(std::vector<std::string> damage, core_->kv->FindDamage(options.check));
    if (damage.empty()) return CheckStore(*core_->kv->Snapshot(), options);
    CheckReport report;
    report.fault_count = damage.size();
    report.faults = std::move(damage);
    return report;
  }

  absl::StatusOr<StoreCheckpoint> Checkpoint(std::string_view name) override {
    LIANJIE_RETURN_IF_ERROR(CheckWritable());
    LIANJIE_RETURN_IF_ERROR(core_->kv->Flush());  // before commits have to wait for it
    StoreCheckpoint checkpoint;
    LIANJIE_RETURN_IF_ERROR(core_->committer.Exclusive([&]() -> absl::Status {
      LIANJIE_ASSIGN_OR_RETURN(checkpoint.folder, core_->kv->Checkpoint(name));
      LIANJIE_ASSIGN_OR_RETURN(checkpoint.graphs, ListGraphs());
      return absl::OkStatus();
    }));
    return checkpoint;
  }

  absl::StatusOr<StorageStatistics> Statistics() const override { return core_->kv->Statistics(); }

  void SetListener(Listener listener) override {
    core_->committer.SetListener(std::move(listener));
  }

 private:
  absl::Status CheckWritable() const {
    if (!core_->options.read_only) return absl::OkStatus();
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     "the store was opened for reading alone",
                     {.reason = Reason::kUnavailable, .field = {}, .row = {}, .metadata = {}});
  }

  // Lets `fill` lay changes over the newest state, alone, writes them, and calls `then`. `frees` as
  // in KeyValue::Write.
  absl::Status Alone(
      absl::FunctionRef<absl::Status(Overlay&)> fill, absl::FunctionRef<void()> then = [] {},
      bool frees = false) {
    LIANJIE_RETURN_IF_ERROR(CheckWritable());
    return core_->committer.Exclusive([&]() -> absl::Status {
      const auto snapshot = core_->kv->Snapshot();
      Overlay kv(*snapshot);
      LIANJIE_RETURN_IF_ERROR(fill(kv));
      LIANJIE_RETURN_IF_ERROR(core_->kv->Write(kv.changes(), true, frees));
      then();
      return absl::OkStatus();
    });
  }

  const std::shared_ptr<StoreCore> core_;
};

}  // namespace

Date GraphInfo::ReferenceDate() const {
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  if (reference_date.has_value()) return *reference_date;
  return Date{static_cast<std::int32_t>(update_time_micros / kMicrosPerDay)};
}

absl::Status CheckGraphName(std::string_view field, std::string_view name) {
  const bool good =
      !name.empty() && name.size() <= kMaxGraphNameBytes && name[0] >= 'a' && name[0] <= 'z' &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
  if (good) return absl::OkStatus();
  return InvalidField(field,
                      Cat("'", name.substr(0, kMaxGraphNameBytes),
                          "' is no graph name: 1 to 63 of a-z, 0-9, _ and -, a letter first"));
}

absl::StatusOr<GraphNumber> LayNewGraph(std::string_view name, std::optional<Date> reference_date,
                                        std::int64_t now_micros, Overlay& kv) {
  LIANJIE_ASSIGN_OR_RETURN(StoreHeader header, ReadHeader(kv));
  const GraphNumber number = header.next_graph++;
  GraphMeta meta;
  meta.info.reference_date = reference_date;
  meta.info.create_time_micros = now_micros;
  meta.info.update_time_micros = now_micros;
  kv.Put(HeaderKey(), EncodeHeader(header));
  kv.Put(GraphNameKey(name), EncodeGraphName(number));
  kv.Put(MetaKey(number), EncodeMeta(meta));
  kv.Put(RevisionKey(number, 0), EncodeRevision({.commit_time_micros = now_micros,
                                                 .request_id = {},
                                                 .change_count = 0,
                                                 .reference_date = reference_date}));
  return number;
}

absl::Status WrongFormat(std::uint64_t found) {
  const std::string_view advice =
      found > kFormatNumber ? "Open it with the release that wrote it, or a newer one"
      : found >= kOldestFormatNumber
          ? "Stop what uses it, make a copy of its folder, and run `lianjie migrate --data DIR`"
          : "Export its graphs with the release that wrote it and import them into a new store";
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("the store has format number ", found, "; this release reads and writes format ",
          kFormatNumber, ". ", advice, " (docs/storage-format.md)."),
      {.reason = Reason::kStoreFormat,
       .field = {},
       .row = {},
       .metadata = {{"format", Cat(found)}, {"supported", Cat(kFormatNumber)}}});
}

absl::StatusOr<std::unique_ptr<Store>> OpenKeyValueStore(std::shared_ptr<KeyValue> kv,
                                                         const StoreOptions& options) {
  const auto snapshot = kv->Snapshot();
  LIANJIE_ASSIGN_OR_RETURN(const auto value, snapshot->Get(HeaderKey()));
  StoreHeader header;
  if (value.has_value()) {
    LIANJIE_ASSIGN_OR_RETURN(header, DecodeHeader(*value));
    if (header.format_number != kFormatNumber) return WrongFormat(header.format_number);
  } else {
    if (options.read_only) return Corrupt("it has no header");
    std::random_device random;
    header.token_secret = std::uint64_t{random()} << 32U | random();
    LIANJIE_RETURN_IF_ERROR(kv->Write({{HeaderKey(), EncodeHeader(header)}}, true));
  }
  auto core = std::make_shared<StoreCore>(std::move(kv), options, header.token_secret);
  std::vector<GraphNumber> dropped;
  const std::string prefix = TagPrefix(0, Tag::kDropped);
  LIANJIE_RETURN_IF_ERROR(
      VisitPrefix(*snapshot, prefix, false, [&](std::string_view key, std::string_view) {
        dropped.push_back(GraphOfKey(AfterTag(key)));
        return absl::OkStatus();
      }));
  if (!options.read_only) core->committer.Sweep(dropped);
  return std::make_unique<KeyValueStore>(std::move(core));
}

std::unique_ptr<Store> MakeMemoryStore() {
  auto store = OpenKeyValueStore(MakeMemoryKeyValue());
  return std::move(store).value();  // memory has no format and no disk that could fail
}

}  // namespace lianjie::storage
