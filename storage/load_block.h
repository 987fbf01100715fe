// Rows of a load, each checked alone and encoded as it will be stored. Any thread may fill a block;
// blocks are added to their load one after the other.
#ifndef LIANJIE_STORAGE_LOAD_BLOCK_H_
#define LIANJIE_STORAGE_LOAD_BLOCK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "engine/core/records.h"
#include "storage/name_table.h"
#include "storage/shares.h"
#include "storage/store.h"

namespace lianjie::storage {

// A row that is put aside, or that ends the load.
enum class RowKind : std::uint8_t { kRegion, kNode, kLink, kLine };

// What follows lies in the block's bytes, in the order of the sizes.
struct EncodedNode {
  NameHash name;
  double leak_share = -1;  // negative: none
  std::size_t begin = 0;
  std::uint32_t id_bytes = 0, region_bytes = 0, value_bytes = 0;
  NodeKind kind = NodeKind::kUnspecified;
};
struct EncodedLink {
  NameHash source;
  NameHash target;
  std::uint64_t id_hash = 0;
  absl::uint128 hash = 0;  // LinkHash, with the id as the value has it
  double claim_share = 0;  // 0: no claim
  Interval claim_valid;
  std::size_t begin = 0;
  // The value's id is the one given, or the base of a made one.
  std::uint32_t source_bytes = 0, target_bytes = 0, value_bytes = 0;
  std::uint16_t id_bytes = 0;
  Mechanism mechanism = Mechanism::kUnspecified;
  bool made = false;
};

struct BlockRow {
  RowKind kind = RowKind::kRegion;
  bool bad = false;
  std::uint32_t index = 0;  // among those of its kind, or among the bad ones
  std::uint32_t image_bytes = 0;
  RowOrigin origin;
};

class EncodedRows : public RowBlock {
 public:
  // `with_images`: whether the load takes a digest of what was given.
  explicit EncodedRows(bool with_images) : with_images_(with_images) {}

  void Reserve(std::size_t node_count, std::size_t link_count, std::size_t byte_count) override;
  void AddRegion(RegionRecord region, RowOrigin origin) override;
  void AddNode(NodeRecord& node, RowOrigin origin) override;
  void AddLink(LinkRecord& link, RowOrigin origin) override;
  void AddLine(LineRecord line, RowOrigin origin) override;

  std::vector<BlockRow> rows;
  std::string bytes;
  std::string images;
  std::vector<RegionRecord> regions;
  std::vector<EncodedNode> nodes;
  std::vector<EncodedLink> links;
  std::vector<LineRecord> lines;
  std::vector<RowError> bad;

 private:
  // Whether the record is good; the row is begun in either case.
  template <typename Record>
  bool Begin(RowKind kind, const Record& record, std::string_view id, std::size_t index,
             RowOrigin origin);

  const bool with_images_;
};

// The hash by which links that may get one id are found: links whose ids were made from one content
// have one, and so has a link that was given such an id ("L..." and "-2").
std::uint64_t LinkIdHash(std::string_view id);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_LOAD_BLOCK_H_
