#include "storage/batch.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/core/fields.h"
#include "engine/core/ids.h"
#include "engine/core/status.h"
#include "engine/core/text.h"
#include "storage/digest.h"
#include "storage/masks.h"

namespace lianjie::storage {
namespace {

absl::Status PreconditionFailed(std::size_t position, std::string_view message,
                                std::string_view condition, std::string_view expected,
                                std::string_view actual,
                                std::map<std::string, std::string> metadata) {
  metadata.emplace("condition", condition);
  metadata.emplace("expected", expected);
  metadata.emplace("actual", actual);
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   Cat("precondition ", position, " does not hold: ", message),
                   {.reason = Reason::kPreconditionFailed,
                    .field = "preconditions",
                    .row = static_cast<std::int64_t>(position),
                    .metadata = std::move(metadata)});
}

struct DigestWrite {
  Digest& digest;

  void Common(int type, WriteKind kind, const Change::Image& image) const {
    digest.AddNumber(static_cast<std::uint64_t>(type));
    digest.AddNumber(static_cast<std::uint64_t>(kind));
    digest.Add(EncodeImage(image));
  }
  void Mask(const std::vector<std::string>& mask) const {
    digest.AddNumber(mask.size());
    for (const std::string& field : mask) digest.Add(field);
  }
  void operator()(const NodeWrite& write) const {
    Common(1, write.kind, write.node);
    Mask(write.mask);
    digest.AddNumber(write.cascade ? 1 : 0);
  }
  void operator()(const LinkWrite& write) const {
    Common(2, write.kind, write.link);
    Mask(write.mask);
    digest.AddNumber(static_cast<std::uint64_t>(write.link.kind));
  }
  void operator()(const RegionWrite& write) const { Common(3, write.kind, write.region); }
  void operator()(const LineWrite& write) const { Common(4, write.kind, write.line); }
};

}  // namespace

std::string BatchDigest(const Batch& batch) {
  Digest digest;
  digest.AddNumber(batch.preconditions.size());
  for (const Precondition& p : batch.preconditions) {
    digest.AddNumber(static_cast<std::uint64_t>(p.kind));
    digest.Add(p.id);
    digest.AddNumber(static_cast<std::uint64_t>(p.revision));
    digest.Add(p.field);
    digest.Add(p.value);
  }
  digest.AddNumber(batch.writes.size());
  for (const Write& write : batch.writes) std::visit(DigestWrite{digest}, write);
  return digest.bytes();
}

absl::StatusOr<CommitResult> ApplyBatch(const Batch& batch, std::int64_t now_micros, Overlay& kv,
                                        const BatchLimits& limits) {
  LIANJIE_ASSIGN_OR_RETURN(const auto graph, FindGraph(kv, batch.graph));
  if (!graph.has_value()) return GraphNotFound(batch.graph);
  const GraphData data(kv, *graph);
  std::string digest;
  if (!batch.request_id.empty()) {
    if (batch.request_id.size() > kMaxIdBytes) {
      return InvalidField("request_id", Cat("has more than ", kMaxIdBytes, " bytes"));
    }
    digest = BatchDigest(batch);
    LIANJIE_ASSIGN_OR_RETURN(auto request, data.GetRequest(batch.request_id));
    if (request.has_value()) {
      if (request->digest != digest) return RequestIdReused(batch.request_id, request->revision);
      return CommitResult{.revision = request->revision,
                          .commit_time_micros = request->commit_time_micros,
                          .link_ids = std::move(request->link_ids),
                          .replayed = true};
    }
  }
  LIANJIE_ASSIGN_OR_RETURN(GraphMeta meta, data.Meta());
  GraphWriter writer(kv, *graph, std::move(meta), now_micros);
  LIANJIE_ASSIGN_OR_RETURN(CommitResult result, BatchApplier(batch, writer, kv, limits).Apply());
  if (!batch.request_id.empty()) {
    writer.PutRequest(batch.request_id, {.digest = std::move(digest),
                                         .revision = result.revision,
                                         .commit_time_micros = result.commit_time_micros,
                                         .link_ids = result.link_ids,
                                         .load = {}});
  }
  writer.Finish();
  return result;
}

