// The other half of wire.h: fields appended to a value, byte for byte as Protocol Buffers write
// them when they come in the order of their numbers. Straight from a record it costs a third of the
// way through messages.
#ifndef LIANJIE_STORAGE_WIRE_WRITER_H_
#define LIANJIE_STORAGE_WIRE_WRITER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace lianjie::storage {

// One thread. What is not there (an empty text, 0 of an enumeration, no value) is not written. Room
// for all that is to come is made at the beginning, so that each field is only stored; what it did
// not take is given back at the end of the writer's life.
class WireWriter {
 public:
  // What a field takes at most, its text left aside: its own number (below 2,048) and one more.
  static constexpr std::size_t kMostFieldBytes = 12;

  // `most`: what will be written at most.
  WireWriter(std::string& out, std::size_t most) : out_(out) {
    const std::size_t begin = out.size();
    out.resize(begin + most);
    at_ = out.data() + begin;
  }
  ~WireWriter() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;

  void Text(std::uint32_t field, std::string_view text) {
    if (!text.empty()) Bytes(field, text);
  }
  // Also when it is empty: of a repeated field, or a message.
  void Bytes(std::uint32_t field, std::string_view bytes) {
    Begin(field, bytes.size());
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  // Of a repeated field or a message: its bytes follow.
  void Begin(std::uint32_t field, std::size_t bytes) {
    Varint(field << 3U | 2U);
    Varint(bytes);
  }
  template <typename Enum> void EnumValue(std::uint32_t field, Enum value) {
    if (static_cast<std::uint32_t>(value) == 0) return;
    Varint(field << 3U);
    Varint(static_cast<std::uint32_t>(value));
  }
  void Value(std::uint32_t field, const std::optional<std::int64_t>& value) {
    if (!value.has_value()) return;
    Varint(field << 3U);
    Varint(static_cast<std::uint64_t>(*value));
  }
  void Value(std::uint32_t field, const std::optional<double>& value) {
    if (!value.has_value()) return;
    Varint(field << 3U | 1U);
    static_assert(std::endian::native == std::endian::little);
    std::memcpy(at_, &*value, sizeof(double));
    at_ += sizeof(double);
  }
  void ZigZag(std::uint32_t field, std::int32_t value) {
    Varint(field << 3U);
    Varint(static_cast<std::uint32_t>(value) << 1U ^ static_cast<std::uint32_t>(value >> 31U));
  }
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) *at_++ = static_cast<char>(value | 0x80U);
    *at_++ = static_cast<char>(value);
  }
  static constexpr std::size_t VarintBytes(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
  }

 private:
  std::string& out_;
  char* at_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_WIRE_WRITER_H_
