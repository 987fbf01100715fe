// The layout of keys, which docs/storage-format.md freezes: the number of the graph (4 bytes), a
// tag that says what the key is (1 byte), then what it names. Numbers are big-endian, so that
// bytewise order is the order of numbers; ids are coded so that bytewise order is the order of
// CompareIds.
#ifndef LIANJIE_STORAGE_KEYS_H_
#define LIANJIE_STORAGE_KEYS_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/enums.h"

namespace lianjie::storage {

// Format 2: a digest of each graph. What older formats lack is added by storage/migrate.h.
inline constexpr std::uint32_t kFormatNumber = 2;
inline constexpr std::uint32_t kOldestFormatNumber = 1;  // that can be migrated

// 0 is the store itself; graphs count from 1.
using GraphNumber = std::uint32_t;
// Numbers of nodes and of links within a graph, 5 bytes in keys, never used twice.
using Number = std::uint64_t;
inline constexpr Number kMaxNumber = (Number{1} << 40) - 1;

enum class Tag : unsigned char {
  // Of the store (graph 0).
  kHeader = 1,     // -> StoreHeader
  kGraphName = 2,  // name -> GraphName
  kDropped = 3,    // number of a deleted graph whose keys are still to be removed -> nothing
  kWritten = 4,    // -> the number of the last synced write (8 bytes)
  // Of a graph.
  kMeta = 16,         // -> GraphMeta
  kRegion = 17,       // code -> RegionValue
  kRegionChild = 18,  // parent, 0, code -> nothing
  kRegionUse = 19,    // code -> RegionUseValue
  kLine = 20,         // region, 0, year -> LineValue
  kNodeId = 21,       // coded id -> NodePlace
  kNode = 22,         // node number -> NodeValue
  kLinkId = 23,       // coded id -> LinkPlace
  kOutLink = 24,      // source, mechanism, target, link -> LinkValue
  kInLink = 25,       // target, mechanism, source, link -> nothing
  kRequest = 26,      // request id -> RequestValue
  kChange = 27,       // revision, sequence -> ChangeValue
  kRevision = 28,     // revision -> RevisionValue
};

// Which node an id means, and its kind, so that a link's ends are checked by one look-up each.
struct NodePlace {
  Number number = 0;
  NodeKind kind = NodeKind::kUnspecified;

  friend bool operator==(const NodePlace&, const NodePlace&) = default;
};

// Where a link stands: all that its keys say.
struct LinkPlace {
  Number source = 0;
  Mechanism mechanism = Mechanism::kUnspecified;
  Number target = 0;
  Number link = 0;

  friend auto operator<=>(const LinkPlace&, const LinkPlace&) = default;
};

// The beginning that all keys of a graph, or all of one tag, share.
std::string GraphPrefix(GraphNumber graph);
std::string TagPrefix(GraphNumber graph, Tag tag);
// The first key after all that begin with `prefix`; empty when there is none.
std::string AfterPrefix(std::string_view prefix);

std::string HeaderKey();
std::string GraphNameKey(std::string_view name);
std::string DroppedKey(GraphNumber graph);
std::string WrittenKey();

std::string MetaKey(GraphNumber graph);
std::string RegionKey(GraphNumber graph, std::string_view code);
std::string RegionChildPrefix(GraphNumber graph, std::string_view parent);
std::string RegionChildKey(GraphNumber graph, std::string_view parent, std::string_view code);
std::string RegionUseKey(GraphNumber graph, std::string_view code);
std::string LineKey(GraphNumber graph, std::string_view region, std::int64_t year);
std::string NodeIdKey(GraphNumber graph, std::string_view id);
std::string NodeKey(GraphNumber graph, Number node);
std::string LinkIdKey(GraphNumber graph, std::string_view id);
std::string OutLinkPrefix(GraphNumber graph, Number source);
std::string InLinkPrefix(GraphNumber graph, Number target);
std::string OutLinkKey(GraphNumber graph, const LinkPlace& place);
std::string InLinkKey(GraphNumber graph, const LinkPlace& place);
// The same without a string for each: the view lives as long as `bytes`.
inline constexpr std::size_t kLinkKeyBytes = 21;
using LinkKeyBytes = std::array<char, kLinkKeyBytes>;
std::string_view PutOutLinkKey(GraphNumber graph, const LinkPlace& place, LinkKeyBytes& bytes);
std::string_view PutInLinkKey(GraphNumber graph, const LinkPlace& place, LinkKeyBytes& bytes);
std::string RequestKey(GraphNumber graph, std::string_view request_id);
std::string ChangeKey(GraphNumber graph, std::int64_t revision, std::uint32_t sequence);
std::string RevisionKey(GraphNumber graph, std::int64_t revision);

// The id as bytes whose order is CompareIds': 1, the count of digits without leading zeros (2
// bytes), these digits, and the count of leading zeros (2 bytes) where there are any; or 2 and the
// id itself.
std::string EncodeId(std::string_view id);
void AppendId(std::string_view id, std::string& out);
// Nothing for bytes that code no id.
std::optional<std::string> DecodeId(std::string_view coded);

// The value of kWritten. Nothing for another number of bytes.
std::string EncodeWritten(std::uint64_t number);
std::optional<std::uint64_t> DecodeWritten(std::string_view value);

// The values of kNodeId (6 bytes: number, kind) and kLinkId (16 bytes).
std::string EncodeNodePlace(const NodePlace& place);
std::optional<NodePlace> DecodeNodePlace(std::string_view value);
std::string EncodePlace(const LinkPlace& place);
std::optional<LinkPlace> DecodePlace(std::string_view value);

// The other way: from a key, whose tag is known, to what it names. Nothing when its length is
// wrong.
GraphNumber GraphOfKey(std::string_view key);
std::string_view AfterTag(std::string_view key);
std::optional<Number> ParseNodeKey(std::string_view key);
std::optional<LinkPlace> ParseOutLinkKey(std::string_view key);
std::optional<LinkPlace> ParseInLinkKey(std::string_view key);
struct LineName {
  std::string region;
  std::int64_t year = 0;
};
std::optional<LineName> ParseLineKey(std::string_view key);
struct ChangeName {
  std::int64_t revision = 0;
  std::uint32_t sequence = 0;
};
std::optional<ChangeName> ParseChangeKey(std::string_view key);
std::optional<std::int64_t> ParseRevisionKey(std::string_view key);

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_KEYS_H_
