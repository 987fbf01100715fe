#include "storage/keys.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace lianjie::storage {
namespace {

constexpr std::size_t kPrefixBytes = 5;
constexpr std::size_t kNumberBytes = 5;
constexpr std::size_t kPlaceBytes = 3 * kNumberBytes + 1;
constexpr char kDigitsId = 1;
constexpr char kTextId = 2;

void AppendBig(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t ReadBig(std::string_view in, std::size_t offset, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value << 8U | static_cast<unsigned char>(in[offset + i]);
  }
  return value;
}

std::string WithText(GraphNumber graph, Tag tag, std::string_view text) {
  std::string key = TagPrefix(graph, tag);
  key.append(text);
  return key;
}

static_assert(kLinkKeyBytes == kPrefixBytes + kPlaceBytes);

std::string_view PutLinkKey(GraphNumber graph, Tag tag, Number first, Mechanism mechanism,
                            Number second, Number link, LinkKeyBytes& bytes) {
  char* to = bytes.data();
  const auto put = [&to](std::uint64_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) *to++ = static_cast<char>(value >> (8 * i));
  };
  put(graph, 4);
  *to++ = static_cast<char>(tag);
  put(first, kNumberBytes);
  *to++ = static_cast<char>(mechanism);
  put(second, kNumberBytes);
  put(link, kNumberBytes);
  return {bytes.data(), bytes.size()};
}

}  // namespace

std::string GraphPrefix(GraphNumber graph) {
  std::string key;
  key.reserve(kPrefixBytes + kPlaceBytes);
  AppendBig(key, graph, 4);
  return key;
}

std::string TagPrefix(GraphNumber graph, Tag tag) {
  std::string key = GraphPrefix(graph);
  key.push_back(static_cast<char>(tag));
  return key;
}

std::string AfterPrefix(std::string_view prefix) {
  std::string after(prefix);
  while (!after.empty() && after.back() == '\xff') after.pop_back();
  if (!after.empty())
    after.back() = static_cast<char>(static_cast<unsigned char>(after.back()) + 1);
  return after;
}

std::string HeaderKey() { return TagPrefix(0, Tag::kHeader); }
std::string GraphNameKey(std::string_view name) { return WithText(0, Tag::kGraphName, name); }
std::string WrittenKey() { return TagPrefix(0, Tag::kWritten); }

std::string DroppedKey(GraphNumber graph) {
  std::string key = TagPrefix(0, Tag::kDropped);
  AppendBig(key, graph, 4);
  return key;
}

std::string MetaKey(GraphNumber graph) { return TagPrefix(graph, Tag::kMeta); }

std::string RegionKey(GraphNumber graph, std::string_view code) {
  return WithText(graph, Tag::kRegion, code);
}

std::string RegionChildPrefix(GraphNumber graph, std::string_view parent) {
  std::string key = WithText(graph, Tag::kRegionChild, parent);
  key.push_back('\0');
  return key;
}

std::string RegionChildKey(GraphNumber graph, std::string_view parent, std::string_view code) {
  std::string key = RegionChildPrefix(graph, parent);
  key.append(code);
  return key;
}

std::string RegionUseKey(GraphNumber graph, std::string_view code) {
  return WithText(graph, Tag::kRegionUse, code);
}

std::string LineKey(GraphNumber graph, std::string_view region, std::int64_t year) {
  std::string key = WithText(graph, Tag::kLine, region);
  key.push_back('\0');
  AppendBig(key, static_cast<std::uint64_t>(year), 2);
  return key;
}

std::string NodeIdKey(GraphNumber graph, std::string_view id) {
  return WithText(graph, Tag::kNodeId, EncodeId(id));
}

std::string NodeKey(GraphNumber graph, Number node) {
  std::string key = TagPrefix(graph, Tag::kNode);
  AppendBig(key, node, kNumberBytes);
  return key;
}

std::string LinkIdKey(GraphNumber graph, std::string_view id) {
  return WithText(graph, Tag::kLinkId, EncodeId(id));
}

std::string OutLinkPrefix(GraphNumber graph, Number source) {
  std::string key = TagPrefix(graph, Tag::kOutLink);
  AppendBig(key, source, kNumberBytes);
  return key;
}

std::string InLinkPrefix(GraphNumber graph, Number target) {
  std::string key = TagPrefix(graph, Tag::kInLink);
  AppendBig(key, target, kNumberBytes);
  return key;
}

std::string_view PutOutLinkKey(GraphNumber graph, const LinkPlace& place, LinkKeyBytes& bytes) {
  return PutLinkKey(graph, Tag::kOutLink, place.source, place.mechanism, place.target, place.link,
                    bytes);
}

std::string_view PutInLinkKey(GraphNumber graph, const LinkPlace& place, LinkKeyBytes& bytes) {
  return PutLinkKey(graph, Tag::kInLink, place.target, place.mechanism, place.source, place.link,
                    bytes);
}

std::string OutLinkKey(GraphNumber graph, const LinkPlace& place) {
  LinkKeyBytes bytes;
  return std::string(PutOutLinkKey(graph, place, bytes));
}

std::string InLinkKey(GraphNumber graph, const LinkPlace& place) {
  LinkKeyBytes bytes;
  return std::string(PutInLinkKey(graph, place, bytes));
}

