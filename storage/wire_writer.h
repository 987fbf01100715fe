// The other half of wire.h: fields appended to a value, byte for byte as Protocol Buffers write
// them when they come in the order of their numbers. Straight from a record it costs a third of the
// way through messages.
#ifndef LIANJIE_STORAGE_WIRE_WRITER_H_
#define LIANJIE_STORAGE_WIRE_WRITER_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace lianjie::storage {

// One thread. What is not there (an empty text, 0 of an enumeration, no value) is not written.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void Text(std::uint32_t field, std::string_view text) {
    if (!text.empty()) Bytes(field, text);
  }
  // Also when it is empty: of a repeated field, or a message.
  void Bytes(std::uint32_t field, std::string_view bytes) {
    Varint(field << 3U | 2U);
    Varint(bytes.size());
    out_.append(bytes);
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
    char bytes[sizeof(double)];
    std::memcpy(bytes, &*value, sizeof bytes);
    out_.append(bytes, sizeof bytes);
  }
  void ZigZag(std::uint32_t field, std::int32_t value) {
    Varint(field << 3U);
    Varint(static_cast<std::uint32_t>(value) << 1U ^ static_cast<std::uint32_t>(value >> 31U));
  }
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_.push_back(static_cast<char>(value | 0x80U));
    out_.push_back(static_cast<char>(value));
  }

 private:
  std::string& out_;
};

}  // namespace lianjie::storage

#endif  // LIANJIE_STORAGE_WIRE_WRITER_H_