absl::Status RequestIdReused(std::string_view request_id, std::int64_t revision) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      Cat("request_id: '", request_id, "' was used for another request, at revision ", revision),
      {.reason = Reason::kRequestIdReused,
       .field = "request_id",
       .row = {},
       .metadata = {{"request_id", std::string(request_id)}, {"revision", Cat(revision)}}});
}

absl::StatusOr<CommitResult> BatchApplier::Apply() {
  for (std::size_t i = 0; i < batch_.preconditions.size(); ++i) {
    LIANJIE_RETURN_IF_ERROR(Check(i, batch_.preconditions[i]));
  }
  for (row_ = 0; row_ < batch_.writes.size(); ++row_) {
    absl::Status status =
        std::visit([this](const auto& write) { return Apply(write); }, batch_.writes[row_]);
    if (status.ok()) status = CheckSize(0);
    if (!status.ok()) return WithRow(status, static_cast<std::int64_t>(row_));
  }
  LIANJIE_RETURN_IF_ERROR(CheckShares());
  LIANJIE_RETURN_IF_ERROR(CheckNewRegionTable());
  return CommitResult{.revision = writer_.revision(),
                      .commit_time_micros = writer_.commit_time_micros(),
                      .link_ids = std::move(link_ids_),
                      .replayed = false};
}

absl::Status BatchApplier::CheckSize(std::uint64_t more) const {
  const std::uint64_t changes = writer_.change_count() + more;
  const bool many = changes > limits_.changes;
  if (!many && kv_.bytes() <= limits_.bytes) return absl::OkStatus();
  const std::uint64_t limit = many ? limits_.changes : limits_.bytes;
  const std::string needed = Cat(many ? changes : kv_.bytes());
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      Cat("the batch changes more than ", limit, many ? " records" : " bytes",
          ", the most that one can; of a node with many links, delete the links first, in batches"),
      {.reason = Reason::kLimitExceeded,
       .field = {},
       .row = {},
       .metadata = {
           {"limit", many ? "changes" : "bytes"}, {"value", Cat(limit)}, {"needed", needed}}});
}

absl::Status BatchApplier::Check(std::size_t position, const Precondition& precondition) const {
  using Kind = Precondition::Kind;
  const std::string& id = precondition.id;
  switch (precondition.kind) {
    case Kind::kNodeExists:
    case Kind::kNodeAbsent: {
      LIANJIE_ASSIGN_OR_RETURN(const auto node, before_.FindNode(id));
      if (node.has_value() == (precondition.kind == Kind::kNodeExists)) return absl::OkStatus();
      return PreconditionFailed(
          position, Cat("node '", id, node.has_value() ? "' exists" : "' does not exist"),
          node.has_value() ? "node_absent" : "node_exists", node.has_value() ? "absent" : "there",
          node.has_value() ? "there" : "absent", {{"node", id}});
    }
    case Kind::kLinkExists:
    case Kind::kLinkAbsent: {
      LIANJIE_ASSIGN_OR_RETURN(const auto link, before_.FindLink(id));
      if (link.has_value() == (precondition.kind == Kind::kLinkExists)) return absl::OkStatus();
      return PreconditionFailed(
          position, Cat("link '", id, link.has_value() ? "' exists" : "' does not exist"),
          link.has_value() ? "link_absent" : "link_exists", link.has_value() ? "absent" : "there",
          link.has_value() ? "there" : "absent", {{"link", id}});
    }
    case Kind::kRevisionEquals: {
      const std::int64_t revision = writer_.revision() - 1;
      if (revision == precondition.revision) return absl::OkStatus();
      return PreconditionFailed(
          position, Cat("the revision is ", revision, ", not ", precondition.revision),
          "graph_revision_equals", Cat(precondition.revision), Cat(revision), {});
    }
    case Kind::kNodeFieldEquals: {
      LIANJIE_ASSIGN_OR_RETURN(const auto node, before_.GetNode(id));
      return CheckField(position, precondition, "node", node);
    }
    case Kind::kLinkFieldEquals: {
      LIANJIE_ASSIGN_OR_RETURN(const auto link, before_.GetLink(id));
      return CheckField(position, precondition, "link", link);
    }
  }
  return InvalidField(Cat("preconditions[", position, "]"), "is of no known kind");
}

