// Records in the API's encoding, byte for byte what Protocol Buffers make of server::ToProto's
// messages (properties apart, whose order is theirs to choose). A load sends millions of rows:
// straight from the record a row costs a sixth of the way through a message, and tests/clients
// holds the two to each other.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_ROW_WIRE_H_
#define LIANJIE_CLIENTS_CLI_INPUT_ROW_WIRE_H_

#include <cstddef>
#include <cstdint>

#include "engine/core/records.h"

namespace lianjie::cli {

// At least what the record takes in the API's encoding.
std::size_t MostBytes(const NodeRecord& node);
std::size_t MostBytes(const LinkRecord& link);
std::size_t MostBytes(const RegionRecord& region);
std::size_t MostBytes(const LineRecord& line);

// Writes the fields of a v1.Node, Link, Region, Line where MostBytes are free; gives their end.
char* WriteRow(const NodeRecord& node, char* at);
char* WriteRow(const LinkRecord& link, char* at);
char* WriteRow(const RegionRecord& region, char* at);
char* WriteRow(const LineRecord& line, char* at);

// A number of Protocol Buffers: at most kMostVarint bytes.
inline constexpr std::size_t kMostVarint = 10;

inline char* WriteVarint(std::uint64_t value, char* at) {
  for (; value >= 0x80; value >>= 7U) *at++ = static_cast<char>(value | 0x80U);
  *at++ = static_cast<char>(value);
  return at;
}

constexpr std::size_t VarintBytes(std::uint64_t value) {
  std::size_t bytes = 1;
  for (; value >= 0x80; value >>= 7U) ++bytes;
  return bytes;
}

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_ROW_WIRE_H_
