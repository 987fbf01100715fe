// Patterns of chains: what kinds of nodes a chain must pass, in order. `PRIMARY > PROCESSING >>
// TERTIARY` reads: starts at a node of the primary sector, goes by one link to a processor, and by
// one or more links on to a node of the tertiary sector.
//
// Grammar: token { ('>' | '>>') token }, at least two tokens, at most 32. A token is a Sector, a
// Stage, a NodeKind or `*` (any node), by its bare name. `>` leads to the next node; `>>` allows
// any nodes between. The empty pattern is `* >> *`.
//
// A pattern is run as the set of the places in it where a chain can be, one bit each: at token i,
// or between tokens i and i + 1 of a `>>`. (K. Thompson, "Regular expression search algorithm",
// CACM 11, 1968: all places at once, no backtracking.)
#ifndef LIANJIE_ENGINE_PATHS_CHAIN_PATTERN_H_
#define LIANJIE_ENGINE_PATHS_CHAIN_PATTERN_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/core/enums.h"
#include "engine/graph/snapshot.h"

namespace lianjie {

// Immutable, thread safe.
class ChainPattern {
 public:
  static constexpr int kMaxTokens = 32;
  using Places = std::uint64_t;  // 0: the chain does not fit

  // Errors: INVALID_FIELD on `pattern`, with the position, what was expected and the nearest name.
  static absl::StatusOr<ChainPattern> Parse(std::string_view text);

  // Where a chain is that starts at this node.
  Places Start(const Snapshot& snapshot, NodeIndex node) const;
  // Where it is after one more node.
  Places Next(Places places, const Snapshot& snapshot, NodeIndex node) const;
  // Whether a chain that ends here fits the whole pattern.
  bool Accepts(Places places) const { return (places & last_) != 0; }

  const std::string& first_token() const { return first_token_; }

 private:
  using Tokens = std::uint32_t;  // bit i: token i

  absl::Status AddToken(std::string_view name, std::size_t position, int index);
  Tokens Fits(const Snapshot& snapshot, NodeIndex node) const;

  Tokens any_ = 0;  // tokens that are *
  std::array<Tokens, 256> by_kind_{};
  std::array<Tokens, 256> by_sector_{};
  std::array<Tokens, 256> by_stage_{};
  Tokens gaps_ = 0;  // bit i: `>>` follows token i
  Tokens last_ = 0;
  std::string first_token_;
};

}  // namespace lianjie

#endif  // LIANJIE_ENGINE_PATHS_CHAIN_PATTERN_H_
