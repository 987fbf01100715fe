#include "engine/paths/chain_pattern.h"

#include <vector>

#include "engine/core/status.h"
#include "engine/core/text.h"

namespace lianjie {
namespace {

constexpr int kBetween = 32;  // bit kBetween + i: between tokens i and i + 1

absl::Status Malformed(std::size_t position, std::string_view message) {
  return InvalidField("pattern", Cat("at ", position, ": ", message));
}

std::vector<std::string_view> TokenNames() {
  std::vector<std::string_view> names = {"*"};
  const auto add = [&](std::span<const std::string_view> some) {
    names.insert(names.end(), some.begin() + 1, some.end());
  };
  add(EnumNames<Sector>());
  add(EnumNames<Stage>());
  add(EnumNames<NodeKind>());
  return names;
}

template <typename E>
bool AddTo(std::array<std::uint32_t, 256>& table, std::string_view name, std::uint32_t bit) {
  const std::optional<E> value = ParseEnum<E>(name);
  if (value.has_value()) table[static_cast<std::uint8_t>(*value)] |= bit;
  return value.has_value();
}

}  // namespace

absl::Status ChainPattern::AddToken(std::string_view name, std::size_t position, int index) {
  if (index >= kMaxTokens) return Malformed(position, Cat("more than ", kMaxTokens, " tokens"));
  const Tokens bit = Tokens{1} << index;
  last_ = bit;
  if (index == 0) first_token_ = std::string(name);
  if (name == "*") {
    any_ |= bit;
    return absl::OkStatus();
  }
  if (AddTo<Sector>(by_sector_, name, bit) || AddTo<Stage>(by_stage_, name, bit) ||
      AddTo<NodeKind>(by_kind_, name, bit)) {
    return absl::OkStatus();
  }
  if (name.empty())
    return Malformed(position, "a sector, a stage, a kind of node or * is expected");
  const std::string_view near = Nearest(name, TokenNames());
  return Malformed(position, Cat("'", name, "' is no sector, stage or kind of node",
                                 near.empty() ? std::string() : Cat("; did you mean ", near, "?")));
}

absl::StatusOr<ChainPattern> ChainPattern::Parse(std::string_view text) {
  if (Trim(text).empty()) text = "* >> *";
  ChainPattern pattern;
  int tokens = 0;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = std::min(text.find('>', at), text.size());
    LIANJIE_RETURN_IF_ERROR(pattern.AddToken(Trim(text.substr(at, end - at)), at, tokens));
    if (end == text.size()) break;
    at = end + 1;
    if (at < text.size() && text[at] == '>') {
      pattern.gaps_ |= Tokens{1} << tokens;
      ++at;
    }
    ++tokens;
  }
  if (tokens == 0) {
    return Malformed(0, Cat("the first token is the start; say what it leads to, as in '* >> ",
                            Trim(text), "'"));
  }
  return pattern;
}

ChainPattern::Tokens ChainPattern::Fits(const Snapshot& snapshot, NodeIndex node) const {
  const NodeColumns& nodes = snapshot.nodes();
  return any_ | by_kind_[static_cast<std::uint8_t>(nodes.kind[node])] |
         by_sector_[static_cast<std::uint8_t>(ValueOr(nodes.sector, node))] |
         by_stage_[static_cast<std::uint8_t>(ValueOr(nodes.stage, node))];
}

ChainPattern::Places ChainPattern::Start(const Snapshot& snapshot, NodeIndex node) const {
  return Fits(snapshot, node) & 1u;
}

ChainPattern::Places ChainPattern::Next(Places places, const Snapshot& snapshot,
                                        NodeIndex node) const {
  const auto from = static_cast<Tokens>(places | places >> kBetween);
  const Tokens at_next = (from << 1) & Fits(snapshot, node);
  return Places{at_next} | Places{from & gaps_} << kBetween;
}

}  // namespace lianjie
