#include "server/graph_handlers.h"

#include <utility>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "server/as_of.h"
#include "server/convert.h"
#include "server/page_token.h"

namespace lianjie::server {
namespace {

constexpr int kMaxMutations = 100000;

using storage::WriteKind;

// One mutation to one write; errors name the element ("node", "link" ...) and its field.
class MutationReader {
 public:
  absl::StatusOr<storage::Write> Read(const v1::Mutation& m) {
    using M = v1::Mutation;
    switch (m.mutation_case()) {
      case M::kCreateNode:
        return Node(WriteKind::kCreate, m.create_node());
      case M::kUpsertNode:
        return Node(WriteKind::kUpsert, m.upsert_node());
      case M::kUpdateNode: {
        LIANJIE_ASSIGN_OR_RETURN(storage::NodeWrite write,
                                 Node(WriteKind::kUpdate, m.update_node().node()));
        write.mask.assign(m.update_node().update_mask().paths().begin(),
                          m.update_node().update_mask().paths().end());
        return write;
      }
      case M::kDeleteNode: {
        storage::NodeWrite write{.kind = WriteKind::kDelete,
                                 .node = {},
                                 .mask = {},
                                 .cascade = m.delete_node().cascade()};
        write.node.id = m.delete_node().id();
        return write;
      }
      case M::kCreateLink:
        return Link(WriteKind::kCreate, m.create_link());
      case M::kUpsertLink:
        return Link(WriteKind::kUpsert, m.upsert_link());
      case M::kUpdateLink: {
        LIANJIE_ASSIGN_OR_RETURN(storage::LinkWrite write,
                                 Link(WriteKind::kUpdate, m.update_link().link()));
        write.mask.assign(m.update_link().update_mask().paths().begin(),
                          m.update_link().update_mask().paths().end());
        return write;
      }
      case M::kDeleteLink: {
        storage::LinkWrite write{.kind = WriteKind::kDelete, .link = {}, .mask = {}};
        write.link.id = m.delete_link().id();
        return write;
      }
      default:
        return ReadTreeOrLine(m);
    }
  }

 private:
  static absl::StatusOr<storage::Write> ReadTreeOrLine(const v1::Mutation& m) {
    using M = v1::Mutation;
    switch (m.mutation_case()) {
      case M::kUpsertRegion: {
        LIANJIE_ASSIGN_OR_RETURN(RegionRecord region, FromProto(m.upsert_region()));
        return storage::RegionWrite{.kind = WriteKind::kUpsert, .region = std::move(region)};
      }
      case M::kDeleteRegion: {
        storage::RegionWrite write{.kind = WriteKind::kDelete, .region = {}};
        write.region.code = m.delete_region().code();
        return write;
      }
      case M::kUpsertLine: {
        LIANJIE_ASSIGN_OR_RETURN(LineRecord line, FromProto(m.upsert_line()));
        return storage::LineWrite{.kind = WriteKind::kUpsert, .line = std::move(line)};
      }
      case M::kDeleteLine: {
        storage::LineWrite write{.kind = WriteKind::kDelete, .line = {}};
        write.line.region = m.delete_line().region();
        write.line.year = m.delete_line().year();
        return write;
      }
      default:
        return InvalidField("mutation", "one of its kinds must be set", Reason::kMissingField);
    }
  }

  static absl::StatusOr<storage::NodeWrite> Node(WriteKind kind, const v1::Node& node) {
    absl::StatusOr<NodeRecord> record = FromProto(node);
    if (!record.ok()) return WithFieldPrefix(record.status(), "node");
    return storage::NodeWrite{
        .kind = kind, .node = *std::move(record), .mask = {}, .cascade = false};
  }

  static absl::StatusOr<storage::LinkWrite> Link(WriteKind kind, const v1::Link& link) {
    absl::StatusOr<LinkRecord> record = FromProto(link);
    if (!record.ok()) return WithFieldPrefix(record.status(), "link");
    return storage::LinkWrite{.kind = kind, .link = *std::move(record), .mask = {}};
  }
};

absl::StatusOr<storage::Precondition> ReadPrecondition(const v1::Precondition& p) {
  using Kind = storage::Precondition::Kind;
  storage::Precondition out;
  switch (p.condition_case()) {
    case v1::Precondition::kNodeExists:
      out.kind = Kind::kNodeExists;
      out.id = p.node_exists();
      return out;
    case v1::Precondition::kNodeAbsent:
      out.kind = Kind::kNodeAbsent;
      out.id = p.node_absent();
      return out;
    case v1::Precondition::kLinkExists:
      out.kind = Kind::kLinkExists;
      out.id = p.link_exists();
      return out;
    case v1::Precondition::kLinkAbsent:
      out.kind = Kind::kLinkAbsent;
      out.id = p.link_absent();
      return out;
    case v1::Precondition::kGraphRevisionEquals:
      out.kind = Kind::kRevisionEquals;
      out.revision = p.graph_revision_equals();
      return out;
    case v1::Precondition::kFieldEquals: {
      const v1::FieldEquals& equals = p.field_equals();
      if (equals.element_case() == v1::FieldEquals::ELEMENT_NOT_SET) {
        return InvalidField("field_equals", "node or link must be given", Reason::kMissingField);
      }
      out.kind = equals.has_node() ? Kind::kNodeFieldEquals : Kind::kLinkFieldEquals;
      out.id = equals.has_node() ? equals.node() : equals.link();
      out.field = equals.field();
      out.value = equals.value();
      return out;
    }
    default:
      return InvalidField("condition", "one of its kinds must be set", Reason::kMissingField);
  }
}

// "mutations.node" for a write of a node, and so on: where the API's field of a store's error lies.
std::string_view ElementPath(const storage::Write& write) {
  constexpr std::string_view kPaths[] = {"mutations.node", "mutations.link", "mutations.region",
                                         "mutations.line"};
  return kPaths[write.index()];
}

absl::Status LimitExceeded(std::string_view field, std::size_t limit, std::size_t needed,
                           std::string_view what) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat(field, ": ", needed, " are more than ", limit, " ", what),
      {.reason = Reason::kLimitExceeded,
       .field = std::string(field),
       .row = {},
       .metadata = {
           {"limit", std::string(field)}, {"value", Cat(limit)}, {"needed", Cat(needed)}}});
}