// A value in the spelling that fields are stored in ("2.50" is 2.5); as it is where it is no value
// of the field.
template <typename Record> std::string Respelled(std::string_view name, const std::string& text) {
  const FieldSpec<Record>* field = FindField<Record>(name);
  Record record;
  if (field == nullptr || text.empty() || !field->set(record, text).ok()) return text;
  return FormatFieldValue(field->get(record));
}

template <typename Stored>
absl::Status BatchApplier::CheckField(std::size_t position, const Precondition& precondition,
                                      std::string_view what,
                                      const std::optional<Stored>& stored) const {
  if (!stored.has_value()) {
    return PreconditionFailed(position, Cat(what, " '", precondition.id, "' does not exist"),
                              "field_equals", precondition.value, "absent",
                              {{std::string(what), precondition.id}});
  }
  const absl::StatusOr<std::string> text = FieldText(stored->record, precondition.field);
  if (!text.ok()) {
    ErrorDetail detail = GetErrorDetail(text.status()).value_or(ErrorDetail{});
    detail.field = "preconditions.field_equals.field";
    detail.row = static_cast<std::int64_t>(position);
    return MakeError(text.status().code(), FromAbsl(text.status().message()), std::move(detail));
  }
  const std::string& value = *text;
  if (value == precondition.value) return absl::OkStatus();
  using Record = std::remove_cvref_t<decltype(stored->record)>;
  if (value == Respelled<Record>(precondition.field, precondition.value)) return absl::OkStatus();
  return PreconditionFailed(position,
                            Cat(precondition.field, " of ", what, " '", precondition.id, "' is '",
                                value, "', not '", precondition.value, "'"),
                            "field_equals", precondition.value, value,
                            {{std::string(what), precondition.id}, {"name", precondition.field}});
}

void BatchApplier::Claim(Number payer, PayerShares::Key key,
                         const std::optional<ShareClaim>& before,
                         const std::optional<ShareClaim>& after) {
  if (before == after) return;
  touches_[payer].push_back(
      {.row = row_, .key = key, .after = after, .may_raise = MayRaise(before, after)});
}

absl::Status BatchApplier::CheckShares() const {
  std::size_t first_row = std::numeric_limits<std::size_t>::max();
  absl::Status first_error;
  for (const auto& [payer, touches] : touches_) {
    const bool may_raise = std::any_of(touches.begin(), touches.end(),
                                       [](const Touch& touch) { return touch.may_raise; });
    if (may_raise) {
      LIANJIE_RETURN_IF_ERROR(CheckPayer(payer, touches, first_row, first_error));
    }
  }
  return first_error.ok() ? first_error
                          : WithRow(first_error, static_cast<std::int64_t>(first_row));
}

absl::Status BatchApplier::CheckPayer(Number payer, const std::vector<Touch>& touches,
                                      std::size_t& first_row, absl::Status& first_error) const {
  PayerShares shares;
  LIANJIE_RETURN_IF_ERROR(
      before_.VisitOutLinks(payer, [&](const LinkPlace& place, const LinkRecord& link) {
        if (const auto claim = ClaimOf(link)) shares.Set(place.link, *claim);
        return absl::OkStatus();
      }));
  LIANJIE_ASSIGN_OR_RETURN(const auto node, before_.kv().Get(NodeKey(before_.graph(), payer)));
  if (node.has_value()) {
    NodeRecord record;
    LIANJIE_RETURN_IF_ERROR(DecodeNode(*node, record));
    if (const auto claim = ClaimOfLeak(record.leak_share)) {
      shares.Set(PayerShares::kLeak, *claim);
    }
  }
  for (const Touch& touch : touches) shares.Change(touch.key, touch.after);
  const std::vector<PayerShares::Breach> breaches = shares.Breaches();
  if (breaches.empty() || touches[breaches.front().change].row >= first_row) {
    return absl::OkStatus();
  }
  const Touch& touch = touches[breaches.front().change];
  first_row = touch.row;
  LIANJIE_ASSIGN_OR_RETURN(const NodeRecord record, writer_.data().ReadNode(payer));
  first_error = SharesExceedOne(record.id, touch.key == PayerShares::kLeak ? "leak_share" : "share",
                                breaches.front());
  return absl::OkStatus();
}

}  // namespace lianjie::storage
