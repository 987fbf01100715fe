// Records to the bytes that the store keeps, and back. The messages themselves (storage/proto) are
// seen by codec's .cc files alone. Decoding bytes that are no such message is DATA_LOSS
// (STORE_CORRUPT).
#ifndef LIANJIE_STORAGE_CODEC_H_
#define LIANJIE_STORAGE_CODEC_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/core/record_view.h"
#include "engine/core/records.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace lianjie::storage {

absl::Status Corrupt(std::string_view what);

std::string EncodeNode(const NodeRecord& node);
void AppendNode(const NodeRecord& node, std::string& value);
absl::Status DecodeNode(std::string_view value, NodeRecord& node);
// A view lives as long as the value.
absl::Status DecodeNode(std::string_view value, NodeView& node);

// What checks need of a node; `id` lives as long as the value.
struct NodeHead {
  std::string_view id;
  NodeKind kind = NodeKind::kUnspecified;
};
absl::StatusOr<NodeHead> DecodeNodeHead(std::string_view value);

// Without id, ends, mechanism and kind; LinkIdPart put before it completes the value (a message's
// bytes may be parts, one after the other), so that an id can be made when the rest is already
// encoded.
std::string EncodeLinkBody(const LinkRecord& link);
std::string LinkIdPart(std::string_view id);
void AppendLinkBody(const LinkRecord& link, std::string& value);
void AppendLinkId(std::string_view id, std::string& value);
// All but the ends, which are empty then, from the value and the mechanism of its key.
absl::Status DecodeLink(std::string_view value, Mechanism mechanism, LinkRecord& link);
absl::Status DecodeLink(std::string_view value, Mechanism mechanism, LinkView& link);

std::string EncodeRegion(const RegionRecord& region);
absl::Status DecodeRegion(std::string_view code, std::string_view value, RegionRecord& region);

struct RegionUse {
  std::uint64_t nodes = 0;
  std::uint64_t lines = 0;
};
std::string EncodeRegionUse(const RegionUse& use);
absl::StatusOr<RegionUse> DecodeRegionUse(std::string_view value);

std::string EncodeLine(const LineRecord& line);
absl::Status DecodeLine(const LineName& name, std::string_view value, LineRecord& line);

struct StoreHeader {
  std::uint32_t format_number = kFormatNumber;
  GraphNumber next_graph = 1;
  std::uint64_t token_secret = 0;
};
std::string EncodeHeader(const StoreHeader& header);
absl::StatusOr<StoreHeader> DecodeHeader(std::string_view value);

std::string EncodeGraphName(GraphNumber graph);
absl::StatusOr<GraphNumber> DecodeGraphName(std::string_view value);

// `info.name` is in the name's key, not in the value.
struct GraphMeta {
  GraphInfo info;
  Number next_node = 0;
  Number next_link = 0;
};
std::string EncodeMeta(const GraphMeta& meta);
absl::StatusOr<GraphMeta> DecodeMeta(std::string_view value);

// The answer kept under a request id; of a load, the counts.
struct RequestRecord {
  std::string digest;
  std::int64_t revision = 0;
  std::int64_t commit_time_micros = 0;
  std::vector<std::string> link_ids;
  LoadResult load;
};
std::string EncodeRequest(const RequestRecord& request);
absl::StatusOr<RequestRecord> DecodeRequest(std::string_view value);

// The revision is in the key, not in the value; `number` is that of a node or link.
std::string EncodeChange(const Change& change, Number number = 0);
absl::Status DecodeChange(std::string_view value, Change& change);

// What rebuilding an older revision needs of a change: which record, and how it was. A change of
// the settings or a load has no record.
struct ChangeUndo {
  Change::Image before;  // monostate: created
  Change::Image after;   // monostate: deleted
  Number number = 0;
  bool reloaded = false;
};
absl::StatusOr<ChangeUndo> DecodeChangeUndo(std::string_view value);

// One revision; its number is in the key.
struct RevisionRecord {
  std::int64_t commit_time_micros = 0;
  std::string request_id;
  std::uint32_t change_count = 0;
  std::optional<Date> reference_date;
};
std::string EncodeRevision(const RevisionRecord& revision);
absl::StatusOr<RevisionRecord> DecodeRevision(std::string_view value);

// One record with all that it says.
std::string EncodeImage(const Change::Image& image);
absl::StatusOr<Change::Image> DecodeImage(std::string_view value);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_CODEC_H_