std::string RequestKey(GraphNumber graph, std::string_view request_id) {
  return WithText(graph, Tag::kRequest, request_id);
}

std::string ChangeKey(GraphNumber graph, std::int64_t revision, std::uint32_t sequence) {
  std::string key = TagPrefix(graph, Tag::kChange);
  AppendBig(key, static_cast<std::uint64_t>(revision), 8);
  AppendBig(key, sequence, 4);
  return key;
}

std::string RevisionKey(GraphNumber graph, std::int64_t revision) {
  std::string key = TagPrefix(graph, Tag::kRevision);
  AppendBig(key, static_cast<std::uint64_t>(revision), 8);
  return key;
}

void AppendId(std::string_view id, std::string& out) {
  const bool digits =
      !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    out.push_back(kTextId);
    out.append(id);
    return;
  }
  const std::size_t zeros = std::min(id.find_first_not_of('0'), id.size() - 1);
  out.push_back(kDigitsId);
  AppendBig(out, id.size() - zeros, 2);
  out.append(id.substr(zeros));
  if (zeros > 0) AppendBig(out, zeros, 2);
}

std::string EncodeId(std::string_view id) {
  std::string out;
  out.reserve(id.size() + 5);
  AppendId(id, out);
  return out;
}

std::optional<std::string> DecodeId(std::string_view coded) {
  if (coded.empty()) return std::nullopt;
  std::string id;
  if (coded.front() == kTextId) {
    id = coded.substr(1);
  } else if (coded.front() == kDigitsId && coded.size() > 3) {
    const std::string_view rest = coded.substr(3);
    const std::uint64_t digits = ReadBig(coded, 1, 2);
    if (rest.size() == digits + 2) id.assign(ReadBig(rest, digits, 2), '0');
    id += rest.substr(0, digits);
  }
  // One way to write it alone.
  return EncodeId(id) == coded ? std::optional<std::string>(std::move(id)) : std::nullopt;
}

std::string EncodeWritten(std::uint64_t number) {
  std::string value;
  AppendBig(value, number, sizeof number);
  return value;
}

std::optional<std::uint64_t> DecodeWritten(std::string_view value) {
  if (value.size() != sizeof(std::uint64_t)) return std::nullopt;
  return ReadBig(value, 0, value.size());
}

std::string EncodeNodePlace(const NodePlace& place) {
  std::string out;
  AppendBig(out, place.number, kNumberBytes);
  out.push_back(static_cast<char>(place.kind));
  return out;
}

std::optional<NodePlace> DecodeNodePlace(std::string_view value) {
  if (value.size() != kNumberBytes + 1) return std::nullopt;
  return NodePlace{.number = ReadBig(value, 0, kNumberBytes),
                   .kind = static_cast<NodeKind>(value[kNumberBytes])};
}

std::string EncodePlace(const LinkPlace& place) {
  LinkKeyBytes bytes;
  return std::string(AfterTag(PutOutLinkKey(0, place, bytes)));
}

std::optional<LinkPlace> DecodePlace(std::string_view value) {
  if (value.size() != kPlaceBytes) return std::nullopt;
  return LinkPlace{.source = ReadBig(value, 0, kNumberBytes),
                   .mechanism = static_cast<Mechanism>(value[kNumberBytes]),
                   .target = ReadBig(value, kNumberBytes + 1, kNumberBytes),
                   .link = ReadBig(value, 2 * kNumberBytes + 1, kNumberBytes)};
}

GraphNumber GraphOfKey(std::string_view key) {
  return key.size() < 4 ? 0 : static_cast<GraphNumber>(ReadBig(key, 0, 4));
}

std::string_view AfterTag(std::string_view key) {
  return key.substr(std::min(key.size(), kPrefixBytes));
}

std::optional<Number> ParseNodeKey(std::string_view key) {
  if (key.size() != kPrefixBytes + kNumberBytes) return std::nullopt;
  return ReadBig(key, kPrefixBytes, kNumberBytes);
}

std::optional<LinkPlace> ParseOutLinkKey(std::string_view key) {
  return DecodePlace(AfterTag(key));
}

std::optional<LinkPlace> ParseInLinkKey(std::string_view key) {
  auto place = DecodePlace(AfterTag(key));
  if (place.has_value()) std::swap(place->source, place->target);
  return place;
}

std::optional<LineName> ParseLineKey(std::string_view key) {
  const std::string_view rest = AfterTag(key);
  if (rest.size() < 3 || rest[rest.size() - 3] != '\0') return std::nullopt;
  return LineName{.region = std::string(rest.substr(0, rest.size() - 3)),
                  .year = static_cast<std::int64_t>(ReadBig(rest, rest.size() - 2, 2))};
}

std::optional<ChangeName> ParseChangeKey(std::string_view key) {
  const std::string_view rest = AfterTag(key);
  if (rest.size() != 12) return std::nullopt;
  return ChangeName{.revision = static_cast<std::int64_t>(ReadBig(rest, 0, 8)),
                    .sequence = static_cast<std::uint32_t>(ReadBig(rest, 8, 4))};
}

std::optional<std::int64_t> ParseRevisionKey(std::string_view key) {
  const std::string_view rest = AfterTag(key);
  if (rest.size() != 8) return std::nullopt;
  return static_cast<std::int64_t>(ReadBig(rest, 0, 8));
}

}  // namespace lianjie::storage
