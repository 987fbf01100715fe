// Rows of one kind, from one file, gathered as the bytes of a v1.ImportRequest: from here to the
// server nobody copies them or makes objects of them.
//
//   [room] head: request { chunk { origin } }   rows, one after another   their line numbers
//
// The head's sizes are known only when the rows are; it is written last, right-aligned into room
// that is left free in front of them, so that all of it is one piece of memory.
#ifndef LIANJIE_CLIENTS_CLI_INPUT_CHUNK_H_
#define LIANJIE_CLIENTS_CLI_INPUT_CHUNK_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "clients/cli/input/row_mapper.h"
#include "clients/cli/input/row_wire.h"

namespace lianjie::cli {

// Used from one thread.
class Chunk {
 public:
  // A chunk takes about so many bytes, or one row that is larger.
  static constexpr std::size_t kBytes = std::size_t{1} << 20;

  explicit Chunk(RecordKind kind) : kind_(kind) {}

  // The file that the rows to come are from; the chunk must be empty.
  void Begin(const std::string& origin) { origin_ = origin; }
  bool empty() const { return line_numbers_.empty(); }

  // Whether a row that takes at most so many bytes may be added; the first always may.
  bool Takes(std::size_t most) const { return empty() || used_ + most + Around() <= kBytes; }

  // Adds a row and its line. Gives the bytes of the row itself; above `limit` it is not added.
  template <typename Record>
  std::size_t Add(const Record& record, std::int64_t line, std::size_t most, std::size_t limit) {
    if (empty()) Allocate(most);
    char* const tag = buffer_.get() + used_;
    char* const row = tag + 1 + size_bytes_;
    const auto size = static_cast<std::size_t>(WriteRow(record, row) - row);
    if (size > limit) return size;
    if (const std::size_t needed = VarintBytes(size); needed != size_bytes_) {
      std::memmove(tag + 1 + needed, row, size);
      size_bytes_ = needed;  // the next row's will mostly be the same
    }
    *tag = RowTag();
    WriteVarint(size, tag + 1);
    used_ += 1 + size_bytes_ + size;
    char number[kMostVarint];
    line_numbers_.append(
        number,
        static_cast<std::size_t>(WriteVarint(static_cast<std::uint64_t>(line), number) - number));
    return size;
  }

  // The message; the chunk is empty again.
  grpc::ByteBuffer Take();

 private:
  // Field 2 to 5 of ImportChunk, in the order of RecordKind.
  char RowTag() const { return static_cast<char>((static_cast<unsigned>(kind_) + 2U) << 3U | 2U); }
  std::size_t HeadRoom() const { return 4 + 3 * kMostVarint + origin_.size(); }
  // What stands around a row: its tag and size, its line number, and those of the rows before it.
  std::size_t Around() const { return line_numbers_.size() + 4 * kMostVarint; }
  void Allocate(std::size_t most);

  const RecordKind kind_;
  std::string origin_;
  std::unique_ptr<char[]> buffer_;
  std::size_t used_ = 0;
  std::string line_numbers_;    // packed
  std::size_t size_bytes_ = 1;  // how many bytes the size of the row before took
};

}  // namespace lianjie::cli

#endif  // LIANJIE_CLIENTS_CLI_INPUT_CHUNK_H_
