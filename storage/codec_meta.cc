#include <optional>
#include <utility>
#include <variant>

#include "engine/core/status.h"
#include "engine/core/text.h"
#include "lianjie/storage/v1/meta.pb.h"
#include "storage/codec.h"
#include "storage/codec_internal.h"
#include "storage/graph_digest.h"

namespace lianjie::storage {
namespace {

// Image of one record.
struct ImageWriter {
  v1::Image& image;

  void operator()(std::monostate) const {}
  void operator()(const NodeRecord& node) const { ToMessage(node, *image.mutable_node()); }
  void operator()(const LinkRecord& link) const {
    v1::LinkImage& to = *image.mutable_link();
    to.set_source(link.source);
    to.set_target(link.target);
    to.set_mechanism(static_cast<std::uint32_t>(link.mechanism));
    to.mutable_value()->set_id(link.id);
    BodyToMessage(link, *to.mutable_value());
  }
  void operator()(const RegionRecord& region) const {
    image.mutable_region()->set_code(region.code);
    ToMessage(region, *image.mutable_region()->mutable_value());
  }
  void operator()(const LineRecord& line) const {
    image.mutable_line()->set_region(line.region);
    image.mutable_line()->set_year(line.year);
    ToMessage(line, *image.mutable_line()->mutable_value());
  }
};

void PutCount(std::uint64_t created, std::uint64_t updated, v1::LoadCount& to) {
  to.set_created(created);
  to.set_updated(updated);
}

void TakeCount(const v1::LoadCount& from, std::uint64_t& created, std::uint64_t& updated) {
  created = from.created();
  updated = from.updated();
}

}  // namespace

std::string EncodeHeader(const StoreHeader& header) {
  v1::StoreHeader message;
  message.set_format_number(header.format_number);
  message.set_next_graph(header.next_graph);
  message.set_token_secret(header.token_secret);
  return message.SerializeAsString();
}

absl::StatusOr<StoreHeader> DecodeHeader(std::string_view value) {
  v1::StoreHeader message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "store header", message));
  return StoreHeader{.format_number = message.format_number(),
                     .next_graph = message.next_graph(),
                     .token_secret = message.token_secret()};
}

std::string EncodeGraphName(GraphNumber graph) {
  v1::GraphName message;
  message.set_graph(graph);
  return message.SerializeAsString();
}

absl::StatusOr<GraphNumber> DecodeGraphName(std::string_view value) {
  v1::GraphName message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "graph name", message));
  return message.graph();
}

std::string EncodeMeta(const GraphMeta& meta) {
  v1::GraphMeta message;
  message.set_revision(meta.info.revision);
  if (meta.info.reference_date.has_value()) {
    message.set_reference_date(meta.info.reference_date->days);
  }
  message.set_create_time_micros(meta.info.create_time_micros);
  message.set_update_time_micros(meta.info.update_time_micros);
  message.set_node_count(meta.info.node_count);
  message.set_link_count(meta.info.link_count);
  message.set_region_count(meta.info.region_count);
  message.set_line_count(meta.info.line_count);
  message.set_next_node(meta.next_node);
  message.set_next_link(meta.next_link);
  message.set_oldest_revision(meta.info.oldest_revision);
  message.set_changes_after(meta.info.changes_after);
  message.set_digest(DigestBytes(meta.info.digest));
  return message.SerializeAsString();
}

absl::StatusOr<GraphMeta> DecodeMeta(std::string_view value) {
  v1::GraphMeta message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "graph meta", message));
  GraphMeta meta;
  meta.info.revision = message.revision();
  if (message.has_reference_date()) meta.info.reference_date = Date{message.reference_date()};
  meta.info.create_time_micros = message.create_time_micros();
  meta.info.update_time_micros = message.update_time_micros();
  meta.info.node_count = message.node_count();
  meta.info.link_count = message.link_count();
  meta.info.region_count = message.region_count();
  meta.info.line_count = message.line_count();
  meta.next_node = message.next_node();
  meta.next_link = message.next_link();
  meta.info.oldest_revision = message.oldest_revision();
  meta.info.changes_after = message.changes_after();
  if (!message.digest().empty()) {  // not there yet: a store of format 1, about to be migrated
    const auto digest = ParseDigestBytes(message.digest());
    if (!digest.has_value()) return Corrupt("the digest of a graph");
    meta.info.digest = *digest;
  }
  return meta;
}

std::string EncodeRequest(const RequestRecord& request) {
  v1::RequestValue message;
  message.set_digest(request.digest);
  message.set_revision(request.revision);
  message.set_commit_time_micros(request.commit_time_micros);
  for (const std::string& id : request.link_ids) message.add_link_ids(id);
  const LoadResult& load = request.load;
  PutCount(load.nodes_created, load.nodes_updated, *message.mutable_nodes());
  PutCount(load.links_created, load.links_updated, *message.mutable_links());
  PutCount(load.regions_created, load.regions_updated, *message.mutable_regions());
  PutCount(load.lines_created, load.lines_updated, *message.mutable_lines());
  message.set_rejected_count(load.rejected);
  return message.SerializeAsString();
}

absl::StatusOr<RequestRecord> DecodeRequest(std::string_view value) {
  v1::RequestValue message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "request", message));
  RequestRecord request;
  request.digest = message.digest();
  request.revision = message.revision();
  request.commit_time_micros = message.commit_time_micros();
  request.link_ids.assign(message.link_ids().begin(), message.link_ids().end());
  LoadResult& load = request.load;
  load.revision = message.revision();
  TakeCount(message.nodes(), load.nodes_created, load.nodes_updated);
  TakeCount(message.links(), load.links_created, load.links_updated);
  TakeCount(message.regions(), load.regions_created, load.regions_updated);
  TakeCount(message.lines(), load.lines_created, load.lines_updated);
  load.rejected = message.rejected_count();
  return request;
}

std::string EncodeChange(const Change& change, Number number) {
  v1::ChangeValue message;
  message.set_number(number);
  message.set_commit_time_micros(change.commit_time_micros);
  message.set_reloaded(change.reloaded);
  message.set_settings(change.settings);
  if (!std::holds_alternative<std::monostate>(change.before)) {
    std::visit(ImageWriter{*message.mutable_before()}, change.before);
  }
  if (!std::holds_alternative<std::monostate>(change.after)) {
    std::visit(ImageWriter{*message.mutable_after()}, change.after);
  }
  return message.SerializeAsString();
}

std::string EncodeRevision(const RevisionRecord& revision) {
  v1::RevisionValue message;
  message.set_commit_time_micros(revision.commit_time_micros);
  message.set_request_id(revision.request_id);
  message.set_change_count(revision.change_count);
  if (revision.reference_date.has_value()) {
    message.set_reference_date(revision.reference_date->days);
  }
  return message.SerializeAsString();
}

absl::StatusOr<RevisionRecord> DecodeRevision(std::string_view value) {
  v1::RevisionValue message;
  LIANJIE_RETURN_IF_ERROR(Parse(value, "revision", message));
  RevisionRecord revision{.commit_time_micros = message.commit_time_micros(),
                          .request_id = message.request_id(),
                          .change_count = message.change_count(),
                          .reference_date = {}};
  if (message.has_reference_date()) revision.reference_date = Date{message.reference_date()};
  return revision;
}

std::string EncodeImage(const Change::Image& image) {
  v1::Image message;
  std::visit(ImageWriter{message}, image);
  return message.SerializeAsString();
}

}  // namespace lianjie::storage
