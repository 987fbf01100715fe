#include "clients/cli/input/chunk.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <string_view>

namespace lianjie::cli {
namespace {

constexpr char kChunkTag = 2 << 3 | 2;        // ImportRequest.chunk
constexpr char kOriginTag = 1 << 3 | 2;       // ImportChunk.origin
constexpr char kLineNumbersTag = 6 << 3 | 2;  // ImportChunk.line_numbers

char* WriteBytes(char tag, std::string_view bytes, char* at) {
  *at++ = tag;
  at = WriteVarint(bytes.size(), at);
  std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

void Free(void* buffer) { delete[] static_cast<char*>(buffer); }

}  // namespace

void Chunk::Allocate(std::size_t most) {
  used_ = HeadRoom();
  buffer_ = std::make_unique_for_overwrite<char[]>(std::max(kBytes, used_ + most + Around()));
}

grpc::ByteBuffer Chunk::Take() {
  char* const rows = buffer_.get() + HeadRoom();
  char* const end = WriteBytes(kLineNumbersTag, line_numbers_, buffer_.get() + used_);
  const std::size_t origin_bytes =
      origin_.empty() ? 0 : 1 + VarintBytes(origin_.size()) + origin_.size();
  const std::size_t chunk_bytes = origin_bytes + static_cast<std::size_t>(end - rows);
  char* const begin = rows - origin_bytes - VarintBytes(chunk_bytes) - 1;
  *begin = kChunkTag;
  char* const origin = WriteVarint(chunk_bytes, begin + 1);
  if (!origin_.empty()) WriteBytes(kOriginTag, origin_, origin);
  const grpc::Slice slice(begin, static_cast<std::size_t>(end - begin), &Free, buffer_.release());
  line_numbers_.clear();
  return {&slice, 1};
}

}  // namespace lianjie::cli