absl::Status CheckNamed(const v1::Graph& graph) {
  if (!graph.name().empty()) return absl::OkStatus();
  return InvalidField("graph.name", "is required", Reason::kMissingField);
}

absl::StatusOr<std::optional<Date>> ReferenceDateOf(const v1::Graph& graph) {
  if (!graph.has_reference_date()) return std::optional<Date>();
  LIANJIE_ASSIGN_OR_RETURN(const Date date,
                           FromProto(graph.reference_date(), "graph.reference_date"));
  return std::optional<Date>(date);
}

}  // namespace

absl::Status CheckRequestId(std::string_view field, std::string_view id) {
  if (id.size() <= kMaxRequestIdBytes) return absl::OkStatus();
  return LimitExceeded(field, kMaxRequestIdBytes, id.size(), "bytes");
}

absl::StatusOr<Freshness> FreshnessOf(const v1::Consistency& consistency) {
  using Kind = Freshness::Kind;
  switch (consistency.requirement_case()) {
    case v1::Consistency::kAtLeastRevision:
      return Freshness{.kind = Kind::kAtLeast, .revision = consistency.at_least_revision()};
    case v1::Consistency::kExactRevision:
      return Freshness{.kind = Kind::kExact, .revision = consistency.exact_revision()};
    case v1::Consistency::kLatest:
      if (!consistency.latest())
        return InvalidField("consistency.latest", "must be true where it is given");
      return Freshness{.kind = Kind::kLatest};
    case v1::Consistency::kMinimizeLatency:
      if (!consistency.minimize_latency()) {
        return InvalidField("consistency.minimize_latency", "must be true where it is given");
      }
      [[fallthrough]];
    default:
      return Freshness{};
  }
}

absl::StatusOr<std::shared_ptr<const storage::Reader>> GraphHandlers::OpenReader(
    std::string_view graph, const v1::Consistency& consistency, const Call& call) {
  LIANJIE_ASSIGN_OR_RETURN(const Freshness freshness, FreshnessOf(consistency));
  LIANJIE_ASSIGN_OR_RETURN(std::shared_ptr<const storage::Reader> reader,
                           store_.OpenReader(GraphName(graph)));
  LIANJIE_RETURN_IF_ERROR(CheckRevision(freshness, reader->info()));
  if (!IsOlder(freshness, reader->info())) return reader;
  return old_readers_.Open(GraphName(graph), freshness.revision, [&call] { return call.Check(); });
}

bool GraphHandlers::MustRebuild(std::string_view graph, const v1::Consistency& consistency) {
  const absl::StatusOr<Freshness> freshness = FreshnessOf(consistency);
  if (!freshness.ok() || freshness->kind != Freshness::Kind::kExact) return false;
  const auto reader = store_.OpenReader(GraphName(graph));
  return reader.ok() && CheckRevision(*freshness, (*reader)->info()).ok() &&
         IsOlder(*freshness, (*reader)->info()) &&
         !old_readers_.Has(GraphName(graph), freshness->revision);
}

absl::StatusOr<v1::Graph> GraphHandlers::CreateGraph(const v1::CreateGraphRequest& request) {
  LIANJIE_RETURN_IF_ERROR(CheckNamed(request.graph()));
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<Date> date, ReferenceDateOf(request.graph()));
  LIANJIE_ASSIGN_OR_RETURN(const storage::GraphInfo info,
                           store_.CreateGraph(request.graph().name(), date));
  return ToProto(info);
}

absl::StatusOr<v1::Graph> GraphHandlers::GetGraph(const v1::GetGraphRequest& request) {
  LIANJIE_ASSIGN_OR_RETURN(const auto reader, store_.OpenReader(GraphName(request.graph())));
  return ToProto(reader->info());
}

absl::StatusOr<v1::Graph> GraphHandlers::UpdateGraph(const v1::UpdateGraphRequest& request) {
  LIANJIE_RETURN_IF_ERROR(CheckNamed(request.graph()));
  for (const std::string& path : request.update_mask().paths()) {
    if (path != "reference_date") {
      return InvalidField("update_mask", Cat("'", path, "' cannot be changed; reference_date can"),
                          Reason::kUnknownField);
    }
  }
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<Date> date, ReferenceDateOf(request.graph()));
  LIANJIE_ASSIGN_OR_RETURN(const storage::GraphInfo info,
                           store_.UpdateGraph(request.graph().name(), date));
  return ToProto(info);
}

absl::Status GraphHandlers::DeleteGraph(const v1::DeleteGraphRequest& request) {
  if (request.graph().empty()) return InvalidField("graph", "is required", Reason::kMissingField);
  return store_.DeleteGraph(request.graph());
}

absl::StatusOr<v1::MutateResponse> GraphHandlers::Mutate(const v1::MutateRequest& request) {
  if (request.mutations_size() > kMaxMutations) {
    return LimitExceeded("mutations", kMaxMutations, request.mutations_size(),
                         "writes in one batch; use Import");
  }
  LIANJIE_RETURN_IF_ERROR(CheckRequestId("request_id", request.request_id()));
  storage::Batch batch;
  batch.graph = GraphName(request.graph());
  batch.request_id = request.request_id();
  for (int i = 0; i < request.mutations_size(); ++i) {
    absl::StatusOr<storage::Write> write = MutationReader().Read(request.mutations(i));
    if (!write.ok()) return WithRow(WithFieldPrefix(write.status(), "mutations"), i);
    batch.writes.push_back(*std::move(write));
  }
  for (int i = 0; i < request.preconditions_size(); ++i) {
    absl::StatusOr<storage::Precondition> precondition = ReadPrecondition(request.preconditions(i));
    if (!precondition.ok())
      return WithRow(WithFieldPrefix(precondition.status(), "preconditions"), i);
    batch.preconditions.push_back(*std::move(precondition));
  }
  std::vector<std::string_view> paths;
  for (const storage::Write& write : batch.writes) paths.push_back(ElementPath(write));
  absl::StatusOr<storage::CommitResult> done = store_.Commit(std::move(batch));
  if (!done.ok()) {
    const std::optional<ErrorDetail> detail = GetErrorDetail(done.status());
    const bool of_write = detail && detail->row && !detail->field.starts_with("preconditions") &&
                          *detail->row < static_cast<std::int64_t>(paths.size());
    if (!of_write) return done.status();
    return WithFieldPrefix(done.status(), paths[static_cast<std::size_t>(*detail->row)]);
  }
  v1::MutateResponse response;
  response.set_revision(done->revision);
  response.mutable_commit_time()->set_seconds(done->commit_time_micros / 1000000);
  response.mutable_commit_time()->set_nanos(
      static_cast<std::int32_t>(done->commit_time_micros % 1000000 * 1000));
  response.set_replayed(done->replayed);
  for (std::string& id : done->link_ids) response.add_link_ids(std::move(id));
  return response;
}

absl::StatusOr<v1::GetNodeResponse> GraphHandlers::GetNode(const v1::GetNodeRequest& request,
                                                           const Call& call) {
  if (request.id().empty()) return InvalidField("id", "is required", Reason::kMissingField);
  LIANJIE_ASSIGN_OR_RETURN(const auto reader,
                           OpenReader(request.graph(), request.consistency(), call));
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<Date> as_of, ReadAsOf(request));
  LIANJIE_ASSIGN_OR_RETURN(const NodeRecord node, reader->GetNode(request.id()));
  if (!ValidOn(*reader, as_of).Passes(node)) {
    return NotFound(Reason::kNodeNotFound, "node", request.id());
  }
  v1::GetNodeResponse response;
  *response.mutable_node() = ToProto(node);
  response.set_revision(reader->info().revision);
  return response;
}

absl::StatusOr<v1::GetLinkResponse> GraphHandlers::GetLink(const v1::GetLinkRequest& request,
                                                           const Call& call) {
  if (request.id().empty()) return InvalidField("id", "is required", Reason::kMissingField);
  LIANJIE_ASSIGN_OR_RETURN(const auto reader,
                           OpenReader(request.graph(), request.consistency(), call));
  LIANJIE_ASSIGN_OR_RETURN(const std::optional<Date> as_of, ReadAsOf(request));
  LIANJIE_ASSIGN_OR_RETURN(const LinkRecord link, reader->GetLink(request.id()));
  LIANJIE_ASSIGN_OR_RETURN(const bool in_force, ValidOn(*reader, as_of).Passes(link));
  if (!in_force) return NotFound(Reason::kLinkNotFound, "link", request.id());
  v1::GetLinkResponse response;
  *response.mutable_link() = ToProto(link);
  response.set_revision(reader->info().revision);
  return response;
}

}  // namespace lianjie::server
